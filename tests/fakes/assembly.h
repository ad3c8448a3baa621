// SPDX-License-Identifier: Apache-2.0
/* assembly - a coordinator's round and the sessions of its participants, joined by a network in
 * memory under a clock of its own: whole runs without sockets, files or waiting.
 *
 * Messages pass the envelope both ways. "Training" takes work_ms and moves number j of
 * participant i's model in round r by a fixed amount, assembly_step(i, r, j), so that a test can
 * say which model must come out. The coordinator is trusted unless a test says otherwise. */
#ifndef FAKES_ASSEMBLY_H
#define FAKES_ASSEMBLY_H

#include "base/config.h"
#include "base/random.h"
#include "model/model.h"
#include "round/round.h"
#include "session/session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ASSEMBLY_MEMBERS = 80, ASSEMBLY_ROUNDS = 16 };

struct assembly;

/* May change what a participant says, or send other things as well; false: it is not sent. */
typedef bool assembly_tamper(struct assembly *assembly, size_t member,
                             struct from_participant *message);

/* How a participant is, and what is wrong with it. */
struct assembly_member {
    uint64_t load_ms, work_ms, evaluate_ms;
    uint64_t weight;
    bool evaluates;
    float initial; // every number of its initial model
    bool other_federation, other_model, other_mask;
    int extra_bytes;         // of its updates
    bool corrupts_chunks;    // after it announced their digest
    bool unreachable;        // nothing passes, either way (see `connected`)
    assembly_tamper *tamper; // NULL: it says what its session says
    // what follows is the assembly's
    uint8_t sign_secret[EXCHANGE_SIGN_SECRET_BYTES];
    struct ledger ledger; // its journal, which outlives its program
    bool running, connected;
    struct session *session;
    struct session_job job; // being done until `busy_until`; SESSION_WAIT: none
    uint64_t busy_until;
    struct model base; // values NULL until loaded
    float *update;
    unsigned trainings, evaluations;
    bool ended, success;
    char reason[ENVELOPE_REASON];
};

struct assembly_frame {
    uint64_t at_ms, number;
    bool up;
    size_t peer;
    uint8_t *bytes;
    size_t size;
};

struct assembly {
    struct config config;
    size_t members;
    struct assembly_member member[ASSEMBLY_MEMBERS];
    struct manifest manifest;
    unsigned loss, repeats; // frames in 1000 that are lost, that arrive twice
    uint64_t delay_ms;      // most that a frame is late: frames overtake each other
    struct random random;
    uint8_t sign_keys[ASSEMBLY_MEMBERS][EXCHANGE_SIGN_PUBLIC_BYTES];

    struct round *round;
    uint8_t session[ENVELOPE_SESSION_BYTES];
    uint64_t now_ms;
    struct assembly_frame *frames;
    size_t frame_count, frame_room;
    uint64_t frame_number;

    // what the round gave
    size_t rounds;
    struct store_round record[ASSEMBLY_ROUNDS]; // reporters owned
    size_t evaluations;
    uint32_t counted_round, counted[ASSEMBLY_MEMBERS]; // of the last ROUND_COUNTED
    size_t counted_count;
    struct store_evaluation evaluation[64];
    bool ended, success;
    char reason[ENVELOPE_REASON];
    char log[1 << 16]; // of the coordinator, a line for each note; what is more is lost
};

/* `count` participants whose model has `numbers` numbers; all quick and honest, none started.
 * Change config and members, then assembly_open(). */
void assembly_prepare(struct assembly *assembly, size_t count, size_t numbers);
void assembly_open(struct assembly *assembly);
void assembly_close(struct assembly *assembly);

/* kill -9 of the coordinator, and another one that goes on with the last published model; what was
 * on the network is lost. */
void assembly_restart(struct assembly *assembly);

void assembly_start(struct assembly *assembly, size_t member);
void assembly_start_all(struct assembly *assembly);

/* kill -9: its connection is closed. */
void assembly_kill(struct assembly *assembly, size_t member);

/* Runs for so long, or until the coordinator has ended and all running participants know. */
void assembly_run(struct assembly *assembly, uint64_t duration_ms);

/* Runs until the given round is published; fails the test when that takes too long. */
void assembly_run_to_round(struct assembly *assembly, size_t rounds);

/* Runs until the coordinator is in that phase of that round; fails as well. */
void assembly_run_to_phase(struct assembly *assembly, uint32_t round, enum phase phase);

/* Puts a message of a participant on the network, as if it had sent it. */
void assembly_inject(struct assembly *assembly, size_t member,
                     const struct from_participant *message);

/* A message with the context that the run is in now. */
struct from_participant *assembly_message(const struct assembly *assembly,
                                          enum participant_message kind);

float assembly_step(size_t member, uint32_t round, size_t number);

#endif
