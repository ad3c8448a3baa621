// SPDX-License-Identifier: Apache-2.0
/* unblinder - the coordinator's side of one attempt of the secure exchange.
 *
 * Payloads of participants in, payloads for them out, byte for byte as exchange_records.h has them.
 * The caller knows who sent a payload (its place in the roster) and when to wait no longer. The
 * order of an attempt:
 *
 *     unblinder_take_keys       KEYS of each of the cohort
 *     unblinder_board           closes KEYS: U1; -> KEYS for each of U1
 *     unblinder_take_shares     SHARES of each of U1
 *     unblinder_close_shares    closes SHARES: U2
 *     unblinder_parcels         -> SHARES for each of U2
 *     unblinder_take_receipt    RECEIPT of each of U2; unblinder_complaint -> RECEIPT for makers
 *     unblinder_take_opening    OPENING of a maker, which the caller sends on to the holder
 *     unblinder_counted         U3; -> COUNTED for each of U3
 *     unblinder_take_signature  SIGNATURES of each of U3 until unblinder_has_quorum()
 *     unblinder_signatures      -> SIGNATURES for each of U3
 *     unblinder_take_release    RELEASE of each of U3 until unblinder_can_open()
 *     unblinder_open            joins the secrets
 *     unblinder_remove          of U3's sum, as often as there are pieces of it
 *
 * Whatever a participant sends is checked before it is used or sent on. STATUS_BAD_MESSAGE is the
 * fault of a participant, whose place the sentence names; nothing of that message was used. A
 * message that was taken already may come again (STATUS_OK); another one in its place is refused.
 * What comes too late, for a step that is closed, is ignored (STATUS_OK; unblinder_has() tells);
 * what comes too early is refused. STATUS_NOT_FOUND: too few are left for a sum. STATUS_NO_MEMORY
 * as usual. What the caller does out of order is its own bug and asserted.
 *
 * Parcels are kept: cohort * holders * sizeof(struct exchange_parcel) bytes, at most 288 MB. The
 * joined secrets are wiped by unblinder_destroy(). */
#ifndef SECURE_UNBLINDER_H
#define SECURE_UNBLINDER_H

#include "base/status.h"
#include "secure/blinding.h"
#include "secure/exchange.h"
#include "secure/neighbours.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unblinder;

struct unblinder_options {
    struct exchange_context context;
    size_t members;                                         // of the roster
    const uint8_t (*sign_keys)[EXCHANGE_SIGN_PUBLIC_BYTES]; // of each place; borrowed
    const uint32_t *cohort;                                 // places, ascending; copied
    size_t count;                                           // of them, up to LIMIT_COHORT_SECURE
    struct neighbours_assumption assumption;
    size_t cohort_min; // least size of U1, U2 and U3, at least 3
    int threads;       // of unblinder_remove(), at least 1
};

enum status unblinder_create(struct unblinder **unblinder,
                             const struct unblinder_options *options) CHECKED;
void unblinder_destroy(struct unblinder **unblinder);

/* Whether a participant's KEYS, SHARES, RECEIPT, SIGNATURES or RELEASE is here. */
bool unblinder_has(const struct unblinder *unblinder, enum exchange_step step, uint32_t place);

/* Whether a place takes part: it is of the cohort; of U1, once there is a board; of U2, once the
 * shares are closed; of U3, once that is fixed. */
bool unblinder_is_member(const struct unblinder *unblinder, uint32_t place);

/* Whether a place has yet to open a parcel that its holder complained of. */
bool unblinder_is_disputed(const struct unblinder *unblinder, uint32_t place);

/* Whether a place may be counted: it is of U2, its receipt is here, and it is not disputed. */
bool unblinder_may_count(const struct unblinder *unblinder, uint32_t place);

enum status unblinder_take_keys(struct unblinder *unblinder, uint32_t place, const uint8_t *payload,
                                size_t size) CHECKED;

/* The board; U1 are those whose keys are here. STATUS_NOT_FOUND with fewer than cohort_min,
 * STATUS_BAD_CONFIG when neighbours_choose() finds no plan for so many. Again: the same. */
enum status unblinder_board(struct unblinder *unblinder, uint8_t **out, size_t *out_size) CHECKED;

/* What those on the board use; after unblinder_board(). */
const struct neighbours_plan *unblinder_plan(const struct unblinder *unblinder);

enum status unblinder_take_shares(struct unblinder *unblinder, uint32_t place,
                                  const uint8_t *payload, size_t size) CHECKED;

/* U2 are those whose shares are here. STATUS_NOT_FOUND with fewer than cohort_min or plan.left, or
 * when one of them has fewer holders there than the threshold. */
enum status unblinder_close_shares(struct unblinder *unblinder) CHECKED;

/* For `place` of U2. */
enum status unblinder_parcels(const struct unblinder *unblinder, uint32_t place, uint8_t **out,
                              size_t *out_size) CHECKED;

/* Refuses a receipt that is not signed over U2. The makers of whom `place` complains: *makers,
 * `*count` places, borrowed until the next call. */
enum status unblinder_take_receipt(struct unblinder *unblinder, uint32_t place,
                                   const uint8_t *payload, size_t size, const uint32_t **makers,
                                   size_t *count) CHECKED;

/* For the maker, of whom the holder has complained. */
enum status unblinder_complaint(const struct unblinder *unblinder, uint32_t maker, uint32_t holder,
                                uint8_t **out, size_t *out_size) CHECKED;

/* Stores to which holder the payload is to be sent on, EXCHANGE_STEP_OPENING. */
enum status unblinder_take_opening(struct unblinder *unblinder, uint32_t place,
                                   const uint8_t *payload, size_t size, uint32_t *holder) CHECKED;

/* U3, fixed by the first call: those of `places` (ascending) for whom unblinder_may_count(); others
 * in it are a bug. STATUS_NOT_FOUND with fewer than cohort_min or plan.left, or when one of U2 has
 * fewer of its holders there than the threshold. Again: the same list. */
enum status unblinder_counted(struct unblinder *unblinder, const uint32_t *places, size_t count,
                              uint8_t **out, size_t *out_size) CHECKED;

enum status unblinder_take_signature(struct unblinder *unblinder, uint32_t place,
                                     const uint8_t *payload, size_t size) CHECKED;
bool unblinder_has_quorum(const struct unblinder *unblinder);

/* All signatures that are here by the first call. */
enum status unblinder_signatures(struct unblinder *unblinder, uint8_t **out,
                                 size_t *out_size) CHECKED;

/* A share that is not that of the maker's commitment, or of the wrong secret, is its holder's
 * fault; of that holder nothing is used then. */
enum status unblinder_take_release(struct unblinder *unblinder, uint32_t place,
                                   const uint8_t *payload, size_t size) CHECKED;

/* Whether threshold shares of every secret that is needed are here. */
bool unblinder_can_open(const struct unblinder *unblinder);

/* Joins the own seeds of U3 and the secret keys of the rest of U2, and compares each with what its
 * maker committed to. STATUS_BAD_MESSAGE when all shares were right and the secret is not: its
 * maker dealt shares that do not belong together; stores its place in *culprit, which is else
 * UNBLINDER_NOBODY. The attempt is over then. */
#define UNBLINDER_NOBODY UINT32_MAX
enum status unblinder_open(struct unblinder *unblinder, uint32_t *culprit) CHECKED;

/* Removes all blinds of U3 from words of its sum, in place; after unblinder_open(). */
void unblinder_remove(const struct unblinder *unblinder, const struct blinding_words *sum);

#endif
