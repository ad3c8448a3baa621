// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "outcome.h"

#include "base/files.h"
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct outcome_host host = {.seconds = 12.5,
                                         .peak_memory_largest = 2000000,
                                         .peak_memory_mean = 1000000,
                                         .model = "runs/a\"b/model.safetensors",
                                         .report = "runs/a/report.html"};

static struct store_reporter reporter(uint32_t participant, bool reported, uint64_t first,
                                      uint64_t second)
{
    struct store_reporter made = {.participant = participant,
                                  .reported = reported,
                                  .images = 100,
                                  .train_seconds = 4,
                                  .mask_seconds = 0.2,
                                  .choices = 2,
                                  .k_count = {first, second}};
    snprintf(made.name, sizeof made.name, "p%03u", (unsigned)participant);
    return made;
}

/* Two rounds of two participants, one of which is lost in the second. */
static void make_run(char folder[LIMIT_PATH], struct config *config, bool verified, bool success)
{
    struct store *store = NULL;
    struct manifest manifest = {0};
    struct model model;
    const size_t shape[] = {2};
    snprintf(folder, LIMIT_PATH, "/tmp/fedveil-outcome-XXXXXX");
    assert_non_null(mkdtemp(folder));
    config_defaults(config);
    config->federation.mix.k = (struct config_numbers){2, {2, 4}};
    assert_int_equal(store_create(&store, folder, config), STATUS_OK);
    assert_int_equal(manifest_add(&manifest, "backbone.weight", shape, 1, true), STATUS_OK);
    assert_int_equal(model_create(&model, &manifest), STATUS_OK);
    manifest_destroy(&manifest);
    for (uint32_t i = 1; i <= 2; i++) {
        struct store_reporter reporters[] = {reporter(0, true, 10, 30), reporter(1, i == 1, 0, 20)};
        struct store_round round = {.round = i,
                                    .attempt = 1,
                                    .seconds = 10,
                                    .bytes_up = 100,
                                    .bytes_down = 200,
                                    .cohort = 2,
                                    .reporter = reporters};
        assert_int_equal(store_put_round(store, &round, &model), STATUS_OK);
    }
    const struct store_evaluation evaluation = {.model_round = verified ? 2 : 1,
                                                .accuracy = 0.875,
                                                .deviation = 0.01,
                                                .tar_at_far_1e3 = 0.25,
                                                .identification = -1};
    assert_int_equal(store_put_evaluation(store, &evaluation), STATUS_OK);
    assert_int_equal(store_finish(store, success, "because", success ? &model : NULL), STATUS_OK);
    model_destroy(&model);
    store_close(&store);
}

static char *printed(const struct outcome *outcome, bool json)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    if (json) {
        outcome_print_json(out, outcome, &host);
    } else {
        outcome_print(out, outcome, &host);
    }
    fclose(out);
    return text;
}

