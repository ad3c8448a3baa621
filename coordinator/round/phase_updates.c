// SPDX-License-Identifier: Apache-2.0
/* Offers, their chunks, and when a round has enough of them. */
#include "round/round_private.h"
#include "secure/tally.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static struct upload_slot *slot_of(struct round *round, size_t peer)
{
    for (int i = 0; i < ROUND_UPLOADS; i++) {
        if (round->slot[i].used && round->slot[i].peer == peer) return &round->slot[i];
    }
    return NULL;
}

static void release(struct upload_slot *slot)
{
    transfer_destroy(&slot->transfer);
    slot->used = false;
}

/* Asks for as many chunks as the window allows. */
static void ask(struct round *round, struct upload_slot *slot)
{
    uint64_t offset = 0;
    uint32_t chunks = 0;
    while (transfer_ask(&slot->transfer, round->now_ms, &offset, &chunks)) {
        round_send_fetch(round, slot->peer, offset, chunks);
    }
}

/* Whether its update may be added: with secure-sum, its shares are not complained of. */
static bool countable(const struct round *round, size_t peer)
{
    return round->unblinder == NULL || unblinder_may_count(round->unblinder, (uint32_t)peer);
}

/* The next one to be fetched: the lowest place among those that wait; -1: nobody. */
static long next_offer(const struct round *round)
{
    for (size_t i = 0; i < round->members; i++) {
        const struct member *member = &round->member[i];
        if (!member->joined || member->lost || member->upload != UPLOAD_OFFERED) continue;
        if (countable(round, i)) return (long)i;
    }
    return -1;
}

static int uploads(const struct round *round)
{
    int used = 0;
    for (int i = 0; i < ROUND_UPLOADS; i++) {
        used += round->slot[i].used;
    }
    return used;
}

void phase_updates_serve(struct round *round)
{
    // Of initial models, only one is fetched at a time: the second would not be used.
    const int slots = round->number == 0 ? 1 : ROUND_UPLOADS;
    for (int i = 0; i < slots; i++) {
        struct upload_slot *slot = &round->slot[i];
        if (slot->used) continue;
        const long peer = next_offer(round);
        if (peer < 0) return;
        struct member *member = &round->member[peer];
        if (transfer_start(&slot->transfer, member->offer.size, member->offer.digest, LIMIT_CHUNK,
                           round->now_ms) != STATUS_OK) {
            // Another upload that ends makes room; without one there never will be any.
            if (uploads(round) == 0) round_end(round, false, "%s", status_message());
            return;
        }
        slot->used = true;
        slot->peer = (size_t)peer;
        slot->chunk_ms = round->now_ms;
        member->upload = UPLOAD_FETCHING;
        ask(round, slot);
    }
}

/* A member that left, is lost or began anew: its offer is void unless it was added. */
void phase_updates_drop(struct round *round, size_t peer)
{
    struct upload_slot *slot = slot_of(round, peer);
    if (slot != NULL) release(slot);
    struct member *member = &round->member[peer];
    if (member->upload == UPLOAD_OFFERED || member->upload == UPLOAD_FETCHING) {
        member->upload = UPLOAD_NONE;
    }
}

static void reject(struct round *round, size_t peer, const char *reason)
{
    struct member *member = &round->member[peer];
    phase_updates_drop(round, peer);
    member->upload = UPLOAD_REJECTED;
    snprintf(member->reason, sizeof member->reason, "%.120s", reason);
    round->refused++;
    round_note(round, LOG_WARNING, "no update of %s in round %u: %s", member->name,
               (unsigned)round->number, reason);
    round_send_close(round, peer, member->reason);
}

/* What is wrong with an offer, or NULL. Its metrics were checked by the envelope. */
static const char *fault_of(const struct round *round, const struct envelope_offer *offer)
{
    const size_t tally = round->secure ? TALLY_BYTES : 0;
    if (offer->size != quantise_bytes(&round->plan, round->plan.count) + tally) {
        return "the update has the wrong size";
    }
    if (round->secure) { // weight and metrics are blinded with the update
        return offer->weight == 1 ? NULL : "the weight of a blinded update is not hidden";
    }
    if (offer->weight == 0) return "the update has no weight";
    if (offer->weight > (uint64_t)round->federation.quantise.weight_max) {
        return "the weight of the update is above quantise.weight_max";
    }
    return NULL;
}

/* Whether a message of round and attempt is for now; late ones are counted and forgotten. */
static bool current(struct round *round, const struct envelope_context *context)
{
    if (context->round == round->number && context->attempt == round->attempt) return true;
    round->stale++;
    return false;
}

