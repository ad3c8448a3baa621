// SPDX-License-Identifier: Apache-2.0
/* A coordinator that wants more of an update than one sum: a session, and what it remembers. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/circle.h"

#include <string.h>

static struct circle circle;

/* How far attempt 1 was brought. */
enum { BLINDED, SIGNED, RELEASED };

static void bring_to(int reached)
{
    circle_open(&circle);
    circle_begin(&circle, 1);
    circle_make_board(&circle);
    circle_hear(&circle, EXCHANGE_STEP_KEYS);
    circle_make_parcels(&circle);
    circle_hear(&circle, EXCHANGE_STEP_SHARES);
    circle_train(&circle);
    if (reached == BLINDED) return;
    circle_make_list(&circle, (1u << CIRCLE_COUNT) - 1);
    circle_hear(&circle, EXCHANGE_STEP_COUNTED);
    if (reached == SIGNED) return;
    circle_make_signatures(&circle);
    circle_hear(&circle, EXCHANGE_STEP_SIGNATURES);
}

static void expect_left(const char *why)
{
    assert_true(circle.left && opposite_job_of(&circle.bench) == SESSION_END);
    if (strstr(circle.error, why) == NULL) fail_msg("\"%s\": no %s", circle.error, why);
}

/* Another attempt, up to a list of the counted, one bit a place. */
static void try_again(unsigned counted)
{
    circle_begin(&circle, 2);
    circle_make_board(&circle);
    circle_hear(&circle, EXCHANGE_STEP_KEYS);
    circle_make_parcels(&circle);
    circle_hear(&circle, EXCHANGE_STEP_SHARES);
    circle_train(&circle);
    circle_make_list(&circle, counted);
    circle_hear(&circle, EXCHANGE_STEP_COUNTED);
}

/* The journal is all that is left. */
static void restart(void)
{
    struct ledger kept = circle.ledger;
    circle.ledger = (struct ledger){0};
    circle_close(&circle);
    circle_open_with(&circle, &(struct circle_ways){.place = CIRCLE_SELF, .kept = true});
    circle.ledger = kept;
}

static void no_round_is_trained_beyond_those_of_the_federation(void **state)
{
    (void)state;
    circle_open(&circle);
    struct from_coordinator *message = circle_announcement(&circle, 1);
    message->context.round = OPPOSITE_ROUNDS + 1;
    message->model.train = false;
    opposite_hear(&circle.bench, message);
    circle_listen(&circle);
    assert_false(circle.left);
    message->context.round++;
    message->model.train = true;
    opposite_hear(&circle.bench, message);
    circle_listen(&circle);
    assert_int_equal(circle.times[EXCHANGE_STEP_KEYS], 0);
    expect_left("beyond federation.rounds");
    circle_close(&circle);
}

/* A final model in between would make room for a second sum of the same updates. */
static void nothing_is_trained_after_a_final_model(void **state)
{
    (void)state;
    for (int other = 0; other < 3; other++) {
        bring_to(RELEASED);
        struct from_coordinator *message = circle_announcement(&circle, 1);
        message->model.final = message->model.evaluate = true;
        message->model.train = false;
        digest_compute(message->model.digest, opposite_second, sizeof opposite_second);
        opposite_hear(&circle.bench, message);
        opposite_hear(&circle.bench, circle_announcement(&circle, 1)); // that it had before
        circle_listen(&circle);
        assert_false(circle.left);
        message = circle_announcement(&circle, 2);
        if (other == 1) message->model.digest[0] ^= 1; // changed a little
        if (other == 2) message->context.round++;
        opposite_hear(&circle.bench, message);
        circle_listen(&circle);
        expect_left(other == 1 ? "two models" : "after the final model");
        circle_close(&circle);
    }
}

/* After an attempt that failed when a list was signed, or later, the coordinator wants the sum
 * without one of those who were in it. */
static void another_list_for_the_same_model_is_refused(void **state)
{
    (void)state;
    for (int reached = SIGNED; reached <= RELEASED; reached++) {
        for (int restarted = 0; restarted < 2; restarted++) {
            bring_to(reached);
            if (restarted == 1) restart();
            try_again(0xe); // all but place 0
            assert_int_equal(circle.times[EXCHANGE_STEP_SIGNATURES], 0);
            expect_left("differ in 1 places");
            circle_close(&circle);
        }
    }
}

static void the_same_list_is_signed_and_released_again(void **state)
{
    (void)state;
    bring_to(RELEASED);
    circle_begin(&circle, 2);
    circle_agree(&circle);
    assert_int_equal(circle.journals, 4);
    assert_int_equal(circle.times[EXCHANGE_STEP_RELEASE], 1);
    assert_int_equal(circle.ledger.count, 4);
    circle_close(&circle);
}

