// SPDX-License-Identifier: Apache-2.0
#include "secure/blinding.h"

#include "base/sizes.h"
#include "secure/sodium_ready.h"

#include <inttypes.h>
#include <string.h>

enum {
    BLOCK = 64,          // bytes of one ChaCha20 block
    PIECE = 3 * 64 * 64, // bytes of keystream at once: whole blocks, whole words of every width
};

_Static_assert(BLINDING_SEED_BYTES == crypto_stream_chacha20_KEYBYTES, "a seed is a key");
_Static_assert((int)BLINDING_SEED_BYTES == (int)EXCHANGE_HASH_BYTES, "a hash is a seed");
_Static_assert(BLINDING_KEY_BYTES == crypto_scalarmult_BYTES, "a key is a point");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are added as they lie");

/* words += stream, or -= stream by x - y = ~(~x + y). Words may lie anywhere, so they are copied,
 * which the compiler sees through; it then works on many at once. */
#define COMBINE(BITS)                                                                              \
    static void combine_##BITS(uint8_t *words, const uint8_t *stream, size_t count, bool add)      \
    {                                                                                              \
        const uint##BITS##_t flip = add ? 0 : UINT##BITS##_MAX;                                    \
        for (size_t at = 0; at < count * sizeof flip; at += sizeof flip) {                         \
            uint##BITS##_t x, y;                                                                   \
            memcpy(&x, words + at, sizeof x);                                                      \
            memcpy(&y, stream + at, sizeof y);                                                     \
            x = (uint##BITS##_t)((uint##BITS##_t)(x ^ flip) + y) ^ flip;                           \
            memcpy(words + at, &x, sizeof x);                                                      \
        }                                                                                          \
    }

COMBINE(16)
COMBINE(32)
COMBINE(64)

/* Eight words of 24 bits, as a number of 192 bits. Without their top bits two words add up to 24
 * bits, so that nothing is carried from one word to the next; the top bits, which are sums without
 * a carry, are put in afterwards. */
static inline void combine_eight(uint8_t *words, const uint8_t *stream, uint64_t flip)
{
    static const uint64_t tops[3] = {0x0000800000800000, 0x0080000080000080, 0x8000008000008000};
    uint64_t carry = 0;
    for (size_t i = 0; i < 3; i++) {
        uint64_t x, y;
        memcpy(&x, words + 8 * i, sizeof x);
        memcpy(&y, stream + 8 * i, sizeof y);
        x ^= flip;
        const uint64_t rest = (y & ~tops[i]) + carry, sum = (x & ~tops[i]) + rest;
        carry = sum < rest;
        x = sum ^ ((x ^ y) & tops[i]) ^ flip;
        memcpy(words + 8 * i, &x, sizeof x);
    }
}

static void combine_24(uint8_t *words, const uint8_t *stream, size_t count, bool add)
{
    const uint64_t flip = add ? 0 : UINT64_MAX;
    const size_t size = 3 * count, whole = size / 24 * 24;
    for (size_t at = 0; at < whole; at += 24) {
        combine_eight(words + at, stream + at, flip);
    }
    uint8_t last[24] = {0}, end[24] = {0};
    memcpy(last, words + whole, size - whole);
    memcpy(end, stream + whole, size - whole);
    combine_eight(last, end, flip);
    memcpy(words + whole, last, size - whole);
    sodium_memzero(end, sizeof end);
}

/* The seed's keystream from block `block` on. */
static void expand(uint8_t *stream, size_t size, const uint8_t seed[BLINDING_SEED_BYTES],
                   enum blinding_vector vector, uint64_t block)
{
    const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES] = {(uint8_t)vector};
    memset(stream, 0, size);
    crypto_stream_chacha20_xor_ic(stream, stream, size, nonce, block, seed);
}

/* `stream` has PIECE bytes, which the caller wipes. */
static void apply(const struct blinding_words *words, uint8_t *stream,
                  const uint8_t seed[BLINDING_SEED_BYTES], bool add)
{
    const size_t width = (size_t)words->bits / 8;
    for (size_t done = 0; done < words->count;) {
        const size_t at = (words->first + done) * width, skip = at % BLOCK;
        const size_t count = sizes_least(words->count - done, (PIECE - skip) / width);
        uint8_t *bytes = words->bytes + done * width;
        expand(stream, skip + count * width, seed, words->vector, at / BLOCK);
        if (width == 2) combine_16(bytes, stream + skip, count, add);
        if (width == 3) combine_24(bytes, stream + skip, count, add);
        if (width == 4) combine_32(bytes, stream + skip, count, add);
        if (width == 8) combine_64(bytes, stream + skip, count, add);
        done += count;
    }
}

