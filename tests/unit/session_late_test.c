// SPDX-License-Identifier: Apache-2.0
/* A session that is told of a model, or of a coordinator that was started anew, while it is busy
 * with another. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/opposite.h"

#include "secure/digest.h"

#include <stdlib.h>
#include <string.h>

static struct opposite bench;

static void begin(uint32_t next_round)
{
    opposite_open(&bench);
    opposite_welcome(&bench, next_round);
    opposite_ready(&bench, false);
}

static void say_join_again(void)
{
    struct from_coordinator *message = opposite_message_of(COORDINATOR_REFUSE, 0);
    message->refuse.again = true;
    opposite_hear(&bench, message);
}

static void welcome_anew(uint32_t next_round)
{
    struct from_coordinator *message = opposite_message_of(COORDINATOR_WELCOME, 0);
    memcpy(message->welcome.session, message->context.session, sizeof message->welcome.session);
    message->welcome.participants = 4;
    message->welcome.next_round = next_round;
    opposite_hear(&bench, message);
}

static void take(const float values[OPPOSITE_NUMBERS])
{
    float *taken = NULL;
    assert_int_equal(opposite_job_of(&bench), SESSION_LOAD);
    assert_int_equal(session_take_model(bench.session, &taken), STATUS_OK);
    assert_memory_equal(taken, values, OPPOSITE_NUMBERS * sizeof(float));
    free(taken);
}

/* What is said next, but that it lives. */
static enum participant_message kind_said(void)
{
    enum participant_message kind = opposite_said(&bench)->kind;
    while (kind == PARTICIPANT_ALIVE) {
        kind = opposite_said(&bench)->kind;
    }
    return kind;
}

static void another_model_replaces_the_one_that_is_fetched(void **state)
{
    (void)state;
    begin(2);
    opposite_announce(&bench, 2, opposite_first, false);
    assert_int_equal(kind_said(), PARTICIPANT_FETCH);
    opposite_announce(&bench, 3, opposite_second, false);
    assert_int_equal(kind_said(), PARTICIPANT_FETCH);
    const uint64_t ignored = session_ignored(bench.session);
    opposite_give_chunk(&bench, 2, opposite_first); // late
    assert_int_equal(session_ignored(bench.session), ignored + 1);
    assert_int_equal(opposite_job_of(&bench), SESSION_WAIT);
    opposite_give_chunk(&bench, 3, opposite_second);
    opposite_give_chunk(&bench, 3, opposite_second); // once more than it takes
    assert_int_equal(session_ignored(bench.session), ignored + 2);
    take(opposite_second);
    assert_int_equal(opposite_job_of(&bench), SESSION_TRAIN);
    opposite_close(&bench);
}

/* The same model in another attempt: what is here of it is not asked for again. */
static void the_same_model_is_fetched_on(void **state)
{
    (void)state;
    begin(2);
    opposite_announce(&bench, 2, opposite_first, false);
    assert_int_equal(kind_said(), PARTICIPANT_FETCH);
    struct from_coordinator *message = opposite_message_of(COORDINATOR_MODEL, 2);
    message->context.attempt = 2;
    message->model.size = OPPOSITE_NUMBERS * sizeof(float);
    digest_compute(message->model.digest, opposite_first, sizeof opposite_first);
    message->model.model_round = 1;
    message->model.train = true;
    message->model.reporters_max = 3;
    opposite_hear(&bench, message);
    opposite_expect_silence(&bench);
    message = opposite_message_of(COORDINATOR_CHUNK, 2);
    message->context.attempt = 2;
    message->chunk =
        (struct envelope_chunk){0, (const uint8_t *)opposite_first, sizeof opposite_first};
    opposite_hear(&bench, message);
    take(opposite_first);
    opposite_close(&bench);
}

static void an_initial_model_is_offered_to_the_next_coordinator_at_once(void **state)
{
    (void)state;
    begin(0);
    assert_int_equal(kind_said(), PARTICIPANT_OFFER);
    say_join_again();
    assert_int_equal(opposite_said(&bench)->kind, PARTICIPANT_JOIN);
    welcome_anew(0);
    assert_int_equal(kind_said(), PARTICIPANT_OFFER);
    opposite_close(&bench);
}

static void an_initial_model_is_not_offered_in_a_later_round(void **state)
{
    (void)state;
    begin(0);
    assert_int_equal(kind_said(), PARTICIPANT_OFFER);
    say_join_again();
    welcome_anew(3);
    opposite_drop_said(&bench);
    bench.now_ms += SESSION_ALIVE_MS;
    session_tick(bench.session, bench.now_ms);
    assert_int_equal(opposite_said(&bench)->kind, PARTICIPANT_ALIVE);
    opposite_expect_silence(&bench);
    opposite_close(&bench);
}

static void what_was_meant_for_the_last_coordinator_is_not_said(void **state)
{
    (void)state;
    begin(2);                                            // and says that it lives
    opposite_announce(&bench, 2, opposite_first, false); // and wants to fetch it
    say_join_again();
    assert_int_equal(opposite_said(&bench)->kind, PARTICIPANT_JOIN);
    opposite_expect_silence(&bench);
    say_join_again(); // to what was sent before
    opposite_expect_silence(&bench);
    opposite_close(&bench);
}

/* It was about to fetch a final model; its successor is not as far. */
static void a_final_model_of_the_last_coordinator_is_forgotten(void **state)
{
    (void)state;
    begin(2);
    opposite_announce(&bench, 2, opposite_first, true);
    say_join_again();
    welcome_anew(2);
    opposite_bring_model(&bench, 2, opposite_second, false);
    assert_int_equal(opposite_job_of(&bench), SESSION_TRAIN);
    opposite_close(&bench);
}

static void with_the_final_model_here_nothing_is_joined_again(void **state)
{
    (void)state;
    begin(2);
    opposite_bring_model(&bench, 2, opposite_first, true);
    assert_int_equal(kind_said(), PARTICIPANT_LEAVE);
    say_join_again();
    assert_int_equal(opposite_job_of(&bench), SESSION_END);
    assert_true(bench.job.success);
    opposite_close(&bench);
}

/* Announced as final when it was loaded before, to train on. */
static void a_final_model_that_is_here_is_not_fetched(void **state)
{
    (void)state;
    begin(2);
    opposite_bring_model(&bench, 2, opposite_first, false);
    opposite_drop_said(&bench);
    opposite_announce(&bench, 2, opposite_first, true);
    assert_int_equal(kind_said(), PARTICIPANT_LEAVE);
    opposite_expect_silence(&bench);
    opposite_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_model_replaces_the_one_that_is_fetched),
        cmocka_unit_test(the_same_model_is_fetched_on),
        cmocka_unit_test(an_initial_model_is_offered_to_the_next_coordinator_at_once),
        cmocka_unit_test(an_initial_model_is_not_offered_in_a_later_round),
        cmocka_unit_test(what_was_meant_for_the_last_coordinator_is_not_said),
        cmocka_unit_test(a_final_model_of_the_last_coordinator_is_forgotten),
        cmocka_unit_test(with_the_final_model_here_nothing_is_joined_again),
        cmocka_unit_test(a_final_model_that_is_here_is_not_fetched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
