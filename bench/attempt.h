// SPDX-License-Identifier: Apache-2.0
/* attempt - one attempt of the secure exchange, both sides in memory and without a wire: what each
 * step costs a participant and the coordinator, and how many bytes it sends.
 *
 * It runs secure/blinder.h and secure/unblinder.h as a federation would. Updates are known, so
 * that the opened sum can be compared with what it must be. Participants that drop out do so after
 * they have dealt their shares, when it costs most. */
#ifndef BENCH_ATTEMPT_H
#define BENCH_ATTEMPT_H

#include "base/status.h"
#include "secure/neighbours.h"

#include <stddef.h>

enum { ATTEMPT_PARAMETERS_MAX = 1 << 28 };

#define ATTEMPT_CORRUPT     0.33 // share assumed to conspire
#define ATTEMPT_DROPOUT_MIN 0.1  // least share assumed to drop out

enum attempt_step {
    ATTEMPT_KEYS,       // fresh keys          | the board
    ATTEMPT_SHARES,     // shares for holders  | all are taken
    ATTEMPT_PARCELS,    // they are read       | parcels for each
    ATTEMPT_UPDATE,     // blinded             |
    ATTEMPT_COUNTED,    // the list is signed  | the list
    ATTEMPT_SIGNATURES, // they are read       | all signatures
    ATTEMPT_RELEASE,    // shares are given    | taken, until they are enough
    ATTEMPT_OPEN,       //                     | secrets joined, seeds agreed on
    ATTEMPT_REMOVE,     //                     | keystreams removed
    ATTEMPT_STEPS
};

/* Their names. */
extern const char *const attempt_names[ATTEMPT_STEPS];

struct attempt_task {
    size_t participants; // NEIGHBOURS_PARTICIPANTS_MIN..LIMIT_COHORT_SECURE
    double dropped;      // share of them, from 0 to 0.5
    size_t parameters;   // numbers of an update
    int bits;            // of each: 16, 24 or 32
    int threads;         // of the coordinator, that remove keystreams
};

/* Seconds on the clock and of processors. */
struct attempt_cost {
    double wall, processor;
};

struct attempt_result {
    struct neighbours_plan plan;
    size_t dropped;
    struct {
        struct attempt_cost participant; // mean of all who take the step
        struct attempt_cost coordinator; // for all of them
        size_t up, down;                 // bytes, the most of any participant
    } steps[ATTEMPT_STEPS];
};

/* Fails as the two sides do; STATUS_BAD_INPUT when the opened sum is not that of the updates. */
enum status attempt_run(struct attempt_result *result, const struct attempt_task *task) CHECKED;

#endif
