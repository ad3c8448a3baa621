// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/troupe_member.h"

#include "secure/digest.h"

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct troupe_reply {
    struct troupe_reply *next;
    size_t member;
    struct from_participant message;
    uint8_t *payload;
};

const char troupe_manifest[] = "backbone.a f32 [4]\n";
const float troupe_initial[TROUPE_NUMBERS] = {1, 1, 1, 1};

void troupe_prepare(struct troupe *troupe, size_t count)
{
    assert_in_range(count, 1, TROUPE_MAX);
    memset(troupe, 0, sizeof *troupe);
    config_defaults(&troupe->config);
    struct config_federation *federation = &troupe->config.federation;
    federation->participants = (int)count;
    federation->privacy = PRIVACY_SECURE_SUM;
    federation->rounds = 2;
    federation->secure.answer_seconds = 20;
    federation->secure.corrupt = 0;
    federation->secure.dropout = 0.3;
    federation->quantise.weight_max = 100;
    troupe->members = count;
    troupe->now_ms = 1000;
    for (size_t i = 0; i < count; i++) {
        uint8_t seed[crypto_sign_SEEDBYTES] = {(uint8_t)(i + 1)};
        assert_int_equal(
            crypto_sign_seed_keypair(troupe->sign_keys[i], troupe->member[i].sign_secret, seed), 0);
    }
}

void troupe_open(struct troupe *troupe)
{
    static struct roster_entry entries[TROUPE_MAX];
    memset(entries, 0, sizeof entries);
    for (size_t i = 0; i < troupe->members; i++) {
        snprintf(entries[i].name, sizeof entries[i].name, "p%zu", i);
        memcpy(entries[i].sign_key, troupe->sign_keys[i], sizeof entries[i].sign_key);
    }
    const struct roster roster = {
        .count = troupe->members, .entries = entries, .digest = {1, 2, 3}};
    const struct round_options options = {.federation = &troupe->config.federation,
                                          .roster = &roster,
                                          .threads = 1,
                                          .silence_ms = ROUND_SILENCE_MS,
                                          .session = {7}};
    assert_int_equal(round_create(&troupe->round, &options), STATUS_OK);
}

static void free_reply(struct troupe_reply *reply)
{
    free(reply->payload);
    free(reply);
}

void troupe_close(struct troupe *troupe)
{
    for (size_t i = 0; i < troupe->members; i++) {
        blinder_destroy(&troupe->member[i].blinder);
        free(troupe->member[i].body);
        free(troupe->member[i].complaint);
    }
    for (size_t i = 0; i < troupe->rounds; i++) {
        free(troupe->record[i].reporter);
    }
    while (troupe->first != NULL) {
        struct troupe_reply *reply = troupe->first;
        troupe->first = reply->next;
        free_reply(reply);
    }
    round_destroy(&troupe->round);
}

static struct troupe_reply *append(struct troupe *troupe, size_t member,
                                   enum participant_message kind)
{
    struct troupe_reply *reply = calloc(1, sizeof *reply);
    assert_non_null(reply);
    reply->member = member;
    reply->message.kind = kind;
    reply->message.context = troupe->member[member].model.context;
    if (reply->message.context.attempt == 0) reply->message.context.attempt = 1;
    memset(reply->message.context.session, 0, sizeof reply->message.context.session);
    reply->message.context.session[0] = 7;
    *(troupe->first == NULL ? &troupe->first : &troupe->last->next) = reply;
    troupe->last = reply;
    return reply;
}

struct from_participant *troupe_say(struct troupe *troupe, size_t member,
                                    enum participant_message kind, enum phase phase)
{
    struct troupe_reply *reply = append(troupe, member, kind);
    reply->message.context.phase = phase;
    return &reply->message;
}

void troupe_say_step(struct troupe *troupe, size_t member, enum exchange_step step,
                     const uint8_t *bytes, size_t size)
{
    struct troupe_reply *reply = append(troupe, member, PARTICIPANT_EXCHANGE);
    const size_t spoiled = troupe->member[member].spoils[step];
    reply->payload = malloc(size);
    assert_non_null(reply->payload);
    memcpy(reply->payload, bytes, size);
    if (spoiled > 0 && spoiled <= size) reply->payload[spoiled - 1] ^= 1;
    reply->message.context.phase = envelope_step_phase(step);
    reply->message.exchange = (struct envelope_exchange){step, reply->payload, size};
}

