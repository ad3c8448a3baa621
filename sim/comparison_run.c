// SPDX-License-Identifier: Apache-2.0
#include "comparison_run.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"
#include "base/stop.h"
#include "report/markup.h"
#include "world.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 100, GRACE_MS = 30000 };

struct runner {
    struct cell *cells;
    const struct comparison *comparison;
    size_t count, done, total; // total: those that waited at the start
    size_t next;               // in the order of next_cell()
};

static enum status open_cell(struct cell *cell, const struct comparison *comparison, size_t row,
                             const char *out)
{
    char name[LIMIT_NAME + 64];
    snprintf(name, sizeof name, "cells/%s-seed-%llu", comparison->rows[row].folder,
             (unsigned long long)cell->seed);
    const enum status status = files_join(cell->folder, out, name);
    return status == STATUS_OK ? cell_open(cell) : status;
}

enum status comparison_cells(struct cell **cells, const struct comparison *comparison,
                             const struct cell_tests *tests, const char *out)
{
    const size_t seeds = comparison->seed_count;
    struct world *world = calloc(1, sizeof *world);
    *cells = calloc(comparison->row_count * seeds, sizeof **cells);
    enum status status = STATUS_OK;
    if (*cells == NULL || world == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory: cells");
    }
    for (size_t r = 0; status == STATUS_OK && r < comparison->row_count; r++) {
        const struct comparison_row *row = &comparison->rows[r];
        status = world_plan(world, &row->config, launcher_cores());
        for (size_t s = 0; status == STATUS_OK && s < seeds; s++) {
            struct cell *cell = &(*cells)[r * seeds + s];
            cell->config = &row->config;
            cell->learn = &row->learn;
            cell->seed = comparison->seed[s];
            cell->tests = tests;
            status = open_cell(cell, comparison, r, out);
        }
    }
    free(world);
    return status;
}

/* All rows with the first seed, then all with the second: a table that is cut short is still
 * one. */
static struct cell *cell_at(const struct runner *runner, size_t index)
{
    const size_t rows = runner->comparison->row_count, seeds = runner->comparison->seed_count;
    return &runner->cells[index % rows * seeds + index / rows];
}

static void say_end(const struct runner *runner, const struct cell *cell)
{
    char time[MARKUP_QUANTITY];
    const size_t row = (size_t)(cell - runner->cells) / runner->comparison->seed_count;
    const char *method = runner->comparison->rows[row].method;
    const unsigned long long seed = cell->seed;
    const char *folder = runner->comparison->rows[row].folder;
    if (cell->state == CELL_DONE) {
        markup_duration(time, cell->result.seconds);
        log_info("%s (%s), seed %llu: %.2f %% in %s", method, folder, seed,
                 100 * cell->result.score[0].accuracy, time);
    } else {
        log_warning("%s (%s), seed %llu: %s: %s", method, folder, seed,
                    cell_state_word(cell->state), cell->result.failure);
    }
}

static enum status look(struct runner *runner, size_t *running)
{
    *running = 0;
    for (size_t i = 0; i < runner->count; i++) {
        struct cell *cell = &runner->cells[i];
        if (!cell_running(cell)) continue;
        const enum status status = cell_look(cell);
        if (status != STATUS_OK) return status;
        if (cell_running(cell)) {
            ++*running;
        } else {
            runner->done++;
            say_end(runner, cell);
        }
    }
    return STATUS_OK;
}

/* Asks all cells to end, then makes them. */
static void stop_cells(const struct runner *runner)
{
    const uint64_t start = clock_now_ms();
    size_t left = 1;
    for (size_t i = 0; i < runner->count; i++) {
        launcher_signal(&runner->cells[i].process, SIGTERM);
    }
    for (bool forced = false; left > 0;) {
        left = 0;
        for (size_t i = 0; i < runner->count; i++) {
            struct launcher_process *process = &runner->cells[i].process;
            (void)launcher_ended(process);
            left += process->running;
            if (forced) launcher_signal(process, SIGKILL);
        }
        forced = clock_now_ms() - start > GRACE_MS;
        if (left > 0) poll(NULL, 0, LOOK_MS);
    }
}

static enum status work(struct runner *runner, int slots, int threads)
{
    size_t running = 0;
    while (runner->next < runner->count || running > 0) {
        if (stop_requested()) return status_fail(STATUS_STOPPED, "stopped on request");
        while (running < (size_t)slots && runner->next < runner->count) {
            struct cell *cell = cell_at(runner, runner->next++);
            if (cell->state != CELL_WAITING) continue;
            const enum status status = cell_start(cell, threads);
            if (status != STATUS_OK) return status;
            running++;
        }
        poll(NULL, 0, LOOK_MS);
        const enum status status = look(runner, &running);
        if (status != STATUS_OK) return status;
        log_progress("comparison", runner->done, runner->total, "cells");
    }
    return STATUS_OK;
}

enum status comparison_run(struct cell *cells, const struct comparison *comparison, int slots,
                           int threads)
{
    struct runner runner = {.cells = cells,
                            .comparison = comparison,
                            .count = comparison->row_count * comparison->seed_count};
    size_t left_out = 0;
    for (size_t i = 0; i < runner.count; i++) {
        runner.total += cells[i].state == CELL_WAITING;
        left_out += cells[i].state == CELL_LEFT_OUT;
    }
    log_info("%s, profile %s: %zu cells, %zu of them finished before; %d at once, %d thread%s each",
             comparison->title, comparison->profile, runner.count,
             runner.count - runner.total - left_out, slots, threads, threads == 1 ? "" : "s");
    const enum status status = work(&runner, slots, threads);
    if (status == STATUS_OK) return STATUS_OK;
    char reason[STATUS_MESSAGE_MAX];
    snprintf(reason, sizeof reason, "%s", status_message());
    stop_cells(&runner);
    return status_fail(status, "%s", reason);
}
