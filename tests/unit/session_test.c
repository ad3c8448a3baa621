// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secure/digest.h"
#include "session/session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS = 4 };

static const uint8_t session_id[ENVELOPE_SESSION_BYTES] = {9};

struct bench {
    struct manifest manifest;
    struct session *session;
    struct session_job job;
    uint64_t now_ms;
};

static struct session_output output;

static void bench_open(struct bench *bench)
{
    const size_t shape[] = {NUMBERS};
    memset(bench, 0, sizeof *bench);
    assert_int_equal(manifest_add(&bench->manifest, "backbone.a", shape, 1, true), STATUS_OK);
    const struct session_options options = {
        .name = "north", .shared = &bench->manifest, .federation = {3}, .wait_ms = 60000};
    assert_int_equal(session_create(&bench->session, &options), STATUS_OK);
    bench->now_ms = 5000;
    session_tick(bench->session, bench->now_ms);
}

static void bench_close(struct bench *bench)
{
    session_destroy(&bench->session);
    session_destroy(&bench->session);
    manifest_destroy(&bench->manifest);
}

static enum session_job_kind job_of(struct bench *bench)
{
    session_job(bench->session, &bench->job);
    return bench->job.kind;
}

/* The next message that is said; fails when there is none. */
static const struct from_participant *said(struct bench *bench)
{
    while (session_next(bench->session, &output)) {
        if (!output.is_note) return &output.message;
    }
    fail_msg("nothing was said");
    return NULL;
}

/* Forgets what was said so far. */
static void drop_said(struct bench *bench)
{
    while (session_next(bench->session, &output)) {
    }
}

static void expect_silence(struct bench *bench)
{
    while (session_next(bench->session, &output)) {
        assert_true(output.is_note);
    }
}

static struct from_coordinator *message_of(enum coordinator_message kind, uint32_t round)
{
    static struct from_coordinator message;
    memset(&message, 0, sizeof message);
    message.kind = kind;
    memcpy(message.context.session, session_id, sizeof session_id);
    message.context.round = round;
    message.context.attempt = 1;
    message.context.phase = PHASE_GATHER;
    return &message;
}

static void hear(struct bench *bench, const struct from_coordinator *message)
{
    session_message(bench->session, message, bench->now_ms);
}

static void welcome(struct bench *bench, uint32_t next_round)
{
    assert_int_equal(said(bench)->kind, PARTICIPANT_JOIN);
    struct from_coordinator *message = message_of(COORDINATOR_WELCOME, 0);
    memcpy(message->welcome.session, session_id, sizeof session_id);
    message->welcome.index = 2;
    message->welcome.participants = 4;
    message->welcome.next_round = next_round;
    hear(bench, message);
    assert_int_equal(job_of(bench), SESSION_PREPARE);
    assert_int_equal(bench->job.index, 2);
}

static void ready(struct bench *bench, bool evaluates)
{
    float *initial = calloc(NUMBERS, sizeof *initial);
    assert_non_null(initial);
    session_ready(bench->session, &initial, evaluates);
    assert_null(initial);
}

static void announce(struct bench *bench, uint32_t round, const float values[NUMBERS], bool final)
{
    struct from_coordinator *message = message_of(COORDINATOR_MODEL, round);
    message->model.size = NUMBERS * sizeof(float);
    digest_compute(message->model.digest, values, NUMBERS * sizeof(float));
    message->model.model_round = final ? round : round - 1;
    message->model.train = !final;
    message->model.evaluate = true;
    message->model.final = final;
    message->model.reporters_max = 3;
    if (final) message->context.phase = PHASE_PUBLISH;
    hear(bench, message);
}

static void give_chunk(struct bench *bench, uint32_t round, const float values[NUMBERS])
{
    struct from_coordinator *message = message_of(COORDINATOR_CHUNK, round);
    message->chunk = (struct envelope_chunk){0, (const uint8_t *)values, NUMBERS * sizeof(float)};
    hear(bench, message);
}