static void read_run(struct outcome *outcome, bool verified, bool success)
{
    char folder[LIMIT_PATH], command[LIMIT_PATH + 8];
    struct config config;
    make_run(folder, &config, verified, success);
    if (outcome_read(outcome, folder, &config) != STATUS_OK) fail_msg("%s", status_message());
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void figures_are_sums_over_those_who_reported(void **state)
{
    (void)state;
    struct outcome outcome;
    read_run(&outcome, true, true);
    assert_int_equal(outcome.rounds, 2);
    assert_int_equal(outcome.images, 300);
    assert_float_equal(outcome.train_seconds, 12, 1e-9);
    assert_float_equal(outcome.round_seconds, 20, 1e-9);
    assert_int_equal(outcome.bytes_up, 200);
    assert_int_equal(outcome.bytes_down, 400);
    assert_int_equal(outcome.choices, 2);
    assert_float_equal(outcome.k_share[0], 0.2, 1e-9); // 20 of 100 steps
    assert_float_equal(outcome.k_share[1], 0.8, 1e-9);
    assert_true(outcome.verified == 1 && outcome.success);
    assert_float_equal(outcome.accuracy, 0.875, 1e-9);
    outcome_destroy(&outcome);
}

static void json_is_one_line_with_the_keys_of_the_contract(void **state)
{
    (void)state;
    struct outcome outcome;
    read_run(&outcome, true, true);
    char *text = printed(&outcome, true);
    assert_string_equal(
        text,
        "{\"accuracy\": 0.875000, \"std\": 0.010000, \"tar_at_far_1e3\": 0.250000, "
        "\"rounds\": 2, \"seconds\": 12.500, \"model\": \"runs/a\\\"b/model.safetensors\", "
        "\"report\": \"runs/a/report.html\", \"k_share\": {\"2\": 0.200000, \"4\": 0.800000}, "
        "\"bytes_up\": 200, \"bytes_down\": 400, \"peak_rss_bytes\": 2000000, "
        "\"images_per_second\": 15.000, \"mask_seconds_per_image\": 0.002000000, "
        "\"dp\": {\"epsilon\": null, \"delta\": null, \"adjacency\": null, \"mechanism\": "
        "\"none\"}, "
        "\"policy_share\": 0.000000, \"policy_collapsed\": false, \"diverged\": false}\n");
    free(text);
    outcome_destroy(&outcome);
}

static void json_and_lines_say_what_is_promised_of_privacy(void **state)
{
    (void)state;
    struct outcome outcome;
    struct config config;
    read_run(&outcome, true, true);
    char *text = printed(&outcome, false);
    assert_non_null(strstr(text, "\nprivacy        no differential privacy: "));
    free(text);
    config_defaults(&config);
    config.federation.dp.method = DP_SKELLAM;
    config.federation.dp.multiplier = 4;
    config.federation.rounds = 100;
    guarantee_state(&outcome.guarantee, &config.federation);
    text = printed(&outcome, true);
    assert_non_null(strstr(text, ", \"dp\": {\"epsilon\": 14.1"));
    assert_non_null(strstr(text, ", \"delta\": 1e-05, \"adjacency\": \"add or remove one "
                                 "participant\", \"mechanism\": \"skellam\"}, "));
    free(text);
    outcome_destroy(&outcome);
}

static void where_several_verified_the_figures_are_means_over_them(void **state)
{
    (void)state;
    char folder[LIMIT_PATH], command[LIMIT_PATH + 8];
    struct config config;
    struct outcome outcome;
    struct store *store = NULL;
    make_run(folder, &config, true, true);
    assert_int_equal(store_open(&store, folder), STATUS_OK);
    const struct store_evaluation second = {.model_round = 2,
                                            .participant = 1,
                                            .accuracy = 0.625,
                                            .deviation = 0.5,
                                            .tar_at_far_1e3 = 0.75,
                                            .identification = 0.5};
    assert_int_equal(store_put_evaluation(store, &second), STATUS_OK);
    store_close(&store);
    assert_int_equal(outcome_read(&outcome, folder, &config), STATUS_OK);
    assert_int_equal(outcome.verified, 2);
    assert_float_equal(outcome.accuracy, 0.75, 1e-12);
    assert_float_equal(outcome.deviation, 0.125, 1e-12);
    assert_float_equal(outcome.tar_at_far_1e3, 0.5, 1e-12);
    assert_float_equal(outcome.identification, 0.5, 1e-12); // of those who held images back
    char *text = printed(&outcome, true);
    assert_non_null(strstr(text, "{\"accuracy\": 0.750000, \"std\": 0.125000, "));
    assert_non_null(strstr(text, ", \"accuracy_by_participant\": [0.875000, 0.625000], "));
    free(text);
    text = printed(&outcome, false);
    assert_non_null(strstr(text, "over the participants"));
    free(text);
    outcome_destroy(&outcome);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void a_model_that_nobody_verified_has_no_accuracy(void **state)
{
    (void)state;
    struct outcome outcome;
    read_run(&outcome, false, true);
    assert_int_equal(outcome.verified, 0);
    char *text = printed(&outcome, true);
    assert_non_null(strstr(text, "{\"accuracy\": null, "));
    free(text);
    text = printed(&outcome, false);
    assert_non_null(strstr(text, "not verified"));
    free(text);
    outcome_destroy(&outcome);
}

static void a_failed_run_keeps_its_reason_and_names_no_model(void **state)
{
    (void)state;
    struct outcome outcome;
    read_run(&outcome, true, false);
    assert_false(outcome.success);
    assert_string_equal(outcome.reason, "because");
    char *text = printed(&outcome, false);
    assert_non_null(strstr(text, "failed"));
    assert_null(strstr(text, "model.safetensors"));
    free(text);
    outcome_destroy(&outcome);
}

static void a_folder_without_a_journal_is_named(void **state)
{
    (void)state;
    struct outcome outcome;
    struct config config;
    config_defaults(&config);
    assert_int_not_equal(outcome_read(&outcome, "/nonexistent", &config), STATUS_OK);
    assert_non_null(strstr(status_message(), "/nonexistent"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_sums_over_those_who_reported),
        cmocka_unit_test(json_is_one_line_with_the_keys_of_the_contract),
        cmocka_unit_test(json_and_lines_say_what_is_promised_of_privacy),
        cmocka_unit_test(where_several_verified_the_figures_are_means_over_them),
        cmocka_unit_test(a_model_that_nobody_verified_has_no_accuracy),
        cmocka_unit_test(a_failed_run_keeps_its_reason_and_names_no_model),
        cmocka_unit_test(a_folder_without_a_journal_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
