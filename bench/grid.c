// SPDX-License-Identifier: Apache-2.0
#include "grid.h"

#include <assert.h>

enum { FACTOR_MAX = 16 };

static void add(struct grid *grid, struct grid_cell cell)
{
    for (int i = 0; i < grid->count; i++) {
        const struct grid_cell *other = &grid->cell[i];
        if (other->batch == cell.batch && other->threads == cell.threads &&
            !(other->width < cell.width || other->width > cell.width)) {
            return;
        }
    }
    assert(grid->count < GRID_MAX);
    grid->cell[grid->count++] = cell;
}

static int list_batches(int list[FACTOR_MAX], int base, int most)
{
    int count = 0;
    for (int eighths = 1; eighths <= 32; eighths *= 2) {
        const long batch = (long)base * eighths / 8;
        if (batch >= 1 && batch <= most) list[count++] = (int)batch;
    }
    return count;
}

static int list_threads(int list[FACTOR_MAX], int base)
{
    int count = 0;
    for (int threads = 1; threads < base && count < FACTOR_MAX - 1; threads *= 2) {
        list[count++] = threads;
    }
    list[count++] = base;
    return count;
}

static int list_widths(double list[FACTOR_MAX], double base, double least)
{
    int count = 0;
    for (int quarters = 1; quarters <= 4; quarters *= 2) {
        const double width = base * quarters / 4;
        if (width >= least) list[count++] = width;
    }
    return count;
}

void grid_plan(struct grid *grid, struct grid_cell base, struct grid_bounds bounds, bool full)
{
    int batch[FACTOR_MAX], threads[FACTOR_MAX];
    double width[FACTOR_MAX];
    const int batches = list_batches(batch, base.batch, bounds.batch_most);
    const int counts = list_threads(threads, base.threads);
    const int widths = list_widths(width, base.width, bounds.width_least);
    grid->count = 0;
    if (full) {
        for (int w = 0; w < widths; w++) {
            for (int t = 0; t < counts; t++) {
                for (int b = 0; b < batches; b++) {
                    add(grid, (struct grid_cell){batch[b], threads[t], width[w]});
                }
            }
        }
        return;
    }
    for (int b = 0; b < batches; b++) {
        add(grid, (struct grid_cell){batch[b], base.threads, base.width});
    }
    for (int t = 0; t < counts; t++) {
        add(grid, (struct grid_cell){base.batch, threads[t], base.width});
    }
    for (int w = 0; w < widths; w++) {
        add(grid, (struct grid_cell){base.batch, base.threads, width[w]});
    }
}
