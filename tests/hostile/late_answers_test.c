// SPDX-License-Identifier: Apache-2.0
/* What participants of a secure sum say late or once more, seen from the coordinator. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/troupe.h"

#include "secure/digest.h"

#include <math.h>
#include <string.h>

static struct troupe troupe;

static void start(void)
{
    troupe.config.federation.rounds = 1;
    troupe_open(&troupe);
    for (size_t i = 0; i < troupe.members; i++) {
        troupe_join(&troupe, i);
    }
    troupe_talk(&troupe);
}

/* One attempt was enough, and the model moved by the updates of `counted`, one bit each. */
static void expect_done(unsigned counted)
{
    double weight = 0, sum = 0;
    if (!troupe.success) fail_msg("%s\n%s", troupe.reason, troupe.log);
    assert_int_equal(troupe.record[0].attempt, 1);
    for (size_t i = 0; i < troupe.members; i++) {
        if ((counted >> i & 1u) == 0) continue;
        weight += 10 * ((double)i + 1);
        sum += 10 * ((double)i + 1) * 0.125 * ((double)i + 1);
    }
    const double moved = (double)round_model(troupe.round)->values[0] - 1;
    assert_true(fabs(moved - sum / weight) < 1e-4);
}

/* Offers the update that a member has anyway, or the same under another digest. */
static void offer(size_t member, bool other)
{
    struct from_participant *message =
        troupe_say(&troupe, member, PARTICIPANT_OFFER, PHASE_UPDATES);
    message->offer.size = troupe.member[member].body_size;
    message->offer.weight = 1;
    digest_compute(message->offer.digest, troupe.member[member].body, message->offer.size);
    message->offer.digest[0] ^= other;
    troupe_talk(&troupe);
}

static void what_was_added_is_not_added_again(void **state)
{
    (void)state;
    troupe_prepare(&troupe, 6);
    troupe.member[4].silent[TROUPE_UPLOAD] = true; // the round waits for it
    start();
    troupe_wait(&troupe, 1000, PHASE_DONE);
    for (int other = 0; other < 2; other++) {
        const unsigned closed = troupe.member[1].closed;
        offer(1, other == 1);
        assert_int_equal(troupe.member[1].closed, closed + 1);
        assert_string_equal(troupe.member[1].reason, "your update was added");
        assert_int_equal(round_phase(troupe.round), PHASE_UPDATES);
    }
    troupe.member[4].gone = true;
    troupe_wait(&troupe, 600000, PHASE_DONE);
    expect_done(0x2f);
    troupe_close(&troupe);
}

static void what_was_rejected_stays_rejected(void **state)
{
    (void)state;
    troupe_prepare(&troupe, 6);
    troupe.member[4].silent[TROUPE_UPLOAD] = true;
    troupe.member[5].silent[EXCHANGE_STEP_RECEIPT] = true;
    start();
    troupe_wait(&troupe, 25000, PHASE_DONE);
    assert_string_equal(troupe.member[5].reason, "its receipt came too late");
    troupe.member[5].reason[0] = 0;
    troupe_say_step(&troupe, 5, EXCHANGE_STEP_RECEIPT, troupe.member[5].complaint,
                    troupe.member[5].complaint_size);
    offer(5, false);
    offer(5, true);
    assert_int_equal(troupe.member[5].closed, 3);
    assert_string_equal(troupe.member[5].reason, "its receipt came too late");
    troupe.member[4].gone = true;
    troupe_wait(&troupe, 600000, PHASE_DONE);
    expect_done(0x0f);
    troupe_close(&troupe);
}

/* Says that a member has an update, which it has not. */
static void offer_nothing(size_t member, uint32_t earlier)
{
    struct from_participant *message =
        troupe_say(&troupe, member, PARTICIPANT_OFFER, PHASE_UPDATES);
    message->context.attempt -= earlier;
    message->offer.size = troupe.member[(member + 1) % 2].body_size;
    message->offer.weight = 1;
    troupe_talk(&troupe);
}

