// SPDX-License-Identifier: Apache-2.0
#include "secure/exchange.h"

#include "secure/sodium_ready.h"

enum { PURPOSE_BYTES = 32 };

_Static_assert(EXCHANGE_SIGN_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES, "keys of Ed25519");
_Static_assert(EXCHANGE_SIGN_SECRET_BYTES == crypto_sign_SECRETKEYBYTES, "keys of Ed25519");
_Static_assert(EXCHANGE_SIGNATURE_BYTES == crypto_sign_BYTES, "signatures of Ed25519");

static const char purposes[][PURPOSE_BYTES] = {
    [EXCHANGE_PAIR] = "fsa1/pair",           [EXCHANGE_SHARE] = "fsa1/share",
    [EXCHANGE_MESSAGE] = "fsa1/message",     [EXCHANGE_RING] = "fsa1/ring",
    [EXCHANGE_KEYS] = "fsa1/keys",           [EXCHANGE_BOARD] = "fsa1/board",
    [EXCHANGE_SECRET] = "fsa1/secret",       [EXCHANGE_PARCEL] = "fsa1/parcel",
    [EXCHANGE_SEALED] = "fsa1/sealed",       [EXCHANGE_COMPLAINT] = "fsa1/complaint",
    [EXCHANGE_DELIVERED] = "fsa1/delivered", [EXCHANGE_COUNTED] = "fsa1/counted",
};

static void add(crypto_generichash_state *state, const void *bytes, size_t size)
{
    const int result = crypto_generichash_update(state, bytes, size);
    assert(result == 0);
    (void)result;
}

static void add_number(crypto_generichash_state *state, uint32_t number)
{
    const uint8_t bytes[4] = {(uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
                              (uint8_t)(number >> 24)};
    add(state, bytes, sizeof bytes);
}

void exchange_hash(uint8_t out[EXCHANGE_HASH_BYTES], const uint8_t *key,
                   enum exchange_purpose purpose, const struct exchange_context *context,
                   uint32_t first, uint32_t second, const void *body, size_t size)
{
    sodium_ready();
    crypto_generichash_state state;
    int result = crypto_generichash_init(&state, key, key == NULL ? 0 : EXCHANGE_HASH_BYTES,
                                         EXCHANGE_HASH_BYTES);
    assert(result == 0);
    add(&state, purposes[purpose], PURPOSE_BYTES);
    add(&state, context->roster, sizeof context->roster);
    add(&state, context->session, sizeof context->session);
    add_number(&state, context->round);
    add_number(&state, context->attempt);
    add(&state, context->model, sizeof context->model);
    add(&state, context->config, sizeof context->config);
    add_number(&state, first);
    add_number(&state, second);
    if (size > 0) add(&state, body, size);
    result = crypto_generichash_final(&state, out, EXCHANGE_HASH_BYTES);
    assert(result == 0);
    (void)result;
    sodium_memzero(&state, sizeof state); // it has held the key
}

void exchange_sign(uint8_t signature[EXCHANGE_SIGNATURE_BYTES],
                   const uint8_t sign_secret[EXCHANGE_SIGN_SECRET_BYTES],
                   enum exchange_purpose purpose, const struct exchange_context *context,
                   uint32_t first, uint32_t second, const void *body, size_t size)
{
    uint8_t hash[EXCHANGE_HASH_BYTES];
    exchange_hash(hash, NULL, purpose, context, first, second, body, size);
    const int result = crypto_sign_detached(signature, NULL, hash, sizeof hash, sign_secret);
    assert(result == 0);
    (void)result;
}

bool exchange_verify(const uint8_t signature[EXCHANGE_SIGNATURE_BYTES],
                     const uint8_t sign_public[EXCHANGE_SIGN_PUBLIC_BYTES],
                     enum exchange_purpose purpose, const struct exchange_context *context,
                     uint32_t first, uint32_t second, const void *body, size_t size)
{
    uint8_t hash[EXCHANGE_HASH_BYTES];
    exchange_hash(hash, NULL, purpose, context, first, second, body, size);
    return crypto_sign_verify_detached(signature, hash, sizeof hash, sign_public) == 0;
}

size_t exchange_difference(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count)
{
    size_t i = 0, j = 0, both = 0;
    while (i < a_count && j < b_count) {
        const uint32_t left = a[i], right = b[j];
        both += left == right;
        i += left <= right;
        j += right <= left;
    }
    return a_count + b_count - 2 * both;
}
