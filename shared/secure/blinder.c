// SPDX-License-Identifier: Apache-2.0
#include "secure/blinder.h"

#include "base/sizes.h"
#include "secure/blinder_parts.h"
#include "secure/digest.h"

#include <stdlib.h>
#include <string.h>

enum status blinder_create(struct blinder **blinder, const struct blinder_options *options)
{
    assert(options->self < options->members);
    assert(options->cohort_min >= NEIGHBOURS_PARTICIPANTS_MIN);
    sodium_ready();
    *blinder = NULL;
    uint8_t sign_public[EXCHANGE_SIGN_PUBLIC_BYTES];
    crypto_sign_ed25519_sk_to_pk(sign_public, options->sign_secret);
    if (memcmp(sign_public, options->sign_keys[options->self], sizeof sign_public) != 0) {
        return status_fail(STATUS_BAD_CONFIG,
                           "the signing key is not that of place %u of the roster",
                           (unsigned)options->self);
    }
    struct blinder *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for a secure exchange");
    made->options = *options;
    made->keys.place = exchange_record(options->self);
    for (size_t i = 0; i < EXCHANGE_KEY_PAIRS; i++) {
        options->random(made->secret_keys[i], sizeof made->secret_keys[i]);
        blinding_public_key(made->keys.public_keys[i], made->secret_keys[i]);
    }
    exchange_sign_keys(&made->keys, &made->options.context, options->sign_secret);
    *blinder = made;
    return STATUS_OK;
}

void blinder_destroy(struct blinder **blinder)
{
    struct blinder *old = *blinder;
    if (old == NULL) return;
    for (size_t i = 0; i < EXCHANGE_STEPS; i++) {
        blinder_forget(old->answers[i].bytes, old->answers[i].size);
    }
    free(old->present.places);
    free(old->delivered.places);
    free(old->counted.places);
    free(old->share_keys);
    neighbours_destroy(&old->graph);
    sodium_memzero(old, sizeof *old);
    free(old);
    *blinder = NULL;
}

void blinder_forget(uint8_t *out, size_t out_size)
{
    if (out != NULL) sodium_memzero(out, out_size);
    free(out);
}

enum status blinder_keys(struct blinder *blinder, uint8_t **out, size_t *out_size)
{
    return exchange_copy(out, out_size, &blinder->keys, sizeof blinder->keys);
}

enum status blinder_answer(const struct blinder *blinder, enum exchange_step step, uint8_t **out,
                           size_t *out_size)
{
    const struct blinder_answer *answer = &blinder->answers[step];
    assert(answer->given);
    *out = NULL;
    *out_size = 0;
    if (answer->bytes == NULL) return STATUS_OK;
    return exchange_copy(out, out_size, answer->bytes, answer->size);
}

/* A step of the coordinator: its name, when it is in order, and where it leads. */
static const struct {
    const char *name;
    enum blinder_stage from, to;
} steps[EXCHANGE_STEPS] = {
    [EXCHANGE_STEP_KEYS] = {"a board", BLINDER_CREATED, BLINDER_SHARED},
    [EXCHANGE_STEP_SHARES] = {"parcels", BLINDER_SHARED, BLINDER_HOLDING},
    [EXCHANGE_STEP_COUNTED] = {"a list of the counted", BLINDER_HOLDING, BLINDER_COUNTED},
    [EXCHANGE_STEP_SIGNATURES] = {"signatures", BLINDER_COUNTED, BLINDER_AGREED},
};

enum status blinder_begin(const struct blinder *blinder, enum exchange_step step,
                          const uint8_t *payload, size_t size, uint8_t **out, size_t *out_size,
                          bool *fresh)
{
    *fresh = false;
    *out = NULL;
    *out_size = 0;
    const struct blinder_answer *answer = &blinder->answers[step];
    if (answer->given) {
        uint8_t digest[EXCHANGE_HASH_BYTES];
        digest_compute(digest, payload, size);
        if (memcmp(digest, answer->digest, sizeof digest) != 0) {
            return status_fail(STATUS_BAD_MESSAGE,
                               "%s again, and not the same, allowed: once in an attempt",
                               steps[step].name);
        }
        return blinder_answer(blinder, step, out, out_size);
    }
    if (blinder->stage != steps[step].from) {
        return status_fail(STATUS_BAD_MESSAGE, "%s out of order, allowed: the steps in turn",
                           steps[step].name);
    }
    *fresh = true;
    return STATUS_OK;
}