static void an_offer_of_another_attempt_is_not_fetched(void **state)
{
    (void)state;
    troupe_prepare(&troupe, 6);
    troupe.member[4].silent[TROUPE_UPLOAD] = true;
    start();
    troupe_wait(&troupe, 1000, PHASE_DONE);
    offer_nothing(4, 1);
    // Nothing is awaited of an update that is not there.
    troupe_wait(&troupe, 3 * ROUND_SILENCE_MS, PHASE_DONE);
    assert_int_equal(round_phase(troupe.round), PHASE_UPDATES);
    assert_int_equal(troupe.member[4].closed, 0);
    // Offered in this attempt it is awaited, for some time.
    offer_nothing(4, 0);
    troupe_wait(&troupe, 3 * ROUND_SILENCE_MS, PHASE_DONE);
    assert_string_equal(troupe.member[4].reason, "its update did not arrive");
    expect_done(0x2f);
    troupe_close(&troupe);
}

static void who_is_not_in_the_cohort_offers_in_vain(void **state)
{
    (void)state;
    size_t other = 0, waited = 0;
    troupe_prepare(&troupe, 6);
    troupe.config.federation.cohort = 5;
    for (size_t i = 0; i < 6; i++) {
        troupe.member[i].silent[TROUPE_UPLOAD] = true;
    }
    start();
    troupe_wait(&troupe, 1000, PHASE_DONE);
    for (size_t i = 0; i < 6; i++) {
        if (!troupe.member[i].model.model.train) other = i;
        if (troupe.member[i].model.model.train) waited++;
    }
    assert_int_equal(waited, 5);
    offer_nothing(other, 0);
    assert_int_equal(troupe.member[other].closed, 1);
    assert_string_equal(troupe.member[other].reason, "you are not in the cohort of this round");
    assert_int_equal(round_phase(troupe.round), PHASE_UPDATES);
    troupe_close(&troupe);
}

/* Of two that are offered before either is fetched the second counts: its program began anew. */
static void the_last_offer_is_fetched(void **state)
{
    (void)state;
    troupe_prepare(&troupe, 6);
    troupe.member[4].silent[TROUPE_UPLOAD] = true;
    troupe.member[5].silent[EXCHANGE_STEP_RECEIPT] = true;
    start();
    troupe_wait(&troupe, 1000, PHASE_DONE);
    offer(5, true); // what it does not have: not fetched before its receipt is here
    offer(5, false);
    troupe_say_step(&troupe, 5, EXCHANGE_STEP_RECEIPT, troupe.member[5].complaint,
                    troupe.member[5].complaint_size);
    troupe.member[4].gone = true;
    troupe_wait(&troupe, 600000, PHASE_DONE);
    expect_done(0x2f);
    troupe_close(&troupe);
}

/* The shares of who signed after the quorum was reached are needed: one fewer than the threshold
 * come of the others. */
static void who_signs_late_can_still_release(void **state)
{
    (void)state;
    struct neighbours_plan plan;
    troupe_prepare(&troupe, 6);
    const struct neighbours_assumption assumption = neighbours_assume(&troupe.config.federation);
    assert_int_equal(neighbours_choose(&plan, 6, &assumption), STATUS_OK);
    troupe.member[0].silent[EXCHANGE_STEP_SIGNATURES] = true;
    for (size_t i = plan.threshold; i < 6; i++) {
        troupe.member[i].silent[EXCHANGE_STEP_RELEASE] = true;
    }
    start();
    troupe_wait(&troupe, 30000, PHASE_UNBLIND);
    assert_int_equal(round_phase(troupe.round), PHASE_UNBLIND);
    troupe_wait(&troupe, 5000, PHASE_DONE);
    assert_int_equal(round_phase(troupe.round), PHASE_UNBLIND);
    troupe.member[0].silent[EXCHANGE_STEP_SIGNATURES] = false;
    troupe_wait(&troupe, 600000, PHASE_DONE);
    expect_done(0x3f);
    troupe_close(&troupe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_is_not_added_again),
        cmocka_unit_test(what_was_rejected_stays_rejected),
        cmocka_unit_test(an_offer_of_another_attempt_is_not_fetched),
        cmocka_unit_test(who_is_not_in_the_cohort_offers_in_vain),
        cmocka_unit_test(the_last_offer_is_fetched),
        cmocka_unit_test(who_signs_late_can_still_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
