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
 *   COMPLAINT   participant  holder | count | count * (maker | signature 64)
 *               coordinator  maker | holder | signature 64
 *   OPENING     both         maker | holder | contents of the parcel in the clear
 *   COUNTED     coordinator  count | places of U3
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
 *   COUNTED    number of U3, 0       digest of the board | places of U3
 *
 * For blinder.c, unblinder.c and tests; pure, nothing allocated but by exchange_counted_body(). */
#ifndef SECURE_EXCHANGE_RECORDS_H
#define SECURE_EXCHANGE_RECORDS_H

#include "base/limits.h"
#include "secure/blinding.h"
#include "secure/neighbours.h"
#include "secure/shamir.h"

enum {
    EXCHANGE_NUMBER_BYTES = 4,
    EXCHANGE_PLAN_BYTES = 4 * EXCHANGE_NUMBER_BYTES,
    EXCHANGE_KEYS_BYTES = EXCHANGE_NUMBER_BYTES + 2 * BLINDING_KEY_BYTES + EXCHANGE_SIGNATURE_BYTES,
    EXCHANGE_BOARD_HEAD_BYTES = EXCHANGE_PLAN_BYTES + EXCHANGE_NUMBER_BYTES,
    EXCHANGE_CONTENTS_BYTES = 2 * (SHAMIR_BYTES + EXCHANGE_HASH_BYTES),
    EXCHANGE_CIPHERTEXT_BYTES = EXCHANGE_CONTENTS_BYTES + 16, // and Poly1305's tag
    EXCHANGE_PARCEL_BYTES =
        2 * EXCHANGE_HASH_BYTES + EXCHANGE_CIPHERTEXT_BYTES + EXCHANGE_SIGNATURE_BYTES,
    EXCHANGE_ADDRESSED_BYTES = EXCHANGE_NUMBER_BYTES + EXCHANGE_PARCEL_BYTES,
    EXCHANGE_SHARES_HEAD_BYTES =
        2 * EXCHANGE_NUMBER_BYTES + 2 * EXCHANGE_HASH_BYTES + EXCHANGE_SIGNATURE_BYTES,
    EXCHANGE_SIGNED_BYTES = EXCHANGE_NUMBER_BYTES + EXCHANGE_SIGNATURE_BYTES,
    EXCHANGE_COMPLAINT_HEAD_BYTES = 2 * EXCHANGE_NUMBER_BYTES,
    EXCHANGE_COMPLAINT_BYTES = 2 * EXCHANGE_NUMBER_BYTES + EXCHANGE_SIGNATURE_BYTES,
    EXCHANGE_OPENING_BYTES = 2 * EXCHANGE_NUMBER_BYTES + EXCHANGE_CONTENTS_BYTES,
    EXCHANGE_RELEASE_HEAD_BYTES = 2 * EXCHANGE_NUMBER_BYTES,
    EXCHANGE_RELEASED_BYTES = 2 * EXCHANGE_NUMBER_BYTES + SHAMIR_BYTES + EXCHANGE_HASH_BYTES,
};

_Static_assert(EXCHANGE_BOARD_HEAD_BYTES + LIMIT_COHORT_SECURE * EXCHANGE_KEYS_BYTES <= LIMIT_CHUNK,
               "a board fits a chunk");
_Static_assert(EXCHANGE_NUMBER_BYTES *(2 + LIMIT_COHORT_SECURE) +
                       SHAMIR_HOLDERS_MAX * EXCHANGE_ADDRESSED_BYTES <=
                   LIMIT_CHUNK,
               "parcels fit a chunk");

#endif