/* Announces, lets it be fetched and loaded. */
static void bring_model(struct bench *bench, uint32_t round, const float values[NUMBERS],
                        bool final)
{
    float *taken = NULL;
    drop_said(bench);
    announce(bench, round, values, final);
    const struct from_participant *fetch = said(bench);
    assert_int_equal(fetch->kind, PARTICIPANT_FETCH);
    assert_int_equal(fetch->context.round, round);
    assert_int_equal(fetch->context.phase, final ? PHASE_PUBLISH : PHASE_GATHER);
    assert_int_equal(job_of(bench), SESSION_WAIT);
    give_chunk(bench, round, values);
    assert_int_equal(job_of(bench), SESSION_LOAD);
    assert_int_equal(session_take_model(bench->session, &taken), STATUS_OK);
    assert_memory_equal(taken, values, NUMBERS * sizeof(float));
    free(taken);
}

static void encode(struct bench *bench)
{
    const struct envelope_metrics metrics = {.loss = 1};
    uint8_t *bytes = calloc(16, 1);
    assert_non_null(bytes);
    assert_int_equal(job_of(bench), SESSION_ENCODE);
    assert_int_equal(bench->job.reporters_max, 3);
    session_encoded(bench->session, &bytes, 16, 50, &metrics);
}

static const float first_model[NUMBERS] = {1, 2, 3, 4};
static const float second_model[NUMBERS] = {5, 6, 7, 8};

static void a_round_goes_from_the_model_to_the_offer(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    welcome(&bench, 2);
    assert_int_equal(said(&bench)->context.phase, PHASE_JOIN); // alive, still loading
    ready(&bench, true);
    assert_int_equal(said(&bench)->kind, PARTICIPANT_ALIVE);
    bring_model(&bench, 2, first_model, false);
    assert_int_equal(job_of(&bench), SESSION_EVALUATE);
    assert_int_equal(bench.job.model_round, 1);
    const struct envelope_evaluation evaluation = {.accuracy = 0.75};
    session_evaluated(bench.session, &evaluation);
    const struct from_participant *message = said(&bench);
    assert_int_equal(message->kind, PARTICIPANT_EVALUATION);
    assert_int_equal(message->evaluation.model_round, 1);
    assert_int_equal(job_of(&bench), SESSION_TRAIN);
    assert_int_equal(bench.job.round, 2);
    session_trained(bench.session);
    encode(&bench);
    message = said(&bench);
    assert_int_equal(message->kind, PARTICIPANT_OFFER);
    assert_int_equal(message->context.phase, PHASE_UPDATES);
    assert_int_equal(message->offer.size, 16);
    assert_int_equal(message->offer.weight, 50);
    assert_int_equal(job_of(&bench), SESSION_WAIT);

    struct from_coordinator *fetch = message_of(COORDINATOR_FETCH, 2);
    fetch->fetch = (struct envelope_fetch){0, 1};
    hear(&bench, fetch);
    message = said(&bench);
    assert_int_equal(message->kind, PARTICIPANT_CHUNK);
    assert_int_equal(message->chunk.size, 16);
    hear(&bench, message_of(COORDINATOR_CLOSE, 2));
    assert_int_equal(job_of(&bench), SESSION_WAIT);
    hear(&bench, fetch); // after the close there is nothing to serve
    expect_silence(&bench);
    bench_close(&bench);
}

static void the_initial_model_is_offered_when_it_is_asked_for(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    welcome(&bench, 0);
    drop_said(&bench);
    ready(&bench, false);
    const struct from_participant *message = said(&bench);
    assert_int_equal(message->kind, PARTICIPANT_OFFER);
    assert_int_equal(message->context.round, 0);
    assert_int_equal(message->context.attempt, 1);
    assert_int_equal(message->context.phase, PHASE_GATHER);
    assert_int_equal(message->offer.size, NUMBERS * sizeof(float));
    assert_int_equal(message->offer.weight, 0);
    bring_model(&bench, 1, first_model, false); // of another seed: a warning, and on it goes
    bool warned = false;
    while (session_next(bench.session, &output)) {
        if (output.is_note && output.level == LOG_WARNING) warned = true;
    }
    assert_true(warned);
    assert_int_equal(job_of(&bench), SESSION_TRAIN);
    bench_close(&bench);
}

