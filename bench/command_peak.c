// SPDX-License-Identifier: Apache-2.0
/* fedveil bench peak - what the machine could do at most. */
#include "commands.h"

#include "base/argument.h"
#include "fleet.h"
#include "peak.h"
#include "record.h"
#include "trial.h"

#include <argp.h>
#include <omp.h>
#include <stdbool.h>
#include <stdio.h>

struct request {
    int threads;
    bool json;
};

static const struct argp_option options[] = {
    {"threads", 't', "T", 0, "threads (all cores)", 0},
    {"json", 'j', NULL, 0, "print one JSON object instead of text", 0},
    {0},
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct request *request = state->input;
    switch (key) {
    case 't':
        if (argument_integer(&request->threads, "--threads", text, 1, TRIAL_THREADS_MAX) !=
            STATUS_OK) {
            argp_error(state, "%s", status_message());
        }
        break;
    case 'j':
        request->json = true;
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "%s: no such argument", text);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void print(const struct request *request, const struct peak_result *result)
{
    if (!request->json) {
        printf("threads %d, %s vectors\n", request->threads, result->instructions);
        printf("products in registers  %.1f GFLOP/s\n", result->gflops);
        printf("copies in main memory  %.1f GB/s, read and written\n", result->copy_gb_per_s);
        return;
    }
    struct record record;
    record_start(&record, stdout);
    record_count(&record, "threads", (uint64_t)request->threads);
    record_text(&record, "instructions", result->instructions);
    record_number(&record, "gflops", result->gflops, 2);
    record_number(&record, "copy_gb_per_s", result->copy_gb_per_s, 2);
    record_end(&record);
}

enum status command_peak(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "Measures what the machine can do at most: products with sums on the widest "
               "vectors that it has, all in registers, and copies from and to main memory."};
    struct request request = {.threads = omp_get_num_procs()};
    struct peak_result result;
    argp_parse(&argp, argc, argv, 0, NULL, &request);
    const struct peak_task task = {request.threads, PEAK_SECONDS};
    const enum status status = fleet_run(&result, sizeof result, 1, peak_run, &task);
    if (status == STATUS_OK) print(&request, &result);
    return status;
}
