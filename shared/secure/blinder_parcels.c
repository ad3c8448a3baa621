// SPDX-License-Identifier: Apache-2.0
#include "secure/blinder_parts.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES]; // a key serves once

_Static_assert(EXCHANGE_CIPHERTEXT_BYTES ==
                   EXCHANGE_CONTENTS_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES,
               "a parcel is its contents and a tag");
_Static_assert(EXCHANGE_CONTENTS_BYTES == EXCHANGE_SECRETS * sizeof(struct exchange_share),
               "the contents are two shares");

static enum status parcel_key(uint8_t key[EXCHANGE_HASH_BYTES], const struct blinder *blinder,
                              struct exchange_way way, const uint8_t peer[BLINDING_KEY_BYTES])
{
    uint8_t common[BLINDING_KEY_BYTES];
    if (crypto_scalarmult(common, blinder->secret_keys[EXCHANGE_S], peer) != 0) {
        sodium_memzero(common, sizeof common);
        return status_fail(STATUS_BAD_MESSAGE,
                           "place %u: its key is of small order, allowed: one of X25519",
                           (unsigned)(way.maker == blinder->options.self ? way.holder : way.maker));
    }
    exchange_hash(key, common, EXCHANGE_PARCEL, &blinder->options.context, way.maker, way.holder,
                  blinder->board, sizeof blinder->board);
    sodium_memzero(common, sizeof common);
    return STATUS_OK;
}

enum status blinder_seal(struct exchange_parcel *parcel,
                         const struct exchange_share contents[EXCHANGE_SECRETS],
                         struct exchange_way way, const struct blinder *blinder,
                         const uint8_t peer[BLINDING_KEY_BYTES])
{
    uint8_t key[EXCHANGE_HASH_BYTES];
    const enum status status = parcel_key(key, blinder, way, peer);
    if (status != STATUS_OK) return status;
    const int result = crypto_aead_xchacha20poly1305_ietf_encrypt(
        parcel->ciphertext, NULL, (const uint8_t *)contents, EXCHANGE_CONTENTS_BYTES,
        blinder->board, sizeof blinder->board, NULL, nonce, key);
    assert(result == 0);
    (void)result;
    sodium_memzero(key, sizeof key);
    return STATUS_OK;
}

enum status blinder_unseal(struct exchange_share contents[EXCHANGE_SECRETS],
                           const struct exchange_parcel *parcel, struct exchange_way way,
                           const struct blinder *blinder, const uint8_t peer[BLINDING_KEY_BYTES])
{
    uint8_t key[EXCHANGE_HASH_BYTES];
    const enum status status = parcel_key(key, blinder, way, peer);
    if (status != STATUS_OK) return status;
    const int result = crypto_aead_xchacha20poly1305_ietf_decrypt(
        (uint8_t *)contents, NULL, NULL, parcel->ciphertext, EXCHANGE_CIPHERTEXT_BYTES,
        blinder->board, sizeof blinder->board, nonce, key);
    sodium_memzero(key, sizeof key);
    if (result == 0) return STATUS_OK;
    return status_fail(STATUS_BAD_MESSAGE, "place %u: its parcel does not decrypt",
                       (unsigned)way.maker);
}

/* The message in its parts, once its sizes are right. */
struct parcels {
    const struct exchange_number *delivered;
    size_t delivered_count;
    const struct exchange_parcel *parcels;
    size_t count;
};

static enum status read_shape(struct parcels *parcels, const struct blinder *blinder,
                              const uint8_t *payload, size_t size)
{
    const struct exchange_number *numbers = (const struct exchange_number *)payload;
    const size_t counts = 2 * sizeof *numbers;
    *parcels = (struct parcels){0};
    if (size >= counts) parcels->delivered_count = exchange_number(numbers[0]);
    if (parcels->delivered_count > blinder->present.count ||
        size < counts + parcels->delivered_count * sizeof *numbers) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "parcels: %zu bytes for a list of %zu who delivered, allowed: a list of"
                           " at most %zu, and parcels",
                           size, parcels->delivered_count, blinder->present.count);
    }
    parcels->delivered = numbers + 1;
    const struct exchange_number *count = parcels->delivered + parcels->delivered_count;
    parcels->parcels = (const struct exchange_parcel *)(count + 1);
    parcels->count = exchange_number(*count);
    const size_t rest = size - counts - parcels->delivered_count * sizeof *numbers;
    if (parcels->count > blinder->holders || rest != parcels->count * sizeof *parcels->parcels) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "parcels: %zu bytes for %zu parcels, allowed: at most %zu, each of %zu",
                           rest, parcels->count, blinder->holders, sizeof *parcels->parcels);
    }
    return STATUS_OK;
}

