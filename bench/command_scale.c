// SPDX-License-Identifier: Apache-2.0
/* fedveil bench scale - images a second against batch, threads and width. */
#include "commands.h"

#include "base/argument.h"
#include "fleet.h"
#include "grid.h"
#include "measure.h"
#include "nn/tuning.h"
#include "peak.h"
#include "record.h"
#include "trial.h"

#include <argp.h>
#include <omp.h>
#include <stdbool.h>
#include <stdio.h>

static const char *const modes[] = {"train", "embed", NULL};

struct request {
    struct trial base;
    struct tuning tuning;
    bool full, json;
};

struct row {
    struct trial trial;
    struct trial_result result;
    struct peak_result peak; // of as many threads
};

static const struct argp_option options[] = {
    {"mode", 'm', "MODE", 0, "train or embed (train)", 0},
    {"net", 'n', "NET", 0, "ir_se_18, ir_se_34 or ir_se_50 (ir_se_18)", 0},
    {"input", 'i', "INPUT", 0, "native: 14x14 maps; pixels: 112x112 (native)", 0},
    {"batch", 'b', "B", 0, "of the base: an eighth to four times as many are tried (64)", 0},
    {"threads", 't', "T", 0, "of the base: 1, 2, 4 .. T are tried (all cores)", 0},
    {"width", 'w', "W", 0, "of the base: a quarter, a half and all of it are tried (1)", 0},
    {"tuning", 'u', "FILE", 0, "of bench tune: how convolutions are computed", 0},
    {"steps", 's', "N", 0, "steps that are timed in each cell (3)", 0},
    {"full", 'f', NULL, 0, "every batch with every number of threads and every width", 0},
    {"json", 'j', NULL, 0, "print one JSON object instead of text", 0},
    {0},
};

static enum status set(struct request *request, int key, const char *text)
{
    struct trial *base = &request->base;
    int word = 0;
    enum status status = STATUS_OK;
    switch (key) {
    case 'm':
        status = argument_word(&word, "--mode", text, modes);
        base->mode = (enum trial_mode)word;
        return status;
    case 'u':
        tuning_destroy(&request->tuning);
        base->tuning = &request->tuning;
        return tuning_read(&request->tuning, text);
    case 'f':
        request->full = true;
        return STATUS_OK;
    case 'j':
        request->json = true;
        return STATUS_OK;
    default:
        return trial_option(base, key, text);
    }
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    if (key == ARGP_KEY_ARG) argp_error(state, "%s: no such argument", text);
    if (key <= 0 || key >= 128) return ARGP_ERR_UNKNOWN; // a step of argp's, no letter of ours
    if (set(state->input, key, text) != STATUS_OK) argp_error(state, "%s", status_message());
    return 0;
}

static double of_peak(const struct row *row)
{
    return 100 * trial_gflops(&row->result) / row->peak.gflops;
}

static void print_head(const struct request *request, const struct row *row)
{
    printf("%s %s, %s input of %d channels, %s kernels, peak by %s vectors\n",
           modes[request->base.mode], trial_nets[request->base.net],
           trial_inputs[request->base.input], trial_channels(&request->base), row->result.kernels,
           row->peak.instructions);
    puts("batch  threads   width  images/s  s a step  GFLOP/s  of peak  memory MiB");
}

static void print_row(const struct row *row)
{
    const struct trial *trial = &row->trial;
    printf("%5d  %7d  %6.4g  %8.1f  %8.4f  %7.1f  %5.1f %%  %10.0f\n", trial->batch, trial->threads,
           trial->width, trial_images_per_second(trial, &row->result), row->result.seconds,
           trial_gflops(&row->result), of_peak(row), (double)row->result.peak_memory / 1048576.0);
    fflush(stdout);
}

static void record_rows(const struct request *request, const struct row *rows, int count)
{
    struct record record;
    record_start(&record, stdout);
    record_text(&record, "mode", modes[request->base.mode]);
    record_text(&record, "net", trial_nets[request->base.net]);
    record_text(&record, "input", trial_inputs[request->base.input]);
    record_count(&record, "channels", (uint64_t)trial_channels(&request->base));
    record_text(&record, "kernels", rows[0].result.kernels);
    record_text(&record, "peak_instructions", rows[0].peak.instructions);
    record_list_open(&record, "cells");
    for (int i = 0; i < count; i++) {
        const struct trial *trial = &rows[i].trial;
        record_open(&record);
        record_count(&record, "batch", (uint64_t)trial->batch);
        record_count(&record, "threads", (uint64_t)trial->threads);
        record_number(&record, "width", trial->width, 4);
        record_number(&record, "images_per_second", trial_images_per_second(trial, &rows[i].result),
                      2);
        record_number(&record, "seconds_per_step", rows[i].result.seconds, 6);
        record_number(&record, "gflops", trial_gflops(&rows[i].result), 2);
        record_number(&record, "peak_gflops", rows[i].peak.gflops, 2);
        record_number(&record, "percent_of_peak", of_peak(&rows[i]), 2);
        record_count(&record, "peak_rss_bytes", rows[i].result.peak_memory);
        record_close(&record);
    }
    record_list_close(&record);
    record_end(&record);
}

/* The peak of so many threads, measured once. */
static enum status find_peak(struct peak_result *peak, const struct row *rows, int count,
                             int threads)
{
    for (int i = 0; i < count; i++) {
        if (rows[i].trial.threads != threads) continue;
        *peak = rows[i].peak;
        return STATUS_OK;
    }
    const struct peak_task task = {threads, PEAK_SECONDS};
    return fleet_run(peak, sizeof *peak, 1, peak_run, &task);
}

static enum status run(const struct request *request, const struct grid *grid)
{
    static struct row rows[GRID_MAX];
    for (int i = 0; i < grid->count; i++) {
        struct row *row = &rows[i];
        row->trial = request->base;
        row->trial.batch = grid->cell[i].batch;
        row->trial.threads = grid->cell[i].threads;
        row->trial.width = grid->cell[i].width;
        enum status status = find_peak(&row->peak, rows, i, row->trial.threads);
        if (status == STATUS_OK) {
            status = fleet_run(&row->result, sizeof row->result, 1, trial_run, &row->trial);
        }
        if (status != STATUS_OK) return status;
        if (request->json) continue;
        if (i == 0) print_head(request, row);
        print_row(row);
    }
    if (request->json) record_rows(request, rows, grid->count);
    return STATUS_OK;
}

enum status command_scale(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "Images a second against batch, threads and width around a base, one factor at a "
               "time, and the share of the peak rate of the same threads. Operations are counted "
               "as the formulas say, so that a fast algorithm may exceed the peak."};
    struct request request = {.full = false};
    struct grid grid;
    trial_defaults(&request.base);
    request.base.threads = omp_get_num_procs();
    request.base.steps = 3;
    argp_parse(&argp, argc, argv, 0, NULL, &request);
    const struct grid_cell base = {request.base.batch, request.base.threads, request.base.width};
    grid_plan(&grid, base, (struct grid_bounds){TRIAL_BATCH_MAX, TRIAL_WIDTH_MIN}, request.full);
    const enum status status = run(&request, &grid);
    tuning_destroy(&request.tuning);
    return status;
}
