// SPDX-License-Identifier: Apache-2.0
/* unblinder_parts - what the files of unblinder have in common. */
#ifndef SECURE_UNBLINDER_PARTS_H
#define SECURE_UNBLINDER_PARTS_H

#include "secure/exchange_records.h"
#include "secure/sodium_ready.h"
#include "secure/unblinder.h"

enum unblinder_stage {
    UNBLINDER_KEYS,      // of the cohort are taken
    UNBLINDER_SHARES,    // the board is out
    UNBLINDER_UPDATES,   // U2 is fixed; complaints and openings
    UNBLINDER_COUNTING,  // U3 is fixed; signatures
    UNBLINDER_RELEASING, // the signatures are out
    UNBLINDER_OPENED,    // all is joined
};

/* What a holder says of a maker's parcel. */
struct unblinder_complaint {
    enum { UNBLINDER_CONTENT, UNBLINDER_UNSETTLED, UNBLINDER_SETTLED } state;
    uint8_t signature[EXCHANGE_SIGNATURE_BYTES];
};

struct unblinder_member {
    uint32_t place;
    bool has[EXCHANGE_STEPS]; // KEYS; SHARES, which is to be of U2; RECEIPT; SIGNATURES; RELEASE
    bool counted;             // is of U3
    struct exchange_keys keys;
    struct exchange_shares *shares;              // as they came, owned
    uint32_t *holders;                           // of its secrets, plan.holders of them, owned
    struct unblinder_complaint *complaints;      // of each holder; NULL before the first; owned
    uint8_t receipt[EXCHANGE_SIGNATURE_BYTES];   // on U2
    uint8_t signature[EXCHANGE_SIGNATURE_BYTES]; // on U3
    struct shamir_share *released; // of the secret that is needed, up to the threshold, owned
    size_t released_count;
};

struct unblinder {
    struct unblinder_options options; // without the cohort
    enum unblinder_stage stage;
    struct unblinder_member *members; // ascending: the cohort, then U1
    size_t count;
    struct neighbours_plan plan;
    struct neighbours_graph graph;
    uint8_t board[EXCHANGE_HASH_BYTES];
    uint32_t *places;                    // scratch of `count`: for complaints and lists
    struct exchange_statement delivered; // of U2, owned
    struct exchange_statement statement; // of U3, owned
    uint8_t *signatures;                 // as they went out, owned
    size_t signatures_size;
    struct blinding_seed *seeds; // what is to be removed, owned
    size_t seed_count;
};

/* Of a place, or NULL: one of the cohort, of U1 when there is a board. */
struct unblinder_member *unblinder_member(const struct unblinder *unblinder, uint32_t place);

/* Whether the member is of U2. */
bool unblinder_delivered(const struct unblinder *unblinder, const struct unblinder_member *member);

/* Where `place` stands among the member's holders, or plan.holders. */
size_t unblinder_holder(const struct unblinder *unblinder, const struct unblinder_member *member,
                        uint32_t place);

/* Fails by STATUS_NOT_FOUND when `count` is below cohort_min or plan.left. */
enum status unblinder_check_enough(const struct unblinder *unblinder, size_t count,
                                   const char *what) CHECKED;

/* What every message begins with must be its sender's place, and the size right. */
enum status unblinder_check_sender(uint32_t place, const uint8_t *payload, size_t size,
                                   size_t size_min, const char *what) CHECKED;

#endif