void blinding_many(const struct blinding_words *words, const struct blinding_seed *seeds,
                   size_t count, int threads)
{
    assert(words->bits == 16 || words->bits == 24 || words->bits == 32 || words->bits == 64);
    sodium_ready();
    const size_t width = (size_t)words->bits / 8, piece = PIECE / width;
    assert(words->count <= SIZE_MAX / width && words->first <= SIZE_MAX / width - words->count);
    const size_t pieces = (words->count + piece - 1) / piece;
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static)
    for (size_t p = 0; p < pieces; p++) {
        uint8_t stream[PIECE];
        struct blinding_words part = *words;
        const size_t done = p * piece;
        part.bytes += done * width;
        part.first += done;
        part.count = sizes_least(words->count - done, piece);
        for (size_t i = 0; i < count; i++) {
            apply(&part, stream, seeds[i].bytes, seeds[i].add);
        }
        sodium_memzero(stream, sizes_least(PIECE, part.count * width + BLOCK));
    }
}

static void one(const struct blinding_words *words, const uint8_t seed[BLINDING_SEED_BYTES],
                bool add)
{
    struct blinding_seed only = {.add = add};
    memcpy(only.bytes, seed, sizeof only.bytes);
    blinding_many(words, &only, 1, 1);
    sodium_memzero(&only, sizeof only);
}

void blinding_add(const struct blinding_words *words, const uint8_t seed[BLINDING_SEED_BYTES])
{
    one(words, seed, true);
}

void blinding_subtract(const struct blinding_words *words, const uint8_t seed[BLINDING_SEED_BYTES])
{
    one(words, seed, false);
}

void blinding_pair(const struct blinding_words *words, const uint8_t seed[BLINDING_SEED_BYTES],
                   uint32_t self, uint32_t peer)
{
    assert(self != peer);
    if (self < peer) {
        blinding_add(words, seed);
    } else {
        blinding_subtract(words, seed);
    }
}

void blinding_public_key(uint8_t public_key[BLINDING_KEY_BYTES],
                         const uint8_t secret_key[BLINDING_KEY_BYTES])
{
    sodium_ready();
    const int result = crypto_scalarmult_base(public_key, secret_key);
    assert(result == 0);
    (void)result;
}

static bool same_key(const struct blinding_party *a, const struct blinding_party *b)
{
    return memcmp(a->public_key, b->public_key, BLINDING_KEY_BYTES) == 0;
}

enum status blinding_pair_seed(uint8_t seed[BLINDING_SEED_BYTES],
                               const struct exchange_context *context,
                               const uint8_t secret_key[BLINDING_KEY_BYTES],
                               const struct blinding_party *self, const struct blinding_party *peer)
{
    memset(seed, 0, BLINDING_SEED_BYTES);
    if (self->place == peer->place || same_key(self, peer)) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "participants %" PRIu32 " and %" PRIu32
                           " of the roster: the same place or key, allowed: one each",
                           self->place, peer->place);
    }
    struct blinding_party derived = {.place = self->place};
    blinding_public_key(derived.public_key, secret_key);
    if (!same_key(&derived, self)) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "participant %" PRIu32
                           " of the roster: the secret key is not that of its public key",
                           self->place);
    }
    uint8_t common[BLINDING_KEY_BYTES];
    if (crypto_scalarmult(common, secret_key, peer->public_key) != 0) {
        sodium_memzero(common, sizeof common);
        return status_fail(STATUS_BAD_MESSAGE,
                           "participant %" PRIu32
                           " of the roster: its key is of small order, allowed: one of X25519",
                           peer->place);
    }
    const struct blinding_party *low = self->place < peer->place ? self : peer;
    const struct blinding_party *high = low == self ? peer : self;
    uint8_t keys[2 * BLINDING_KEY_BYTES];
    memcpy(keys, low->public_key, BLINDING_KEY_BYTES);
    memcpy(keys + BLINDING_KEY_BYTES, high->public_key, BLINDING_KEY_BYTES);
    exchange_hash(seed, common, EXCHANGE_PAIR, context, low->place, high->place, keys, sizeof keys);
    sodium_memzero(common, sizeof common);
    return STATUS_OK;
}

enum status blinding_check_range(int bits, uint64_t largest, size_t cohort)
{
    assert(bits == 16 || bits == 24 || bits == 32 || bits == 64);
    assert(cohort > 0);
    const uint64_t most = (UINT64_MAX >> (65 - bits)) / cohort;
    if (largest <= most) return STATUS_OK;
    return status_fail(STATUS_BAD_CONFIG,
                       "%zu participants with numbers up to %" PRIu64
                       ": their sum does not fit %d bits, allowed: numbers up to %" PRIu64,
                       cohort, largest, bits, most);
}