void troupe_join(struct troupe *troupe, size_t member)
{
    char *text = NULL;
    struct envelope_join *join = &troupe_say(troupe, member, PARTICIPANT_JOIN, PHASE_JOIN)->join;
    join->protocol = ENVELOPE_PROTOCOL;
    snprintf(join->name, sizeof join->name, "p%zu", member);
    snprintf(join->manifest, sizeof join->manifest, "%s", troupe_manifest);
    digest_compute(join->model_type, join->manifest, strlen(join->manifest));
    assert_int_equal(config_canonical(&troupe->config, &text), STATUS_OK);
    digest_compute(join->federation, text, strlen(text));
    free(text);
    if (troupe->rounds > 0 || round_phase(troupe->round) != PHASE_JOIN) return;
    struct from_participant *offer = troupe_say(troupe, member, PARTICIPANT_OFFER, PHASE_GATHER);
    offer->offer.size = sizeof troupe_initial;
    digest_compute(offer->offer.digest, troupe_initial, sizeof troupe_initial);
}

static void keep_record(struct troupe *troupe, const struct round_output *output)
{
    struct store_round *record = &troupe->record[troupe->rounds++];
    *record = *output->record;
    record->reporter = malloc(record->cohort * sizeof *record->reporter);
    assert_non_null(record->reporter);
    memcpy(record->reporter, output->record->reporter, record->cohort * sizeof *record->reporter);
}

static void note(struct troupe *troupe, const char *text)
{
    const size_t used = strlen(troupe->log);
    snprintf(troupe->log + used, sizeof troupe->log - used, "%s\n", text);
}

static void serve(struct troupe *troupe)
{
    static struct round_output output;
    while (round_next(troupe->round, &output)) {
        switch (output.kind) {
        case ROUND_SEND:
            troupe_member_hear(troupe, output.peer, &output.message);
            break;
        case ROUND_NOTE:
            note(troupe, output.text);
            break;
        case ROUND_PUBLISHED:
            keep_record(troupe, &output);
            break;
        case ROUND_COUNTED:
            troupe->counted_round = output.counted.round;
            break;
        case ROUND_EVALUATION:
            break;
        case ROUND_ENDED:
            troupe->ended = true;
            troupe->success = output.success;
            memcpy(troupe->reason, output.text, sizeof troupe->reason);
            break;
        }
    }
}

void troupe_talk(struct troupe *troupe)
{
    serve(troupe);
    while (troupe->first != NULL) {
        struct troupe_reply *reply = troupe->first;
        troupe->first = reply->next;
        if (!troupe->member[reply->member].gone) {
            round_message(troupe->round, reply->member, &reply->message, troupe->now_ms);
        }
        free_reply(reply);
        serve(troupe);
    }
}

void troupe_wait(struct troupe *troupe, uint64_t duration_ms, enum phase until)
{
    const uint64_t end = troupe->now_ms + duration_ms;
    while (troupe->now_ms < end && !troupe->ended && round_phase(troupe->round) != until) {
        for (size_t i = 0; i < troupe->members && troupe->now_ms % 3000 == 0; i++) {
            const struct troupe_member *member = &troupe->member[i];
            if (!member->refused && !member->gone) {
                troupe_say(troupe, i, PARTICIPANT_ALIVE, PHASE_UPDATES);
            }
        }
        round_tick(troupe->round, troupe->now_ms);
        troupe_talk(troupe);
        troupe->now_ms += 250;
    }
}

void troupe_start(struct troupe *troupe)
{
    troupe_open(troupe);
    for (size_t i = 0; i < troupe->members; i++) {
        troupe_join(troupe, i);
    }
    troupe_talk(troupe);
}

void troupe_run(struct troupe *troupe)
{
    troupe_start(troupe);
    troupe_wait(troupe, 600000, PHASE_DONE);
}

void troupe_expect_done(const struct troupe *troupe, size_t rounds)
{
    if (!troupe->success) fail_msg("%s\n%s", troupe->reason, troupe->log);
    assert_int_equal(troupe->rounds, rounds);
    for (size_t i = 0; i < troupe->rounds; i++) {
        assert_int_equal(troupe->record[i].privacy, PRIVACY_SECURE_SUM);
    }
}

void troupe_expect_logged(const struct troupe *troupe, const char *text)
{
    if (strstr(troupe->log, text) == NULL) fail_msg("\"%s\" is not in\n%s", text, troupe->log);
}

void troupe_expect_model(const struct troupe *troupe, unsigned counted, unsigned rounds)
{
    double weight = 0, sum = 0;
    for (size_t i = 0; i < troupe->members; i++) {
        if ((counted >> i & 1u) == 0) continue;
        weight += 10 * ((double)i + 1);
        sum += 10 * ((double)i + 1) * 0.125 * ((double)i + 1);
    }
    for (size_t i = 0; i < TROUPE_NUMBERS; i++) {
        const double moved = (double)round_model(troupe->round)->values[i] - 1;
        assert_true(fabs(moved - rounds * sum / weight) < 1e-4);
    }
}
