// SPDX-License-Identifier: Apache-2.0
/* crowd - several processes that work at the same time, against one with all their threads.
 *
 * Participants of one machine are processes: what they lose to each other is measured, and where
 * they lose more than a twentieth, what they share: cores and clock (products in registers), memory
 * (copies). */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include "base/status.h"
#include "fleet.h"
#include "peak.h"
#include "trial.h"

#include <stdbool.h>

struct crowd {
    int processes;
    struct trial_result each[FLEET_MAX];
    double together;           // images a second, summed
    struct trial_result total; // of all: mean step, operations and memory summed
    double single;             // images a second of one process with all threads, the better of two
    double share;              // together / single
    bool limited;              // share < 0.95: what follows is measured
    double alone;              // images a second of one process, nobody beside it
    struct peak_result peak_alone, peak_each; // of one process; each is the mean over all
};

/* Runs `trial` in so many processes with trial->threads threads each. */
enum status crowd_run(struct crowd *crowd, const struct trial *trial, int processes) CHECKED;

#endif
