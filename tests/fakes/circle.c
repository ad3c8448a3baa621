// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/circle.h"

#include "base/random.h"
#include "secure/identity.h"

#include <stdlib.h>
#include <string.h>

static struct random own_source, others_source;
static struct identity identities[CIRCLE_COUNT]; // made once
static uint8_t sign_keys[CIRCLE_COUNT][32];

static void draw(struct random *source, uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)random_bits(source);
    }
}

static void own_random(uint8_t *bytes, size_t size)
{
    draw(&own_source, bytes, size);
}

static void others_random(uint8_t *bytes, size_t size)
{
    draw(&others_source, bytes, size);
}

static const struct neighbours_assumption assumption = {.corrupt = 0.25,
                                                        .dropout = 0.25,
                                                        .coordinator = NEIGHBOURS_SEMI_MALICIOUS,
                                                        .cohort = CIRCLE_COUNT};

static void set(struct circle_payload *payload, const uint8_t *bytes, size_t size)
{
    free(payload->bytes);
    *payload = (struct circle_payload){malloc(size), size};
    assert_non_null(payload->bytes);
    memcpy(payload->bytes, bytes, size);
}

void circle_open(struct circle *circle)
{
    circle_open_with(circle, &(struct circle_ways){.place = CIRCLE_SELF});
}

void circle_open_with(struct circle *circle, const struct circle_ways *ways)
{
    memset(circle, 0, sizeof *circle);
    random_start(&own_source, 5, 0, RANDOM_TEST, 0, 1);
    random_start(&others_source, 5, 0, RANDOM_TEST, 0, 2);
    for (size_t i = 0; i < CIRCLE_COUNT; i++) {
        if (identities[i].public_key[0] == 0) identity_generate(&identities[i]);
        memcpy(sign_keys[i], identities[i].sign_public, sizeof sign_keys[i]);
    }
    const struct session_secure secure = {
        .place = ways->place,
        .members = CIRCLE_COUNT,
        .sign_keys = (const uint8_t(*)[32])sign_keys,
        .sign_secret = identities[CIRCLE_SELF].sign_secret,
        .roster = {7},
        .assumption = assumption,
        .cohort_min = 3,
        .bits = CIRCLE_BITS,
        .models_max = ways->noisy ? OPPOSITE_ROUNDS : SIZE_MAX,
        .random = own_random,
        .ledger = &circle->ledger,
    };
    opposite_open_secure(&circle->bench, &secure, ways->shares_nothing,
                         ways->kept ? CIRCLE_ROUND : 0);
    circle->bench.reporters_max = CIRCLE_COUNT;
    opposite_welcome(&circle->bench, CIRCLE_ROUND);
    opposite_ready(&circle->bench, false);
    opposite_drop_said(&circle->bench);
}

static void end_attempt(struct circle *circle)
{
    for (size_t i = 0; i < CIRCLE_COUNT; i++) {
        blinder_destroy(&circle->others[i]);
    }
    unblinder_destroy(&circle->unblinder);
    memset(circle->sum, 0, sizeof circle->sum);
    for (size_t step = 0; step < EXCHANGE_STEPS; step++) {
        free(circle->heard[step].bytes);
        free(circle->said[step].bytes);
        circle->heard[step] = circle->said[step] = (struct circle_payload){0};
        circle->times[step] = 0;
    }
}

void circle_close(struct circle *circle)
{
    end_attempt(circle);
    opposite_close(&circle->bench);
    ledger_destroy(&circle->ledger);
}

static void listen_to(struct circle *circle, const struct from_participant *message)
{
    if (message->kind == PARTICIPANT_LEAVE) circle->left = true;
    if (message->kind == PARTICIPANT_OFFER) {
        circle->offer = message->offer;
        circle->offers++;
    }
    if (message->kind != PARTICIPANT_EXCHANGE) return;
    const struct envelope_exchange *exchange = &message->exchange;
    assert_int_equal(message->context.phase, envelope_step_phase(exchange->step));
    assert_int_equal(message->context.round, CIRCLE_ROUND);
    assert_int_equal(message->context.attempt, circle->attempt);
    set(&circle->said[exchange->step], exchange->payload, exchange->size);
    circle->times[exchange->step]++;
}

