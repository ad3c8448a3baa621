// SPDX-License-Identifier: Apache-2.0
/* exchange - what every hash of the secure exchange "FSA-1" is bound to.
 *
 * The exchange (docs/PROTOCOL.md, "The sum that nobody else can open") blinds updates so that only
 * their sum can be read. Each seed, commitment and order in it is a BLAKE2b-256 hash that begins
 * with a purpose and with all that the parties must agree on. Who was told another roster, model
 * or config, or is asked again in another round or attempt, so gets other seeds, and the sum is
 * noise instead of a leak (Pasquini, Francati, Ateniese, "Eluding Secure Aggregation in Federated
 * Learning via Model Inconsistency", CCS 2022). Pure: no I/O, no state, nothing allocated. */
#ifndef SECURE_EXCHANGE_H
#define SECURE_EXCHANGE_H

#include <stddef.h>
#include <stdint.h>

enum { EXCHANGE_HASH_BYTES = 32, EXCHANGE_SESSION_BYTES = 16 };

/* To what a run of the exchange belongs. Every byte is public. */
struct exchange_context {
    uint8_t session[EXCHANGE_SESSION_BYTES];
    uint32_t round, attempt;             // from 1
    uint8_t roster[EXCHANGE_HASH_BYTES]; // digest of who may take part
    uint8_t model[EXCHANGE_HASH_BYTES];  // digest of the model that is trained
    uint8_t config[EXCHANGE_HASH_BYTES]; // digest of the federation section
};

/* No two purposes hash the same bytes. */
enum exchange_purpose {
    EXCHANGE_PAIR,    // seed of a pair's keystream, blinding.h
    EXCHANGE_SHARE,   // commitment to a share, shamir.h
    EXCHANGE_MESSAGE, // chain over the signed messages of the first phase, neighbours.h
    EXCHANGE_RING,    // place on the ring, neighbours.h
};

/* out = BLAKE2b-256(key, purpose | roster | session | round | attempt | model | config | first |
 * second | body): the purpose as "fsa1/pair" and so on, padded with zero bytes to 32; numbers of 4
 * bytes, little-endian. All before the body has one length, so no two inputs are the same bytes.
 * `key` has 32 bytes, or is NULL for a hash without one; body may be NULL when size is 0. */
void exchange_hash(uint8_t out[EXCHANGE_HASH_BYTES], const uint8_t *key,
                   enum exchange_purpose purpose, const struct exchange_context *context,
                   uint32_t first, uint32_t second, const void *body, size_t size);

#endif
