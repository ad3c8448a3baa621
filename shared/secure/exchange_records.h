// SPDX-License-Identifier: Apache-2.0
/* exchange_records - the messages of the secure exchange, byte for byte.
 *
 * Every message is one payload of fixed records; numbers are u32, little-endian; a participant is
 * named by its place in the roster; whatever is listed by place is ascending, each place once. U1
 * are those on the board, U2 those of them who delivered shares, U3 those of U2 who are counted.
 * All fit one chunk (LIMIT_CHUNK) with cohorts up to LIMIT_COHORT_SECURE and 255 holders.
 *
 *   step        from         payload
 *   KEYS        participant  place | C 32 | S 32 | signature 64
 *               coordinator  board: degree | holders | threshold | quorum | count | count * keys of
 *                            U1 as they were sent
 *   SHARES      participant  maker | commitment 32 and opening 32 of its own seed | signature 64 |
 *                            count | for each holder: holder | parcel
 *               coordinator  count | places of U2 | count | for each maker in U2 for whom the
 *                            addressed one is a holder: maker | parcel
 *   RECEIPT     participant  holder | signature 64 on U2 | count | count complaints: maker |
 *                            signature 64
 *               coordinator  maker | holder | signature 64
 *   OPENING     both         maker | holder | contents of the parcel in the clear
 *   COUNTED     coordinator  count | for each of U3: place | signature 64 of its receipt
 *   SIGNATURES  participant  place | signature 64
 *               coordinator  count | count * (place | signature 64)
 *   RELEASE     participant  holder | count | count * (maker | which | share 32 | opening 32);
 *                            which is an enum shamir_secret
 *
 *   parcel    commitment 32 to the share of the own seed | commitment 32 to the share of the secret
 *             key | ciphertext 144 | signature 64
 *   contents  share 32 of the own seed b | its opening 32 | share 32 of the secret key c (that of
 *             C) | its opening 32
 *
 * The digest of the board is exchange_hash(key = digest of U1's keys as in neighbours.h, BOARD,
 * context, 0, 0, degree | holders | threshold | quorum). All that is signed after it names it, so a
 * signature is worth nothing to who was shown another board.
 *
 * A parcel is encrypted by XChaCha20-Poly1305 (IETF, 24 zero bytes as nonce, as a key serves once)
 * under exchange_hash(key = X25519(secret of S of one, S of the other), PARCEL, context, maker,
 * holder, digest of the board); the digest of the board is the additional data.
 *
 * Signed (exchange_sign) is, with purpose, first, second and body:
 *   KEYS       place, 0              C | S
 *   SECRET     maker, 0              digest of the board | commitment | opening
 *   SEALED     maker, holder         digest of the board | both commitments | ciphertext
 *   COMPLAINT  maker, holder         digest of the board
 *   DELIVERED  number of U2, 0       digest of the board | places of U2
 *   COUNTED    number of U3, 0       digest of the board | places of U3
 *
 * For blinder.c, unblinder.c and tests; pure. */
#ifndef SECURE_EXCHANGE_RECORDS_H
#define SECURE_EXCHANGE_RECORDS_H

#include "base/limits.h"
#include "base/status.h"
#include "secure/blinding.h"
#include "secure/exchange.h"
#include "secure/neighbours.h"
#include "secure/shamir.h"

enum {
    EXCHANGE_CONTENTS_BYTES = 2 * (SHAMIR_BYTES + EXCHANGE_HASH_BYTES),
    EXCHANGE_CIPHERTEXT_BYTES = EXCHANGE_CONTENTS_BYTES + 16, // and Poly1305's tag
    EXCHANGE_SECRETS = 2,                                     // of enum shamir_secret
};

/* A participant's fresh keys, X25519. */
enum { EXCHANGE_C, EXCHANGE_S, EXCHANGE_KEY_PAIRS }; // for pairs, and for parcels of shares

/* The records. All members are arrays of bytes, so nothing is padded and any address will do: a
 * payload whose size was checked is read through them. */
struct exchange_number {
    uint8_t bytes[4];
};

