// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/opposite.h"

#include <math.h>
#include <string.h>

static void a_round_goes_from_the_model_to_the_offer(void **state)
{
    (void)state;
    struct opposite bench;
    opposite_open(&bench);
    opposite_welcome(&bench, 2);
    assert_int_equal(opposite_said(&bench)->context.phase, PHASE_JOIN); // alive, still loading
    opposite_ready(&bench, true);
    assert_int_equal(opposite_said(&bench)->kind, PARTICIPANT_ALIVE);
    opposite_bring_model(&bench, 2, opposite_first, false);
    assert_int_equal(opposite_job_of(&bench), SESSION_EVALUATE);
    assert_int_equal(bench.job.model_round, 1);
    const struct envelope_evaluation evaluation = {.accuracy = 0.75};
    session_evaluated(bench.session, &evaluation);
    const struct from_participant *message = opposite_said(&bench);
    assert_int_equal(message->kind, PARTICIPANT_EVALUATION);
    assert_int_equal(message->evaluation.model_round, 1);
    assert_int_equal(opposite_job_of(&bench), SESSION_TRAIN);
    assert_int_equal(bench.job.round, 2);
    session_trained(bench.session);
    opposite_encode(&bench);
    message = opposite_said(&bench);
    assert_int_equal(message->kind, PARTICIPANT_OFFER);
    assert_int_equal(message->context.phase, PHASE_UPDATES);
    assert_int_equal(message->offer.size, 16);
    assert_int_equal(message->offer.weight, 50);
    assert_int_equal(opposite_job_of(&bench), SESSION_WAIT);

    struct from_coordinator *fetch = opposite_message_of(COORDINATOR_FETCH, 2);
    fetch->fetch = (struct envelope_fetch){0, 1};
    opposite_hear(&bench, fetch);
    message = opposite_said(&bench);
    assert_int_equal(message->kind, PARTICIPANT_CHUNK);
    assert_int_equal(message->chunk.size, 16);
    opposite_hear(&bench, opposite_message_of(COORDINATOR_CLOSE, 2));
    assert_int_equal(opposite_job_of(&bench), SESSION_WAIT);
    opposite_hear(&bench, fetch); // after the close there is nothing to serve
    opposite_expect_silence(&bench);
    opposite_close(&bench);
}

static void the_initial_model_is_offered_when_it_is_asked_for(void **state)
{
    (void)state;
    struct opposite bench;
    opposite_open(&bench);
    opposite_welcome(&bench, 0);
    opposite_drop_said(&bench);
    opposite_ready(&bench, false);
    const struct from_participant *message = opposite_said(&bench);
    assert_int_equal(message->kind, PARTICIPANT_OFFER);
    assert_int_equal(message->context.round, 0);
    assert_int_equal(message->context.attempt, 1);
    assert_int_equal(message->context.phase, PHASE_GATHER);
    assert_int_equal(message->offer.size, OPPOSITE_NUMBERS * sizeof(float));
    assert_int_equal(message->offer.weight, 0);
    opposite_bring_model(&bench, 1, opposite_first,
                         false); // of another seed: a warning, and on it goes
    bool warned = false;
    while (session_next(bench.session, &opposite_output)) {
        const bool note = opposite_output.kind == SESSION_NOTE;
        if (note && opposite_output.level == LOG_WARNING) warned = true;
    }
    assert_true(warned);
    assert_int_equal(opposite_job_of(&bench), SESSION_TRAIN);
    opposite_close(&bench);
}

static void what_is_not_answered_is_said_again(void **state)
{
    (void)state;
    struct opposite bench;
    opposite_open(&bench);
    assert_int_equal(opposite_said(&bench)->kind, PARTICIPANT_JOIN);
    session_tick(bench.session, bench.now_ms += SESSION_JOIN_MS / 2);
    opposite_expect_silence(&bench);
    session_tick(bench.session, bench.now_ms += SESSION_JOIN_MS / 2);
    opposite_welcome(&bench, 0);
    opposite_ready(&bench, false);
    opposite_drop_said(&bench);
    for (int i = 0; i < 3; i++) {
        session_tick(bench.session, bench.now_ms += SESSION_ALIVE_MS);
        assert_int_equal(opposite_said(&bench)->kind, PARTICIPANT_OFFER);
    }
    opposite_close(&bench);
}