static void what_is_not_answered_is_said_again(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    assert_int_equal(said(&bench)->kind, PARTICIPANT_JOIN);
    session_tick(bench.session, bench.now_ms += 1000);
    expect_silence(&bench);
    session_tick(bench.session, bench.now_ms += 2000);
    welcome(&bench, 0);
    ready(&bench, false);
    drop_said(&bench);
    for (int i = 0; i < 3; i++) {
        session_tick(bench.session, bench.now_ms += SESSION_ALIVE_MS);
        assert_int_equal(said(&bench)->kind, PARTICIPANT_OFFER);
    }
    bench_close(&bench);
}

static void a_repeated_announcement_does_not_restart_the_work(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    welcome(&bench, 2);
    ready(&bench, false);
    bring_model(&bench, 2, first_model, false);
    assert_int_equal(job_of(&bench), SESSION_TRAIN);
    const struct session_job job = bench.job;
    announce(&bench, 2, first_model, false);
    assert_true(session_wants(bench.session, &job));
    announce(&bench, 1, second_model, false); // late, of the round before
    assert_true(session_wants(bench.session, &job));
    assert_int_equal(job_of(&bench), SESSION_TRAIN);
    bench_close(&bench);
}

static void work_is_not_wanted_when_the_round_goes_on(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    welcome(&bench, 2);
    ready(&bench, false);
    bring_model(&bench, 2, first_model, false);
    assert_int_equal(job_of(&bench), SESSION_TRAIN);
    struct session_job job = bench.job;
    hear(&bench, message_of(COORDINATOR_CLOSE, 1)); // of the round before: nothing
    assert_true(session_wants(bench.session, &job));
    hear(&bench, message_of(COORDINATOR_CLOSE, 2));
    assert_false(session_wants(bench.session, &job));
    bring_model(&bench, 3, second_model, false);
    assert_int_equal(job_of(&bench), SESSION_TRAIN);
    assert_int_equal(bench.job.round, 3);
    assert_false(session_wants(bench.session, &job));
    bench_close(&bench);
}

static void another_attempt_keeps_the_training(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    welcome(&bench, 2);
    ready(&bench, false);
    bring_model(&bench, 2, first_model, false);
    assert_int_equal(job_of(&bench), SESSION_TRAIN);
    session_trained(bench.session);
    encode(&bench);
    assert_int_equal(job_of(&bench), SESSION_WAIT);
    struct from_coordinator *again = message_of(COORDINATOR_MODEL, 2);
    again->context.attempt = 2;
    again->model.size = NUMBERS * sizeof(float);
    digest_compute(again->model.digest, first_model, sizeof first_model);
    again->model.model_round = 1;
    again->model.train = true;
    again->model.reporters_max = 3;
    hear(&bench, again);
    encode(&bench);
    drop_said(&bench);
    session_tick(bench.session, bench.now_ms += SESSION_ALIVE_MS);
    const struct from_participant *offer = said(&bench);
    assert_int_equal(offer->kind, PARTICIPANT_OFFER);
    assert_int_equal(offer->context.attempt, 2);
    bench_close(&bench);
}

static void who_does_not_train_fetches_only_to_evaluate(void **state)
{
    (void)state;
    struct bench bench;
    for (int evaluates = 0; evaluates < 2; evaluates++) {
        bench_open(&bench);
        welcome(&bench, 2);
        ready(&bench, evaluates == 1);
        drop_said(&bench);
        struct from_coordinator *message = message_of(COORDINATOR_MODEL, 2);
        message->model.size = NUMBERS * sizeof(float);
        message->model.evaluate = true;
        hear(&bench, message);
        const struct from_participant *answer = said(&bench);
        assert_int_equal(answer->kind, evaluates == 1 ? PARTICIPANT_FETCH : PARTICIPANT_ALIVE);
        bench_close(&bench);
    }
}

