// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "fakes/tags.h"
#include "report/report.h"
#include "store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A run in a folder of its own, made through the store as a coordinator does it. */
struct run {
    char top[64];
    char folder[LIMIT_PATH];
    struct store *store;
    struct model model;
    struct config config;
};

static bool noisy; // a run with differential privacy

static void start(struct run *run)
{
    memset(run, 0, sizeof *run);
    snprintf(run->top, sizeof run->top, "/tmp/fedveil-report-XXXXXX");
    assert_non_null(mkdtemp(run->top));
    assert_int_equal(files_join(run->folder, run->top, "a&b"), STATUS_OK);
    config_defaults(&run->config);
    run->config.federation.rounds = 20;
    if (noisy) {
        run->config.federation.privacy = PRIVACY_SECURE_SUM;
        run->config.federation.dp.method = DP_SKELLAM;
        run->config.federation.dp.delta = 0.3;
    }
    assert_int_equal(store_create(&run->store, run->folder, &run->config), STATUS_OK);
    struct manifest manifest = {0};
    const size_t shape[] = {2};
    assert_int_equal(manifest_add(&manifest, "backbone.weight", shape, 1, true), STATUS_OK);
    assert_int_equal(model_create(&run->model, &manifest), STATUS_OK);
    manifest_destroy(&manifest);
}

static double largest_probability; // of k = 2, with policies; 0: none

static void put_round(struct run *run, uint32_t number, size_t cohort, size_t lost)
{
    struct store_round round = {.round = number,
                                .attempt = 1,
                                .seconds = 10,
                                .loss = 10.0 / number,
                                .training_accuracy = 0.5,
                                .bytes_up = 1000000,
                                .bytes_down = 2000000,
                                .cohort = cohort,
                                .reporters = cohort - lost};
    round.reporter = calloc(cohort, sizeof *round.reporter);
    assert_non_null(round.reporter);
    for (size_t i = 0; i < cohort; i++) {
        struct store_reporter *reporter = &round.reporter[i];
        *reporter = (struct store_reporter){.participant = (uint32_t)i,
                                            .reported = i >= lost,
                                            .images = 100,
                                            .train_seconds = 2,
                                            .peak_memory = 5e7,
                                            .saturated = 3,
                                            .choices = 4};
        if (largest_probability > 0) {
            const double rest = (1 - largest_probability) / 3;
            const double probability[4] = {largest_probability, rest, rest, rest};
            reporter->probabilities = 4;
            reporter->policy_seconds = 0.5;
            memcpy(reporter->k_probability, probability, sizeof probability);
        }
        reporter->k_count[i % 4] = 7;
        snprintf(reporter->name, sizeof reporter->name, "p%03zu", i);
        if (i < lost) snprintf(reporter->reason, sizeof reporter->reason, "killed <9>");
    }
    assert_int_equal(store_put_round(run->store, &round, &run->model), STATUS_OK);
    free(round.reporter);
}

static void put_evaluation(struct run *run, uint32_t number, uint32_t participant, double accuracy)
{
    struct store_evaluation evaluation = {.model_round = number,
                                          .participant = participant,
                                          .accuracy = accuracy,
                                          .deviation = 0.012,
                                          .tar_at_far_1e3 = 0.4,
                                          .identification = -1,
                                          .folds = 2,
                                          .fold = {accuracy - 0.012, accuracy + 0.012},
                                          .roc_points = 3,
                                          .roc_far = {0, 0.01, 1},
                                          .roc_tar = {0.3, 0.5, 1}};
    assert_int_equal(store_put_evaluation(run->store, &evaluation), STATUS_OK);
}

static char *read_file(const struct run *run, const char *name)
{
    char path[LIMIT_PATH];
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(files_join(path, run->folder, name), STATUS_OK);
    assert_int_equal(files_read(&bytes, &size, path, (size_t)1 << 24), STATUS_OK);
    return (char *)bytes;
}

/* The page of the run as it stands; it is well formed, alone and free of broken numbers. */
static char *page(const struct run *run)
{
    char fault[128];
    if (report_write(run->folder) != STATUS_OK) fail_msg("%s", status_message());
    char *text = read_file(run, "report.html");
    if (!tags_check(fault, sizeof fault, text)) fail_msg("%s", fault);
    assert_int_equal(tags_count(text, "http"), tags_count(text, "http-equiv"));
    assert_int_equal(tags_count(text, "<script"), 0);
    assert_int_equal(tags_count(text, "href"), 0);
    assert_null(strstr(text, "nan"));
    assert_non_null(strstr(text, "a&amp;b"));
    return text;
}

