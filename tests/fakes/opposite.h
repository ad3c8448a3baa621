// SPDX-License-Identifier: Apache-2.0
/* opposite - plays the coordinator to one session, a message at a time. */
#ifndef FAKES_OPPOSITE_H
#define FAKES_OPPOSITE_H

#include "session/session.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    OPPOSITE_NUMBERS = 4, // of the model
    OPPOSITE_ROUNDS = 9,  // of the federation
};

struct opposite {
    struct manifest manifest;
    struct session *session;
    struct session_job job; // that opposite_job_of() saw last
    uint64_t now_ms;
    uint32_t reporters_max; // in announcements
};

extern const float opposite_first[OPPOSITE_NUMBERS], opposite_second[OPPOSITE_NUMBERS];

/* What the session gave last. */
extern struct session_output opposite_output;

/* A session that has just been made and ticked once. `trained`: the round whose update on the model
 * opposite_first it holds from the start; 0: none. */
void opposite_open(struct opposite *bench);
void opposite_open_secure(struct opposite *bench, const struct session_secure *secure,
                          bool shares_nothing, uint32_t trained);
void opposite_close(struct opposite *bench);

enum session_job_kind opposite_job_of(struct opposite *bench);

/* The next message that is said; fails the test when there is none. */
const struct from_participant *opposite_said(struct opposite *bench);

/* Forgets what was said so far; fails the test when anything was. */
void opposite_drop_said(struct opposite *bench);
void opposite_expect_silence(struct opposite *bench);

/* A message of the session's run with nothing in it, and its delivery. */
struct from_coordinator *opposite_message_of(enum coordinator_message kind, uint32_t round);
void opposite_hear(struct opposite *bench, const struct from_coordinator *message);

/* Answers the Join; the session then wants its images loaded, which opposite_ready() says. */
void opposite_welcome(struct opposite *bench, uint32_t next_round);
void opposite_ready(struct opposite *bench, bool evaluates);

/* Announces the model that `round` begins with, or the final one; sends its only chunk. */
void opposite_announce(struct opposite *bench, uint32_t round, const float values[OPPOSITE_NUMBERS],
                       bool final);
void opposite_give_chunk(struct opposite *bench, uint32_t round,
                         const float values[OPPOSITE_NUMBERS]);

/* Announces it, lets it be fetched and taken. */
void opposite_bring_model(struct opposite *bench, uint32_t round,
                          const float values[OPPOSITE_NUMBERS], bool final);

/* Does the job of encoding. */
void opposite_encode(struct opposite *bench);

#endif