struct exchange_keys {
    struct exchange_number place;
    uint8_t public_keys[EXCHANGE_KEY_PAIRS][BLINDING_KEY_BYTES];
    uint8_t signature[EXCHANGE_SIGNATURE_BYTES];
};

struct exchange_plan {
    struct exchange_number degree, holders, threshold, quorum;
};

struct exchange_board {
    struct exchange_plan plan;
    struct exchange_number count;
    struct exchange_keys keys[];
};

struct exchange_parcel {
    struct exchange_number place; // holder on the way up, maker on the way down
    uint8_t commitments[EXCHANGE_SECRETS][EXCHANGE_HASH_BYTES];
    uint8_t ciphertext[EXCHANGE_CIPHERTEXT_BYTES];
    uint8_t signature[EXCHANGE_SIGNATURE_BYTES];
};

struct exchange_shares {
    struct exchange_number maker;
    uint8_t commitment[EXCHANGE_HASH_BYTES], opening[EXCHANGE_HASH_BYTES];
    uint8_t signature[EXCHANGE_SIGNATURE_BYTES];
    struct exchange_number count;
    struct exchange_parcel parcels[];
};

/* A share with what opens its commitment; two of them are the contents of a parcel. */
struct exchange_share {
    uint8_t share[SHAMIR_BYTES], opening[EXCHANGE_HASH_BYTES];
};

/* In a RECEIPT the place is the maker's that is complained of, else the signer's. */
struct exchange_signed {
    struct exchange_number place;
    uint8_t signature[EXCHANGE_SIGNATURE_BYTES];
};

struct exchange_receipt {
    struct exchange_number holder;
    uint8_t signature[EXCHANGE_SIGNATURE_BYTES];
    struct exchange_number count;
    struct exchange_signed makers[];
};

struct exchange_complaint {
    struct exchange_number maker, holder;
    uint8_t signature[EXCHANGE_SIGNATURE_BYTES];
};

struct exchange_opening {
    struct exchange_number maker, holder;
    struct exchange_share contents[EXCHANGE_SECRETS];
};

struct exchange_released {
    struct exchange_number maker, which;
    struct exchange_share share;
};

struct exchange_release {
    struct exchange_number holder, count;
    struct exchange_released shares[];
};

_Static_assert(sizeof(struct exchange_keys) == 132, "nothing is padded");
_Static_assert(sizeof(struct exchange_board) == 20, "nothing is padded");
_Static_assert(sizeof(struct exchange_parcel) == 276, "nothing is padded");
_Static_assert(sizeof(struct exchange_shares) == 136, "nothing is padded");
_Static_assert(sizeof(struct exchange_signed) == 68, "nothing is padded");
_Static_assert(sizeof(struct exchange_receipt) == 72, "nothing is padded");
_Static_assert(sizeof(struct exchange_complaint) == 72, "nothing is padded");
_Static_assert(sizeof(struct exchange_opening) == 136, "nothing is padded");
_Static_assert(sizeof(struct exchange_released) == 72, "nothing is padded");

_Static_assert(sizeof(struct exchange_board) + LIMIT_COHORT_SECURE * sizeof(struct exchange_keys) <=
                   LIMIT_CHUNK,
               "a board fits a chunk");
_Static_assert((2 + LIMIT_COHORT_SECURE) * sizeof(struct exchange_number) +
                       SHAMIR_HOLDERS_MAX * sizeof(struct exchange_parcel) <=
                   LIMIT_CHUNK,
               "parcels fit a chunk");
_Static_assert(sizeof(struct exchange_number) +
                       LIMIT_COHORT_SECURE * sizeof(struct exchange_signed) <=
                   LIMIT_CHUNK,
               "lists of signatures fit a chunk");

