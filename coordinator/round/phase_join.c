// SPDX-License-Identifier: Apache-2.0
/* Joining, and the start: enough participants that have loaded their images. */
#include "round/round_private.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first twelve digits of a digest: enough for people to compare. */
enum { SHORT_DIGEST = 13 };

static void shorten(char text[SHORT_DIGEST], const uint8_t digest[DIGEST_BYTES])
{
    char hex[2 * DIGEST_BYTES + 1];
    digest_hex(hex, digest);
    snprintf(text, SHORT_DIGEST, "%.12s", hex);
}

static bool agrees(struct round *round, size_t peer, const struct envelope_join *join)
{
    char ours[SHORT_DIGEST], theirs[SHORT_DIGEST];
    if (join->protocol != ENVELOPE_PROTOCOL) {
        round_refuse(round, peer, "you speak protocol version %u, the coordinator version %d",
                     (unsigned)join->protocol, ENVELOPE_PROTOCOL);
        return false;
    }
    if (memcmp(join->federation, round->federation_digest, DIGEST_BYTES) != 0) {
        shorten(ours, round->federation_digest);
        shorten(theirs, join->federation);
        round_refuse(round, peer,
                     "your federation section (digest %s...) differs from the "
                     "coordinator's (digest %s...)",
                     theirs, ours);
        return false;
    }
    if (round->typed && memcmp(join->model_type, round->model_type, DIGEST_BYTES) != 0) {
        shorten(ours, round->model_type);
        shorten(theirs, join->model_type);
        round_refuse(round, peer,
                     "your model type (digest %s...) differs from that of the "
                     "participants that joined before (digest %s...)",
                     theirs, ours);
        return false;
    }
    if (round->typed && memcmp(join->mask, round->mask, DIGEST_BYTES) != 0) {
        shorten(ours, round->mask);
        shorten(theirs, join->mask);
        round_refuse(round, peer,
                     "the mask key of %s (fingerprint %s...) differs from that of %s (fingerprint "
                     "%s...): all participants need the same file participant.mask_key, or "
                     "participant.eigenfaces",
                     round->member[peer].name, theirs, round->member[round->typed_by].name, ours);
        return false;
    }
    return true;
}

/* Learns the model's type and the fingerprint of the mask from the first participant. */
static bool learn_type(struct round *round, size_t peer, const struct envelope_join *join)
{
    if (round->typed) return true;
    uint8_t digest[DIGEST_BYTES];
    digest_compute(digest, join->manifest, strlen(join->manifest));
    if (memcmp(digest, join->model_type, DIGEST_BYTES) != 0) {
        round_refuse(round, peer, "your manifest does not have the digest of your model type");
        return false;
    }
    if (round->has_model && memcmp(digest, round->model_type, DIGEST_BYTES) != 0) {
        round_refuse(round, peer,
                     "your model type differs from that of the model with which this "
                     "run goes on");
        return false;
    }
    struct manifest manifest = {0};
    if (manifest_parse(&manifest, join->manifest) != STATUS_OK || manifest.count == 0) {
        manifest_destroy(&manifest);
        round_refuse(round, peer, "your manifest is malformed: %s", status_message());
        return false;
    }
    round->manifest = manifest;
    memcpy(round->model_type, digest, DIGEST_BYTES);
    memcpy(round->mask, join->mask, DIGEST_BYTES);
    round->typed_by = peer;
    round->typed = true;
    return true;
}

/* Before the first round begins, a type or fingerprint that nobody stands for any more is forgotten
 * when a newcomer brings another. */
static void forget_type(struct round *round, size_t newcomer, const struct envelope_join *join)
{
    if (memcmp(round->model_type, join->model_type, DIGEST_BYTES) == 0 &&
        memcmp(round->mask, join->mask, DIGEST_BYTES) == 0) {
        return;
    }
    for (size_t i = 0; i < round->members; i++) {
        if (i != newcomer && round->member[i].joined) return;
    }
    if (!round->typed || (round->has_model && round->phase != PHASE_JOIN)) return;
    // What the newcomer offered before was a model of the type that goes.
    phase_updates_drop(round, newcomer);
    round->member[newcomer].ready = false;
    round->member[newcomer].offered_initial = false;
    manifest_destroy(&round->manifest);
    memset(&round->manifest, 0, sizeof round->manifest);
    round->typed = false;
}

/* A Join is repeated until its Welcome arrives, and comes anew from a program that was
 * restarted. The two look alike, so neither takes anything back: what a restarted program offers
 * replaces what it had offered before, and an update that was added stays added. */
