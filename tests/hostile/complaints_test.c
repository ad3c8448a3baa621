// SPDX-License-Identifier: Apache-2.0
/* Parcels that are complained of and receipts that do not come, seen from the coordinator. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/troupe.h"

#include <stdio.h>
#include <string.h>

static struct troupe troupe;

/* Of one whose parcel its holder cannot open. */
static void a_parcel_that_is_complained_of_is_opened_or_its_maker_left_out(void **state)
{
    (void)state;
    static const struct {
        size_t maker;
        bool silent;
        size_t spoils;
        bool counted;
        const char *reason;
    } cases[] = {{0, false, 0, true, ""}, // its update is on its way by then
                 {0, true, 0, false, "it did not open shares that were complained of"},
                 {2, false, 0, true, ""},
                 {2, true, 0, false, "it did not open shares that were complained of"},
                 {2, false, 20, false, "refused: place 2"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        troupe_prepare(&troupe, 6);
        troupe.config.federation.rounds = 1;
        const size_t maker = cases[i].maker;
        char complaint[80];
        troupe.member[maker].deals_badly = 1;
        troupe.member[maker].silent[EXCHANGE_STEP_OPENING] = cases[i].silent;
        troupe.member[maker].spoils[EXCHANGE_STEP_OPENING] = cases[i].spoils;
        troupe_run(&troupe);
        troupe_expect_done(&troupe, 1);
        troupe_expect_model(&troupe, cases[i].counted ? 0x3f : 0x3f & ~(1u << maker), 1);
        assert_int_equal(troupe.record[0].attempt, 1);
        snprintf(complaint, sizeof complaint,
                 "p5 complains of the shares of p%zu, which is to open them", maker);
        troupe_expect_logged(&troupe, complaint);
        assert_int_equal(troupe.member[5].openings, cases[i].counted);
        const struct store_reporter *reporter = &troupe.record[0].reporter[maker];
        assert_int_equal(reporter->reported, cases[i].counted);
        assert_int_equal(strncmp(reporter->reason, cases[i].reason, strlen(cases[i].reason)), 0);
        troupe_close(&troupe);
    }
}

/* The update of the maker is in the sum by then: without an opening, that sum is of no use. */
static void a_late_complaint_that_is_not_answered_is_another_attempt(void **state)
{
    (void)state;
    troupe_prepare(&troupe, 6);
    troupe.config.federation.rounds = 1;
    troupe.member[2].deals_badly = 1;
    troupe.member[2].silent[EXCHANGE_STEP_OPENING] = true;
    troupe.member[5].silent[EXCHANGE_STEP_RECEIPT] = true;
    troupe.member[4].silent[TROUPE_UPLOAD] = true; // the round waits for it
    troupe_start(&troupe);
    troupe_wait(&troupe, 1000, PHASE_DONE);
    assert_int_equal(round_phase(troupe.round), PHASE_UPDATES);
    assert_non_null(troupe.member[5].complaint);
    troupe_say_step(&troupe, 5, EXCHANGE_STEP_RECEIPT, troupe.member[5].complaint,
                    troupe.member[5].complaint_size);
    troupe.member[5].silent[EXCHANGE_STEP_RECEIPT] = false;
    troupe.member[4].silent[TROUPE_UPLOAD] = false;
    troupe_wait(&troupe, 600000, PHASE_DONE);
    troupe_expect_done(&troupe, 1);
    troupe_expect_model(&troupe, 0x3b, 1);
    assert_int_equal(troupe.record[0].attempt, 2);
    troupe_expect_logged(&troupe,
                         "p2 did not open shares that were complained of; attempt 2 follows");
    assert_string_equal(troupe.member[2].reason, "you did not open shares complained of");
    troupe_close(&troupe);
}

/* A holder says its receipt, for the first time or again. */
static void complain(size_t holder)
{
    assert_non_null(troupe.member[holder].complaint);
    troupe_say_step(&troupe, holder, EXCHANGE_STEP_RECEIPT, troupe.member[holder].complaint,
                    troupe.member[holder].complaint_size);
    troupe_talk(&troupe);
}

/* Of two parcels of one maker its holders 4 and 5 complain, at once or one after the other was
 * settled; each time it takes 15 of the 20 seconds that it has. */
static void each_complaint_may_take_its_time(void **state)
{
    (void)state;
    for (int settled = 0; settled < 2; settled++) {
        troupe_prepare(&troupe, 6);
        troupe.config.federation.rounds = 1;
        troupe.member[2].deals_badly = 2;
        troupe.member[4].silent[EXCHANGE_STEP_RECEIPT] = true;
        troupe.member[5].silent[EXCHANGE_STEP_RECEIPT] = true;
        troupe_start(&troupe);
        troupe_wait(&troupe, 1000, PHASE_DONE);
        troupe.member[2].silent[EXCHANGE_STEP_OPENING] = settled == 0;
        complain(5);
        if (settled == 0) complain(4);
        troupe_wait(&troupe, 15000, PHASE_DONE);
        troupe.member[2].silent[EXCHANGE_STEP_OPENING] = settled == 1;
        complain(settled == 0 ? 5 : 4);
        troupe_wait(&troupe, 15000, PHASE_DONE);
        assert_int_equal(round_phase(troupe.round), PHASE_UPDATES);
        troupe.member[2].silent[EXCHANGE_STEP_OPENING] = false;
        complain(4);
        troupe_wait(&troupe, 600000, PHASE_DONE);
        troupe_expect_done(&troupe, 1);
        troupe_expect_model(&troupe, 0x3f, 1);
        assert_int_equal(troupe.record[0].attempt, 1);
        assert_true(troupe.member[4].openings > 0 && troupe.member[5].openings > 0);
        troupe_close(&troupe);
    }
}

/* Of those whose updates are added, the first is complained of when the time of the round is over;
 * that the last one is complained of as well, and is not in the sum, makes no difference. */
static void a_disputed_sum_is_not_listed_when_the_round_ends(void **state)
{
    (void)state;
    troupe_prepare(&troupe, 6);
    troupe.config.federation.rounds = 1;
    troupe.config.federation.deadline_seconds = 10;
    troupe.member[0].deals_badly = 1;
    troupe.member[0].silent[EXCHANGE_STEP_OPENING] = true;
    troupe.member[3].deals_badly = 1;
    troupe.member[3].silent[EXCHANGE_STEP_OPENING] = true;
    troupe.member[3].silent[TROUPE_UPLOAD] = true;
    troupe.member[5].silent[EXCHANGE_STEP_RECEIPT] = true;
    troupe_start(&troupe);
    troupe_wait(&troupe, 8000, PHASE_DONE);
    complain(5);
    troupe_wait(&troupe, 5000, PHASE_DONE);
    assert_int_equal(round_phase(troupe.round), PHASE_UPDATES);
    troupe.member[0].silent[EXCHANGE_STEP_OPENING] = false;
    complain(5);
    troupe_wait(&troupe, 600000, PHASE_DONE);
    troupe_expect_done(&troupe, 1);
    troupe_expect_model(&troupe, 0x37, 1);
    assert_int_equal(troupe.record[0].attempt, 1);
    troupe_close(&troupe);
}

/* Who lives and offers an update, but has not said with whom it blinded. */
static void without_a_receipt_nobody_is_counted_or_waited_for(void **state)
{
    (void)state;
    troupe_prepare(&troupe, 6);
    troupe.config.federation.rounds = 1;
    troupe.member[5].silent[EXCHANGE_STEP_RECEIPT] = true;
    troupe_run(&troupe);
    troupe_expect_done(&troupe, 1);
    troupe_expect_model(&troupe, 0x1f, 1);
    assert_string_equal(troupe.record[0].reporter[5].reason, "its receipt came too late");
    troupe_close(&troupe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_parcel_that_is_complained_of_is_opened_or_its_maker_left_out),
        cmocka_unit_test(a_late_complaint_that_is_not_answered_is_another_attempt),
        cmocka_unit_test(each_complaint_may_take_its_time),
        cmocka_unit_test(a_disputed_sum_is_not_listed_when_the_round_ends),
        cmocka_unit_test(without_a_receipt_nobody_is_counted_or_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
