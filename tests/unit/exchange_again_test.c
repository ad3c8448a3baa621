// SPDX-License-Identifier: Apache-2.0
/* A secure exchange and an update that are asked for again, too late or by mistake. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/circle.h"

#include <math.h>
#include <stdlib.h>

static struct circle circle;

static void bring_to_receipt(uint32_t attempt)
{
    circle_begin(&circle, attempt);
    circle_make_board(&circle);
    circle_hear(&circle, EXCHANGE_STEP_KEYS);
    circle_make_parcels(&circle);
    circle_hear(&circle, EXCHANGE_STEP_SHARES);
}

static void let_time_pass(void)
{
    circle.bench.now_ms += SESSION_ALIVE_MS;
    session_tick(circle.bench.session, circle.bench.now_ms);
    circle_listen(&circle);
}

static void what_is_asked_again_is_answered_at_once(void **state)
{
    (void)state;
    circle_open(&circle);
    bring_to_receipt(1);
    circle_hear(&circle, EXCHANGE_STEP_SHARES);
    assert_int_equal(circle.times[EXCHANGE_STEP_RECEIPT], 2);
    circle_train(&circle);
    circle_make_list(&circle, (1u << CIRCLE_COUNT) - 1);
    circle_hear(&circle, EXCHANGE_STEP_COUNTED);
    circle_hear(&circle, EXCHANGE_STEP_COUNTED);
    assert_int_equal(circle.times[EXCHANGE_STEP_SIGNATURES], 2);
    circle_hear(&circle, EXCHANGE_STEP_SHARES); // now it is of no use, and does no harm
    assert_int_equal(circle.times[EXCHANGE_STEP_SIGNATURES], 2);
    assert_int_equal(circle.journals, 2);
    circle_close(&circle);
}

static void who_does_not_train_has_no_exchange(void **state)
{
    (void)state;
    circle_open(&circle);
    bring_to_receipt(1);
    struct from_coordinator *message = circle_announcement(&circle, 2);
    message->model.train = false;
    opposite_hear(&circle.bench, message);
    let_time_pass();
    assert_int_equal(circle.times[EXCHANGE_STEP_KEYS], 1);    // of attempt 1
    assert_int_equal(circle.times[EXCHANGE_STEP_RECEIPT], 1); // as well
    assert_int_equal(opposite_job_of(&circle.bench), SESSION_WAIT);
    circle_close(&circle);
}

static void encode(double loss)
{
    const struct envelope_metrics metrics = {.loss = loss};
    uint8_t *bytes = calloc(CIRCLE_UPDATE, 1);
    assert_non_null(bytes);
    session_encoded(circle.bench.session, &bytes, CIRCLE_UPDATE, 1, &metrics);
    assert_null(bytes);
    circle_listen(&circle);
}

/* Another attempt was announced while it was encoded, or the session has ended. */
static void an_update_that_comes_too_late_is_not_offered(void **state)
{
    (void)state;
    for (int ends = 0; ends < 2; ends++) {
        circle_open(&circle);
        bring_to_receipt(1);
        session_trained(circle.bench.session);
        circle_listen(&circle);
        assert_int_equal(opposite_job_of(&circle.bench), SESSION_ENCODE);
        if (ends == 1) {
            session_leave(circle.bench.session, "a signal");
        } else {
            circle_begin(&circle, 2);
        }
        encode(1);
        assert_int_equal(circle.offers, 0);
        assert_int_equal(circle.left, ends == 1);
        if (ends == 0) bring_to_receipt(3);
        if (ends == 0) circle_train(&circle);
        assert_int_equal(circle.offers, ends == 1 ? 0 : 1);
        circle_close(&circle);
    }
}

/* A loss that is no number has no place in a sum: it would hide that of all others. */
static void an_update_without_a_loss_ends_it(void **state)
{
    (void)state;
    circle_open(&circle);
    bring_to_receipt(1);
    session_trained(circle.bench.session);
    circle_listen(&circle);
    encode((double)NAN);
    assert_int_equal(circle.offers, 0);
    assert_true(circle.left);
    assert_int_equal(opposite_job_of(&circle.bench), SESSION_END);
    circle_close(&circle);
}

static void expect_ignored(struct from_coordinator *message)
{
    const uint64_t ignored = session_ignored(circle.bench.session);
    opposite_hear(&circle.bench, message);
    opposite_expect_silence(&circle.bench);
    assert_int_equal(session_ignored(circle.bench.session), ignored + 1);
}

static struct from_coordinator *fetch_at(uint64_t offset, uint32_t attempt)
{
    struct from_coordinator *message = opposite_message_of(COORDINATOR_FETCH, CIRCLE_ROUND);
    message->context.attempt = attempt;
    message->fetch = (struct envelope_fetch){offset, 1};
    return message;
}

static struct from_coordinator *close_of(uint32_t attempt)
{
    struct from_coordinator *message = opposite_message_of(COORDINATOR_CLOSE, CIRCLE_ROUND);
    message->context.attempt = attempt;
    return message;
}

static void only_what_was_offered_is_served_and_closed(void **state)
{
    (void)state;
    circle_open(&circle);
    expect_ignored(close_of(1)); // nothing is announced
    bring_to_receipt(2);
    expect_ignored(fetch_at(0, 2)); // nothing is offered
    circle_train(&circle);
    expect_ignored(fetch_at(0, 1));
    expect_ignored(fetch_at(0, 3));
    expect_ignored(fetch_at(CIRCLE_BODY, 2));
    expect_ignored(fetch_at(1, 2)); // where no chunk begins
    expect_ignored(close_of(1));
    opposite_hear(&circle.bench, fetch_at(0, 2));
    assert_int_equal(opposite_said(&circle.bench)->kind, PARTICIPANT_CHUNK);
    opposite_hear(&circle.bench, close_of(2));
    expect_ignored(fetch_at(0, 2));
    const size_t offers = circle.offers;
    let_time_pass();
    assert_int_equal(circle.offers, offers);
    circle_close(&circle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_asked_again_is_answered_at_once),
        cmocka_unit_test(who_does_not_train_has_no_exchange),
        cmocka_unit_test(an_update_that_comes_too_late_is_not_offered),
        cmocka_unit_test(an_update_without_a_loss_ends_it),
        cmocka_unit_test(only_what_was_offered_is_served_and_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
