// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "pieces.h"

#include "base/files.h"
#include "base/stop.h"
#include "fakes/album.h"
#include "fakes/trained.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct plan *plan;
static struct target *target;
static int calls;
static enum status answer; // of the attack
static enum attack_identity identity;
static bool found; // what an earlier call of it has left
static char out[LIMIT_PATH];

static enum status pretend(const struct attack_context *context, struct figures *figures)
{
    char path[LIMIT_PATH];
    calls++;
    assert_ptr_equal(context->target, target);
    identity = context->identity;
    assert_int_equal(files_join(path, context->folder, "state"), STATUS_OK);
    found = files_exists(path);
    assert_int_equal(files_write(path, "s", 1), STATUS_OK);
    figures_set(figures, "pretend.calls", calls);
    if (answer == STATUS_STOPPED) stop_request();
    if (answer == STATUS_STOPPED) return attack_progress(context, "pretending", 1, 2);
    return answer == STATUS_OK ? STATUS_OK : status_fail(answer, "a pretended failure");
}

static enum status run_away(const struct attack_context *context, struct figures *figures)
{
    (void)context;
    figures_set(figures, "wild.ssim", (double)NAN);
    attack_diverged(figures, "wild", "the loss is no number");
    return STATUS_OK;
}

static const struct registry_attack pretender = {"pretend", "for this test", pretend, 0};
static const struct registry_attack wild = {"wild", "for this test", run_away, 0};

static int prepare(void **state)
{
    const struct config config = trained_config();
    plan = calloc(1, sizeof *plan);
    if (plan == NULL || album_create(state) != 0) return 1;
    plan->seed = 1;
    plan->size = 56;
    plan->victims_min = 2;
    plan->overlap_cosine = ATTACK_DATA_COSINE;
    plan->victims = (struct attack_source){.people = 2, .images = 1};
    plan->known = (struct attack_source){.skip = 2, .people = 2, .images = 1};
    snprintf(plan->defence[0].folder, LIMIT_NAME, "01-t");
    snprintf(plan->defence[0].name, LIMIT_NAME, "t");
    snprintf(out, sizeof out, "%s", album_path(""));
    target = trained_open("t", &config, 0);
    calls = 0;
    answer = STATUS_OK;
    return 0;
}

static int clean(void **state)
{
    target_close(&target);
    free(plan);
    return album_destroy(state);
}

/* One piece of a program that starts anew. */
static enum status start(struct figures *figures, const struct registry_attack *attack)
{
    struct pieces pieces;
    struct target *f1 = NULL;
    enum status status = pieces_open(&pieces, plan, out, &f1, 1);
    if (status != STATUS_OK) fail_msg("%s", status_message());
    pieces.total = 1;
    status = pieces_find(figures, &pieces, target, &plan->defence[0], attack);
    if (status == STATUS_OK && figures->inputs[0] == '\0') {
        status = pieces_run(figures, &pieces, target, &plan->defence[0], attack);
    }
    pieces_close(&pieces);
    return status;
}

static void what_is_finished_is_not_repeated_for_the_same_inputs(void **state)
{
    (void)state;
    static struct figures figures;
    assert_int_equal(start(&figures, &pretender), STATUS_OK);
    assert_true(files_exists(album_path("01-t/pretend.json")));
    assert_int_equal(start(&figures, &pretender), STATUS_OK);
    assert_int_equal(calls, 1);
    assert_int_equal((int)figures_get(&figures, "pretend.calls"), 1);
    plan->seed = 2;
    assert_int_equal(start(&figures, &pretender), STATUS_OK);
    assert_int_equal(calls, 2);
    assert_false(found); // nothing of another seed
    plan->known.people = 3;
    assert_int_equal(start(&figures, &pretender), STATUS_OK);
    assert_int_equal(calls, 3);
    target->model.values[0] += 1;
    assert_int_equal(start(&figures, &pretender), STATUS_OK);
    assert_int_equal(calls, 4);
}

