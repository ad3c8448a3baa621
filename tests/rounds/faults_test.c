// SPDX-License-Identifier: Apache-2.0
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

static void open_four(void)
{
    assembly_prepare(&assembly, 4, NUMBERS);
    assembly.config.federation.reporters_min = 2;
}

static void expect_success(size_t rounds)
{
    assert_true(assembly.ended);
    assert_string_equal(assembly.reason, "all 3 rounds are done");
    assert_int_equal(assembly.rounds, rounds);
}

static void a_killed_participant_does_not_stop_its_round(void **state)
{
    (void)state;
    open_four();
    assembly.member[2].work_ms = 20000;
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run_to_round(&assembly, 0);
    assembly_run(&assembly, 4000); // joined, and training
    assert_int_equal(round_phase(assembly.round), PHASE_UPDATES);
    const uint64_t killed_ms = assembly.now_ms;
    assembly_kill(&assembly, 2);
    assembly_run_to_round(&assembly, 1);
    assert_in_range(assembly.now_ms - killed_ms, 0, 15000);
    assert_int_equal(assembly.record[0].cohort, 4);
    assert_int_equal(assembly.record[0].reporters, 3);
    assert_false(assembly.record[0].reporter[2].reported);
    assert_string_equal(assembly.record[0].reporter[2].reason, "it was lost");
    assembly_run(&assembly, 60000);
    expect_success(3);
    assert_int_equal(assembly.record[1].cohort, 3); // nobody waits for it again
    assembly_close(&assembly);
}

static void a_participant_that_comes_back_takes_part_again(void **state)
{
    (void)state;
    open_four();
    assembly.config.federation.rounds = 6;
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run_to_round(&assembly, 1);
    assembly_kill(&assembly, 1);
    assembly_run_to_round(&assembly, 2);
    assembly_start(&assembly, 1);
    assembly_run(&assembly, 120000);
    assert_true(assembly.success);
    assert_int_equal(assembly.rounds, 6);
    assert_int_equal(assembly.record[5].reporters, 4);
    assert_true(assembly.member[1].ended && assembly.member[1].success);
    assembly_close(&assembly);
}

static void one_that_restarts_in_a_round_reports_in_that_round(void **state)
{
    (void)state;
    open_four();
    assembly.member[3].work_ms = 5000;
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run(&assembly, 4000);
    assembly_kill(&assembly, 3);
    assembly_start(&assembly, 3);
    assembly_run(&assembly, 120000);
    expect_success(3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(assembly.record[i].reporters, 4);
    }
    assembly_close(&assembly);
}

static void a_late_joiner_takes_part_from_the_next_round(void **state)
{
    (void)state;
    open_four();
    assembly.config.federation.join_seconds = 5;
    assembly.config.federation.rounds = 4;
    assembly_open(&assembly);
    for (size_t i = 0; i < 3; i++) {
        assembly_start(&assembly, i);
    }
    assembly_run_to_round(&assembly, 1);
    assembly_run(&assembly, 100);
    assembly_start(&assembly, 3);
    assembly_run(&assembly, 120000);
    assert_true(assembly.success);
    assert_int_equal(assembly.record[0].cohort, 3);
    assert_int_equal(assembly.record[1].cohort, 3);
    assert_int_equal(assembly.record[2].cohort, 4);
    assert_int_equal(assembly.record[3].reporters, 4);
    assembly_close(&assembly);
}

static void too_few_at_the_start_is_a_failure_with_numbers(void **state)
{
    (void)state;
    open_four();
    assembly.config.federation.join_seconds = 20;
    assembly.config.federation.reporters_min = 3;
    assembly_open(&assembly);
    assembly_start(&assembly, 0);
    assembly_start(&assembly, 2);
    assembly_run(&assembly, 60000);
    assert_true(assembly.ended);
    assert_false(assembly.success);
    assert_string_equal(assembly.reason,
                        "only 2 of 4 participants joined within 20 s, at least 3 are needed");
    assert_true(assembly.member[2].ended && !assembly.member[2].success);
    assert_non_null(strstr(assembly.member[2].reason, "only 2 of 4"));
    assembly_close(&assembly);
}

static void the_deadline_closes_the_round_without_the_slow(void **state)
{
    (void)state;
    open_four();
    assembly.config.federation.deadline_seconds = 8;
    assembly.member[1].work_ms = 60000;
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run(&assembly, 120000);
    expect_success(3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(assembly.record[i].reporters, 3);
        assert_string_equal(assembly.record[i].reporter[1].reason, "its update came too late");
        assert_true(assembly.record[i].seconds < 10);
    }
    assert_int_equal(assembly.member[1].trainings, 0); // stopped each time
    assembly_close(&assembly);
}

static void another_attempt_takes_the_same_training(void **state)
{
    (void)state;
    open_four();
    assembly.config.federation.deadline_seconds = 5;
    assembly.config.federation.reporters_min = 4;
    assembly.config.federation.rounds = 1;
    assembly.member[1].work_ms = 8000;
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run(&assembly, 60000);
    assert_true(assembly.success);
    assert_int_equal(assembly.record[0].attempt, 2);
    assert_int_equal(assembly.record[0].reporters, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(assembly.member[i].trainings, 1);
    }
    assembly_close(&assembly);
}