void phase_join_join(struct round *round, size_t peer, const struct from_participant *message)
{
    const struct envelope_join *join = &message->join;
    struct member *member = &round->member[peer];
    forget_type(round, peer, join);
    if (!agrees(round, peer, join) || !learn_type(round, peer, join)) return;
    member->finished = false;
    member->rejoined =
        member->rejoined || (round->unblinder != NULL &&
                             unblinder_has(round->unblinder, EXCHANGE_STEP_KEYS, (uint32_t)peer));
    if (!member->joined) {
        round_note(round, LOG_INFO, "%s has joined", member->name);
        if (strcmp(join->name, member->name) != 0) {
            round_note(round, LOG_WARNING, "%s calls itself %s", member->name, join->name);
        }
        member->joined = true;
        member->ready = false;
        member->offered_initial = false;
    }
    round_send_welcome(round, peer);
}

/* An initial model, by which its sender is ready. */
void phase_join_offer(struct round *round, size_t peer, const struct from_participant *message)
{
    const struct envelope_offer *offer = &message->offer;
    struct member *member = &round->member[peer];
    if (offer->size != (uint64_t)round->manifest.count * sizeof(float) || offer->weight != 0) {
        round_refuse(round, peer, "an initial model of %llu bytes and weight %llu, not %zu and 0",
                     (unsigned long long)offer->size, (unsigned long long)offer->weight,
                     round->manifest.count * sizeof(float));
        return;
    }
    if (!member->ready) round_note(round, LOG_INFO, "%s is ready", member->name);
    member->ready = true;
    member->offered_initial = true;
    memcpy(member->initial, offer->digest, DIGEST_BYTES);
    if (member->upload == UPLOAD_FETCHING) return;
    member->offer = *offer;
    member->upload = UPLOAD_OFFERED;
}

enum status round_continue(struct round *round, uint32_t number, struct model *model,
                           const struct round_counted *counted)
{
    assert(round->first_ms == 0 && !round->has_model);
    assert(number <= (uint32_t)round->federation.rounds);
    char *text = NULL;
    enum status status = manifest_text(&model->manifest, &text);
    if (status == STATUS_OK) {
        digest_compute(round->model_type, text, strlen(text));
        free(text);
        status = aggregate_create(&round->aggregate, model->manifest.count, round->threads);
    }
    if (status == STATUS_OK && counted->count > 0 &&
        counted->places[counted->count - 1] >= round->members) {
        status =
            status_fail(STATUS_BAD_INPUT,
                        "a sum was agreed upon with number %u of the roster, which has %zu now",
                        (unsigned)counted->places[counted->count - 1] + 1, round->members);
    }
    if (status == STATUS_OK && counted->count > 0) {
        round->asked.list = malloc(counted->count * sizeof *counted->places);
        if (round->asked.list == NULL) {
            status = status_fail(STATUS_NO_MEMORY, "out of memory for the list of the counted");
        }
    }
    if (status != STATUS_OK) return status;
    if (counted->count > 0) {
        memcpy(round->asked.list, counted->places, counted->count * sizeof *counted->places);
        round->asked.count = counted->count;
        round->asked_round = counted->round;
    }
    round->model = *model;
    *model = (struct model){.values = NULL};
    round->has_model = true;
    round->number = round->model_round = number;
    digest_compute(round->model_digest, round->model.values,
                   round->model.manifest.count * sizeof(float));
    return STATUS_OK;
}

/* A run that goes on needs not wait for everybody: some may be gone for good. Too few are no end
 * either, for what was published so far is worth the patience. */
static bool rejoined(const struct round *round, size_t ready)
{
    if (round->now_ms - round->first_ms < round->silence_ms) return false;
    return ready >= config_reporters(&round->federation) ||
           round->number == (uint32_t)round->federation.rounds;
}

void phase_join_tick(struct round *round)
{
    const size_t ready = round_present_count(round);
    const size_t wanted = (size_t)round->federation.participants;
    const double limit = round->federation.join_seconds;
    const double waited = (double)(round->now_ms - round->first_ms) / 1000;
    if (round->has_model && (ready >= wanted || rejoined(round, ready))) {
        if (round->number < (uint32_t)round->federation.rounds) {
            phase_gather_enter(round, round->number + 1, 1);
        } else {
            phase_publish_final(round);
        }
        return;
    }
    const bool late = limit > 0 && waited >= limit && !round->has_model;
    if (ready < wanted && !late) return;
    if (ready < config_reporters(&round->federation)) {
        round_end(round, false,
                  "only %zu of %zu participants joined within %.0f s, at least %zu are "
                  "needed",
                  ready, wanted, limit, config_reporters(&round->federation));
        return;
    }
    if (ready < wanted) {
        round_note(round, LOG_WARNING, "starting with %zu of %zu participants after %.0f s", ready,
                   wanted, waited);
    }
    phase_gather_enter(round, 0, 1);
}
