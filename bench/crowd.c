// SPDX-License-Identifier: Apache-2.0
#include "crowd.h"

#include <string.h>

static const double wanted_share = 0.95;

static void add_up(struct crowd *crowd, const struct trial *trial)
{
    crowd->total = crowd->each[0];
    crowd->total.seconds = crowd->total.flops = 0;
    crowd->total.peak_memory = 0;
    for (int i = 0; i < crowd->processes; i++) {
        const struct trial_result *result = &crowd->each[i];
        crowd->together += trial_images_per_second(trial, result);
        crowd->total.seconds += result->seconds / crowd->processes;
        crowd->total.flops += result->flops;
        crowd->total.peak_memory += result->peak_memory;
    }
}

/* Images a second of one process with so many threads; *rate keeps the better one. */
static enum status run_one(double *rate, const struct trial *trial, int threads)
{
    struct trial one = *trial;
    struct trial_result result;
    one.threads = threads;
    const enum status status = fleet_run(&result, sizeof result, 1, trial_run, &one);
    if (status != STATUS_OK) return status;
    const double found = trial_images_per_second(&one, &result);
    if (found > *rate) *rate = found;
    return STATUS_OK;
}

static enum status run_peaks(struct crowd *crowd, int threads)
{
    const struct peak_task task = {threads, PEAK_SECONDS};
    struct peak_result peaks[FLEET_MAX];
    enum status status =
        fleet_run(&crowd->peak_alone, sizeof crowd->peak_alone, 1, peak_run, &task);
    if (status == STATUS_OK) {
        status = fleet_run(peaks, sizeof *peaks, crowd->processes, peak_run, &task);
    }
    if (status != STATUS_OK) return status;
    crowd->peak_each.instructions = peaks[0].instructions;
    for (int i = 0; i < crowd->processes; i++) {
        crowd->peak_each.gflops += peaks[i].gflops / crowd->processes;
        crowd->peak_each.copy_gb_per_s += peaks[i].copy_gb_per_s / crowd->processes;
    }
    return STATUS_OK;
}

enum status crowd_run(struct crowd *crowd, const struct trial *trial, int processes)
{
    const int all = trial->threads * processes;
    memset(crowd, 0, sizeof *crowd);
    crowd->processes = processes;
    // Before and after: a machine that grows slower in between does not flatter the crowd.
    enum status status = run_one(&crowd->single, trial, all);
    if (status == STATUS_OK) {
        status = fleet_run(crowd->each, sizeof *crowd->each, processes, trial_run, trial);
    }
    if (status == STATUS_OK) status = run_one(&crowd->single, trial, all);
    if (status != STATUS_OK) return status;
    add_up(crowd, trial);
    crowd->share = crowd->together / crowd->single;
    crowd->limited = crowd->share < wanted_share;
    if (!crowd->limited) return STATUS_OK;
    status = run_one(&crowd->alone, trial, trial->threads);
    return status == STATUS_OK ? run_peaks(crowd, trial->threads) : status;
}