void phase_updates_offer(struct round *round, size_t peer, const struct from_participant *message)
{
    struct member *member = &round->member[peer];
    if (!current(round, &message->context)) {
        phase_gather_alive(round, peer, message);
        return;
    }
    if (round->number == 0) {
        phase_join_offer(round, peer, message);
        phase_updates_serve(round);
        return;
    }
    if (!member->chosen) {
        round_send_close(round, peer, "you are not in the cohort of this round");
        return;
    }
    if (member->upload == UPLOAD_TAKEN) round_send_close(round, peer, "your update was added");
    if (member->upload == UPLOAD_REJECTED) round_send_close(round, peer, member->reason);
    if (member->upload == UPLOAD_TAKEN || member->upload == UPLOAD_REJECTED) return;
    if (member->upload != UPLOAD_NONE) {
        // Repeated until it is answered, or another one of a program that was restarted.
        if (memcmp(member->offer.digest, message->offer.digest, DIGEST_BYTES) == 0) return;
        phase_updates_drop(round, peer);
    }
    const char *fault = fault_of(round, &message->offer);
    if (fault != NULL) {
        reject(round, peer, fault);
        return;
    }
    round->phase = PHASE_UPDATES;
    member->offer = message->offer;
    member->upload = UPLOAD_OFFERED;
    phase_updates_serve(round);
}

static void take(struct round *round, struct upload_slot *slot)
{
    const size_t peer = slot->peer;
    struct member *member = &round->member[peer];
    if (round->number == 0) {
        struct transfer transfer = slot->transfer;
        memset(&slot->transfer, 0, sizeof slot->transfer);
        slot->used = false;
        member->upload = UPLOAD_TAKEN;
        phase_gather_initial(round, peer, &transfer);
        transfer_destroy(&transfer);
        return;
    }
    if (!countable(round, peer)) { // complained of meanwhile: fetched again when that is settled
        release(slot);
        member->upload = UPLOAD_OFFERED;
        return;
    }
    if (round->secure) {
        aggregate_add_blinded(round->aggregate, &round->plan, slot->transfer.bytes);
    } else {
        aggregate_add(round->aggregate, &round->plan, slot->transfer.bytes, member->offer.weight);
    }
    release(slot);
    member->upload = UPLOAD_TAKEN;
    round_send_close(round, peer, "your update was added");
}

void phase_updates_chunk(struct round *round, size_t peer, const struct from_participant *message)
{
    struct upload_slot *slot = slot_of(round, peer);
    if (slot == NULL || !current(round, &message->context)) {
        if (slot == NULL) round->stale++; // asked for before its upload ended
        return;
    }
    const struct envelope_chunk *chunk = &message->chunk;
    const size_t here = slot->transfer.here;
    enum status status =
        transfer_take(&slot->transfer, chunk->offset, chunk->payload, chunk->size, round->now_ms);
    if (slot->transfer.here > here) slot->chunk_ms = round->now_ms; // repeats do not hold a slot
    if (status == STATUS_OK && !transfer_whole(&slot->transfer)) {
        ask(round, slot);
        return;
    }
    if (status == STATUS_OK) status = transfer_check(&slot->transfer);
    if (status == STATUS_OK) {
        take(round, slot);
    } else if (round->number == 0) {
        round_refuse(round, peer, "your initial model: %s", status_message());
    } else {
        reject(round, peer, status_message());
    }
    if (round->ended) return;
    phase_updates_serve(round);
    phase_updates_tick(round);
}

static void drop_stalled(struct round *round)
{
    for (int i = 0; i < ROUND_UPLOADS; i++) {
        struct upload_slot *slot = &round->slot[i];
        if (!slot->used) continue;
        // Twice what a silent peer is given: it lives, and its chunks may be lost several times.
        if (round->now_ms - slot->chunk_ms < 2 * round->silence_ms) {
            ask(round, slot);
        } else if (round->number == 0) {
            round_refuse(round, slot->peer, "your initial model did not arrive");
        } else {
            reject(round, slot->peer, "its update did not arrive");
        }
    }
}

static bool awaited(const struct member *member)
{
    return member->chosen && member->joined && !member->lost && member->upload != UPLOAD_TAKEN &&
           member->upload != UPLOAD_REJECTED;
}

void phase_updates_tick(struct round *round)
{
    if (round->phase != PHASE_GATHER && round->phase != PHASE_UPDATES) return;
    drop_stalled(round);
    phase_updates_serve(round);
    if (round->ended || round->number == 0 || round->cohort == 0) return;
    const uint32_t attempt = round->attempt;
    if (round->secure) phase_shares_leave_late(round);
    const bool disputed = round->secure && phase_shares_disputed(round);
    bool waiting = disputed;
    if (round->ended || round->attempt != attempt) return;
    for (size_t i = 0; i < round->members && !waiting; i++) {
        waiting = awaited(&round->member[i]);
    }
    const double limit = round->federation.deadline_seconds;
    const bool late = limit > 0 && (double)(round->now_ms - round->started_ms) / 1000 >= limit;
    if (waiting && (!late || disputed)) return;
    const size_t reporters = aggregate_reporters(round->aggregate);
    if (reporters < config_reporters(&round->federation)) {
        round_retry(round, "%zu of %zu reported, at least %zu are needed", reporters, round->cohort,
                    config_reporters(&round->federation));
    } else if (round->secure) {
        phase_consistency_enter(round);
    } else {
        phase_publish_enter(round);
    }
}