static void another_revision_of_an_attack_repeats_it(void **state)
{
    (void)state;
    static const struct registry_attack later = {"pretend", "for this test", pretend, 1};
    static struct figures figures;
    assert_int_equal(start(&figures, &pretender), STATUS_OK);
    assert_int_equal(start(&figures, &later), STATUS_OK);
    assert_int_equal(start(&figures, &later), STATUS_OK);
    assert_int_equal(calls, 2);
    assert_false(found);
}

static void another_identity_repeats_gmi_alone(void **state)
{
    (void)state;
    static const struct registry_attack gmi = {"gmi", "for this test", pretend, 0};
    static struct figures figures;
    assert_int_equal(start(&figures, &gmi), STATUS_OK);
    assert_int_equal(start(&figures, &pretender), STATUS_OK);
    assert_int_equal(calls, 2);
    assert_int_equal(identity, ATTACK_IDENTITY_AUTO);
    plan->gmi.identity = ATTACK_IDENTITY_STATISTICS;
    assert_int_equal(start(&figures, &pretender), STATUS_OK);
    assert_int_equal(calls, 2);
    assert_int_equal(start(&figures, &gmi), STATUS_OK);
    assert_int_equal(calls, 3);
    assert_int_equal(identity, ATTACK_IDENTITY_STATISTICS);
    assert_false(found);
    plan->gmi.identity = ATTACK_IDENTITY_TEMPLATE;
    assert_int_equal(start(&figures, &gmi), STATUS_OK);
    assert_int_equal(start(&figures, &gmi), STATUS_OK);
    assert_int_equal(calls, 4);
}

static void a_failure_is_kept_and_tried_again(void **state)
{
    (void)state;
    static struct figures figures;
    answer = STATUS_NO_MEMORY;
    assert_int_equal(start(&figures, &pretender), STATUS_OK);
    assert_string_equal(figures.failure, "a pretended failure");
    assert_int_equal(figures.count, 0);
    assert_int_equal(figures_read(&figures, album_path("01-t/pretend.json")), STATUS_OK);
    assert_string_equal(figures.failure, "a pretended failure");
    answer = STATUS_OK;
    assert_int_equal(start(&figures, &pretender), STATUS_OK);
    assert_int_equal(calls, 2);
    assert_true(found); // it may go on
    assert_string_equal(figures.failure, "");
}

static void a_file_that_was_cut_is_not_taken_over(void **state)
{
    (void)state;
    static struct figures figures;
    assert_int_equal(start(&figures, &pretender), STATUS_OK);
    album_add_bytes("01-t/pretend.json", "{\"inputs\": \"", 12);
    assert_int_equal(start(&figures, &pretender), STATUS_OK);
    assert_int_equal(calls, 2);
}

static void divergence_is_a_result(void **state)
{
    (void)state;
    static struct figures figures;
    assert_int_equal(start(&figures, &wild), STATUS_OK);
    assert_string_equal(figures.failure, "");
    assert_true(figures_get(&figures, "wild.diverged") > 0);
    assert_non_null(strstr(figures.note[0], "no number"));
}

/* The last one: a request to stop stays. */
static void a_request_to_stop_leaves_no_figures(void **state)
{
    (void)state;
    static struct figures figures;
    answer = STATUS_STOPPED;
    assert_int_equal(start(&figures, &pretender), STATUS_STOPPED);
    assert_int_equal(calls, 1);
    assert_string_equal(figures.inputs, ""); // as if it had not begun
    assert_false(files_exists(album_path("01-t/pretend.json")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_finished_is_not_repeated_for_the_same_inputs,
                                        prepare, clean),
        cmocka_unit_test_setup_teardown(another_revision_of_an_attack_repeats_it, prepare, clean),
        cmocka_unit_test_setup_teardown(another_identity_repeats_gmi_alone, prepare, clean),
        cmocka_unit_test_setup_teardown(a_failure_is_kept_and_tried_again, prepare, clean),
        cmocka_unit_test_setup_teardown(a_file_that_was_cut_is_not_taken_over, prepare, clean),
        cmocka_unit_test_setup_teardown(divergence_is_a_result, prepare, clean),
        cmocka_unit_test_setup_teardown(a_request_to_stop_leaves_no_figures, prepare, clean),
    };
    return cmocka_run_group_tests_name("pieces", tests, NULL, NULL);
}
