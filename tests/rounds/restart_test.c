// SPDX-License-Identifier: Apache-2.0
/* A coordinator that is killed and goes on from its journal: participants join it anew by
 * themselves, and no published round is lost. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/assembly.h"

#include <string.h>

enum { NUMBERS = 200 };

static struct assembly assembly;

static void open_three(void)
{
    assembly_prepare(&assembly, 3, NUMBERS);
    assembly_open(&assembly);
    assembly_start_all(&assembly);
}

static void expect_all_rounds(void)
{
    assert_true(assembly.ended);
    assert_string_equal(assembly.reason, "all 3 rounds are done");
    assert_int_equal(assembly.rounds, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(assembly.record[i].round, i + 1);
        assert_int_equal(assembly.record[i].reporters, 3);
        assert_true(assembly.member[i].ended && assembly.member[i].success);
    }
}

/* The model that comes out of a run without any restart. */
static void run_undisturbed(float values[NUMBERS])
{
    open_three();
    assembly_run(&assembly, 60000);
    expect_all_rounds();
    memcpy(values, round_model(assembly.round)->values, NUMBERS * sizeof(float));
    assembly_close(&assembly);
}

/* Restarts after `moment_ms`; all rounds are done all the same, and the model is the same. */
static void restart_at(uint64_t moment_ms, const float values[NUMBERS])
{
    open_three();
    assembly_run(&assembly, moment_ms);
    assert_false(assembly.ended);
    assembly_restart(&assembly);
    assembly_run(&assembly, 300000);
    expect_all_rounds();
    assert_memory_equal(round_model(assembly.round)->values, values, NUMBERS * sizeof(float));
    assembly_close(&assembly);
}

static void a_restart_at_any_moment_loses_no_round_and_changes_no_model(void **state)
{
    (void)state;
    float values[NUMBERS];
    run_undisturbed(values);
    for (uint64_t moment_ms = 100; moment_ms < 6000; moment_ms += 250) {
        restart_at(moment_ms, values);
    }
}

static void one_restart_after_another_loses_nothing_either(void **state)
{
    (void)state;
    open_three();
    for (int i = 0; i < 5; i++) {
        assembly_run(&assembly, 2000); // less than a round
        assembly_restart(&assembly);
    }
    assembly_run(&assembly, 300000);
    expect_all_rounds();
    assembly_close(&assembly);
}

static void a_run_goes_on_without_those_who_do_not_come_back(void **state)
{
    (void)state;
    open_three();
    assembly_run_to_round(&assembly, 1);
    assembly_kill(&assembly, 1);
    assembly_restart(&assembly);
    assembly_run(&assembly, ROUND_SILENCE_MS - 5000);
    assert_int_equal(assembly.rounds, 1); // it may still come
    assembly_run(&assembly, 300000);
    assert_true(assembly.success);
    assert_int_equal(assembly.rounds, 3);
    assert_int_equal(assembly.record[2].reporters, 2);
    assembly_close(&assembly);
}

static void after_the_last_round_only_the_final_model_is_handed_out(void **state)
{
    (void)state;
    open_three();
    assembly_run_to_round(&assembly, 3);
    assembly_restart(&assembly);
    assembly_run(&assembly, 300000);
    expect_all_rounds();
    assembly_close(&assembly);
}

static void with_nobody_left_the_last_round_is_the_end(void **state)
{
    (void)state;
    open_three();
    assembly_run_to_round(&assembly, 3);
    for (size_t i = 0; i < 3; i++) {
        assembly_kill(&assembly, i);
    }
    assembly_restart(&assembly);
    assembly_run(&assembly, 300000);
    assert_true(assembly.ended && assembly.success);
    assembly_close(&assembly);
}

static void another_model_type_does_not_join_a_run_that_goes_on(void **state)
{
    (void)state;
    open_three();
    assembly_run_to_round(&assembly, 1);
    assembly_kill(&assembly, 2);
    assembly.member[2].other_model = true;
    assembly_restart(&assembly);
    assembly_start(&assembly, 2);
    assembly_run(&assembly, 300000);
    assert_true(assembly.member[2].ended && !assembly.member[2].success);
    assert_non_null(strstr(assembly.member[2].reason, "model type"));
    assert_int_equal(assembly.rounds, 3);
    assembly_close(&assembly);
}

/* Some have signed the list of five when the coordinator is gone, and the sixth is back: the sum is
 * of those five. Who signed would sign no other list. */
static void a_restart_asks_for_the_sum_that_was_agreed_upon(void **state)
{
    (void)state;
    static const enum phase phases[] = {PHASE_CONSISTENCY, PHASE_UNBLIND};
    for (size_t i = 0; i < 2; i++) {
        assembly_prepare(&assembly, 6, NUMBERS);
        assembly.config.federation.privacy = PRIVACY_SECURE_SUM;
        assembly.config.federation.secure.answer_seconds = 10;
        assembly.delay_ms = 400; // no step is over at once
        assembly_open(&assembly);
        assembly_start_all(&assembly);
        assembly_run_to_phase(&assembly, 2, PHASE_UPDATES);
        assembly_kill(&assembly, 3);
        assembly_run_to_phase(&assembly, 2, phases[i]);
        assembly_run(&assembly, 600);
        assert_int_equal(assembly.counted_round, 2);
        assert_int_equal(assembly.counted_count, 5);
        assembly_restart(&assembly);
        assembly_start(&assembly, 3);
        assembly_run(&assembly, 600000);
        if (!assembly.success) fail_msg("%s\n%s", assembly.reason, assembly.log);
        assert_int_equal(assembly.rounds, 3);
        assert_int_equal(assembly.record[1].reporters, 5);
        assert_int_equal(assembly.record[2].reporters, 6);
        assert_int_equal(round_refused(assembly.round), 0);
        assembly_close(&assembly);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restart_at_any_moment_loses_no_round_and_changes_no_model),
        cmocka_unit_test(one_restart_after_another_loses_nothing_either),
        cmocka_unit_test(a_run_goes_on_without_those_who_do_not_come_back),
        cmocka_unit_test(after_the_last_round_only_the_final_model_is_handed_out),
        cmocka_unit_test(with_nobody_left_the_last_round_is_the_end),
        cmocka_unit_test(another_model_type_does_not_join_a_run_that_goes_on),
        cmocka_unit_test(a_restart_asks_for_the_sum_that_was_agreed_upon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
