// SPDX-License-Identifier: Apache-2.0
/* Choosing a cohort and handing out the model; in round 0, getting the initial one. */
#include "cohort.h"
#include "round/round_exchange.h"
#include "secure/exchange_records.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void send_models(struct round *round)
{
    for (size_t i = 0; i < round->members; i++) {
        if (round->member[i].joined) round_send_model(round, i);
    }
}

/* Whether a member may be of the cohort. With a secure sum participants take part with one cohort
 * on a model: once updates are blinded it is of those who blinded, once a sum was agreed upon, of
 * those. */
static bool is_eligible(const struct round *round, size_t peer)
{
    const struct member *member = &round->member[peer];
    const struct places *asked = &round->asked;
    if (asked->count > 0) {
        return exchange_find(asked->list, asked->count, (uint32_t)peer) < asked->count;
    }
    return round_present(member) && (!round->blinds || member->blinds);
}

/* Marks those of the cohort who are here, when they are `least` or more; stores how many. */
static enum status choose(size_t *chosen, struct round *round, size_t least)
{
    uint32_t *drawn = malloc(round->members * sizeof *drawn);
    if (drawn == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a cohort");
    size_t count = 0;
    for (size_t i = 0; i < round->members; i++) {
        round->member[i].chosen = false;
        if (is_eligible(round, i)) drawn[count++] = (uint32_t)i;
    }
    const struct cohort_draw draw = {round->seed, round->number, round->attempt};
    const size_t most =
        round->secure ? config_cohort(&round->federation) : (size_t)round->federation.cohort;
    count = cohort_choose(drawn, count, most, &draw);
    *chosen = 0;
    for (size_t i = 0; i < count; i++) {
        struct member *member = &round->member[drawn[i]];
        member->chosen = round_present(member);
        *chosen += member->chosen;
    }
    for (size_t i = 0; i < count && *chosen < least; i++) {
        round->member[drawn[i]].chosen = false;
    }
    free(drawn);
    return STATUS_OK;
}

/* Starts the attempt when enough are here; the largest cohort fixes the scale of integers. */
static void start(struct round *round)
{
    const size_t least =
        round->asked.count > 0 ? round->asked.count : config_reporters(&round->federation);
    size_t chosen = 0;
    quantise_destroy(&round->plan);
    memset(&round->plan, 0, sizeof round->plan);
    enum status status = choose(&chosen, round, least);
    if (status == STATUS_OK && chosen < least) return;
    round->cohort = chosen;
    if (status == STATUS_OK) {
        status = quantise_plan(&round->plan, &round->model, &round->federation,
                               round_reporters_max(round));
    }
    if (status != STATUS_OK) {
        round_end(round, false, "round %u cannot start: %s", (unsigned)round->number,
                  status_message());
        return;
    }
    aggregate_reset(round->aggregate);
    send_models(round);
    if (round->secure) phase_keys_enter(round);
}

void phase_gather_enter(struct round *round, uint32_t number, uint32_t attempt)
{
    round->phase = PHASE_GATHER;
    round->number = number;
    round->attempt = attempt;
    round->cohort = 0;
    round_exchange_close(round);
    round->started_ms = round->now_ms;
    if (attempt == 1) {
        round->round_ms = round->now_ms;
        if (number != round->asked_round) round->asked.count = 0;
        round->blinds = false;
    }
    for (int i = 0; i < ROUND_UPLOADS; i++) {
        transfer_destroy(&round->slot[i].transfer);
        round->slot[i].used = false;
    }
    if (number == 0) { // what was offered while joining stands
        phase_updates_serve(round);
        return;
    }
    for (size_t i = 0; i < round->members; i++) {
        struct member *member = &round->member[i];
        member->chosen = false;
        member->upload = UPLOAD_NONE;
        member->reason[0] = 0;
        if (attempt == 1) member->blinds = false;
    }
    start(round);
}

/* Nobody to take part: waits for those who are lost, as long as their silence is borne. */
static void wait_for_members(struct round *round)
{
    start(round);
    if (round->cohort > 0 || round->now_ms - round->started_ms < round->silence_ms) return;
    if (round->attempt == ROUND_ATTEMPTS && round->asked.count > 0) {
        round_end(
            round, false,
            "round %u: not all of the %zu whose sum was agreed upon are here, and no other sum"
            " is opened on the same model",
            (unsigned)round->number, round->asked.count);
        return;
    }
    if (round->attempt == ROUND_ATTEMPTS) {
        round_end(round, false, "round %u: %zu participants are left, at least %zu are needed",
                  (unsigned)round->number, round_present_count(round),
                  config_reporters(&round->federation));
        return;
    }
    phase_gather_enter(round, round->number, round->attempt + 1);
}

void phase_gather_tick(struct round *round)
{
    if (round->number > 0 && round->cohort == 0) {
        wait_for_members(round);
        return;
    }
    if (round->number == 0 && round_present_count(round) == 0 &&
        round->now_ms - round->started_ms >= round->silence_ms) {
        round_end(round, false, "nobody is left to give the initial model");
        return;
    }
    phase_updates_tick(round);
}

static bool take_initial(struct round *round, const struct transfer *transfer)
{
    if (model_create(&round->model, &round->manifest) != STATUS_OK) return false;
    round->has_model = true;
    memcpy(round->model.values, transfer->bytes, (size_t)transfer->size);
    memcpy(round->model_digest, transfer->digest, DIGEST_BYTES);
    round->model_round = 0;
    return aggregate_create(&round->aggregate, round->manifest.count, round->threads) == STATUS_OK;
}

static bool all_finite(const struct transfer *transfer)
{
    for (uint64_t at = 0; at < transfer->size; at += sizeof(float)) {
        float value = 0;
        memcpy(&value, transfer->bytes + at, sizeof value);
        if (!isfinite(value)) return false;
    }
    return true;
}

/* The initial model is here: compare what the others would have begun with, then round 1. */
void phase_gather_initial(struct round *round, size_t peer, const struct transfer *transfer)
{
    if (transfer->size != (uint64_t)round->manifest.count * sizeof(float)) {
        round_refuse(round, peer, "your initial model is of another type");
        return;
    }
    if (!all_finite(transfer)) {
        round_refuse(round, peer, "a number of your initial model is not finite");
        return;
    }
    if (!take_initial(round, transfer)) {
        round_end(round, false, "the initial model cannot be held: %s", status_message());
        return;
    }
    size_t others = 0;
    for (size_t i = 0; i < round->members; i++) {
        const struct member *member = &round->member[i];
        if (member->offered_initial &&
            memcmp(member->initial, round->model_digest, DIGEST_BYTES) != 0) {
            others++;
        }
    }
    if (others > 0) {
        round_note(round, LOG_WARNING,
                   "the initial model is that of %s; %zu others would have "
                   "begun with another one (their seed differs)",
                   round->member[peer].name, others);
    }
    phase_gather_enter(round, 1, 1);
}

void phase_gather_fetch(struct round *round, size_t peer, const struct from_participant *message)
{
    const struct envelope_fetch *fetch = &message->fetch;
    if (!round->has_model || (message->context.round != round->number) ||
        message->context.attempt != round->attempt) {
        round->stale++; // it will hear of the current model, or has
        if (round->has_model) phase_gather_alive(round, peer, message);
        return;
    }
    const uint64_t size = (uint64_t)round->model.manifest.count * sizeof(float);
    for (uint32_t i = 0; i < fetch->chunks; i++) {
        const uint64_t offset = fetch->offset + (uint64_t)i * LIMIT_MODEL_CHUNK;
        const size_t bytes = transfer_chunk(size, offset, LIMIT_MODEL_CHUNK);
        if (bytes == 0) {
            round_refuse(round, peer, "the model has no chunk at %llu", (unsigned long long)offset);
            return;
        }
        round_send_chunk(round, peer, offset, bytes);
    }
}

/* Whoever works on an older model than the current one has not heard of it. */
void phase_gather_alive(struct round *round, size_t peer, const struct from_participant *message)
{
    const struct envelope_context *context = &message->context;
    if (!round->has_model || (round->phase != PHASE_PUBLISH && round->cohort == 0)) return;
    const bool final = round->phase == PHASE_PUBLISH && context->phase != PHASE_PUBLISH;
    if (context->round == round->number && context->attempt == round->attempt && !final) {
        round_exchange_remind(round, peer);
        return;
    }
    round_note(round, LOG_DEBUG, "%s is at round %u, attempt %u: the model is announced again",
               round->member[peer].name, (unsigned)context->round, (unsigned)context->attempt);
    round_send_model(round, peer);
}
