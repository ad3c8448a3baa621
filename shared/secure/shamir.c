// SPDX-License-Identifier: Apache-2.0
#include "secure/shamir.h"

#include "secure/sodium_ready.h"

#include <string.h>

enum {
    POLYNOMIAL = 0x1b,        // without x^8
    LANES = SHAMIR_BYTES / 8, // a value as eight bytes at a time
};

/* All ones when the lowest bit is set, else zero. */
static inline uint8_t spread(uint8_t bit)
{
    return (uint8_t)(0 - (bit & 1));
}

/* Eight rounds whatever the factors, so that time tells nothing. */
static uint8_t multiply(uint8_t a, uint8_t b)
{
    uint8_t product = 0;
    for (int bit = 0; bit < 8; bit++) {
        product ^= a & spread((uint8_t)(b >> bit));
        a = (uint8_t)(a << 1) ^ (POLYNOMIAL & spread(a >> 7));
    }
    return product;
}

/* The same for each byte of a value. */
static void scale(uint64_t value[LANES], uint8_t factor)
{
    for (size_t i = 0; i < LANES; i++) {
        uint64_t a = value[i], product = 0;
        for (int bit = 0; bit < 8; bit++) {
            product ^= a & (0 - (uint64_t)(factor >> bit & 1));
            const uint64_t tops = a & 0x8080808080808080u;
            a = (a ^ tops) << 1 ^ (tops >> 7) * POLYNOMIAL;
        }
        value[i] = product;
    }
}

static void add(uint64_t sum[LANES], const uint64_t value[LANES])
{
    for (size_t i = 0; i < LANES; i++) {
        sum[i] ^= value[i];
    }
}

uint8_t shamir_multiply(uint8_t a, uint8_t b)
{
    return multiply(a, b);
}

/* a^254, as a^255 = 1 for all but zero: 254 = 2 + 4 + .. + 128. */
uint8_t shamir_invert(uint8_t a)
{
    uint8_t square = a, product = 1;
    for (int i = 0; i < 7; i++) {
        square = multiply(square, square);
        product = multiply(product, square);
    }
    return product;
}

void shamir_split_with(struct shamir_share *shares, const uint8_t secret[SHAMIR_BYTES],
                       size_t holders, size_t threshold, const uint8_t *coefficients)
{
    assert(threshold >= SHAMIR_THRESHOLD_MIN && threshold <= holders);
    assert(holders <= SHAMIR_HOLDERS_MAX);
    uint64_t value[LANES], next[LANES];
    for (size_t holder = 1; holder <= holders; holder++) {
        // Horner, from the highest power to the secret.
        memset(value, 0, sizeof value);
        for (size_t power = threshold; power-- > 0;) {
            memcpy(next, power == 0 ? secret : coefficients + (power - 1) * SHAMIR_BYTES,
                   sizeof next);
            scale(value, (uint8_t)holder);
            add(value, next);
        }
        shares[holder - 1].holder = (uint8_t)holder;
        memcpy(shares[holder - 1].bytes, value, sizeof value);
    }
    sodium_memzero(value, sizeof value);
    sodium_memzero(next, sizeof next);
}

void shamir_split(struct shamir_share *shares, const uint8_t secret[SHAMIR_BYTES], size_t holders,
                  size_t threshold)
{
    assert(threshold >= SHAMIR_THRESHOLD_MIN && threshold <= SHAMIR_HOLDERS_MAX);
    sodium_ready();
    uint8_t coefficients[(SHAMIR_HOLDERS_MAX - 1) * SHAMIR_BYTES];
    const size_t size = (threshold - 1) * SHAMIR_BYTES;
    randombytes_buf(coefficients, size);
    shamir_split_with(shares, secret, holders, threshold, coefficients);
    sodium_memzero(coefficients, size);
}

static enum status check_holders(const struct shamir_share *shares, size_t count)
{
    bool seen[SHAMIR_HOLDERS_MAX + 1] = {false};
    for (size_t i = 0; i < count; i++) {
        const uint8_t holder = shares[i].holder;
        if (holder == 0) {
            return status_fail(STATUS_BAD_MESSAGE, "share %zu: of holder 0, allowed: 1 to %d", i,
                               SHAMIR_HOLDERS_MAX);
        }
        if (seen[holder]) {
            return status_fail(STATUS_BAD_MESSAGE,
                               "share %zu: of holder %d again, allowed: each holder once", i,
                               holder);
        }
        seen[holder] = true;
    }
    return STATUS_OK;
}

/* What share i is multiplied by. */
static uint8_t weight_of(const struct shamir_share *shares, size_t count, size_t i)
{
    uint8_t above = 1, below = 1;
    for (size_t j = 0; j < count; j++) {
        if (j == i) continue;
        above = multiply(above, shares[j].holder);
        below = multiply(below, shares[j].holder ^ shares[i].holder);
    }
    return multiply(above, shamir_invert(below));
}

enum status shamir_join(uint8_t secret[SHAMIR_BYTES], const struct shamir_share *shares,
                        size_t threshold)
{
    assert(threshold >= SHAMIR_THRESHOLD_MIN && threshold <= SHAMIR_HOLDERS_MAX);
    memset(secret, 0, SHAMIR_BYTES);
    const enum status status = check_holders(shares, threshold);
    if (status != STATUS_OK) return status;
    uint64_t part[LANES], sum[LANES] = {0};
    for (size_t i = 0; i < threshold; i++) {
        memcpy(part, shares[i].bytes, sizeof part);
        scale(part, weight_of(shares, threshold, i));
        add(sum, part);
    }
    memcpy(secret, sum, sizeof sum);
    sodium_memzero(part, sizeof part);
    sodium_memzero(sum, sizeof sum);
    return STATUS_OK;
}

void shamir_wipe(struct shamir_share *shares, size_t count)
{
    sodium_memzero(shares, count * sizeof *shares);
}

void shamir_commit(uint8_t commitment[EXCHANGE_HASH_BYTES], const struct shamir_share *share,
                   const uint8_t opening[EXCHANGE_HASH_BYTES],
                   const struct exchange_context *context, uint32_t maker, enum shamir_secret which)
{
    uint8_t body[1 + SHAMIR_BYTES];
    body[0] = (uint8_t)which;
    memcpy(body + 1, share->bytes, SHAMIR_BYTES);
    exchange_hash(commitment, opening, EXCHANGE_SHARE, context, maker, share->holder, body,
                  sizeof body);
    sodium_memzero(body, sizeof body);
}

bool shamir_is_committed(const uint8_t commitment[EXCHANGE_HASH_BYTES],
                         const struct shamir_share *share,
                         const uint8_t opening[EXCHANGE_HASH_BYTES],
                         const struct exchange_context *context, uint32_t maker,
                         enum shamir_secret which)
{
    uint8_t expected[EXCHANGE_HASH_BYTES];
    shamir_commit(expected, share, opening, context, maker, which);
    return sodium_memcmp(expected, commitment, sizeof expected) == 0;
}
