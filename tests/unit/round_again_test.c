// SPDX-License-Identifier: Apache-2.0
/* Further attempts at a secure sum: of whom they are, and when they begin. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/troupe.h"

#include <string.h>

enum { COUNT = 6 };

static struct troupe troupe;

static void start(enum exchange_step silent)
{
    troupe.config.federation.rounds = 1;
    for (size_t i = 0; i < COUNT; i++) {
        troupe.member[i].silent[silent] = true;
    }
    troupe_open(&troupe);
    for (size_t i = 0; i < COUNT; i++) {
        troupe_join(&troupe, i);
    }
    troupe_talk(&troupe);
}

static void say_again(enum exchange_step silent)
{
    for (size_t i = 0; i < COUNT; i++) {
        troupe.member[i].silent[silent] = false;
    }
}

static void wait_for(const char *text)
{
    for (int i = 0; i < 200 && strstr(troupe.log, text) == NULL; i++) {
        troupe_wait(&troupe, 1000, PHASE_DONE);
    }
    if (strstr(troupe.log, text) == NULL) fail_msg("\"%s\" is not in\n%s", text, troupe.log);
}

/* Who are to train in the attempt at hand, one bit each. */
static unsigned chosen(void)
{
    unsigned bits = 0;
    for (size_t i = 0; i < COUNT; i++) {
        if (troupe.member[i].model.model.train) bits |= 1u << i;
    }
    return bits;
}

static void all_attempts_are_of_one_cohort(void **state)
{
    (void)state;
    troupe_prepare(&troupe, COUNT);
    troupe.config.federation.cohort = COUNT - 1;
    start(EXCHANGE_STEP_SHARES);
    troupe_wait(&troupe, 1000, PHASE_SHARES);
    const unsigned first = chosen();
    assert_int_not_equal(first, 0);
    wait_for("attempt 2 follows");
    assert_int_equal(chosen(), first);
    wait_for("attempt 3 follows");
    assert_int_equal(chosen(), first);
    troupe_close(&troupe);
}

/* Nobody releases; the one that was not in that sum is not in the next either. */
static void who_was_not_counted_is_not_in_the_next_attempt(void **state)
{
    (void)state;
    troupe_prepare(&troupe, COUNT);
    troupe.config.federation.deadline_seconds = 10;
    troupe.member[4].silent[TROUPE_UPLOAD] = true;
    start(EXCHANGE_STEP_RELEASE);
    troupe_wait(&troupe, 15000, PHASE_UNBLIND);
    assert_int_equal(chosen(), 0x3f);
    assert_int_equal(round_phase(troupe.round), PHASE_UNBLIND);
    troupe.member[4].silent[TROUPE_UPLOAD] = false;
    wait_for("attempt 2 follows");
    assert_int_equal(chosen(), 0x2f);
    say_again(EXCHANGE_STEP_RELEASE);
    troupe_wait(&troupe, 600000, PHASE_DONE);
    assert_true(troupe.success);
    assert_int_equal(troupe.record[0].reporters, COUNT - 1);
    troupe_close(&troupe);
}

/* Without one of the list there is no sum: no attempt is wasted before it is back. */
static void an_attempt_waits_for_all_of_the_list(void **state)
{
    (void)state;
    troupe_prepare(&troupe, COUNT);
    start(EXCHANGE_STEP_RELEASE);
    troupe_wait(&troupe, 10000, PHASE_UNBLIND);
    assert_int_equal(round_phase(troupe.round), PHASE_UNBLIND);
    say_again(EXCHANGE_STEP_RELEASE);
    for (size_t i = 0; i < COUNT; i++) { // what was said at once was lost
        troupe.member[i].gone = true;
    }
    wait_for("attempt 2 follows");
    for (size_t i = 0; i < COUNT - 1; i++) {
        troupe.member[i].gone = false;
    }
    wait_for("5 are counted, of 6 whose sum was agreed upon; attempt 3 follows");
    troupe_wait(&troupe, 10000, PHASE_KEYS);
    assert_int_equal(round_phase(troupe.round), PHASE_GATHER);
    troupe.member[5].gone = false;
    troupe_join(&troupe, 5);
    troupe_wait(&troupe, 600000, PHASE_DONE);
    assert_true(troupe.success);
    assert_int_equal(troupe.record[0].reporters, COUNT);
    assert_int_equal(troupe.record[0].attempt, 3);
    troupe_close(&troupe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_attempts_are_of_one_cohort),
        cmocka_unit_test(who_was_not_counted_is_not_in_the_next_attempt),
        cmocka_unit_test(an_attempt_waits_for_all_of_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