void circle_listen(struct circle *circle)
{
    while (session_next(circle->bench.session, &opposite_output)) {
        if (opposite_output.kind == SESSION_MESSAGE) {
            listen_to(circle, &opposite_output.message);
        } else if (opposite_output.kind == SESSION_JOURNAL) {
            circle->entry = opposite_output.entry;
            circle->journals++;
            if (!circle->journals_late) session_journaled(circle->bench.session);
        } else if (opposite_output.level == LOG_ERROR) {
            memcpy(circle->error, opposite_output.text, sizeof circle->error);
        }
    }
}

struct from_coordinator *circle_announcement(const struct circle *circle, uint32_t attempt)
{
    struct from_coordinator *message = opposite_message_of(COORDINATOR_MODEL, CIRCLE_ROUND);
    message->context.attempt = attempt;
    message->model.size = OPPOSITE_NUMBERS * sizeof(float);
    digest_compute(message->model.digest, opposite_first, OPPOSITE_NUMBERS * sizeof(float));
    message->model.model_round = CIRCLE_ROUND - 1;
    message->model.train = true;
    message->model.reporters_max = circle->bench.reporters_max;
    return message;
}

const uint8_t *circle_sign_secret(uint32_t place)
{
    return identities[place].sign_secret;
}

struct exchange_context circle_context(const struct circle *circle)
{
    struct exchange_context context = {.session = {9},
                                       .round = CIRCLE_ROUND,
                                       .attempt = circle->attempt,
                                       .roster = {7},
                                       .config = {3}};
    digest_compute(context.model, opposite_first, OPPOSITE_NUMBERS * sizeof(float));
    return context;
}

static void begin_others(struct circle *circle)
{
    static const uint32_t cohort[CIRCLE_COUNT] = {0, 1, 2, 3};
    struct blinder_options options = {.context = circle_context(circle),
                                      .members = CIRCLE_COUNT,
                                      .sign_keys = (const uint8_t(*)[32])sign_keys,
                                      .assumption = assumption,
                                      .cohort_min = 3,
                                      .random = others_random};
    for (uint32_t i = 0; i < CIRCLE_COUNT; i++) {
        options.self = i;
        options.sign_secret = identities[i].sign_secret;
        if (i == CIRCLE_SELF) continue;
        assert_int_equal(blinder_create(&circle->others[i], &options), STATUS_OK);
    }
    const struct unblinder_options with = {.context = options.context,
                                           .members = CIRCLE_COUNT,
                                           .sign_keys = options.sign_keys,
                                           .cohort = cohort,
                                           .count = CIRCLE_COUNT,
                                           .assumption = assumption,
                                           .cohort_min = 3,
                                           .threads = 1};
    assert_int_equal(unblinder_create(&circle->unblinder, &with), STATUS_OK);
}

void circle_begin(struct circle *circle, uint32_t attempt)
{
    float *taken = NULL;
    end_attempt(circle);
    circle->attempt = attempt;
    opposite_hear(&circle->bench, circle_announcement(circle, attempt));
    circle_listen(circle);
    if (opposite_job_of(&circle->bench) == SESSION_WAIT) {
        struct from_coordinator *message = opposite_message_of(COORDINATOR_CHUNK, CIRCLE_ROUND);
        message->context.attempt = attempt;
        message->chunk = (struct envelope_chunk){0, (const uint8_t *)opposite_first,
                                                 OPPOSITE_NUMBERS * sizeof(float)};
        opposite_hear(&circle->bench, message);
        if (opposite_job_of(&circle->bench) == SESSION_LOAD) {
            assert_int_equal(session_take_model(circle->bench.session, &taken), STATUS_OK);
            free(taken);
        }
    }
    if (!circle->left) begin_others(circle);
}

void circle_give(struct circle *circle, enum exchange_step step, const uint8_t *bytes, size_t size)
{
    struct from_coordinator *message = opposite_message_of(COORDINATOR_EXCHANGE, CIRCLE_ROUND);
    message->context.attempt = circle->attempt;
    message->context.phase = envelope_step_phase(step);
    message->exchange = (struct envelope_exchange){step, bytes, size};
    opposite_hear(&circle->bench, message);
    circle_listen(circle);
}

void circle_hear(struct circle *circle, enum exchange_step step)
{
    assert_non_null(circle->heard[step].bytes);
    circle_give(circle, step, circle->heard[step].bytes, circle->heard[step].size);
}

/* sum += body, words of 32 bits and then of 64. */
static void add(uint8_t sum[CIRCLE_BODY], const uint8_t body[CIRCLE_BODY])
{
    for (size_t at = 0, width = 4; at < CIRCLE_BODY; at += width) {
        if (at == CIRCLE_UPDATE) width = 8;
        unsigned carry = 0;
        for (size_t i = at; i < at + width; i++) {
            carry += (unsigned)sum[i] + body[i];
            sum[i] = (uint8_t)carry;
            carry >>= 8;
        }
    }
}

