// SPDX-License-Identifier: Apache-2.0
/* blinder - a participant's side of one attempt of the secure exchange.
 *
 * Payloads of the coordinator in, payloads for it out, byte for byte as exchange_records.h has
 * them; who carries them, waits and keeps a journal is the caller. The order of an attempt:
 *
 *     blinder_create           draws the keys
 *     blinder_keys             -> KEYS
 *     blinder_take_board       KEYS -> SHARES
 *     blinder_take_parcels     SHARES -> RECEIPT; from here on blinder_ready()
 *     blinder_take_complaint   RECEIPT -> OPENING, any time between SHARES out and COUNTED in
 *     blinder_take_opening     OPENING, any time between SHARES in and COUNTED in
 *     blinder_blind            the update, once, then uploaded
 *     blinder_take_counted     COUNTED -> SIGNATURES
 *     (the caller looks at blinder_counted() and writes its journal before it says the signature)
 *     blinder_take_signatures  SIGNATURES
 *     blinder_release          -> RELEASE
 *
 * What it never does, whatever it is sent: blind with keys that others did not sign; give shares of
 * both secrets of one maker; give a share before a quorum of the cohort, all of them counted, has
 * signed the very list that it signed itself; sign a list of some who blinded with others than it
 * was told; sign two lists; say anything else after it has released. A participant that did not get
 * its update done in time is told no list: it neither signs nor releases.
 *
 * Each function that takes a payload returns STATUS_BAD_MESSAGE, with a sentence that says what is
 * wrong, when the coordinator does not keep to the exchange; the caller then leaves the run.
 * Nothing was given out then, and the stage is what it was. The other failure is STATUS_NO_MEMORY.
 * A payload that was taken already is answered by the same bytes; another one for the same step is
 * refused, but for RECEIPT and OPENING, of which each is judged alone.
 *
 * Bytes in *out are from malloc(), for the caller to forget; on failure *out is NULL. What they
 * hold of secrets is encrypted, but in OPENING and RELEASE, which are meant for the coordinator's
 * eyes.
 *
 * Secrets live in the blinder only and are wiped as soon as they are of no more use: the keys when
 * the board and the parcels are here, own shares when the list of the counted is, the seeds when
 * the update is blinded or the list here, others' shares when they are released. No branch and no
 * address depends on them. */
#ifndef SECURE_BLINDER_H
#define SECURE_BLINDER_H

#include "base/status.h"
#include "secure/exchange.h"
#include "secure/neighbours.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blinder;

struct blinder_options {
    struct exchange_context context;
    uint32_t self;                                          // place in the roster
    size_t members;                                         // of the roster
    const uint8_t (*sign_keys)[EXCHANGE_SIGN_PUBLIC_BYTES]; // of each place; borrowed
    const uint8_t *sign_secret;              // EXCHANGE_SIGN_SECRET_BYTES, own; borrowed
    struct neighbours_assumption assumption; // its cohort is the most of U1
    size_t cohort_min;                       // least of U1, U2 and U3 that is accepted, at least 3
    /* identity_random() in programs. Drawn are: secrets of C and S by create; then by take_board
     * the own seed, the opening of its commitment, (threshold - 1) * 32 coefficients for the own
     * seed, as many for the secret key, and for each holder in turn two openings. */
    void (*random)(uint8_t *bytes, size_t size);
};

/* STATUS_BAD_CONFIG when sign_secret is not that of place `self`. */
enum status blinder_create(struct blinder **blinder, const struct blinder_options *options) CHECKED;
void blinder_destroy(struct blinder **blinder);

/* Wipes and frees an answer; NULL is none. */
void blinder_forget(uint8_t *out, size_t out_size);

enum status blinder_keys(struct blinder *blinder, uint8_t **out, size_t *out_size) CHECKED;

/* Refuses a board: without the own keys as they were sent; with a place outside the roster, twice
 * or not ascending; with a key that stands twice or is of small order; with keys that their owner
 * did not sign; with fewer than cohort_min or more than the cohort; whose plan is not that of
 * neighbours_choose() here. */
enum status blinder_take_board(struct blinder *blinder, const uint8_t *payload, size_t size,
                               uint8_t **out, size_t *out_size) CHECKED;

/* Refuses a U2 that is not a part of U1, is without the own place, below cohort_min or plan.left
 * (neighbours.h), or has fewer of the own holders than the threshold: with fewer, all neighbours
 * could be the coordinator's. Refuses parcels that are not one of each maker in U2 whose holder
 * this is, or not signed by it. The RECEIPT is the signature on U2, with whom this one will blind,
 * and complains of parcels that cannot be opened, or whose shares are not those committed to. */
enum status blinder_take_parcels(struct blinder *blinder, const uint8_t *payload, size_t size,
                                 uint8_t **out, size_t *out_size) CHECKED;

/* A holder of an own parcel says, signed, that it is wrong; tells what was in it. It tells the
 * coordinator nothing that this holder could not. */
enum status blinder_take_complaint(struct blinder *blinder, const uint8_t *payload, size_t size,
                                   uint8_t **out, size_t *out_size) CHECKED;

/* What a maker says was in the parcel complained of; it must fit the commitments. */
enum status blinder_take_opening(struct blinder *blinder, const uint8_t *payload,
                                 size_t size) CHECKED;

/* Whether the parcels are here and blinder_blind() may be called, for the first time. */
bool blinder_ready(const struct blinder *blinder);

/* Blinds, in place and once, `words` packed words of `bits` (16, 24 or 32) of the update, vector
 * BLINDING_UPDATE, and `metric_words` of 64 bits, BLINDING_METRICS. STATUS_BAD_MESSAGE, with
 * nothing changed, unless blinder_ready(). */
enum status blinder_blind(struct blinder *blinder, uint8_t *update, size_t words, int bits,
                          uint8_t *metrics, size_t metric_words) CHECKED;

/* Refuses a U3 that is not a part of U2, or below cohort_min or plan.left, or is without the own
 * place, or comes before anything was blinded; in which somebody has not signed the same U2, or has
 * fewer of its holders than the threshold. */
enum status blinder_take_counted(struct blinder *blinder, const uint8_t *payload, size_t size,
                                 uint8_t **out, size_t *out_size) CHECKED;

/* Refuses fewer signatures than the quorum, one that is not by a member of U3 or not over the list
 * that was signed here. */
enum status blinder_take_signatures(struct blinder *blinder, const uint8_t *payload,
                                    size_t size) CHECKED;

/* The list U1, ascending; none before the board was taken. Borrowed, until blinder_destroy(). */
void blinder_present(const struct blinder *blinder, const uint32_t **places, size_t *count);

/* The same of U3. */
void blinder_counted(const struct blinder *blinder, const uint32_t **places, size_t *count);

/* The held share of the own seed of each maker in U3, of the secret key of each other maker in U2.
 * STATUS_BAD_MESSAGE before blinder_take_signatures(). */
enum status blinder_release(struct blinder *blinder, uint8_t **out, size_t *out_size) CHECKED;

#endif