static void a_repeated_announcement_does_not_restart_the_work(void **state)
{
    (void)state;
    struct opposite bench;
    opposite_open(&bench);
    opposite_welcome(&bench, 2);
    opposite_ready(&bench, false);
    opposite_bring_model(&bench, 2, opposite_first, false);
    assert_int_equal(opposite_job_of(&bench), SESSION_TRAIN);
    const struct session_job job = bench.job;
    opposite_announce(&bench, 2, opposite_first, false);
    assert_true(session_wants(bench.session, &job));
    opposite_announce(&bench, 1, opposite_second, false); // late, of the round before
    assert_true(session_wants(bench.session, &job));
    assert_int_equal(opposite_job_of(&bench), SESSION_TRAIN);
    opposite_close(&bench);
}

static void work_is_not_wanted_when_the_round_goes_on(void **state)
{
    (void)state;
    struct opposite bench;
    opposite_open(&bench);
    opposite_welcome(&bench, 2);
    opposite_ready(&bench, false);
    opposite_bring_model(&bench, 2, opposite_first, false);
    assert_int_equal(opposite_job_of(&bench), SESSION_TRAIN);
    struct session_job job = bench.job;
    opposite_hear(&bench,
                  opposite_message_of(COORDINATOR_CLOSE, 1)); // of the round before: nothing
    assert_true(session_wants(bench.session, &job));
    opposite_hear(&bench, opposite_message_of(COORDINATOR_CLOSE, 2));
    assert_false(session_wants(bench.session, &job));
    opposite_bring_model(&bench, 3, opposite_second, false);
    assert_int_equal(opposite_job_of(&bench), SESSION_TRAIN);
    assert_int_equal(bench.job.round, 3);
    assert_false(session_wants(bench.session, &job));
    opposite_close(&bench);
}

static void another_attempt_keeps_the_training(void **state)
{
    (void)state;
    struct opposite bench;
    opposite_open(&bench);
    opposite_welcome(&bench, 2);
    opposite_ready(&bench, false);
    opposite_bring_model(&bench, 2, opposite_first, false);
    assert_int_equal(opposite_job_of(&bench), SESSION_TRAIN);
    session_trained(bench.session);
    opposite_encode(&bench);
    assert_int_equal(opposite_job_of(&bench), SESSION_WAIT);
    struct from_coordinator *again = opposite_message_of(COORDINATOR_MODEL, 2);
    again->context.attempt = 2;
    again->model.size = OPPOSITE_NUMBERS * sizeof(float);
    digest_compute(again->model.digest, opposite_first, sizeof opposite_first);
    again->model.model_round = 1;
    again->model.train = true;
    again->model.reporters_max = 3;
    opposite_hear(&bench, again);
    opposite_encode(&bench);
    opposite_drop_said(&bench);
    session_tick(bench.session, bench.now_ms += SESSION_ALIVE_MS);
    const struct from_participant *offer = opposite_said(&bench);
    assert_int_equal(offer->kind, PARTICIPANT_OFFER);
    assert_int_equal(offer->context.attempt, 2);
    opposite_close(&bench);
}

static void who_does_not_train_fetches_only_to_evaluate(void **state)
{
    (void)state;
    struct opposite bench;
    for (int evaluates = 0; evaluates < 2; evaluates++) {
        opposite_open(&bench);
        opposite_welcome(&bench, 2);
        opposite_ready(&bench, evaluates == 1);
        opposite_drop_said(&bench);
        struct from_coordinator *message = opposite_message_of(COORDINATOR_MODEL, 2);
        message->model.size = OPPOSITE_NUMBERS * sizeof(float);
        message->model.evaluate = true;
        opposite_hear(&bench, message);
        const struct from_participant *answer = opposite_said(&bench);
        assert_int_equal(answer->kind, evaluates == 1 ? PARTICIPANT_FETCH : PARTICIPANT_ALIVE);
        opposite_close(&bench);
    }
}