/* U2, with ourselves in it. */
static enum status read_delivered(struct blinder_places *delivered, const struct blinder *blinder,
                                  const struct parcels *parcels)
{
    const enum status status =
        blinder_take_places(delivered, parcels->delivered, parcels->delivered_count,
                            &blinder->present, blinder, "parcels: list of who delivered");
    if (status != STATUS_OK) return status;
    const uint32_t self = blinder->options.self;
    if (exchange_find(delivered->places, delivered->count, self) < delivered->count) {
        return STATUS_OK;
    }
    free(delivered->places);
    *delivered = (struct blinder_places){0};
    return status_fail(STATUS_BAD_MESSAGE,
                       "parcels: list of who delivered without place %u, our"
                       " own",
                       (unsigned)self);
}

/* There is one parcel of each maker in U2 that we hold for, signed by it. */
static enum status check_parcels(const struct blinder *blinder,
                                 const struct blinder_places *delivered,
                                 const struct parcels *parcels)
{
    const struct blinder_options *options = &blinder->options;
    size_t next = 0;
    for (size_t i = 0; i < blinder->holders; i++) {
        const uint32_t maker = blinder->held[i].maker;
        if (exchange_find(delivered->places, delivered->count, maker) == delivered->count) continue;
        const struct exchange_parcel *parcel = &parcels->parcels[next];
        if (next == parcels->count || exchange_number(parcel->place) != maker) {
            return status_fail(STATUS_BAD_MESSAGE,
                               "parcels: not that of place %u, allowed: one of each whose holder we"
                               " are, ascending",
                               (unsigned)maker);
        }
        const struct exchange_way way = {maker, options->self};
        if (!exchange_verify_parcel(parcel, way, &options->context, blinder->board,
                                    options->sign_keys[maker])) {
            return status_fail(STATUS_BAD_MESSAGE, "parcels: place %u has not signed its parcel",
                               (unsigned)maker);
        }
        next++;
    }
    if (next == parcels->count && next < blinder->plan.threshold) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "parcels: only %zu of our holders delivered, allowed: at least %zu",
                           next, blinder->plan.threshold);
    }
    if (next == parcels->count) return STATUS_OK;
    return status_fail(STATUS_BAD_MESSAGE,
                       "parcels: of place %u, allowed: of those whose holder"
                       " we are",
                       (unsigned)exchange_number(parcels->parcels[next].place));
}

static bool is_right(const struct blinder_held *held,
                     const struct exchange_share contents[EXCHANGE_SECRETS],
                     const struct exchange_context *context)
{
    for (size_t which = 0; which < EXCHANGE_SECRETS; which++) {
        if (!exchange_is_committed(&contents[which], held->commitments[which], held->number,
                                   context, held->maker, (enum shamir_secret)which)) {
            return false;
        }
    }
    return true;
}

/* Opens what came; who is complained of goes to the end of the list. */
static void open_parcels(struct blinder *blinder, const struct parcels *parcels,
                         struct exchange_receipt *receipt)
{
    const struct blinder_options *options = &blinder->options;
    size_t wrong = 0;
    for (size_t i = 0, next = 0; i < blinder->holders && next < parcels->count; i++) {
        struct blinder_held *held = &blinder->held[i];
        const struct exchange_parcel *parcel = &parcels->parcels[next];
        if (exchange_number(parcel->place) != held->maker) continue;
        next++;
        const size_t at =
            exchange_find(blinder->present.places, blinder->present.count, held->maker);
        const struct exchange_way way = {held->maker, options->self};
        memcpy(held->commitments, parcel->commitments, sizeof held->commitments);
        if (blinder_unseal(held->contents, parcel, way, blinder, blinder->share_keys[at]) ==
                STATUS_OK &&
            is_right(held, held->contents, &options->context)) {
            held->state = BLINDER_RIGHT;
            continue;
        }
        held->state = BLINDER_WRONG;
        struct exchange_signed *complaint = &receipt->makers[wrong++];
        complaint->place = exchange_record(held->maker);
        exchange_sign_complaint(complaint->signature, way, &options->context, blinder->board,
                                options->sign_secret);
    }
    receipt->count = exchange_record((uint32_t)wrong);
}

