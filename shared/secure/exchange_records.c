// SPDX-License-Identifier: Apache-2.0
#include "secure/exchange_records.h"

#include <stdlib.h>
#include <string.h>

void exchange_board_digest(uint8_t keys_digest[EXCHANGE_HASH_BYTES],
                           uint8_t digest[EXCHANGE_HASH_BYTES],
                           const struct exchange_context *context,
                           const struct exchange_board *board, size_t count)
{
    memset(keys_digest, 0, EXCHANGE_HASH_BYTES);
    for (size_t i = 0; i < count; i++) {
        neighbours_add_message(keys_digest, context, exchange_number(board->keys[i].place),
                               &board->keys[i], sizeof board->keys[i]);
    }
    exchange_hash(digest, keys_digest, EXCHANGE_BOARD, context, 0, 0, &board->plan,
                  sizeof board->plan);
}

void exchange_sign_keys(struct exchange_keys *keys, const struct exchange_context *context,
                        const uint8_t *sign_secret)
{
    exchange_sign(keys->signature, sign_secret, EXCHANGE_KEYS, context,
                  exchange_number(keys->place), 0, keys->public_keys, sizeof keys->public_keys);
}

bool exchange_verify_keys(const struct exchange_keys *keys, const struct exchange_context *context,
                          const uint8_t *sign_public)
{
    return exchange_verify(keys->signature, sign_public, EXCHANGE_KEYS, context,
                           exchange_number(keys->place), 0, keys->public_keys,
                           sizeof keys->public_keys);
}

struct secret_body {
    uint8_t board[EXCHANGE_HASH_BYTES];
    uint8_t commitment[EXCHANGE_HASH_BYTES], opening[EXCHANGE_HASH_BYTES];
};

static struct secret_body secret_body(const struct exchange_shares *shares,
                                      const uint8_t board[EXCHANGE_HASH_BYTES])
{
    struct secret_body body;
    memcpy(body.board, board, sizeof body.board);
    memcpy(body.commitment, shares->commitment, sizeof body.commitment);
    memcpy(body.opening, shares->opening, sizeof body.opening);
    return body;
}

void exchange_sign_secret(struct exchange_shares *shares, const struct exchange_context *context,
                          const uint8_t board[EXCHANGE_HASH_BYTES], const uint8_t *sign_secret)
{
    const struct secret_body body = secret_body(shares, board);
    exchange_sign(shares->signature, sign_secret, EXCHANGE_SECRET, context,
                  exchange_number(shares->maker), 0, &body, sizeof body);
}

bool exchange_verify_secret(const struct exchange_shares *shares,
                            const struct exchange_context *context,
                            const uint8_t board[EXCHANGE_HASH_BYTES], const uint8_t *sign_public)
{
    const struct secret_body body = secret_body(shares, board);
    return exchange_verify(shares->signature, sign_public, EXCHANGE_SECRET, context,
                           exchange_number(shares->maker), 0, &body, sizeof body);
}

struct parcel_body {
    uint8_t board[EXCHANGE_HASH_BYTES];
    uint8_t commitments[EXCHANGE_SECRETS][EXCHANGE_HASH_BYTES];
    uint8_t ciphertext[EXCHANGE_CIPHERTEXT_BYTES];
};

static struct parcel_body parcel_body(const struct exchange_parcel *parcel,
                                      const uint8_t board[EXCHANGE_HASH_BYTES])
{
    struct parcel_body body;
    memcpy(body.board, board, sizeof body.board);
    memcpy(body.commitments, parcel->commitments, sizeof body.commitments);
    memcpy(body.ciphertext, parcel->ciphertext, sizeof body.ciphertext);
    return body;
}

void exchange_sign_parcel(struct exchange_parcel *parcel, struct exchange_way way,
                          const struct exchange_context *context,
                          const uint8_t board[EXCHANGE_HASH_BYTES], const uint8_t *sign_secret)
{
    const struct parcel_body body = parcel_body(parcel, board);
    exchange_sign(parcel->signature, sign_secret, EXCHANGE_SEALED, context, way.maker, way.holder,
                  &body, sizeof body);
}