static void finish(struct run *run)
{
    char command[128];
    model_destroy(&run->model);
    store_close(&run->store);
    snprintf(command, sizeof command, "rm -r %s", run->top);
    assert_int_equal(system(command), 0);
}

static void a_whole_run_shows_its_figures(void **state)
{
    (void)state;
    struct run run;
    start(&run);
    put_evaluation(&run, 0, 0, 0.5);
    for (uint32_t i = 1; i <= 20; i++) {
        put_round(&run, i, 4, i == 7 ? 1 : 0);
        put_evaluation(&run, i, 0, 0.7 + 0.01 * i);
    }
    assert_int_equal(store_finish(run.store, true, "", &run.model), STATUS_OK);
    char *text = page(&run);
    assert_non_null(strstr(text, ">done<"));
    assert_non_null(strstr(text, ">90.0 %<"));
    assert_non_null(strstr(text, "± 1.2 over 2 folds"));
    assert_non_null(strstr(text, "20 of 20"));
    assert_non_null(strstr(text, ">3 min 20 s<"));
    assert_non_null(strstr(text, "Folds of round 20: 88.8, 91.2 %"));
    assert_non_null(strstr(text, "<strong>p000</strong> killed &lt;9&gt;"));
    assert_non_null(strstr(text, "<td>3 of 4</td>"));
    assert_non_null(strstr(text, "<td>p003</td><td>20 of 20</td>"));
    assert_non_null(strstr(text, "k = 5"));
    assert_int_equal(tags_count(text, "<svg"), 5);
    free(text);
    text = read_file(&run, "roc.svg");
    assert_non_null(strstr(text, "xmlns"));
    free(text);
    finish(&run);
}

static void a_run_of_one_round_without_verification_has_a_page(void **state)
{
    (void)state;
    struct run run;
    start(&run);
    put_round(&run, 1, 1, 0);
    assert_int_equal(store_finish(run.store, true, "", &run.model), STATUS_OK);
    char *text = page(&run);
    assert_non_null(strstr(text, "no participant held pairs"));
    assert_non_null(strstr(text, "nothing was measured"));
    assert_non_null(strstr(text, "1 of 20"));
    free(text);
    finish(&run);
}

static void a_policy_is_drawn_and_its_collapse_told(void **state)
{
    (void)state;
    for (int collapsed = 0; collapsed < 2; collapsed++) {
        struct run run;
        start(&run);
        largest_probability = collapsed ? 0.97 : 0.25;
        put_round(&run, 1, 2, 0);
        largest_probability = 0;
        assert_int_equal(store_finish(run.store, true, "", &run.model), STATUS_OK);
        char *text = page(&run);
        assert_non_null(strstr(text, "Probability of each number"));
        assert_non_null(strstr(text, "takes 25 % of the training time"));
        assert_int_equal(strstr(text, "the policy collapsed") != NULL, collapsed);
        assert_int_equal(strstr(text, "1.00 of 1") != NULL, !collapsed);
        assert_null(strstr(text, "training diverged"));
        free(text);
        finish(&run);
    }
}

static void of_a_secure_sum_it_shows_totals_and_says_why(void **state)
{
    (void)state;
    struct run run;
    start(&run);
    struct store_reporter reporters[3] = {{.name = "ada", .reported = true},
                                          {.name = "bob", .reported = true, .participant = 1},
                                          {.name = "cid", .reason = "late", .participant = 2}};
    struct store_round round = {.round = 1,
                                .attempt = 1,
                                .privacy = PRIVACY_SECURE_SUM,
                                .opened = {.images = 4321, .train_seconds = 10, .choices = 4},
                                .loss = 1.5,
                                .reporters = 2,
                                .cohort = 3,
                                .reporter = reporters};
    assert_int_equal(store_put_round(run.store, &round, &run.model), STATUS_OK);
    assert_int_equal(store_finish(run.store, true, "", &run.model), STATUS_OK);
    char *text = page(&run);
    assert_non_null(strstr(text, "Figures of single participants are not visible"));
    assert_non_null(strstr(text, "<td>all together</td><td>2 of 3</td>"));
    assert_non_null(strstr(text, "<td>ada</td><td>1 of 1</td><td>–</td>"));
    assert_non_null(strstr(text, "<td>432.1</td>")); // images/s of all
    free(text);
    finish(&run);
}