/* Room for a receipt of so many parcels, with the signature on U2. */
static enum status make_receipt(struct exchange_receipt **receipt, const struct blinder *blinder,
                                const struct blinder_places *delivered, size_t parcels)
{
    const struct blinder_options *options = &blinder->options;
    struct exchange_statement statement = {0};
    *receipt = calloc(1, sizeof **receipt + parcels * sizeof *(*receipt)->makers);
    if (*receipt == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for a receipt");
    const enum status status =
        exchange_make_statement(&statement, blinder->board, delivered->places, delivered->count);
    if (status != STATUS_OK) {
        free(*receipt);
        return status;
    }
    (*receipt)->holder = exchange_record(options->self);
    exchange_sign_list((*receipt)->signature, EXCHANGE_DELIVERED, &statement, &options->context,
                       options->sign_secret);
    free(statement.bytes);
    return STATUS_OK;
}

enum status blinder_take_parcels(struct blinder *blinder, const uint8_t *payload, size_t size,
                                 uint8_t **out, size_t *out_size)
{
    bool fresh = false;
    enum status status =
        blinder_begin(blinder, EXCHANGE_STEP_SHARES, payload, size, out, out_size, &fresh);
    if (status != STATUS_OK || !fresh) return status;
    struct parcels parcels;
    struct blinder_places delivered = {0};
    status = read_shape(&parcels, blinder, payload, size);
    if (status == STATUS_OK) status = read_delivered(&delivered, blinder, &parcels);
    if (status != STATUS_OK) return status;
    struct exchange_receipt *receipt = NULL;
    status = check_parcels(blinder, &delivered, &parcels);
    if (status == STATUS_OK) status = make_receipt(&receipt, blinder, &delivered, parcels.count);
    if (status != STATUS_OK) {
        free(delivered.places);
        return status;
    }
    blinder->delivered = delivered;
    open_parcels(blinder, &parcels, receipt);
    sodium_memzero(blinder->secret_keys, sizeof blinder->secret_keys);
    blinder_finish(blinder, EXCHANGE_STEP_SHARES, payload, size, (uint8_t *)receipt,
                   sizeof *receipt + exchange_number(receipt->count) * sizeof *receipt->makers);
    return blinder_answer(blinder, EXCHANGE_STEP_SHARES, out, out_size);
}

enum status blinder_take_opening(struct blinder *blinder, const uint8_t *payload, size_t size)
{
    const struct exchange_opening *opening = (const struct exchange_opening *)payload;
    if (blinder->stage != BLINDER_HOLDING) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "an opening out of order, allowed: between the parcels and the list of"
                           " the counted");
    }
    if (size != sizeof *opening) {
        return status_fail(STATUS_BAD_MESSAGE, "opening: %zu bytes, allowed: %zu", size,
                           sizeof *opening);
    }
    const uint32_t maker = exchange_number(opening->maker);
    struct blinder_held *held = NULL;
    for (size_t i = 0; i < blinder->holders; i++) {
        if (blinder->held[i].maker == maker) held = &blinder->held[i];
    }
    if (exchange_number(opening->holder) != blinder->options.self || held == NULL ||
        (held->state != BLINDER_WRONG && held->state != BLINDER_OPENED)) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "opening: of place %u for place %u, allowed: what we complained of",
                           (unsigned)maker, (unsigned)exchange_number(opening->holder));
    }
    if (!is_right(held, opening->contents, &blinder->options.context)) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "opening: of place %u: not the shares that it committed to",
                           (unsigned)maker);
    }
    memcpy(held->contents, opening->contents, sizeof held->contents);
    held->state = BLINDER_OPENED;
    return STATUS_OK;
}
