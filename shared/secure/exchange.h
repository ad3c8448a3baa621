// SPDX-License-Identifier: Apache-2.0
/* exchange - what every hash and signature of the secure exchange "FSA-1" is bound to.
 *
 * The exchange (docs/PROTOCOL.md, "The secure sum: FSA-1") blinds updates so that only
 * their sum can be read. Each seed, commitment and order in it is a BLAKE2b-256 hash that begins
 * with a purpose and with all that the parties must agree on. Who was told another roster, model
 * or config, or is asked again in another round or attempt, so gets other seeds, and the sum is
 * noise instead of a leak (Pasquini, Francati, Ateniese, "Eluding Secure Aggregation in Federated
 * Learning via Model Inconsistency", CCS 2022). Pure: no I/O, no state, nothing allocated. */
#ifndef SECURE_EXCHANGE_H
#define SECURE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    EXCHANGE_HASH_BYTES = 32,
    EXCHANGE_SESSION_BYTES = 16,
    EXCHANGE_SIGN_PUBLIC_BYTES = 32, // Ed25519
    EXCHANGE_SIGN_SECRET_BYTES = 64, // as libsodium keeps it: seed | public key
    EXCHANGE_SIGNATURE_BYTES = 64,
};

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
    // The others: exchange_records.h.
    EXCHANGE_KEYS,      // signed: a participant's keys of this attempt
    EXCHANGE_BOARD,     // digest of all keys and of the plan
    EXCHANGE_SECRET,    // signed: commitment to an own seed
    EXCHANGE_PARCEL,    // key that encrypts a parcel of shares
    EXCHANGE_SEALED,    // signed: an encrypted parcel with its commitments
    EXCHANGE_COMPLAINT, // signed: a parcel does not hold what its maker committed to
    EXCHANGE_DELIVERED, // signed: the list of who delivered shares, with whom the signer blinds
    EXCHANGE_COUNTED,   // signed: the list of who is counted
};

/* The steps of the exchange, in the order in which an attempt takes them; the layouts of their
 * messages stand in exchange_records.h. */
enum exchange_step {
    EXCHANGE_STEP_KEYS,       // own keys       | the board
    EXCHANGE_STEP_SHARES,     // all parcels    | the parcels to one
    EXCHANGE_STEP_RECEIPT,    // of the parcels | a complaint in one, to its maker
    EXCHANGE_STEP_OPENING,    // of a maker     | to the holder
    EXCHANGE_STEP_COUNTED,    //                | list of the counted
    EXCHANGE_STEP_SIGNATURES, // own signature  | all signatures
    EXCHANGE_STEP_RELEASE,    // shares         |
    EXCHANGE_STEPS
};

/* In how many places two ascending lists differ. */
size_t exchange_difference(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count);

/* out = BLAKE2b-256(key, purpose | roster | session | round | attempt | model | config | first |
 * second | body): the purpose as "fsa1/pair" and so on, padded with zero bytes to 32; numbers of 4
 * bytes, little-endian. All before the body has one length, so no two inputs are the same bytes.
 * `key` has 32 bytes, or is NULL for a hash without one; body may be NULL when size is 0. */
void exchange_hash(uint8_t out[EXCHANGE_HASH_BYTES], const uint8_t *key,
                   enum exchange_purpose purpose, const struct exchange_context *context,
                   uint32_t first, uint32_t second, const void *body, size_t size);

/* Ed25519 (RFC 8032) over exchange_hash(NULL, purpose, context, first, second, body). */
void exchange_sign(uint8_t signature[EXCHANGE_SIGNATURE_BYTES],
                   const uint8_t sign_secret[EXCHANGE_SIGN_SECRET_BYTES],
                   enum exchange_purpose purpose, const struct exchange_context *context,
                   uint32_t first, uint32_t second, const void *body, size_t size);

/* Whether the signature is that of the public key's owner over the same. */
bool exchange_verify(const uint8_t signature[EXCHANGE_SIGNATURE_BYTES],
                     const uint8_t sign_public[EXCHANGE_SIGN_PUBLIC_BYTES],
                     enum exchange_purpose purpose, const struct exchange_context *context,
                     uint32_t first, uint32_t second, const void *body, size_t size);

#endif