static void the_final_model_is_evaluated_and_then_said_to_be_here(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    welcome(&bench, 2);
    ready(&bench, true);
    bring_model(&bench, 2, first_model, true);
    assert_int_equal(job_of(&bench), SESSION_EVALUATE);
    const struct envelope_evaluation evaluation = {.accuracy = 0.5};
    session_evaluated(bench.session, &evaluation);
    for (int i = 0; i < 2; i++) { // and again, until the end is heard
        const struct from_participant *message = said(&bench);
        assert_int_equal(message->kind, PARTICIPANT_EVALUATION);
        assert_int_equal(message->context.phase, PHASE_PUBLISH);
        assert_int_equal(said(&bench)->kind, PARTICIPANT_LEAVE);
        session_tick(bench.session, bench.now_ms += SESSION_ALIVE_MS);
    }
    struct from_coordinator *end = message_of(COORDINATOR_END, 2);
    end->end.success = true;
    hear(&bench, end);
    assert_int_equal(job_of(&bench), SESSION_END);
    assert_true(bench.job.success);
    bench_close(&bench);
}

static void silence_ends_it_but_not_with_the_final_model_in_hand(void **state)
{
    (void)state;
    struct bench bench;
    for (int final = 0; final < 2; final++) {
        bench_open(&bench);
        welcome(&bench, 2);
        ready(&bench, false);
        bring_model(&bench, 2, first_model, final == 1);
        for (int i = 0; i < 59; i++) {
            session_tick(bench.session, bench.now_ms += 1000);
        }
        assert_int_not_equal(job_of(&bench), SESSION_END);
        session_tick(bench.session, bench.now_ms += 1000);
        assert_int_equal(job_of(&bench), SESSION_END);
        assert_int_equal(bench.job.success, final == 1);
        assert_non_null(strstr(bench.job.reason, "silent for 60 s"));
        bench_close(&bench);
    }
}

static void a_long_step_of_ones_own_is_not_the_coordinators_silence(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    welcome(&bench, 2);
    session_tick(bench.session, bench.now_ms += 500000);
    assert_int_equal(job_of(&bench), SESSION_PREPARE);
    bench_close(&bench);
}

static void bad_models_end_the_session(void **state)
{
    (void)state;
    const float broken[NUMBERS] = {1, NAN, 3, 4};
    struct bench bench;
    float *taken = NULL;
    bench_open(&bench);
    welcome(&bench, 2);
    ready(&bench, false);
    announce(&bench, 2, broken, false);
    give_chunk(&bench, 2, broken);
    assert_int_equal(job_of(&bench), SESSION_LOAD);
    assert_int_equal(session_take_model(bench.session, &taken), STATUS_NOT_FINITE);
    assert_null(taken);
    bench_close(&bench);

    bench_open(&bench);
    welcome(&bench, 2);
    ready(&bench, false);
    announce(&bench, 2, first_model, false);
    give_chunk(&bench, 2, second_model); // not what was announced
    assert_int_equal(job_of(&bench), SESSION_END);
    assert_non_null(strstr(bench.job.reason, "digest"));
    bench_close(&bench);

    bench_open(&bench);
    welcome(&bench, 2);
    ready(&bench, false);
    struct from_coordinator *message = message_of(COORDINATOR_MODEL, 2);
    message->model.size = 99;
    hear(&bench, message);
    assert_int_equal(job_of(&bench), SESSION_END);
    assert_non_null(strstr(bench.job.reason, "wrong size"));
    bench_close(&bench);
}

static void strangers_and_unasked_chunks_are_ignored(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    welcome(&bench, 2);
    ready(&bench, false);
    struct from_coordinator *message = message_of(COORDINATOR_END, 2);
    message->context.session[3] = 1; // of another run
    hear(&bench, message);
    assert_int_equal(session_ignored(bench.session), 1);
    give_chunk(&bench, 2, first_model);
    assert_int_equal(session_ignored(bench.session), 2);
    assert_int_equal(job_of(&bench), SESSION_WAIT);
    bench_close(&bench);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
