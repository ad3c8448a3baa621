// SPDX-License-Identifier: Apache-2.0
/* circle - a session of a secure sum of four, the others and the coordinator being real as well.
 *
 * The session under test has place CIRCLE_SELF of the roster; the others are blinders, the
 * coordinator an unblinder, and opposite.h carries what they say. Signing keys are made once, and
 * all else is drawn from a seed, so that the payloads of one run fit any other: heard[] of a
 * finished run can be given to a new session, in any order. Functions fail the test when something
 * honest is refused. */
#ifndef FAKES_CIRCLE_H
#define FAKES_CIRCLE_H

#include "fakes/opposite.h"

#include "secure/blinder.h"
#include "secure/exchange_records.h"
#include "secure/tally.h"
#include "secure/unblinder.h"

enum { CIRCLE_COUNT = 4, CIRCLE_SELF = 2, CIRCLE_ROUND = 3, CIRCLE_BITS = 32 };

/* Bytes of an update, and of the body in which it travels. */
enum { CIRCLE_UPDATE = 4 * OPPOSITE_NUMBERS, CIRCLE_BODY = CIRCLE_UPDATE + TALLY_BYTES };

struct circle_payload {
    uint8_t *bytes;
    size_t size;
};

struct circle {
    struct opposite bench;
    struct ledger ledger;
    bool journals_late; // the test writes the journal, by session_journaled()
    uint32_t attempt;
    struct blinder *others[CIRCLE_COUNT]; // NULL at CIRCLE_SELF
    struct unblinder *unblinder;
    uint8_t sum[CIRCLE_BODY];

    struct circle_payload heard[EXCHANGE_STEPS]; // what the coordinator has for the session

    // What the session said and gave since it was made, by circle_listen().
    struct circle_payload said[EXCHANGE_STEPS]; // last of each step
    size_t times[EXCHANGE_STEPS];               // and how often
    struct envelope_offer offer;
    size_t offers, journals;
    struct ledger_entry entry; // the last one; places are not kept
    bool left;                 // a good-bye was said
    char error[ENVELOPE_REASON];
};

/* Welcomed, ready, and without a model. */
void circle_open(struct circle *circle);

/* What circle_open() leaves as it mostly is. */
struct circle_ways {
    size_t place; // in its own roster; the coordinator's has it at CIRCLE_SELF
    bool noisy;   // federation.dp
    bool shares_nothing;
    bool kept; // holds the update that an earlier program trained in CIRCLE_ROUND
};
void circle_open_with(struct circle *circle, const struct circle_ways *ways);
void circle_close(struct circle *circle);

/* Takes all that the session says. */
void circle_listen(struct circle *circle);

/* Announces, and lets the model be fetched and loaded; the others begin as well. */
void circle_begin(struct circle *circle, uint32_t attempt);

/* The announcement alone, as a message; train is true. */
struct from_coordinator *circle_announcement(const struct circle *circle, uint32_t attempt);

/* The context that the session should be in; the signing secret of a place. */
struct exchange_context circle_context(const struct circle *circle);
const uint8_t *circle_sign_secret(uint32_t place);

/* That a holder complains of the session's parcel; heard[EXCHANGE_STEP_KEYS] is made. */
struct exchange_complaint circle_complaint(const struct circle *circle, uint32_t holder);

/* Gives the session a payload as that step of this attempt, and listens. */
void circle_give(struct circle *circle, enum exchange_step step, const uint8_t *bytes, size_t size);
void circle_hear(struct circle *circle, enum exchange_step step); // heard[step]

/* The session trains, if it has not, and encodes. */
void circle_update(struct circle *circle);

/* What all but the session do: each makes the next heard[]. */
void circle_make_board(struct circle *circle);
void circle_make_parcels(struct circle *circle);
void circle_train(struct circle *circle);                       // and circle_update()
void circle_make_list(struct circle *circle, unsigned counted); // one bit a place
void circle_make_signatures(struct circle *circle);
void circle_open_sum(struct circle *circle, const uint8_t *body); // of the session, if counted

/* All of it up to and with the answer to SIGNATURES, all counted. */
void circle_agree(struct circle *circle);

#endif
