// SPDX-License-Identifier: Apache-2.0
/* fedveil bench train, fedveil bench embed - images a second of a network at work. */
#include "commands.h"

#include "base/argument.h"
#include "crowd.h"
#include "fleet.h"
#include "measure.h"
#include "nn/tuning.h"
#include "record.h"
#include "trial.h"

#include <argp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const modes[] = {"train", "embed"};

struct request {
    struct trial trial;
    struct tuning tuning;
    int processes;
    bool json;
};

static const struct argp_option options[] = {
    {"net", 'n', "NET", 0, "ir_se_18, ir_se_34 or ir_se_50 (ir_se_18)", 0},
    {"input", 'i', "INPUT", 0, "native: 14x14 maps; pixels: 112x112 (native)", 0},
    {"channels", 'c', "C", 0, "channels of the input (35 native, 3 pixels)", 0},
    {"width", 'w', "W", 0, "multiplies the network's channels (1)", 0},
    {"batch", 'b', "B", 0, "images of a step (64)", 0},
    {"classes", 'k', "N", 0, "people of the class head (1000)", 0},
    {"threads", 't', "T", 0, "threads of a process (2)", 0},
    {"steps", 's', "N", 0, "steps that are timed, after one that is not (7)", 0},
    {"tuning", 'u', "FILE", 0, "of bench tune: how convolutions are computed", 0},
    {"processes", 'p', "P", 0, "processes at the same time, against one with P*T threads (1)", 0},
    {"json", 'j', NULL, 0, "print one JSON object instead of text", 0},
    {0},
};

static enum status set(struct request *request, int key, const char *text)
{
    switch (key) {
    case 'u':
        tuning_destroy(&request->tuning);
        request->trial.tuning = &request->tuning;
        return tuning_read(&request->tuning, text);
    case 'p':
        return argument_integer(&request->processes, "--processes", text, 1, FLEET_MAX);
    case 'j':
        request->json = true;
        return STATUS_OK;
    default:
        return trial_option(&request->trial, key, text);
    }
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    if (key == ARGP_KEY_ARG) argp_error(state, "%s: no such argument", text);
    if (key <= 0 || key >= 128) return ARGP_ERR_UNKNOWN; // a step of argp's, no letter of ours
    if (set(state->input, key, text) != STATUS_OK) argp_error(state, "%s", status_message());
    return 0;
}

static void record_trial(struct record *record, const struct trial *trial,
                         const struct trial_result *result, double images_per_second)
{
    record_start(record, stdout);
    record_text(record, "net", trial_nets[trial->net]);
    record_text(record, "input", trial_inputs[trial->input]);
    record_count(record, "channels", (uint64_t)trial_channels(trial));
    record_number(record, "width", trial->width, 4);
    record_count(record, "batch", (uint64_t)trial->batch);
    record_count(record, "classes", (uint64_t)trial->classes);
    record_count(record, "threads", (uint64_t)trial->threads);
    record_text(record, "mode", modes[trial->mode]);
    record_count(record, "parameters", result->parameters);
    record_number(record, "seconds_per_step", result->seconds, 6);
    record_number(record, "images_per_second", images_per_second, 2);
    record_count(record, "peak_rss_bytes", result->peak_memory);
    record_text(record, "kernels", result->kernels);
    record_number(record, "gflops", trial_gflops(result), 2);
}

static void print_trial(const struct trial *trial, const struct trial_result *result)
{
    printf("%s, %s input of %d channels, width %g, batch %d, threads %d, %s kernels\n",
           trial_nets[trial->net], trial_inputs[trial->input], trial_channels(trial), trial->width,
           trial->batch, trial->threads, result->kernels);
    printf("%-14s %.2f images/s, %.4f s a step\n", modes[trial->mode],
           trial_images_per_second(trial, result), result->seconds);
    printf("rate           %.1f GFLOP/s effective\n", trial_gflops(result));
    printf("parameters     %llu\n", (unsigned long long)result->parameters);
    printf("peak memory    %.0f MiB\n", (double)result->peak_memory / 1048576.0);
}

static enum status run_single(const struct request *request)
{
    const struct trial *trial = &request->trial;
    struct trial_result result;
    const enum status status = fleet_run(&result, sizeof result, 1, trial_run, trial);
    if (status != STATUS_OK) return status;
    if (request->json) {
        struct record record;
        record_trial(&record, trial, &result, trial_images_per_second(trial, &result));
        record_end(&record);
    } else {
        print_trial(trial, &result);
    }
    return STATUS_OK;
}

static void record_crowd(const struct crowd *crowd, const struct trial *trial)
{
    struct record record;
    record_trial(&record, trial, &crowd->total, crowd->together);
    record_count(&record, "processes", (uint64_t)crowd->processes);
    record_number(&record, "single_images_per_second", crowd->single, 2);
    record_number(&record, "share_percent", 100 * crowd->share, 2);
    if (crowd->limited) {
        record_number(&record, "alone_images_per_second", crowd->alone, 2);
        record_number(&record, "alone_peak_gflops", crowd->peak_alone.gflops, 2);
        record_number(&record, "each_peak_gflops", crowd->peak_each.gflops, 2);
        record_number(&record, "alone_copy_gb_per_s", crowd->peak_alone.copy_gb_per_s, 2);
        record_number(&record, "each_copy_gb_per_s", crowd->peak_each.copy_gb_per_s, 2);
    }
    record_end(&record);
}

static void print_fact(const char *what, const char *unit, double alone, double each)
{
    printf("  %-24s %8.2f %s alone, %8.2f each beside the others: %.1f %%\n", what, alone, unit,
           each, 100 * each / alone);
}

static void print_crowd(const struct crowd *crowd, const struct trial *trial)
{
    const int processes = crowd->processes;
    puts("processes  threads of each  images/s");
    printf("%9d  %15d  %8.2f  %.1f %%, %.0f MiB in all\n", processes, trial->threads,
           crowd->together, 100 * crowd->share, (double)crowd->total.peak_memory / 1048576.0);
    printf("%9d  %15d  %8.2f  100 %%, the better of two runs\n", 1, processes * trial->threads,
           crowd->single);
    if (!crowd->limited) return;
    puts("What one process has alone, and beside the others:");
    print_fact("images", "1/s", crowd->alone, crowd->together / processes);
    print_fact("products in registers", "GFLOP/s", crowd->peak_alone.gflops,
               crowd->peak_each.gflops);
    print_fact("copies in main memory", "GB/s", crowd->peak_alone.copy_gb_per_s,
               crowd->peak_each.copy_gb_per_s);
}

static enum status run_crowd(const struct request *request)
{
    static struct crowd crowd;
    const enum status status = crowd_run(&crowd, &request->trial, request->processes);
    if (status != STATUS_OK) return status;
    if (request->json) {
        record_crowd(&crowd, &request->trial);
    } else {
        print_trial(&request->trial, &crowd.each[0]);
        print_crowd(&crowd, &request->trial);
    }
    return STATUS_OK;
}

enum status command_train(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "Times steps of a recogniser on random inputs; the median counts. `train` is "
               "forward, ArcFace, backward and SGD, `embed` is forward alone."};
    struct request request = {.processes = 1};
    trial_defaults(&request.trial);
    if (strcmp(commands_word(argv), "embed") == 0) request.trial.mode = TRIAL_EMBED;
    argp_parse(&argp, argc, argv, 0, NULL, &request);
    const enum status status = request.processes > 1 ? run_crowd(&request) : run_single(&request);
    tuning_destroy(&request.tuning);
    return status;
}
