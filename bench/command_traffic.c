// SPDX-License-Identifier: Apache-2.0
/* fedveil bench traffic - what the transport carries and what the coordinator holds. */
#include "commands.h"

#include "base/argument.h"
#include "base/log.h"
#include "record.h"
#include "traffic.h"

#include <argp.h>
#include <stdbool.h>
#include <stdio.h>

enum { MIB = 1024 * 1024, MIB_MAX = 65536, NUMBERS_MAX = 1 << 28, ROUNDS_MAX = 1000 };

struct request {
    int participants, numbers, rounds, mib;
    bool json;
};

static const struct argp_option options[] = {
    {"participants", 'n', "N", 0, "participants that are served at once (4)", 0},
    {"numbers", 'p', "P", 0, "numbers of the model (1000000)", 0},
    {"rounds", 'r', "R", 0, "rounds (2)", 0},
    {"upload", 'u', "MIB", 0, "MiB that one participant sends in frames of 1 MiB (2048)", 0},
    {"json", 'j', NULL, 0, "print one JSON object instead of text", 0},
    {0},
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct request *request = state->input;
    enum status status = STATUS_OK;
    switch (key) {
    case 'n':
        status = argument_integer(&request->participants, "--participants", text, 1,
                                  TRAFFIC_PARTICIPANTS_MAX);
        break;
    case 'p':
        status = argument_integer(&request->numbers, "--numbers", text, 1, NUMBERS_MAX);
        break;
    case 'r':
        status = argument_integer(&request->rounds, "--rounds", text, 1, ROUNDS_MAX);
        break;
    case 'u':
        status = argument_integer(&request->mib, "--upload", text, 2, MIB_MAX);
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
    if (status != STATUS_OK) argp_error(state, "%s", status_message());
    return 0;
}

static void print(const struct request *request, const struct traffic_result *upload,
                  const struct traffic_result *rounds)
{
    const double rate = (double)upload->bytes / upload->seconds / 1e9;
    const double busy = upload->cpu_seconds / upload->seconds;
    const double memory = (double)rounds->memory / MIB, peak = (double)rounds->peak_memory / MIB;
    const double models = (peak - memory) / ((double)rounds->model_bytes / MIB);
    if (!request->json) {
        printf("upload   %.2f GB/s of one participant, the coordinator %.2f cores busy\n", rate,
               busy);
        printf("rounds   %d with %d participants and %d numbers: %.2f s, %.1f MB up\n",
               request->rounds, request->participants, request->numbers, rounds->seconds,
               (double)rounds->bytes / 1e6);
        printf("memory   %.1f MiB before, %.1f MiB at most: %.1f models and the rest\n", memory,
               peak, models);
        return;
    }
    struct record record;
    record_start(&record, stdout);
    record_count(&record, "participants", (uint64_t)request->participants);
    record_count(&record, "numbers", (uint64_t)request->numbers);
    record_number(&record, "upload_gb_per_s", rate, 3);
    record_number(&record, "upload_cores", busy, 2);
    record_number(&record, "seconds", rounds->seconds, 3);
    record_count(&record, "bytes_up", rounds->bytes);
    record_count(&record, "rss_bytes_before", rounds->memory);
    record_count(&record, "peak_rss_bytes", rounds->peak_memory);
    record_end(&record);
}

enum status command_traffic(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "Measures the transport over the loopback with CURVE: how fast one participant "
               "uploads, and what the coordinator holds while many participants that train in no "
               "time fetch the model and upload their updates."};
    struct request request = {.participants = 4, .numbers = 1000000, .rounds = 2, .mib = 2048};
    struct traffic_result upload, rounds;
    argp_parse(&argp, argc, argv, 0, NULL, &request);
    log_start("traffic", LOG_ERROR);
    enum status status = traffic_upload(&upload, request.mib);
    if (status == STATUS_OK) {
        status = traffic_rounds(&rounds, request.participants, request.numbers, request.rounds);
    }
    if (status == STATUS_OK) print(&request, &upload, &rounds);
    return status;
}