bool exchange_verify_parcel(const struct exchange_parcel *parcel, struct exchange_way way,
                            const struct exchange_context *context,
                            const uint8_t board[EXCHANGE_HASH_BYTES], const uint8_t *sign_public)
{
    const struct parcel_body body = parcel_body(parcel, board);
    return exchange_verify(parcel->signature, sign_public, EXCHANGE_SEALED, context, way.maker,
                           way.holder, &body, sizeof body);
}

void exchange_sign_complaint(uint8_t signature[EXCHANGE_SIGNATURE_BYTES], struct exchange_way way,
                             const struct exchange_context *context,
                             const uint8_t board[EXCHANGE_HASH_BYTES], const uint8_t *sign_secret)
{
    exchange_sign(signature, sign_secret, EXCHANGE_COMPLAINT, context, way.maker, way.holder, board,
                  EXCHANGE_HASH_BYTES);
}

bool exchange_verify_complaint(const uint8_t signature[EXCHANGE_SIGNATURE_BYTES],
                               struct exchange_way way, const struct exchange_context *context,
                               const uint8_t board[EXCHANGE_HASH_BYTES], const uint8_t *sign_public)
{
    return exchange_verify(signature, sign_public, EXCHANGE_COMPLAINT, context, way.maker,
                           way.holder, board, EXCHANGE_HASH_BYTES);
}

enum status exchange_make_statement(struct exchange_statement *statement,
                                    const uint8_t board[EXCHANGE_HASH_BYTES],
                                    const uint32_t *places, size_t count)
{
    struct exchange_number *numbers = NULL;
    const size_t size = EXCHANGE_HASH_BYTES + count * sizeof *numbers;
    uint8_t *bytes = malloc(size);
    if (bytes == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for a list of %zu", count);
    memcpy(bytes, board, EXCHANGE_HASH_BYTES);
    numbers = (struct exchange_number *)(bytes + EXCHANGE_HASH_BYTES);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = exchange_record(places[i]);
    }
    *statement = (struct exchange_statement){bytes, size};
    return STATUS_OK;
}

/* How many places a statement lists. */
static uint32_t listed(const struct exchange_statement *statement)
{
    return (uint32_t)((statement->size - EXCHANGE_HASH_BYTES) / sizeof(struct exchange_number));
}

void exchange_sign_list(uint8_t signature[EXCHANGE_SIGNATURE_BYTES], enum exchange_purpose purpose,
                        const struct exchange_statement *statement,
                        const struct exchange_context *context, const uint8_t *sign_secret)
{
    exchange_sign(signature, sign_secret, purpose, context, listed(statement), 0, statement->bytes,
                  statement->size);
}

bool exchange_verify_list(const uint8_t signature[EXCHANGE_SIGNATURE_BYTES],
                          enum exchange_purpose purpose, const struct exchange_statement *statement,
                          const struct exchange_context *context, const uint8_t *sign_public)
{
    return exchange_verify(signature, sign_public, purpose, context, listed(statement), 0,
                           statement->bytes, statement->size);
}

bool exchange_is_committed(const struct exchange_share *share,
                           const uint8_t commitment[EXCHANGE_HASH_BYTES], uint8_t number,
                           const struct exchange_context *context, uint32_t maker,
                           enum shamir_secret which)
{
    struct shamir_share point = {.holder = number};
    memcpy(point.bytes, share->share, sizeof point.bytes);
    const bool committed =
        shamir_is_committed(commitment, &point, share->opening, context, maker, which);
    shamir_wipe(&point, 1);
    return committed;
}

size_t exchange_find(const uint32_t *places, size_t count, uint32_t place)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (places[middle] < place) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < count && places[low] == place ? low : count;
}

enum status exchange_copy(uint8_t **out, size_t *out_size, const void *bytes, size_t size)
{
    *out_size = 0;
    *out = malloc(size);
    if (*out == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for %zu bytes", size);
    memcpy(*out, bytes, size);
    *out_size = size;
    return STATUS_OK;
}
