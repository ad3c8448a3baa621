// SPDX-License-Identifier: Apache-2.0
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

static const uint8_t session_id[ENVELOPE_SESSION_BYTES] = {9};

struct session_output opposite_output;

void opposite_open(struct opposite *bench)
{
    opposite_open_secure(bench, NULL, false, 0);
}

void opposite_open_secure(struct opposite *bench, const struct session_secure *secure,
                          bool shares_nothing, uint32_t trained)
{
    const size_t shape[] = {OPPOSITE_NUMBERS};
    memset(bench, 0, sizeof *bench);
    assert_int_equal(manifest_add(&bench->manifest, "backbone.a", shape, 1, true), STATUS_OK);
    struct session_options options = {.name = "north",
                                      .shared = &bench->manifest,
                                      .shares_nothing = shares_nothing,
                                      .federation = {3},
                                      .rounds = OPPOSITE_ROUNDS,
                                      .wait_ms = 60000,
                                      .secure = secure,
                                      .trained = trained};
    digest_compute(options.trained_on, opposite_first, sizeof opposite_first);
    assert_int_equal(session_create(&bench->session, &options), STATUS_OK);
    bench->now_ms = 5000;
    bench->reporters_max = 3;
    session_tick(bench->session, bench->now_ms);
}

void opposite_close(struct opposite *bench)
{
    session_destroy(&bench->session);
    session_destroy(&bench->session);
    manifest_destroy(&bench->manifest);
}

enum session_job_kind opposite_job_of(struct opposite *bench)
{
    session_job(bench->session, &bench->job);
    return bench->job.kind;
}

/* The next message that is said; fails when there is none. */
const struct from_participant *opposite_said(struct opposite *bench)
{
    while (session_next(bench->session, &opposite_output)) {
        if (opposite_output.kind == SESSION_MESSAGE) return &opposite_output.message;
    }
    fail_msg("nothing was said");
    return NULL;
}

/* Forgets what was said so far. */
void opposite_drop_said(struct opposite *bench)
{
    while (session_next(bench->session, &opposite_output)) {
    }
}

void opposite_expect_silence(struct opposite *bench)
{
    while (session_next(bench->session, &opposite_output)) {
        assert_int_equal(opposite_output.kind, SESSION_NOTE);
    }
}

struct from_coordinator *opposite_message_of(enum coordinator_message kind, uint32_t round)
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

void opposite_hear(struct opposite *bench, const struct from_coordinator *message)
{
    session_message(bench->session, message, bench->now_ms);
}

void opposite_welcome(struct opposite *bench, uint32_t next_round)
{
    assert_int_equal(opposite_said(bench)->kind, PARTICIPANT_JOIN);
    struct from_coordinator *message = opposite_message_of(COORDINATOR_WELCOME, 0);
    memcpy(message->welcome.session, session_id, sizeof session_id);
    message->welcome.index = 2;
    message->welcome.participants = 4;
    message->welcome.next_round = next_round;
    opposite_hear(bench, message);
    assert_int_equal(opposite_job_of(bench), SESSION_PREPARE);
    assert_int_equal(bench->job.index, 2);
}

void opposite_ready(struct opposite *bench, bool evaluates)
{
    float *initial = calloc(OPPOSITE_NUMBERS, sizeof *initial);
    assert_non_null(initial);
    session_ready(bench->session, &initial, evaluates);
    assert_null(initial);
}

void opposite_announce(struct opposite *bench, uint32_t round, const float values[OPPOSITE_NUMBERS],
                       bool final)
{
    struct from_coordinator *message = opposite_message_of(COORDINATOR_MODEL, round);
    message->model.size = OPPOSITE_NUMBERS * sizeof(float);
    digest_compute(message->model.digest, values, OPPOSITE_NUMBERS * sizeof(float));
    message->model.model_round = final ? round : round - 1;
    message->model.train = !final;
    message->model.evaluate = true;
    message->model.final = final;
    message->model.reporters_max = bench->reporters_max;
    if (final) message->context.phase = PHASE_PUBLISH;
    opposite_hear(bench, message);
}

void opposite_give_chunk(struct opposite *bench, uint32_t round,
                         const float values[OPPOSITE_NUMBERS])
{
    struct from_coordinator *message = opposite_message_of(COORDINATOR_CHUNK, round);
    message->chunk =
        (struct envelope_chunk){0, (const uint8_t *)values, OPPOSITE_NUMBERS * sizeof(float)};
    opposite_hear(bench, message);
}

/* Announces, lets it be fetched and loaded. */
void opposite_bring_model(struct opposite *bench, uint32_t round,
                          const float values[OPPOSITE_NUMBERS], bool final)
{
    float *taken = NULL;
    opposite_drop_said(bench);
    opposite_announce(bench, round, values, final);
    const struct from_participant *fetch = opposite_said(bench);
    assert_int_equal(fetch->kind, PARTICIPANT_FETCH);
    assert_int_equal(fetch->context.round, round);
    assert_int_equal(fetch->context.phase, final ? PHASE_PUBLISH : PHASE_GATHER);
    assert_int_equal(opposite_job_of(bench), SESSION_WAIT);
    opposite_give_chunk(bench, round, values);
    assert_int_equal(opposite_job_of(bench), SESSION_LOAD);
    assert_int_equal(session_take_model(bench->session, &taken), STATUS_OK);
    assert_memory_equal(taken, values, OPPOSITE_NUMBERS * sizeof(float));
    free(taken);
}

void opposite_encode(struct opposite *bench)
{
    const struct envelope_metrics metrics = {.loss = 1};
    uint8_t *bytes = calloc(16, 1);
    assert_non_null(bytes);
    assert_int_equal(opposite_job_of(bench), SESSION_ENCODE);
    assert_int_equal(bench->job.reporters_max, 3);
    session_encoded(bench->session, &bytes, 16, 50, &metrics);
}

const float opposite_first[OPPOSITE_NUMBERS] = {1, 2, 3, 4};
const float opposite_second[OPPOSITE_NUMBERS] = {5, 6, 7, 8};
