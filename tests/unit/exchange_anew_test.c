// SPDX-License-Identifier: Apache-2.0
/* A secure exchange that was begun with a coordinator that is gone: its successor, whom the session
 * joins anew, hears nothing of it, and nothing of it is released. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/circle.h"

#include <stdlib.h>
#include <string.h>

static struct circle circle;

static void join_anew(void)
{
    struct from_coordinator *message = opposite_message_of(COORDINATOR_REFUSE, 0);
    message->refuse.again = true;
    opposite_hear(&circle.bench, message);
    message = opposite_message_of(COORDINATOR_WELCOME, 0);
    memset(message->welcome.session, 5, sizeof message->welcome.session);
    message->welcome.index = CIRCLE_SELF;
    message->welcome.participants = CIRCLE_COUNT;
    message->welcome.next_round = CIRCLE_ROUND;
    opposite_hear(&circle.bench, message);
}

static void expect_nothing_of_it(size_t entries)
{
    for (int i = 0; i < 3; i++) {
        circle.bench.now_ms += SESSION_ALIVE_MS;
        session_tick(circle.bench.session, circle.bench.now_ms);
        while (session_next(circle.bench.session, &opposite_output)) {
            assert_int_not_equal(opposite_output.kind, SESSION_JOURNAL);
            if (opposite_output.kind != SESSION_MESSAGE) continue;
            assert_int_not_equal(opposite_output.message.kind, PARTICIPANT_EXCHANGE);
        }
    }
    assert_int_equal(circle.ledger.count, entries);
}

static void what_was_not_answered_is_not_said_again(void **state)
{
    (void)state;
    circle_open(&circle);
    circle_begin(&circle, 1);
    circle_make_board(&circle);
    circle_hear(&circle, EXCHANGE_STEP_KEYS);
    join_anew();
    expect_nothing_of_it(0);
    circle_close(&circle);
}

static void what_was_to_be_journaled_is_not_given(void **state)
{
    (void)state;
    circle_open(&circle);
    circle_begin(&circle, 1);
    session_trained(circle.bench.session);
    circle_make_board(&circle);
    circle_hear(&circle, EXCHANGE_STEP_KEYS);
    circle_make_parcels(&circle);
    circle.journals_late = true;
    circle_hear(&circle, EXCHANGE_STEP_SHARES);
    assert_int_equal(circle.journals, 1);
    join_anew();
    session_journaled(circle.bench.session);
    expect_nothing_of_it(0);
    circle_close(&circle);
}

/* The coordinator was started anew and goes on with the model it had: so does the update. */
static void what_was_trained_on_a_model_is_not_trained_again(void **state)
{
    (void)state;
    circle_open(&circle);
    circle_begin(&circle, 1);
    session_trained(circle.bench.session);
    assert_int_equal(opposite_job_of(&circle.bench), SESSION_WAIT);
    join_anew();
    struct from_coordinator *message = circle_announcement(&circle, 1);
    memset(message->context.session, 5, sizeof message->context.session);
    opposite_hear(&circle.bench, message);
    assert_int_equal(opposite_job_of(&circle.bench), SESSION_WAIT); // for the exchange
    message = circle_announcement(&circle, 1);
    memset(message->context.session, 5, sizeof message->context.session);
    message->context.round++;
    opposite_hear(&circle.bench, message);
    assert_int_equal(opposite_job_of(&circle.bench), SESSION_TRAIN); // of another round
    circle_close(&circle);
}

/* Its successor lost the model: the update belongs to the one that it was trained on. */
static void on_another_model_it_is_trained_again(void **state)
{
    (void)state;
    float *taken = NULL;
    circle_open(&circle);
    circle_begin(&circle, 1);
    session_trained(circle.bench.session);
    join_anew();
    struct from_coordinator *message = circle_announcement(&circle, 1);
    memset(message->context.session, 5, sizeof message->context.session);
    digest_compute(message->model.digest, opposite_second, sizeof opposite_second);
    opposite_hear(&circle.bench, message);
    message = opposite_message_of(COORDINATOR_CHUNK, CIRCLE_ROUND);
    memset(message->context.session, 5, sizeof message->context.session);
    message->chunk =
        (struct envelope_chunk){0, (const uint8_t *)opposite_second, sizeof opposite_second};
    opposite_hear(&circle.bench, message);
    assert_int_equal(opposite_job_of(&circle.bench), SESSION_LOAD);
    assert_int_equal(session_take_model(circle.bench.session, &taken), STATUS_OK);
    free(taken);
    assert_int_equal(opposite_job_of(&circle.bench), SESSION_TRAIN);
    circle_close(&circle);
}

/* The blinded update is no initial model. */
static void an_update_is_not_offered_as_an_initial_model(void **state)
{
    (void)state;
    circle_open(&circle);
    circle_begin(&circle, 1);
    circle_make_board(&circle);
    circle_hear(&circle, EXCHANGE_STEP_KEYS);
    circle_make_parcels(&circle);
    circle_hear(&circle, EXCHANGE_STEP_SHARES);
    circle_train(&circle);
    assert_int_equal(circle.offers, 1);
    struct from_coordinator *message = opposite_message_of(COORDINATOR_REFUSE, 0);
    message->refuse.again = true;
    opposite_hear(&circle.bench, message);
    message = opposite_message_of(COORDINATOR_WELCOME, 0);
    memset(message->welcome.session, 5, sizeof message->welcome.session);
    message->welcome.index = CIRCLE_SELF;
    opposite_hear(&circle.bench, message);
    circle_listen(&circle);
    assert_int_equal(circle.offers, 1);
    assert_true(circle.left);
    circle_close(&circle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_not_answered_is_not_said_again),
        cmocka_unit_test(what_was_to_be_journaled_is_not_given),
        cmocka_unit_test(what_was_trained_on_a_model_is_not_trained_again),
        cmocka_unit_test(on_another_model_it_is_trained_again),
        cmocka_unit_test(an_update_is_not_offered_as_an_initial_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
