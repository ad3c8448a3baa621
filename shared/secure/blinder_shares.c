// SPDX-License-Identifier: Apache-2.0
#include "secure/blinder_parts.h"

#include <stdlib.h>
#include <string.h>

/* Draws the own seed, commits to it and signs that. */
static void commit_to_own_seed(struct blinder *blinder, struct exchange_shares *shares)
{
    const struct blinder_options *options = &blinder->options;
    struct shamir_share whole = {.holder = 0};
    options->random(blinder->own_seed, sizeof blinder->own_seed);
    options->random(shares->opening, sizeof shares->opening);
    memcpy(whole.bytes, blinder->own_seed, sizeof whole.bytes);
    shamir_commit(shares->commitment, &whole, shares->opening, &options->context, options->self,
                  SHAMIR_OWN_SEED);
    shamir_wipe(&whole, 1);
    exchange_sign_secret(shares, &options->context, blinder->board, options->sign_secret);
}

/* Splits one of the secrets for all holders. */
static void split(struct blinder *blinder, enum shamir_secret which)
{
    const size_t holders = blinder->holders, threshold = blinder->plan.threshold;
    const uint8_t *secret =
        which == SHAMIR_OWN_SEED ? blinder->own_seed : blinder->secret_keys[EXCHANGE_C];
    uint8_t coefficients[(SHAMIR_HOLDERS_MAX - 1) * SHAMIR_BYTES];
    struct shamir_share points[SHAMIR_HOLDERS_MAX];
    blinder->options.random(coefficients, (threshold - 1) * SHAMIR_BYTES);
    shamir_split_with(points, secret, holders, threshold, coefficients);
    for (size_t i = 0; i < holders; i++) {
        memcpy(blinder->dealt[i][which].share, points[i].bytes, SHAMIR_BYTES);
    }
    sodium_memzero(coefficients, sizeof coefficients);
    shamir_wipe(points, holders);
}

static enum status make_parcel(struct exchange_parcel *parcel, struct blinder *blinder, size_t i)
{
    const struct blinder_options *options = &blinder->options;
    const struct exchange_way way = {options->self, blinder->held[i].maker};
    parcel->place = exchange_record(way.holder);
    for (size_t which = 0; which < EXCHANGE_SECRETS; which++) {
        struct exchange_share *dealt = &blinder->dealt[i][which];
        struct shamir_share point = {.holder = (uint8_t)(i + 1)};
        memcpy(point.bytes, dealt->share, sizeof point.bytes);
        options->random(dealt->opening, sizeof dealt->opening);
        shamir_commit(parcel->commitments[which], &point, dealt->opening, &options->context,
                      options->self, (enum shamir_secret)which);
        shamir_wipe(&point, 1);
    }
    const size_t at = exchange_find(blinder->present.places, blinder->present.count, way.holder);
    const enum status status =
        blinder_seal(parcel, blinder->dealt[i], way, blinder, blinder->share_keys[at]);
    if (status != STATUS_OK) return status;
    exchange_sign_parcel(parcel, way, &options->context, blinder->board, options->sign_secret);
    return STATUS_OK;
}

enum status blinder_deal(struct blinder *blinder, uint8_t **out, size_t *out_size)
{
    struct exchange_shares *shares = NULL;
    const size_t size = sizeof *shares + blinder->holders * sizeof *shares->parcels;
    *out = NULL;
    *out_size = 0;
    shares = calloc(1, size);
    if (shares == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for %zu bytes", size);
    shares->maker = exchange_record(blinder->options.self);
    shares->count = exchange_record((uint32_t)blinder->holders);
    commit_to_own_seed(blinder, shares);
    split(blinder, SHAMIR_OWN_SEED);
    split(blinder, SHAMIR_SECRET_KEY);
    for (size_t i = 0; i < blinder->holders; i++) {
        const enum status status = make_parcel(&shares->parcels[i], blinder, i);
        if (status != STATUS_OK) {
            free(shares);
            return status;
        }
    }
    *out = (uint8_t *)shares;
    *out_size = size;
    return STATUS_OK;
}

/* Which of the holders complains, rightly signed, of our parcel. */
static enum status check_complaint(size_t *at, const struct blinder *blinder,
                                   const struct exchange_complaint *complaint, size_t size)
{
    const struct blinder_options *options = &blinder->options;
    if (size != sizeof *complaint) {
        return status_fail(STATUS_BAD_MESSAGE, "complaint: %zu bytes, allowed: %zu", size,
                           sizeof *complaint);
    }
    const uint32_t maker = exchange_number(complaint->maker);
    const uint32_t holder = exchange_number(complaint->holder);
    if (maker != options->self) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "complaint: of a parcel of place %u, allowed: of %u, our own",
                           (unsigned)maker, (unsigned)options->self);
    }
    for (*at = 0; *at < blinder->holders; (*at)++) {
        if (blinder->held[*at].maker == holder) break;
    }
    if (*at == blinder->holders) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "complaint: of place %u, allowed: those who hold our shares",
                           (unsigned)holder);
    }
    const struct exchange_way way = {maker, holder};
    if (!exchange_verify_complaint(complaint->signature, way, &options->context, blinder->board,
                                   options->sign_keys[holder])) {
        return status_fail(STATUS_BAD_MESSAGE, "complaint: place %u has not signed it",
                           (unsigned)holder);
    }
    return STATUS_OK;
}

enum status blinder_take_complaint(struct blinder *blinder, const uint8_t *payload, size_t size,
                                   uint8_t **out, size_t *out_size)
{
    *out = NULL;
    *out_size = 0;
    if (blinder->stage != BLINDER_SHARED && blinder->stage != BLINDER_HOLDING) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "a complaint out of order, allowed: between our shares and the list of"
                           " the counted");
    }
    size_t at = 0;
    const struct exchange_complaint *complaint = (const struct exchange_complaint *)payload;
    const enum status status = check_complaint(&at, blinder, complaint, size);
    if (status != STATUS_OK) return status;
    struct exchange_opening *opening = malloc(sizeof *opening);
    if (opening == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for an opening");
    opening->maker = complaint->maker;
    opening->holder = complaint->holder;
    memcpy(opening->contents, blinder->dealt[at], sizeof opening->contents);
    *out = (uint8_t *)opening;
    *out_size = sizeof *opening;
    return STATUS_OK;
}