static void the_final_model_is_evaluated_and_then_said_to_be_here(void **state)
{
    (void)state;
    struct opposite bench;
    opposite_open(&bench);
    opposite_welcome(&bench, 2);
    opposite_ready(&bench, true);
    opposite_bring_model(&bench, 2, opposite_first, true);
    assert_int_equal(opposite_job_of(&bench), SESSION_EVALUATE);
    const struct envelope_evaluation evaluation = {.accuracy = 0.5};
    session_evaluated(bench.session, &evaluation);
    for (int i = 0; i < 2; i++) { // and again, until the end is heard
        const struct from_participant *message = opposite_said(&bench);
        assert_int_equal(message->kind, PARTICIPANT_EVALUATION);
        assert_int_equal(message->context.phase, PHASE_PUBLISH);
        assert_int_equal(opposite_said(&bench)->kind, PARTICIPANT_LEAVE);
        session_tick(bench.session, bench.now_ms += SESSION_ALIVE_MS);
    }
    struct from_coordinator *end = opposite_message_of(COORDINATOR_END, 2);
    end->end.success = true;
    opposite_hear(&bench, end);
    assert_int_equal(opposite_job_of(&bench), SESSION_END);
    assert_true(bench.job.success);
    opposite_close(&bench);
}

static void silence_ends_it_but_not_with_the_final_model_in_hand(void **state)
{
    (void)state;
    struct opposite bench;
    for (int final = 0; final < 2; final++) {
        opposite_open(&bench);
        opposite_welcome(&bench, 2);
        opposite_ready(&bench, false);
        opposite_bring_model(&bench, 2, opposite_first, final == 1);
        for (int i = 0; i < 59; i++) {
            session_tick(bench.session, bench.now_ms += 1000);
        }
        assert_int_not_equal(opposite_job_of(&bench), SESSION_END);
        session_tick(bench.session, bench.now_ms += 1000);
        assert_int_equal(opposite_job_of(&bench), SESSION_END);
        assert_int_equal(bench.job.success, final == 1);
        assert_non_null(strstr(bench.job.reason, "silent for 60 s"));
        opposite_close(&bench);
    }
}

static void a_long_step_of_ones_own_is_not_the_coordinators_silence(void **state)
{
    (void)state;
    struct opposite bench;
    opposite_open(&bench);
    opposite_welcome(&bench, 2);
    session_tick(bench.session, bench.now_ms += 500000);
    assert_int_equal(opposite_job_of(&bench), SESSION_PREPARE);
    opposite_close(&bench);
}

static void bad_models_end_the_session(void **state)
{
    (void)state;
    const float broken[OPPOSITE_NUMBERS] = {1, NAN, 3, 4};
    struct opposite bench;
    float *taken = NULL;
    opposite_open(&bench);
    opposite_welcome(&bench, 2);
    opposite_ready(&bench, false);
    opposite_announce(&bench, 2, broken, false);
    opposite_give_chunk(&bench, 2, broken);
    assert_int_equal(opposite_job_of(&bench), SESSION_LOAD);
    assert_int_equal(session_take_model(bench.session, &taken), STATUS_NOT_FINITE);
    assert_null(taken);
    opposite_close(&bench);

    opposite_open(&bench);
    opposite_welcome(&bench, 2);
    opposite_ready(&bench, false);
    opposite_announce(&bench, 2, opposite_first, false);
    opposite_give_chunk(&bench, 2, opposite_second); // not what was announced
    assert_int_equal(opposite_job_of(&bench), SESSION_END);
    assert_non_null(strstr(bench.job.reason, "digest"));
    opposite_close(&bench);

    opposite_open(&bench);
    opposite_welcome(&bench, 2);
    opposite_ready(&bench, false);
    struct from_coordinator *message = opposite_message_of(COORDINATOR_MODEL, 2);
    message->model.size = 99;
    opposite_hear(&bench, message);
    assert_int_equal(opposite_job_of(&bench), SESSION_END);
    assert_non_null(strstr(bench.job.reason, "wrong size"));
    opposite_close(&bench);
}

