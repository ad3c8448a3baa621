// SPDX-License-Identifier: Apache-2.0
/* peak - what the machine can do at most: products with sums in registers, and bytes copied.
 *
 * peak_fma.c is compiled once for each instruction set, as nn/kernels.c is; the widest that the
 * machine has is used. The best of several runs counts: a peak is what nothing has disturbed. */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

#include "base/status.h"
#include "fleet.h"

#include <stddef.h>

/* One instruction set's loop. */
struct peak_set {
    const char *name;
    size_t flops; // of one round

    /* So many rounds; returns a number that depends on all of them. */
    float (*run)(size_t rounds);
};

#define PEAK_SECONDS 0.04 // of a run: long against a tick, short enough to be left alone

struct peak_task {
    int threads;
    double seconds; // for each of several runs
};

struct peak_result {
    double gflops;            // of all threads together
    double copy_gb_per_s;     // read and written, by all threads, from and to main memory
    const char *instructions; // name of the set
};

/* The widest set of this machine, and the one without any instruction set's name. */
const struct peak_set *peak_get(void);
const struct peak_set *peak_portable(void);

/* Measures (a fleet_job of peak_task and peak_result). `fleet` may be NULL. */
enum status peak_run(void *result, const void *task, struct fleet *fleet) CHECKED;

#endif