static void a_failed_run_says_why(void **state)
{
    (void)state;
    struct run run;
    start(&run);
    put_round(&run, 1, 3, 2);
    assert_int_equal(store_finish(run.store, false, "1 of 2 <updates>", NULL), STATUS_OK);
    char *text = page(&run);
    assert_non_null(strstr(text, ">failed<"));
    assert_non_null(strstr(text, "1 of 2 &lt;updates&gt;"));
    free(text);
    finish(&run);
}

static void a_run_that_was_cut_off_before_its_first_round_has_a_page(void **state)
{
    (void)state;
    struct run run;
    start(&run);
    char *text = page(&run);
    assert_non_null(strstr(text, ">not ended<"));
    assert_non_null(strstr(text, "No round was completed."));
    assert_int_equal(tags_count(text, "<svg"), 0);
    free(text);
    finish(&run);
}

static void the_page_says_what_is_promised_of_privacy(void **state)
{
    (void)state;
    struct run run;
    start(&run);
    char *text = page(&run);
    assert_non_null(strstr(text, "<p class=\"summary\">no differential privacy"));
    free(text);
    finish(&run);
    noisy = true;
    start(&run);
    text = page(&run);
    assert_non_null(strstr(text, "<p class=\"summary\">differential privacy of a participant (add "
                                 "or remove one participant): epsilon "));
    assert_non_null(strstr(text, "Look at this: federation.dp.delta: 0.3 is not below 1/4"));
    free(text);
    finish(&run);
    noisy = false;
}

static void settings_that_differ_from_the_default_are_marked(void **state)
{
    (void)state;
    struct run run;
    start(&run);
    char *text = page(&run);
    assert_int_equal(tags_count(text, "<dd class=\"own\">"), 1);
    assert_non_null(strstr(text, "<dt class=\"own\">rounds</dt><dd class=\"own\"> 20</dd>"));
    assert_non_null(strstr(text, "<h3>federation.mask</h3>"));
    assert_non_null(strstr(text, "<h3>general</h3>"));
    free(text);
    finish(&run);
}

static void verifications_of_several_participants_are_told_apart(void **state)
{
    (void)state;
    struct run run;
    start(&run);
    put_round(&run, 1, 4, 0);
    for (uint32_t i = 0; i < 9; i++) { // more than there are colours
        put_evaluation(&run, 1, i, 0.5 + 0.05 * i);
    }
    char *text = page(&run);
    assert_non_null(strstr(text, "mean of 9 participants"));
    assert_non_null(strstr(text, ">70.0 %<"));
    assert_non_null(strstr(text, "participant 5"));
    free(text);
    finish(&run);
}

static void examples_are_put_into_the_page_only_when_they_are_a_picture(void **state)
{
    (void)state;
    struct run run;
    char path[LIMIT_PATH];
    start(&run);
    put_round(&run, 1, 1, 0);
    assert_int_equal(files_join(path, run.folder, "examples.png"), STATUS_OK);
    assert_int_equal(files_write(path, "no picture", 10), STATUS_OK);
    char *text = page(&run);
    assert_null(strstr(text, "<img"));
    free(text);
    assert_int_equal(files_write(path, "\x89PNG\r\n\x1a\nrest", 12), STATUS_OK);
    text = page(&run);
    assert_non_null(strstr(text, "data:image/png;base64,iVBORw0KGgpyZXN0\""));
    free(text);
    finish(&run);
}

static void a_folder_without_a_run_is_refused_by_name(void **state)
{
    (void)state;
    assert_int_not_equal(report_write("/nonexistent/run"), STATUS_OK);
    assert_non_null(strstr(status_message(), "/nonexistent/run"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_run_shows_its_figures),
        cmocka_unit_test(a_run_of_one_round_without_verification_has_a_page),
        cmocka_unit_test(a_policy_is_drawn_and_its_collapse_told),
        cmocka_unit_test(of_a_secure_sum_it_shows_totals_and_says_why),
        cmocka_unit_test(a_failed_run_says_why),
        cmocka_unit_test(a_run_that_was_cut_off_before_its_first_round_has_a_page),
        cmocka_unit_test(the_page_says_what_is_promised_of_privacy),
        cmocka_unit_test(settings_that_differ_from_the_default_are_marked),
        cmocka_unit_test(verifications_of_several_participants_are_told_apart),
        cmocka_unit_test(examples_are_put_into_the_page_only_when_they_are_a_picture),
        cmocka_unit_test(a_folder_without_a_run_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
