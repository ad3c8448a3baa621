// SPDX-License-Identifier: Apache-2.0
/* blinding - integers of an update hidden so that only the sum of many can be read.
 *
 * Double blinding of Bonawitz et al., "Practical Secure Aggregation for Privacy-Preserving Machine
 * Learning", CCS 2017, in Z_(2^r), r = 16, 24, 32 for updates and 64 for weights and metrics.
 * Participant i, whose place in the roster is i, uploads
 *     y_i = x_i + G(b_i) + sum over neighbours j > i of G(s_ij)
 *                        - sum over neighbours j < i of G(s_ij)          modulo 2^r,
 * b_i a seed of its own, s_ij the one it has in common with neighbour j, G a keystream. The sum of
 * all uploads keeps the G(b_i) only. Of the participants whose uploads are counted the coordinator
 * learns b_i and subtracts G(b_i); of each that was dropped, v, it learns the secret key, from it
 * s_vu, and adds for each counted neighbour u what v would have added: blinding_pair(.., v, u).
 * The rest is the sum of the x_i of the counted, exactly, in whatever order things are added.
 * Never both for one participant: that opens its upload.
 *
 * G is ChaCha20 (64-bit counter) under the seed. Word e of a vector takes the bytes
 * [e r/8, (e + 1) r/8) of the stream, little-endian, so words can be blinded in pieces of any size,
 * in any order. A seed serves one attempt of one round: used twice, it opens what it blinded. An
 * upload has several vectors; each has its own stream, the number of the vector being the nonce.
 *
 * Words are as they travel: r/8 bytes each, little-endian, see quantise_pack(). The coordinator
 * packs its sum (the low r bits are what counts), removes blinds, unpacks.
 *
 * Pure: no I/O, no state, nothing allocated; what was computed on the way is wiped. Participants
 * are named by their place in the roster. Seeds and secret keys belong to the caller, who wipes
 * them. */
#ifndef SECURE_BLINDING_H
#define SECURE_BLINDING_H

#include "base/status.h"
#include "secure/exchange.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BLINDING_SEED_BYTES = 32, BLINDING_KEY_BYTES = 32 };

/* The vectors of an upload. */
enum blinding_vector {
    BLINDING_UPDATE,  // integers of the update
    BLINDING_METRICS, // its weight and metrics
};

/* Words first .. first + count - 1 of a vector; `bytes`, borrowed, is where word `first` lies. */
struct blinding_words {
    uint8_t *bytes;
    size_t first, count;
    int bits; // 16, 24, 32 or 64
    enum blinding_vector vector;
};

/* Adds the seed's keystream to the words in place, or takes it away. */
void blinding_add(const struct blinding_words *words, const uint8_t seed[BLINDING_SEED_BYTES]);
void blinding_subtract(const struct blinding_words *words, const uint8_t seed[BLINDING_SEED_BYTES]);

/* What participant `self` does with the seed it has in common with `peer`: it adds when self <
 * peer, else it subtracts. The two are never equal. */
void blinding_pair(const struct blinding_words *words, const uint8_t seed[BLINDING_SEED_BYTES],
                   uint32_t self, uint32_t peer);

/* A seed whose keystream is added or, else, taken away. */
struct blinding_seed {
    uint8_t bytes[BLINDING_SEED_BYTES];
    bool add;
};

/* All of many seeds at once, in place: in pieces that stay in the cache, each with every seed, so
 * that the words are read from memory once. OpenMP over the pieces with `threads` threads; the
 * words are the same whatever their number. */
void blinding_many(const struct blinding_words *words, const struct blinding_seed *seeds,
                   size_t count, int threads);

/* A participant with the public key of its pairs, which it makes anew for each attempt. */
struct blinding_party {
    uint32_t place;
    uint8_t public_key[BLINDING_KEY_BYTES];
};

/* The public key of 32 random bytes: X25519 with the base point (RFC 7748, section 6.1). */
void blinding_public_key(uint8_t public_key[BLINDING_KEY_BYTES],
                         const uint8_t secret_key[BLINDING_KEY_BYTES]);

/* The seed that `self` and `peer` have in common, the same from either side:
 *     s = exchange_hash(key = X25519(secret key of one, public key of the other), EXCHANGE_PAIR,
 *                       context, lower place, higher place, public key of lower | of higher).
 * STATUS_BAD_MESSAGE, and a seed of zeros, when the peer's key is of small order (X25519 gives
 * zero) or both are the same in place or key, or when `secret_key` is not that of `self`, as with
 * a key joined from wrong shares. */
enum status blinding_pair_seed(uint8_t seed[BLINDING_SEED_BYTES],
                               const struct exchange_context *context,
                               const uint8_t secret_key[BLINDING_KEY_BYTES],
                               const struct blinding_party *self,
                               const struct blinding_party *peer) CHECKED;

/* The rule against wrapping, for the time a config is read: sums of `cohort` numbers of size at
 * most `largest`, weights included, are read right modulo 2^bits when
 *     cohort * largest < 2^(bits - 1).
 * The largest cohort counts, not who is there. STATUS_BAD_CONFIG when it is broken. The quantiser
 * chooses its scale by the same rule, see quantise.h; what is to be checked are weights and
 * metrics, and the noise that may be added one day. cohort > 0, bits as above. */
enum status blinding_check_range(int bits, uint64_t largest, size_t cohort) CHECKED;

#endif
