// SPDX-License-Identifier: Apache-2.0
/* parties - both sides of the secure exchange in memory: participants, a coordinator, no wire.
 *
 * Place of party i in the roster is 2 i + 1, so not all of a roster take part. Who is `there` takes
 * the next step; a test clears it where somebody drops out. Each function is one step of all, and
 * fails the test when an honest party is refused. */
#ifndef FAKES_PARTIES_H
#define FAKES_PARTIES_H

#include "secure/blinder.h"
#include "secure/exchange_records.h"
#include "secure/unblinder.h"

#include <stdbool.h>

enum { PARTIES_MAX = 200, PARTIES_ROSTER = 2 * PARTIES_MAX + 2 };

struct payload {
    uint8_t *bytes;
    size_t size;
};

struct parties {
    size_t count;
    struct exchange_context context;
    struct neighbours_assumption assumption;
    uint8_t sign_keys[PARTIES_ROSTER][EXCHANGE_SIGN_PUBLIC_BYTES];
    uint8_t sign_secrets[PARTIES_ROSTER][EXCHANGE_SIGN_SECRET_BYTES];
    struct blinder *blinders[PARTIES_MAX];
    struct unblinder *unblinder;
    bool there[PARTIES_MAX];
    struct payload keys[PARTIES_MAX], board, shares[PARTIES_MAX], list, signatures;
    uint8_t digest[EXCHANGE_HASH_BYTES]; // of the board
};

uint32_t parties_place(size_t i);

/* Bytes that the same salt gives again: blinders of the parties draw from it. */
void parties_random(uint8_t *bytes, size_t size);
void parties_random_start(uint32_t salt);

/* Creates all, smallest cohort 3. `parties` is a static variable of the test: it is large. */
void parties_start(struct parties *parties, size_t count, struct neighbours_assumption assumption);
struct blinder_options parties_blinder_options(const struct parties *parties, size_t i);
struct unblinder_options parties_unblinder_options(const struct parties *parties, uint32_t *cohort);
void parties_end(struct parties *parties);

void parties_give_keys(struct parties *parties);   // KEYS; the board, which is kept
void parties_give_shares(struct parties *parties); // the board is read, SHARES; U2 is closed
struct payload parties_parcels(const struct parties *parties, size_t i);
/* The coordinator takes the receipt of party i; of so many makers it complains. */
size_t parties_take_receipt(const struct parties *parties, size_t i, const struct payload *receipt);
void parties_hold(struct parties *parties); // parcels are read; nobody complains
/* U3 of those for whom `counted` says so; those of them who are there sign. */
void parties_count(struct parties *parties, const bool *counted);
void parties_sign(struct parties *parties);    // all sign the list
void parties_agree(struct parties *parties);   // all read the signatures
void parties_release(struct parties *parties); // all release

/* The signature of a place of the roster on U2. */
void parties_sign_delivered(const struct parties *parties, uint32_t place,
                            uint8_t signature[EXCHANGE_SIGNATURE_BYTES]);

/* A receipt of place `holder` that complains of place `maker`, whether it has reason or not. */
struct payload parties_make_receipt(const struct parties *parties, uint32_t holder, uint32_t maker);

/* A board of the keys of parties who[0..count-1], with the plan for so many. */
struct payload parties_make_board(const struct parties *parties, const size_t *who, size_t count);

/* Changes a share that party `maker` has dealt to `holder`, parties in the complete graph, encrypts
 * and signs its parcel in shares[maker] again; unless `committed`, the commitment stays that of the
 * right share. */
void parties_deal_wrongly(struct parties *parties, size_t maker, size_t holder,
                          enum shamir_secret which, bool committed);

/* Fails the test unless the status is STATUS_BAD_MESSAGE and the sentence has `why` in it. */
void parties_expect_refusal(enum status status, const char *why);

void payload_free(struct payload *payload);
struct payload payload_copy(const struct payload *payload);

#endif
