// SPDX-License-Identifier: Apache-2.0
#include "secure/blinding.h"

#include "base/sizes.h"
#include "secure/sodium_ready.h"

#include <endian.h>
#include <inttypes.h>
#include <string.h>

enum {
    BLOCK = 64,          // bytes of one ChaCha20 block
    PIECE = 3 * 64 * 64, // bytes of keystream at once: whole blocks, whole words of every width
};

_Static_assert(BLINDING_SEED_BYTES == crypto_stream_chacha20_KEYBYTES, "a seed is a key");
_Static_assert((int)BLINDING_SEED_BYTES == (int)EXCHANGE_HASH_BYTES, "a hash is a seed");
_Static_assert(BLINDING_KEY_BYTES == crypto_scalarmult_BYTES, "a key is a point");

static inline uint64_t load(const uint8_t *at, size_t width)
{
    uint64_t word = 0;
    for (size_t i = 0; i < width; i++) {
        word |= (uint64_t)at[i] << (8 * i);
    }
    return word;
}

static inline void store(uint8_t *at, uint64_t word, size_t width)
{
    for (size_t i = 0; i < width; i++) {
        at[i] = (uint8_t)(word >> (8 * i));
    }
}

/* words += sign * stream, one after the other. */
static void combine_words(uint8_t *words, const uint8_t *stream, size_t count, uint64_t sign,
                          size_t width)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t *at = words + i * width;
        store(at, load(at, width) + sign * load(stream + i * width, width), width);
    }
}

static inline uint64_t load_eight(const uint8_t *at)
{
    uint64_t eight;
    memcpy(&eight, at, sizeof eight);
    return le64toh(eight);
}

static inline void store_eight(uint8_t *at, uint64_t eight)
{
    eight = htole64(eight);
    memcpy(at, &eight, sizeof eight);
}

/* Several words at once, in numbers of 64 bits: `tops` are the top bits of the words, which are
 * added without carry (a sum without carry is exclusive or), so nothing runs into the next word;
 * H. S. Warren, "Hacker's Delight", 2nd edition, section 2-18. With `invert` all ones the stream is
 * subtracted, as a - b = ~(~a + b). */
static void combine_even(uint8_t *restrict words, const uint8_t *restrict stream, size_t size,
                         uint64_t invert, uint64_t tops)
{
    for (size_t i = 0; i < size; i += 8) {
        const uint64_t a = load_eight(words + i) ^ invert, b = load_eight(stream + i);
        const uint64_t sum = (a & ~tops) + (b & ~tops);
        store_eight(words + i, sum ^ ((a ^ b) & tops) ^ invert);
    }
}

/* The same for eight words of 24 bits in three numbers: a carry goes on into the next number. */
static void combine_thirds(uint8_t *restrict words, const uint8_t *restrict stream, size_t size,
                           uint64_t invert)
{
    static const uint64_t tops[3] = {0x0000800000800000, 0x0080000080000080, 0x8000008000008000};
    for (size_t i = 0; i < size; i += 24) {
        uint64_t carry = 0;
        for (size_t k = 0; k < 3; k++) {
            const uint64_t a = load_eight(words + i + 8 * k) ^ invert;
            const uint64_t b = load_eight(stream + i + 8 * k), low = b & ~tops[k];
            const uint64_t sum = (a & ~tops[k]) + low + carry;
            carry = sum < low;
            store_eight(words + i + 8 * k, sum ^ ((a ^ b) & tops[k]) ^ invert);
        }
    }
}

/* words += sign * stream. */
static void combine(uint8_t *words, const uint8_t *stream, size_t count, uint64_t sign,
                    size_t width)
{
    const uint64_t invert = sign == 1 ? 0 : UINT64_MAX;
    const size_t once = width == 3 ? 24 : 8, whole = count * width / once * once;
    if (width == 2) combine_even(words, stream, whole, invert, 0x8000800080008000);
    if (width == 3) combine_thirds(words, stream, whole, invert);
    if (width == 4) combine_even(words, stream, whole, invert, 0x8000000080000000);
    if (width == 8) combine_even(words, stream, whole, invert, 0x8000000000000000);
    combine_words(words + whole, stream + whole, count - whole / width, sign, width);
}

/* The seed's keystream from block `block` on. */
static void expand(uint8_t *stream, size_t size, const uint8_t seed[BLINDING_SEED_BYTES],
                   enum blinding_vector vector, uint64_t block)
{
    const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES] = {(uint8_t)vector};
    memset(stream, 0, size);
    crypto_stream_chacha20_xor_ic(stream, stream, size, nonce, block, seed);
}

static void apply(const struct blinding_words *words, const uint8_t seed[BLINDING_SEED_BYTES],
                  uint64_t sign)
{
    assert(words->bits == 16 || words->bits == 24 || words->bits == 32 || words->bits == 64);
    sodium_ready();
    const size_t width = (size_t)words->bits / 8;
    assert(words->count <= SIZE_MAX / width && words->first <= SIZE_MAX / width - words->count);
    uint8_t stream[PIECE];
    size_t used = 0;
    for (size_t done = 0; done < words->count;) {
        const size_t at = (words->first + done) * width, skip = at % BLOCK;
        const size_t count = sizes_least(words->count - done, (PIECE - skip) / width);
        uint8_t *bytes = words->bytes + done * width;
        expand(stream, skip + count * width, seed, words->vector, at / BLOCK);
        combine(bytes, stream + skip, count, sign, width);
        used = sizes_most(used, skip + count * width);
        done += count;
    }
    sodium_memzero(stream, used);
}

void blinding_add(const struct blinding_words *words, const uint8_t seed[BLINDING_SEED_BYTES])
{
    apply(words, seed, 1);
}

void blinding_subtract(const struct blinding_words *words, const uint8_t seed[BLINDING_SEED_BYTES])
{
    apply(words, seed, UINT64_MAX);
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

void blinding_many(const struct blinding_words *words, const struct blinding_seed *seeds,
                   size_t count, int threads)
{
    const size_t piece = PIECE / ((size_t)words->bits / 8);
    const size_t pieces = (words->count + piece - 1) / piece;
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static)
    for (size_t p = 0; p < pieces; p++) {
        struct blinding_words part = *words;
        const size_t done = p * piece;
        part.bytes += done * ((size_t)words->bits / 8);
        part.first += done;
        part.count = sizes_least(words->count - done, piece);
        for (size_t i = 0; i < count; i++) {
            apply(&part, seeds[i].bytes, seeds[i].add ? 1 : UINT64_MAX);
        }
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
