// SPDX-License-Identifier: Apache-2.0
/* troupe - a round with participants that answer at once and train nothing, with real blinders:
 * whole secure exchanges without sessions, networks or waiting, in which one of them can be silent
 * or lie at any step. */
#ifndef FAKES_TROUPE_H
#define FAKES_TROUPE_H

#include "base/config.h"
#include "round/round.h"
#include "secure/blinder.h"
#include "secure/quantise.h"
#include "secure/tally.h"

enum { TROUPE_MAX = 9, TROUPE_NUMBERS = 4, TROUPE_UPLOAD = EXCHANGE_STEPS, TROUPE_STEPS };

struct troupe_member {
    bool silent[TROUPE_STEPS];   // says nothing at this step; TROUPE_UPLOAD: offers no update
    size_t spoils[TROUPE_STEPS]; // byte of the payload that is changed, from 1; 0: none
    size_t deals_badly;          // so many parcels, of its last holders, cannot be opened
    bool gone;                   // hears and says nothing
    bool forgets;                // at the next Model it begins anew, with other keys
    uint8_t sign_secret[64];
    uint8_t *complaint; // that it did not say, being silent
    size_t complaint_size;
    struct blinder *blinder;
    struct from_coordinator model; // that it trains on
    uint8_t *body;
    size_t body_size;
    bool refused;
    unsigned closed, openings;
    char reason[ENVELOPE_REASON]; // of the last Refuse, Close or End
};

struct troupe {
    struct config config;
    struct round *round;
    uint64_t now_ms;
    size_t members;
    struct troupe_member member[TROUPE_MAX];
    uint8_t sign_keys[TROUPE_MAX][32];
    size_t rounds;
    struct store_round record[8]; // reporters owned
    uint32_t counted_round;       // whose list of the counted was to be written down last
    bool ended, success;
    char reason[ENVELOPE_REASON];
    char log[1 << 16]; // notes, a line each
    struct troupe_reply *first, *last;
};

/* `count` participants, none joined; change config and members, then troupe_open(). */
void troupe_prepare(struct troupe *troupe, size_t count);
void troupe_open(struct troupe *troupe);
void troupe_close(struct troupe *troupe);

/* All join and offer their initial model, four ones. */
void troupe_join(struct troupe *troupe, size_t member);

/* Delivers all that is said until nobody says anything. */
void troupe_talk(struct troupe *troupe);

/* Lets time pass in steps of 250 ms, everybody being alive, until the round's phase is `until` or
 * the run has ended. */
void troupe_wait(struct troupe *troupe, uint64_t duration_ms, enum phase until);

/* Puts a message of a participant behind those that wait. */
struct from_participant *troupe_say(struct troupe *troupe, size_t member,
                                    enum participant_message kind, enum phase phase);
void troupe_say_step(struct troupe *troupe, size_t member, enum exchange_step step,
                     const uint8_t *bytes, size_t size);

/* Opens, lets all join and delivers what they say; troupe_run() goes on to the end of the run. */
void troupe_start(struct troupe *troupe);
void troupe_run(struct troupe *troupe);

/* The run has ended well, after `rounds` in secure-sum. */
void troupe_expect_done(const struct troupe *troupe, size_t rounds);
void troupe_expect_logged(const struct troupe *troupe, const char *text);

/* By whose updates the model has moved in `rounds`: bit i is participant i. */
void troupe_expect_model(const struct troupe *troupe, unsigned counted, unsigned rounds);

#endif
