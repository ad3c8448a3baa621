// SPDX-License-Identifier: Apache-2.0
/* traffic - what the transport carries and what the coordinator holds, on the loopback with CURVE.
 *
 * One process is the coordinator, the hub and the core of its rounds, without a store; another
 * one is all participants, whose training takes no time. So all of them fetch the model and offer
 * their updates at once, which is the worst that an honest federation does to its coordinator. */
#ifndef BENCH_TRAFFIC_H
#define BENCH_TRAFFIC_H

#include "base/status.h"

#include <stdint.h>

enum { TRAFFIC_PARTICIPANTS_MAX = 512 };

struct traffic_result {
    double seconds;       // of the upload, or of all rounds
    double cpu_seconds;   // of the coordinator's process, meanwhile
    uint64_t bytes;       // uploaded
    uint64_t memory;      // of the coordinator before anybody joined
    uint64_t peak_memory; // of the coordinator
    uint64_t model_bytes; // of the model as it is held
};

/* Frames of a chunk each, `mib` of them, from one participant to the hub. */
enum status traffic_upload(struct traffic_result *result, int mib) CHECKED;

/* Whole rounds with a model of so many numbers. */
enum status traffic_rounds(struct traffic_result *result, int participants, int numbers,
                           int rounds) CHECKED;

#endif
