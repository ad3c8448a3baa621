// SPDX-License-Identifier: Apache-2.0
/* blinder_parts - what the files of blinder have in common. */
#ifndef SECURE_BLINDER_PARTS_H
#define SECURE_BLINDER_PARTS_H

#include "secure/blinder.h"
#include "secure/exchange_records.h"
#include "secure/sodium_ready.h"

/* What was done last; the order is that of an attempt. */
enum blinder_stage {
    BLINDER_CREATED,
    BLINDER_SHARED,   // the board is here, own shares are made
    BLINDER_HOLDING,  // others' shares are here
    BLINDER_COUNTED,  // the list is here and signed
    BLINDER_AGREED,   // so many have signed it as the plan asks
    BLINDER_RELEASED, // shares are given
};

/* What a payload was answered by: the same, whenever it comes again. */
struct blinder_answer {
    bool given;
    uint8_t digest[EXCHANGE_HASH_BYTES]; // of the payload
    uint8_t *bytes;                      // owned, or NULL
    size_t size;
};

struct blinder_places {
    uint32_t *places; // ascending, owned
    size_t count;
};

enum blinder_state { BLINDER_NONE, BLINDER_WRONG, BLINDER_RIGHT, BLINDER_OPENED };

/* What is held for a maker. */
struct blinder_held {
    uint32_t maker;
    uint8_t number; // of this holder among the maker's
    enum blinder_state state;
    uint8_t commitments[EXCHANGE_SECRETS][EXCHANGE_HASH_BYTES];
    struct exchange_share contents[EXCHANGE_SECRETS];
};

struct blinder {
    struct blinder_options options;
    enum blinder_stage stage;
    bool blinded;
    struct exchange_keys keys;
    struct blinder_answer answers[EXCHANGE_STEPS];

    // Public, from the board on.
    struct neighbours_plan plan;
    uint8_t board[EXCHANGE_HASH_BYTES];
    struct neighbours_graph graph;
    struct blinder_places present, delivered, counted; // U1, U2, U3
    uint8_t (*share_keys)[BLINDING_KEY_BYTES];         // S of each of U1, owned
    uint32_t neighbours[SHAMIR_HOLDERS_MAX];
    size_t holders; // entries of held, in the order of `held[].maker`; each holds for this one too

    // Secret, at last wiped by blinder_destroy().
    uint8_t secret_keys[EXCHANGE_KEY_PAIRS][BLINDING_KEY_BYTES];
    uint8_t own_seed[BLINDING_SEED_BYTES];
    uint8_t pair_seeds[SHAMIR_HOLDERS_MAX][BLINDING_SEED_BYTES];       // of neighbours
    struct exchange_share dealt[SHAMIR_HOLDERS_MAX][EXCHANGE_SECRETS]; // to held[].maker
    struct blinder_held held[SHAMIR_HOLDERS_MAX];
};

/* Whether the step's payload is new and its turn; stores true and returns STATUS_OK then. If it was
 * taken already, `*out` is the same answer again and `*fresh` false. */
enum status blinder_begin(const struct blinder *blinder, enum exchange_step step,
                          const uint8_t *payload, size_t size, uint8_t **out, size_t *out_size,
                          bool *fresh) CHECKED;

/* Keeps the answer, `bytes` (from malloc(), taken over; may be NULL), and goes on to the stage that
 * the step leads to; nothing fails. */
void blinder_finish(struct blinder *blinder, enum exchange_step step, const uint8_t *payload,
                    size_t size, uint8_t *bytes, size_t bytes_size);

/* A copy of the answer for the caller. */
enum status blinder_answer(const struct blinder *blinder, enum exchange_step step, uint8_t **out,
                           size_t *out_size) CHECKED;

/* Reads a list of places: ascending, all of `among`, no fewer than cohort_min and plan.left. `what`
 * names the list in a sentence. Nothing is kept on failure. */
enum status blinder_take_places(struct blinder_places *list, const struct exchange_number *numbers,
                                size_t count, const struct blinder_places *among,
                                const struct blinder *blinder, const char *what) CHECKED;

/* Encrypts the contents of a parcel for the owner of the key `peer`, or decrypts it; `way` says
 * from whom to whom. STATUS_BAD_MESSAGE for a key of small order, or when it does not decrypt. */
enum status blinder_seal(struct exchange_parcel *parcel,
                         const struct exchange_share contents[EXCHANGE_SECRETS],
                         struct exchange_way way, const struct blinder *blinder,
                         const uint8_t peer[BLINDING_KEY_BYTES]) CHECKED;
enum status blinder_unseal(struct exchange_share contents[EXCHANGE_SECRETS],
                           const struct exchange_parcel *parcel, struct exchange_way way,
                           const struct blinder *blinder,
                           const uint8_t peer[BLINDING_KEY_BYTES]) CHECKED;

/* Draws the own seed and makes its shares and those of the secret key: SHARES, from malloc(). */
enum status blinder_deal(struct blinder *blinder, uint8_t **out, size_t *out_size) CHECKED;

#endif
