// SPDX-License-Identifier: Apache-2.0
/* shamir - a secret of 32 bytes in n shares, of which any t give it back and t - 1 tell nothing.
 *
 * Shamir, "How to share a secret", CACM 22(11), 1979, over GF(2^8) with the polynomial
 * x^8 + x^4 + x^3 + x + 1 of AES (FIPS 197, section 4): each byte s of the secret is the constant
 * of a polynomial of its own,
 *     f(x) = s + c_1 x + .. + c_(t-1) x^(t-1),   c uniform, zero included,
 * holder h has f(h), h in 1..n, and any t holders find
 *     s = f(0) = sum over i of f(h_i) * product over j != i of h_j / (h_j - h_i)
 * (in this field minus is plus). 2 <= t <= n <= 255: with t = 1 a share would be the secret.
 *
 * Branches and addresses depend on holder numbers, n and t, which are public, never on a byte of a
 * secret, a coefficient or a share. Nothing is allocated; what was computed on the way is wiped.
 *
 * What it does not do: wrong shares give a wrong secret and no error. A maker therefore signs a
 * commitment to each share, which the holder checks on receipt and the coordinator when shares come
 * back, and one to the secret itself, which alone shows that the shares lie on one polynomial. */
#ifndef SECURE_SHAMIR_H
#define SECURE_SHAMIR_H

#include "base/status.h"
#include "secure/exchange.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SHAMIR_BYTES = 32,
    SHAMIR_THRESHOLD_MIN = 2,
    SHAMIR_HOLDERS_MAX = 255, // points of the field but zero, where the secret is
};

struct shamir_share {
    uint8_t holder; // 1..255; 0 is the secret itself, only in commitments
    uint8_t bytes[SHAMIR_BYTES];
};

/* Which of a maker's secrets. */
enum shamir_secret {
    SHAMIR_OWN_SEED,   // of its own keystream
    SHAMIR_SECRET_KEY, // of its pairs
};

/* Shares for holders 1..`holders`, into shares[0..holders-1]; coefficients from the operating
 * system. */
void shamir_split(struct shamir_share *shares, const uint8_t secret[SHAMIR_BYTES], size_t holders,
                  size_t threshold);

/* The same with given coefficients, for tests: c_j of byte b is coefficients[(j-1) * 32 + b],
 * (threshold - 1) * 32 bytes in all. */
void shamir_split_with(struct shamir_share *shares, const uint8_t secret[SHAMIR_BYTES],
                       size_t holders, size_t threshold, const uint8_t *coefficients);

/* The secret from `threshold` shares, 2..255, of different holders in any order; reads no more of
 * them. STATUS_BAD_MESSAGE when a holder is 0 or stands twice; the secret is then all zero. */
enum status shamir_join(uint8_t secret[SHAMIR_BYTES], const struct shamir_share *shares,
                        size_t threshold) CHECKED;

/* Forgets shares. */
void shamir_wipe(struct shamir_share *shares, size_t count);

/* The maker's commitment to a share: exchange_hash(key = opening, EXCHANGE_SHARE, context, maker,
 * holder, which | bytes), `which` as one byte. `maker` is its place in the roster. The opening is
 * 32 random bytes for this share alone; it hides the share until it is given together with it. With
 * holder 0 the bytes are the secret: it has 256 random bits, so its opening may be public. */
void shamir_commit(uint8_t commitment[EXCHANGE_HASH_BYTES], const struct shamir_share *share,
                   const uint8_t opening[EXCHANGE_HASH_BYTES],
                   const struct exchange_context *context, uint32_t maker,
                   enum shamir_secret which);

/* Whether the commitment is that of the share; compares in constant time. */
bool shamir_is_committed(const uint8_t commitment[EXCHANGE_HASH_BYTES],
                         const struct shamir_share *share,
                         const uint8_t opening[EXCHANGE_HASH_BYTES],
                         const struct exchange_context *context, uint32_t maker,
                         enum shamir_secret which);

/* The field, for tests: a product, and 1 / a with 1 / 0 = 0. */
uint8_t shamir_multiply(uint8_t a, uint8_t b);
uint8_t shamir_invert(uint8_t a);

#endif
