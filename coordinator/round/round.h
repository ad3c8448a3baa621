// SPDX-License-Identifier: Apache-2.0
/* round - the coordinator's side of the protocol, without input or output, clock or chance.
 *
 *     JOIN -> GATHER of round 0: the initial model
 *                 |
 *                 v
 *             GATHER -> (KEYS -> SHARES ->) UPDATES -> (CONSISTENCY -> UNBLIND ->) PUBLISH -> DONE
 *             ^   ^                            |                                    |
 *             |   '-- next attempt: too few ---'                                    |
 *             '---------------- next round -----------------------------------------'
 *     any phase -> FAILED: too few participants, a fault, or round_stop()
 *
 * With a trusted coordinator the phases in brackets are skipped; with secure-sum the updates that
 * are added are blinded, and the exchange (secure/unblinder.h) takes the blinding off their sum.
 * KEYS and SHARES go on while the cohort trains. Each step waits for those who are there, at most
 * federation.secure.answer_seconds; who is lost, does not answer or begins anew leaves the
 * attempt; who breaks a rule is refused by name. Too few at any step: another attempt, with fresh
 * keys.
 *
 * Events go in (round_message, round_gone, round_tick, round_stop), what the program has to do
 * comes out of round_next(). The table in round.c says which message a phase takes; whatever it
 * does not list is refused.
 *
 * Who takes part. A participant is known by its place in the roster, which its connection has
 * proved. At joining, protocol version, federation section and model type must agree; otherwise
 * it is refused with a reason. The coordinator builds no networks, so it learns the manifest of
 * the shared tensors from the first participant, and with it the fingerprint of the mask's secret,
 * which it never sees; who differs from it is refused, and it is forgotten when nobody is left.
 *
 * The initial model follows from config.seed. Each participant offers its own after its images
 * are loaded, and is ready by that; the coordinator takes that of the lowest place in the
 * roster. When the others' digests differ, all are told (the seed is no part of the federation
 * section: deployments may draw it apart), and nobody is refused: the model that is published is
 * the same for all.
 *
 * What is lost on the way. Each message of a participant names the round and attempt it works
 * on; to one that is behind, the model's announcement is repeated. Chunks are asked for again,
 * everything is idempotent. A participant that is silent for silence_ms, or unreachable for
 * gone_ms, is lost: no round waits for it, but it is welcome back at any time, also in the round
 * that it was lost in.
 *
 * Memory: one model, one sum, and ROUND_UPLOADS updates that are under way: about four models,
 * whatever the number of participants; with secure-sum the shares of the exchange as well. An
 * update is added only when its digest is right. */
#ifndef ROUND_ROUND_H
#define ROUND_ROUND_H

#include "base/config.h"
#include "base/log.h"
#include "base/status.h"
#include "model/model.h"
#include "secure/roster.h"
#include "store.h"
#include "wire/envelope.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ROUND_UPLOADS = 2,        // updates that are fetched at once
    ROUND_ATTEMPTS = 3,       // at each round
    ROUND_ALIVE_MS = 3000,    // to each participant, something is sent at least so often
    ROUND_GONE_MS = 4000,     // a closed connection may come back so long
    ROUND_SILENCE_MS = 30000, // default of silence_ms
};

struct round;

struct round_options {
    const struct config_federation *federation; // copied
    const struct roster *roster;                // its names are copied
    uint64_t seed;                              // of the cohorts
    int threads;                                // for adding; 0: all cores
    uint64_t silence_ms;                        // after so much silence a participant is lost
    uint8_t session[ENVELOPE_SESSION_BYTES];    // fresh for each run, not all zero
};

enum round_output_kind {
    ROUND_SEND,       // message to peer
    ROUND_NOTE,       // a line for the log
    ROUND_PUBLISHED,  // `record` and `model`: to be stored before the outputs that follow are used
    ROUND_EVALUATION, // `evaluation`: to be stored
    ROUND_COUNTED,    // `counted`: to be stored before the outputs that follow are used
    ROUND_ENDED,      // success, text: nothing but answers to stragglers follows
};

/* Whose sum over the model of a round participants are asked to agree upon. */
struct round_counted {
    uint32_t round;
    const uint32_t *places; // ascending
    size_t count;
};

/* What to do next. Pointers stay valid until the next call of any function of this round. */
struct round_output {
    enum round_output_kind kind;
    size_t peer;
    struct from_coordinator message; // a chunk's payload points into the model
    enum log_level level;
    char text[ENVELOPE_REASON];
    bool success;
    struct store_round *record; // bytes_up and bytes_down are the program's to fill
    const struct model *model;
    const struct store_evaluation *evaluation;
    struct round_counted counted;
};

/* Starts in JOIN. STATUS_BAD_CONFIG when the roster is too short, or no secure exchange can be done
 * with so many as federation.secure says. */
enum status round_create(struct round **round, const struct round_options *options) CHECKED;
void round_destroy(struct round **round);

/* Goes on with a run that was cut off after `number` was published (0: the initial model was
 * taken), before the first event: takes the model, waits for participants as at the start, and
 * begins the next round; after the last one it only hands the final model out. Momentum of the
 * coordinator (federation.server.momentum) begins anew. `counted`: the last ROUND_COUNTED that was
 * stored, copied; count 0: none. */
enum status round_continue(struct round *round, uint32_t number, struct model *model,
                           const struct round_counted *counted) CHECKED;

/* One event each; now_ms never goes back. A chunk's payload is copied. */
void round_message(struct round *round, size_t peer, const struct from_participant *message,
                   uint64_t now_ms);
void round_malformed(struct round *round, size_t peer, const char *reason, uint64_t now_ms);
void round_gone(struct round *round, size_t peer, uint64_t now_ms);
void round_tick(struct round *round, uint64_t now_ms); // every second or oftener

/* Ends the run from outside: a signal, or a store that cannot write. Drops outputs that are
 * waiting, tells everyone and ends with ROUND_ENDED. */
void round_stop(struct round *round, const char *reason);

/* Takes the next output; false when there is none. */
bool round_next(struct round *round, struct round_output *output);

/* Whether the run has ended and all participants have gone: until then, but not for long, the
 * program goes on serving, since a connection that is closed takes unread messages with it. */
bool round_settled(const struct round *round);

enum phase round_phase(const struct round *round);

/* Numbers of the model; 0 before the first participant has told its type. */
size_t round_numbers(const struct round *round);

/* The last published model, NULL before there is one. */
const struct model *round_model(const struct round *round);

/* One line for people: what is waited for, whom, until when; empty when nothing is. */
void round_waiting(const struct round *round, char *text, size_t size);

/* Messages that were ignored because they came late, and that were refused. */
uint64_t round_stale(const struct round *round);
uint64_t round_refused(const struct round *round);

#endif