void blinder_finish(struct blinder *blinder, enum exchange_step step, const uint8_t *payload,
                    size_t size, uint8_t *bytes, size_t bytes_size)
{
    struct blinder_answer *answer = &blinder->answers[step];
    *answer = (struct blinder_answer){.given = true, .bytes = bytes, .size = bytes_size};
    digest_compute(answer->digest, payload, size);
    blinder->stage = steps[step].to;
}

enum status blinder_take_places(struct blinder_places *list, const struct exchange_number *numbers,
                                size_t count, const struct blinder_places *among,
                                const struct blinder *blinder, const char *what)
{
    *list = (struct blinder_places){0};
    const size_t least = sizes_most(blinder->options.cohort_min, blinder->plan.left);
    if (count < least) {
        return status_fail(STATUS_BAD_MESSAGE, "%s: %zu participants, allowed: at least %zu", what,
                           count, least);
    }
    uint32_t *places = calloc(count, sizeof *places);
    if (places == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for %zu places", count);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        places[i] = exchange_number(numbers[i]);
        if (i > 0 && places[i] <= places[i - 1]) {
            status = status_fail(STATUS_BAD_MESSAGE, "%s: place %u after %u, allowed: ascending",
                                 what, (unsigned)places[i], (unsigned)places[i - 1]);
        } else if (exchange_find(among->places, among->count, places[i]) == among->count) {
            status = status_fail(STATUS_BAD_MESSAGE,
                                 "%s: place %u, allowed: those who took the step before", what,
                                 (unsigned)places[i]);
        }
    }
    if (status != STATUS_OK) {
        free(places);
        return status;
    }
    *list = (struct blinder_places){places, count};
    return STATUS_OK;
}

bool blinder_ready(const struct blinder *blinder)
{
    return blinder->stage == BLINDER_HOLDING && !blinder->blinded;
}

enum status blinder_blind(struct blinder *blinder, uint8_t *update, size_t words, int bits,
                          uint8_t *metrics, size_t metric_words)
{
    if (!blinder_ready(blinder)) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "an update to be blinded out of order, allowed: once, after the parcels"
                           " and before the list of the counted");
    }
    struct blinding_seed seeds[SHAMIR_HOLDERS_MAX + 1];
    size_t count = 0;
    memcpy(seeds[count].bytes, blinder->own_seed, BLINDING_SEED_BYTES);
    seeds[count++].add = true;
    for (size_t i = 0; i < blinder->plan.degree; i++) {
        const uint32_t peer = blinder->neighbours[i];
        const struct blinder_places *there = &blinder->delivered;
        if (exchange_find(there->places, there->count, peer) == there->count) continue;
        memcpy(seeds[count].bytes, blinder->pair_seeds[i], BLINDING_SEED_BYTES);
        seeds[count++].add = blinder->options.self < peer;
    }
    blinding_many(&(struct blinding_words){update, 0, words, bits, BLINDING_UPDATE}, seeds, count,
                  1);
    blinding_many(&(struct blinding_words){metrics, 0, metric_words, 64, BLINDING_METRICS}, seeds,
                  count, 1);
    sodium_memzero(seeds, sizeof seeds);
    sodium_memzero(blinder->own_seed, sizeof blinder->own_seed);
    sodium_memzero(blinder->pair_seeds, sizeof blinder->pair_seeds);
    blinder->blinded = true;
    return STATUS_OK;
}

void blinder_present(const struct blinder *blinder, const uint32_t **places, size_t *count)
{
    *places = blinder->present.places;
    *count = blinder->present.count;
}

void blinder_counted(const struct blinder *blinder, const uint32_t **places, size_t *count)
{
    *places = blinder->counted.places;
    *count = blinder->counted.count;
}