/* The update of a place, all of its numbers 1000 + place, with a weight of 10 + place. */
static void make_update(uint8_t body[CIRCLE_BODY], uint32_t place)
{
    memset(body, 0, CIRCLE_BODY);
    for (size_t i = 0; i < OPPOSITE_NUMBERS; i++) {
        body[4 * i] = (uint8_t)(1000 + place);
        body[4 * i + 1] = (uint8_t)((1000 + place) >> 8);
    }
}

void circle_update(struct circle *circle)
{
    const struct envelope_metrics metrics = {.loss = 2,
                                             .images = 5,
                                             .choices = 2,
                                             .k_count = {3, 4},
                                             .probabilities = 2,
                                             .k_probability = {0.25, 0.75}};
    if (opposite_job_of(&circle->bench) == SESSION_TRAIN) session_trained(circle->bench.session);
    circle_listen(circle); // it is to be journaled
    assert_int_equal(opposite_job_of(&circle->bench), SESSION_ENCODE);
    uint8_t update[CIRCLE_BODY];
    make_update(update, CIRCLE_SELF);
    uint8_t *bytes = malloc(CIRCLE_UPDATE);
    assert_non_null(bytes);
    memcpy(bytes, update, CIRCLE_UPDATE);
    session_encoded(circle->bench.session, &bytes, CIRCLE_UPDATE, 10 + CIRCLE_SELF, &metrics);
    circle_listen(circle);
}

void circle_train(struct circle *circle)
{
    circle_update(circle);
    for (uint32_t i = 0; i < CIRCLE_COUNT; i++) {
        uint8_t body[CIRCLE_BODY];
        const struct tally tally = {.weight = 10 + i, .loss = 2, .images = 5};
        if (i == CIRCLE_SELF) continue;
        make_update(body, i);
        assert_int_equal(tally_pack(body + CIRCLE_UPDATE, &tally), STATUS_OK);
        assert_int_equal(blinder_blind(circle->others[i], body, OPPOSITE_NUMBERS, CIRCLE_BITS,
                                       body + CIRCLE_UPDATE, TALLY_WORDS),
                         STATUS_OK);
        add(circle->sum, body);
    }
}

void circle_open_sum(struct circle *circle, const uint8_t *body)
{
    const struct circle_payload *all = &circle->heard[EXCHANGE_STEP_SIGNATURES];
    uint32_t culprit = 0;
    for (uint32_t i = 0; i < CIRCLE_COUNT; i++) {
        struct circle_payload release = circle->said[EXCHANGE_STEP_RELEASE];
        if (!unblinder_is_member(circle->unblinder, i)) continue;
        if (i != CIRCLE_SELF) {
            assert_int_equal(blinder_take_signatures(circle->others[i], all->bytes, all->size),
                             STATUS_OK);
            assert_int_equal(blinder_release(circle->others[i], &release.bytes, &release.size),
                             STATUS_OK);
        }
        assert_int_equal(unblinder_take_release(circle->unblinder, i, release.bytes, release.size),
                         STATUS_OK);
        if (i != CIRCLE_SELF) free(release.bytes);
    }
    assert_true(unblinder_can_open(circle->unblinder));
    assert_int_equal(unblinder_open(circle->unblinder, &culprit), STATUS_OK);
    if (body != NULL) add(circle->sum, body);
    const struct blinding_words parts[] = {
        {circle->sum, 0, OPPOSITE_NUMBERS, CIRCLE_BITS, BLINDING_UPDATE},
        {circle->sum + CIRCLE_UPDATE, 0, TALLY_WORDS, 64, BLINDING_METRICS}};
    unblinder_remove(circle->unblinder, &parts[0]);
    unblinder_remove(circle->unblinder, &parts[1]);
}

void circle_agree(struct circle *circle)
{
    circle_make_board(circle);
    circle_hear(circle, EXCHANGE_STEP_KEYS);
    circle_make_parcels(circle);
    circle_hear(circle, EXCHANGE_STEP_SHARES);
    circle_train(circle);
    circle_make_list(circle, (1u << CIRCLE_COUNT) - 1);
    circle_hear(circle, EXCHANGE_STEP_COUNTED);
    circle_make_signatures(circle);
    circle_hear(circle, EXCHANGE_STEP_SIGNATURES);
}