static void strangers_and_unasked_chunks_are_ignored(void **state)
{
    (void)state;
    struct opposite bench;
    opposite_open(&bench);
    opposite_welcome(&bench, 2);
    opposite_ready(&bench, false);
    struct from_coordinator *message = opposite_message_of(COORDINATOR_END, 2);
    message->context.session[3] = 1; // of another run
    opposite_hear(&bench, message);
    assert_int_equal(session_ignored(bench.session), 1);
    opposite_give_chunk(&bench, 2, opposite_first);
    assert_int_equal(session_ignored(bench.session), 2);
    assert_int_equal(opposite_job_of(&bench), SESSION_WAIT);
    opposite_close(&bench);
}

/* What a coordinator that was started anew answers to anything but a Join. */
static void say_join_again(struct opposite *bench)
{
    struct from_coordinator *message = opposite_message_of(COORDINATOR_REFUSE, 0);
    message->refuse.again = true;
    memset(message->context.session, 9, sizeof message->context.session);
    opposite_hear(bench, message);
}

static void a_coordinator_started_anew_is_joined_again_with_what_is_here(void **state)
{
    (void)state;
    struct opposite bench;
    opposite_open(&bench);
    opposite_welcome(&bench, 2);
    opposite_ready(&bench, true);
    opposite_bring_model(&bench, 2, opposite_first, false);
    session_evaluated(bench.session, NULL);
    assert_int_equal(opposite_job_of(&bench), SESSION_TRAIN);
    const struct session_job job = bench.job;
    opposite_drop_said(&bench);
    say_join_again(&bench);
    say_join_again(&bench); // it answers each message
    assert_false(session_wants(bench.session, &job));
    const struct from_participant *message = opposite_said(&bench);
    assert_int_equal(message->kind, PARTICIPANT_JOIN);
    assert_int_equal(message->context.session[0], 0);
    struct from_coordinator *welcome = opposite_message_of(COORDINATOR_WELCOME, 0);
    memcpy(welcome->welcome.session, welcome->context.session, sizeof welcome->welcome.session);
    welcome->welcome.participants = 4;
    welcome->welcome.next_round = 2;
    opposite_hear(&bench, welcome);
    assert_int_equal(opposite_job_of(&bench), SESSION_WAIT); // the images are loaded
    opposite_announce(&bench, 2, opposite_first, false);
    assert_int_equal(opposite_job_of(&bench), SESSION_EVALUATE); // and so is the model
    opposite_close(&bench);
}

static void an_initial_model_that_is_gone_cannot_be_offered_again(void **state)
{
    (void)state;
    struct opposite bench;
    opposite_open(&bench);
    opposite_welcome(&bench, 2);
    opposite_ready(&bench, false);
    opposite_drop_said(&bench);
    say_join_again(&bench);
    assert_int_equal(opposite_said(&bench)->kind, PARTICIPANT_JOIN);
    struct from_coordinator *welcome = opposite_message_of(COORDINATOR_WELCOME, 0);
    memcpy(welcome->welcome.session, welcome->context.session, sizeof welcome->welcome.session);
    welcome->welcome.participants = 4;
    opposite_hear(&bench, welcome);
    assert_int_equal(opposite_job_of(&bench), SESSION_END);
    assert_false(bench.job.success);
    assert_non_null(strstr(bench.job.reason, "initial model"));
    opposite_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_goes_from_the_model_to_the_offer),
        cmocka_unit_test(the_initial_model_is_offered_when_it_is_asked_for),
        cmocka_unit_test(what_is_not_answered_is_said_again),
        cmocka_unit_test(a_repeated_announcement_does_not_restart_the_work),
        cmocka_unit_test(work_is_not_wanted_when_the_round_goes_on),
        cmocka_unit_test(another_attempt_keeps_the_training),
        cmocka_unit_test(who_does_not_train_fetches_only_to_evaluate),
        cmocka_unit_test(the_final_model_is_evaluated_and_then_said_to_be_here),
        cmocka_unit_test(silence_ends_it_but_not_with_the_final_model_in_hand),
        cmocka_unit_test(a_long_step_of_ones_own_is_not_the_coordinators_silence),
        cmocka_unit_test(bad_models_end_the_session),
        cmocka_unit_test(strangers_and_unasked_chunks_are_ignored),
        cmocka_unit_test(a_coordinator_started_anew_is_joined_again_with_what_is_here),
        cmocka_unit_test(an_initial_model_that_is_gone_cannot_be_offered_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