/* It says nothing more in this attempt, gives nothing, and waits for the next round. */
static void expect_sits_out(void)
{
    assert_int_equal(circle.times[EXCHANGE_STEP_RECEIPT], 0);
    assert_false(circle.left);
    assert_int_equal(opposite_job_of(&circle.bench), SESSION_WAIT);
    const size_t offers = circle.offers;
    circle.bench.now_ms += SESSION_ALIVE_MS;
    session_tick(circle.bench.session, circle.bench.now_ms);
    circle_listen(&circle);
    assert_int_equal(circle.times[EXCHANGE_STEP_SHARES], 1);
    assert_int_equal(circle.offers, offers);
    circle_close(&circle);
}

/* Another roster has other people at the same places. */
static void a_second_roster_for_the_same_model_is_refused(void **state)
{
    (void)state;
    bring_to(BLINDED);
    assert_int_equal(circle.ledger.list[0].roster[0], 7);
    circle.ledger.list[0].roster[0] ^= 1;
    restart();
    circle_begin(&circle, 2);
    circle_make_board(&circle);
    circle_hear(&circle, EXCHANGE_STEP_KEYS);
    circle_make_parcels(&circle);
    circle_hear(&circle, EXCHANGE_STEP_SHARES);
    expect_sits_out();
}

/* On whose boards it blinded an update on this model: with them and another place they would be
 * more than one cohort, and two quorums might have no honest participant in common. */
static void a_second_cohort_for_the_same_model_is_refused(void **state)
{
    (void)state;
    static const uint32_t others[] = {1, CIRCLE_SELF, 7};
    for (int restarted = 0; restarted < 2; restarted++) {
        bring_to(BLINDED);
        assert_int_equal(circle.ledger.count, 1);
        assert_int_equal(circle.ledger.list[0].kind, LEDGER_BLINDED);
        struct ledger_entry entry = circle.ledger.list[0];
        entry.places = others;
        entry.count = 3;
        assert_int_equal(ledger_add(&circle.ledger, &entry), STATUS_OK);
        if (restarted == 1) restart();
        circle_begin(&circle, 2);
        circle_make_board(&circle);
        circle_hear(&circle, EXCHANGE_STEP_KEYS);
        circle_make_parcels(&circle);
        circle_hear(&circle, EXCHANGE_STEP_SHARES);
        expect_sits_out();
    }
}

/* A program that answers for the journal of an attempt that is over has nothing written or said. */
static void a_late_journal_does_nothing(void **state)
{
    (void)state;
    bring_to(BLINDED);
    circle.journals_late = true;
    circle_make_list(&circle, (1u << CIRCLE_COUNT) - 1);
    circle_hear(&circle, EXCHANGE_STEP_COUNTED);
    assert_int_equal(circle.journals, 2);
    circle_begin(&circle, 2);
    session_journaled(circle.bench.session);
    circle_listen(&circle);
    assert_int_equal(circle.times[EXCHANGE_STEP_SIGNATURES], 0);
    assert_int_equal(circle.ledger.count, 1);
    circle_make_board(&circle);
    circle_hear(&circle, EXCHANGE_STEP_KEYS);
    circle_make_parcels(&circle);
    circle_hear(&circle, EXCHANGE_STEP_SHARES);
    assert_int_equal(circle.journals, 3); // that of this attempt is asked for
    session_journaled(circle.bench.session);
    circle_listen(&circle);
    assert_int_equal(circle.times[EXCHANGE_STEP_RECEIPT], 1);
    circle_close(&circle);
}

/* What cannot be remembered is not done. */
static void a_full_ledger_ends_it(void **state)
{
    (void)state;
    static const uint32_t places[] = {0, 1, CIRCLE_SELF};
    const struct ledger_entry entry = {
        .kind = LEDGER_SIGNED, .round = 1, .attempt = 1, .count = 3, .places = places};
    circle_open(&circle);
    while (circle.ledger.count < LEDGER_MAX) {
        assert_int_equal(ledger_add(&circle.ledger, &entry), STATUS_OK);
    }
    circle_begin(&circle, 1);
    circle_make_board(&circle);
    circle_hear(&circle, EXCHANGE_STEP_KEYS);
    circle_make_parcels(&circle);
    session_trained(circle.bench.session);
    circle_hear(&circle, EXCHANGE_STEP_SHARES);
    assert_int_equal(circle.offers, 0);
    expect_left("at most 65536 entries");
    circle_close(&circle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_round_is_trained_beyond_those_of_the_federation),
        cmocka_unit_test(nothing_is_trained_after_a_final_model),
        cmocka_unit_test(another_list_for_the_same_model_is_refused),
        cmocka_unit_test(the_same_list_is_signed_and_released_again),
        cmocka_unit_test(a_second_cohort_for_the_same_model_is_refused),
        cmocka_unit_test(a_second_roster_for_the_same_model_is_refused),
        cmocka_unit_test(a_late_journal_does_nothing),
        cmocka_unit_test(a_full_ledger_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