static void three_attempts_without_the_minimum_end_the_run(void **state)
{
    (void)state;
    open_four();
    assembly.config.federation.deadline_seconds = 5;
    assembly.config.federation.reporters_min = 4;
    assembly.member[1].work_ms = 600000;
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run(&assembly, 60000);
    assert_true(assembly.ended);
    assert_false(assembly.success);
    assert_string_equal(assembly.reason, "round 1 failed in 3 attempts: 3 of 4 reported, at least "
                                         "4 are needed");
    for (size_t i = 0; i < 4; i++) {
        assert_true(assembly.member[i].ended && !assembly.member[i].success);
    }
    assembly_close(&assembly);
}

static void a_silent_participant_is_lost_and_welcome_back(void **state)
{
    (void)state;
    open_four();
    assembly.config.federation.rounds = 5;
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run_to_round(&assembly, 1);
    assembly.member[3].unreachable = true; // its connection stands, but nothing comes through
    const uint64_t silent_ms = assembly.now_ms;
    assembly_run_to_round(&assembly, 2);
    assert_in_range(assembly.now_ms - silent_ms, 25000, 40000);
    assert_int_equal(assembly.record[1].reporters, 3);
    assembly.member[3].unreachable = false;
    assembly_run(&assembly, 120000);
    assert_true(assembly.success);
    assert_int_equal(assembly.record[4].reporters, 4);
    assert_true(assembly.member[3].success);
    assembly_close(&assembly);
}

static void a_run_whose_participants_are_all_gone_fails(void **state)
{
    (void)state;
    open_four();
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run_to_round(&assembly, 1);
    for (size_t i = 0; i < 4; i++) {
        assembly_kill(&assembly, i);
    }
    assembly_run(&assembly, 600000);
    assert_true(assembly.ended);
    assert_false(assembly.success);
    assert_string_equal(assembly.reason, "round 2: 0 participants are left, at least 2 are needed");
    assert_non_null(round_model(assembly.round));
    assembly_close(&assembly);
}

static void a_stopped_coordinator_tells_everyone(void **state)
{
    (void)state;
    open_four();
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run_to_round(&assembly, 1);
    round_stop(assembly.round, "stopped by a signal");
    assembly_run(&assembly, 1000);
    assert_true(assembly.ended);
    assert_false(assembly.success);
    for (size_t i = 0; i < 4; i++) {
        assert_true(assembly.member[i].ended && !assembly.member[i].success);
        assert_non_null(strstr(assembly.member[i].reason, "stopped by a signal"));
    }
    assembly_close(&assembly);
}

static void a_dead_coordinator_is_waited_out_and_no_longer(void **state)
{
    (void)state;
    open_four();
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run_to_round(&assembly, 1);
    for (size_t i = 0; i < 4; i++) {
        assembly.member[i].unreachable = true;
    }
    assembly_run(&assembly, 58000);
    assert_false(assembly.member[0].ended);
    assembly_run(&assembly, 5000);
    for (size_t i = 0; i < 4; i++) {
        assert_true(assembly.member[i].ended && !assembly.member[i].success);
        assert_non_null(strstr(assembly.member[i].reason, "silent for 60 s"));
    }
    assembly_close(&assembly);
}

static void a_farewell_mid_run_is_one_participant_less(void **state)
{
    (void)state;
    open_four();
    assembly.member[0].work_ms = 50000;
    assembly_open(&assembly);
    assembly_start_all(&assembly);
    assembly_run(&assembly, 4000);
    session_leave(assembly.member[0].session, "a number is not finite in step 3");
    assembly_run(&assembly, 60000);
    expect_success(3);
    assert_int_equal(assembly.record[0].reporters, 3);
    assert_string_equal(assembly.record[0].reporter[0].reason,
                        "it left: a number is not finite in step 3");
    assembly_close(&assembly);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_participant_does_not_stop_its_round),
        cmocka_unit_test(a_participant_that_comes_back_takes_part_again),
        cmocka_unit_test(one_that_restarts_in_a_round_reports_in_that_round),
        cmocka_unit_test(a_late_joiner_takes_part_from_the_next_round),
        cmocka_unit_test(too_few_at_the_start_is_a_failure_with_numbers),
        cmocka_unit_test(the_deadline_closes_the_round_without_the_slow),
        cmocka_unit_test(another_attempt_takes_the_same_training),
        cmocka_unit_test(three_attempts_without_the_minimum_end_the_run),
        cmocka_unit_test(a_silent_participant_is_lost_and_welcome_back),
        cmocka_unit_test(a_run_whose_participants_are_all_gone_fails),
        cmocka_unit_test(a_stopped_coordinator_tells_everyone),
        cmocka_unit_test(a_dead_coordinator_is_waited_out_and_no_longer),
        cmocka_unit_test(a_farewell_mid_run_is_one_participant_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