static inline uint32_t exchange_number(struct exchange_number number)
{
    const uint8_t *bytes = number.bytes;
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static inline struct exchange_number exchange_record(uint32_t number)
{
    return (struct exchange_number){{(uint8_t)number, (uint8_t)(number >> 8),
                                     (uint8_t)(number >> 16), (uint8_t)(number >> 24)}};
}

/* The digests of a board of `count` keys, ascending: that of the keys, by which the ring is laid,
 * and that of the whole. */
void exchange_board_digest(uint8_t keys_digest[EXCHANGE_HASH_BYTES],
                           uint8_t digest[EXCHANGE_HASH_BYTES],
                           const struct exchange_context *context,
                           const struct exchange_board *board, size_t count);

/* Fills in the signature of keys, or checks it. */
void exchange_sign_keys(struct exchange_keys *keys, const struct exchange_context *context,
                        const uint8_t *sign_secret);
bool exchange_verify_keys(const struct exchange_keys *keys, const struct exchange_context *context,
                          const uint8_t *sign_public);

/* The same of the commitment to an own seed. */
void exchange_sign_secret(struct exchange_shares *shares, const struct exchange_context *context,
                          const uint8_t board[EXCHANGE_HASH_BYTES], const uint8_t *sign_secret);
bool exchange_verify_secret(const struct exchange_shares *shares,
                            const struct exchange_context *context,
                            const uint8_t board[EXCHANGE_HASH_BYTES], const uint8_t *sign_public);

/* From whom to whom a parcel goes, by the place. */
struct exchange_way {
    uint32_t maker, holder;
};

/* The same of a parcel. */
void exchange_sign_parcel(struct exchange_parcel *parcel, struct exchange_way way,
                          const struct exchange_context *context,
                          const uint8_t board[EXCHANGE_HASH_BYTES], const uint8_t *sign_secret);
bool exchange_verify_parcel(const struct exchange_parcel *parcel, struct exchange_way way,
                            const struct exchange_context *context,
                            const uint8_t board[EXCHANGE_HASH_BYTES], const uint8_t *sign_public);

/* The signature of a holder's complaint of a maker, or whether it is one. */
void exchange_sign_complaint(uint8_t signature[EXCHANGE_SIGNATURE_BYTES], struct exchange_way way,
                             const struct exchange_context *context,
                             const uint8_t board[EXCHANGE_HASH_BYTES], const uint8_t *sign_secret);
bool exchange_verify_complaint(const uint8_t signature[EXCHANGE_SIGNATURE_BYTES],
                               struct exchange_way way, const struct exchange_context *context,
                               const uint8_t board[EXCHANGE_HASH_BYTES],
                               const uint8_t *sign_public);

/* What is signed of a list, U2 or U3, from malloc(): digest of the board, places. */
struct exchange_statement {
    uint8_t *bytes;
    size_t size;
};
enum status exchange_make_statement(struct exchange_statement *statement,
                                    const uint8_t board[EXCHANGE_HASH_BYTES],
                                    const uint32_t *places, size_t count) CHECKED;

/* Signs a list as one of EXCHANGE_DELIVERED or EXCHANGE_COUNTED, or checks that. */
void exchange_sign_list(uint8_t signature[EXCHANGE_SIGNATURE_BYTES], enum exchange_purpose purpose,
                        const struct exchange_statement *statement,
                        const struct exchange_context *context, const uint8_t *sign_secret);
bool exchange_verify_list(const uint8_t signature[EXCHANGE_SIGNATURE_BYTES],
                          enum exchange_purpose purpose, const struct exchange_statement *statement,
                          const struct exchange_context *context, const uint8_t *sign_public);

/* Whether a share is that of the commitment; `number` is its holder's among the maker's holders,
 * from 1, see shamir_is_committed(). */
bool exchange_is_committed(const struct exchange_share *share,
                           const uint8_t commitment[EXCHANGE_HASH_BYTES], uint8_t number,
                           const struct exchange_context *context, uint32_t maker,
                           enum shamir_secret which);

/* Where the place stands among `count` ascending ones, or `count`. */
size_t exchange_find(const uint32_t *places, size_t count, uint32_t place);

/* A copy of a payload for a caller, from malloc(). */
enum status exchange_copy(uint8_t **out, size_t *out_size, const void *bytes, size_t size) CHECKED;

#endif
