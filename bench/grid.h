// SPDX-License-Identifier: Apache-2.0
/* grid - which batches, threads and widths are tried around a base.
 *
 * Batches from an eighth of the base to four times as many, doubled each time; threads 1, 2, 4 ..
 * up to the base, which is the last; widths a quarter, a half and the whole of the base. One factor
 * at a time, the others as in the base, or all with all. */
#ifndef BENCH_GRID_H
#define BENCH_GRID_H

#include <stdbool.h>

enum { GRID_MAX = 256 };

struct grid_cell {
    int batch, threads;
    double width;
};

struct grid {
    int count;
    struct grid_cell cell[GRID_MAX]; // no cell twice; batches first, then threads, then widths
};

/* What lies beyond these bounds is left out. */
struct grid_bounds {
    int batch_most;
    double width_least;
};

void grid_plan(struct grid *grid, struct grid_cell base, struct grid_bounds bounds, bool full);

#endif
