// SPDX-License-Identifier: Apache-2.0
/* fedveil bench exchange - what the secure sum adds to a round, step by step. */
#include "commands.h"

#include "attempt.h"
#include "base/argument.h"
#include "base/limits.h"
#include "measure.h"
#include "record.h"
#include "trial.h"

#include <argp.h>
#include <stdbool.h>
#include <stdio.h>

static const char *const widths[] = {"16", "24", "32", NULL};

struct request {
    int participants, parameters, width, threads, steps;
    double dropped;
    bool json;
};

static const struct argp_option options[] = {
    {"participants", 'n', "N", 0, "participants (20)", 0},
    {"parameters", 'p', "P", 0, "numbers of an update (1000000)", 0},
    {"bits", 'r', "R", 0, "bits of a number: 16, 24 or 32 (32)", 0},
    {"dropped", 'd', "SHARE", 0, "share of the participants that drop out, up to 0.5 (0)", 0},
    {"threads", 't', "T", 0, "threads of the coordinator (1)", 0},
    {"steps", 's', "N", 0, "attempts that are timed, after one that is not (5)", 0},
    {"json", 'j', NULL, 0, "print one JSON object instead of text", 0},
    {0},
};

static enum status set(struct request *request, int key, const char *text)
{
    switch (key) {
    case 'n':
        return argument_integer(&request->participants, "--participants", text,
                                NEIGHBOURS_PARTICIPANTS_MIN, LIMIT_COHORT_SECURE);
    case 'p':
        return argument_integer(&request->parameters, "--parameters", text, 1,
                                ATTEMPT_PARAMETERS_MAX);
    case 'r':
        return argument_word(&request->width, "--bits", text, widths);
    case 'd':
        return argument_number(&request->dropped, "--dropped", text, 0, 0.5);
    case 't':
        return argument_integer(&request->threads, "--threads", text, 1, TRIAL_THREADS_MAX);
    case 's':
        return argument_integer(&request->steps, "--steps", text, 1, MEASURE_MAX);
    default:
        request->json = true;
        return STATUS_OK;
    }
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    if (key == ARGP_KEY_ARG) argp_error(state, "%s: no such argument", text);
    if (key <= 0 || key >= 128) return ARGP_ERR_UNKNOWN; // a step of argp's, no letter of ours
    if (set(state->input, key, text) != STATUS_OK) argp_error(state, "%s", status_message());
    return 0;
}

/* Times of one step over all attempts. */
struct times {
    struct measure participant, participant_processor, coordinator, coordinator_processor;
};

/* Sums over the steps: what a round waits for, since participants work at the same time. */
struct totals {
    struct attempt_cost participant, coordinator;
    size_t up, down; // of messages, without the update
    double overhead; // of all bytes over an update of float32
};

/* Medians of each step into `result`. */
static enum status run(struct attempt_result *result, const struct attempt_task *task, int attempts)
{
    static struct times times[ATTEMPT_STEPS]; // too large for a stack
    for (int n = -1; n < attempts; n++) {
        const enum status status = attempt_run(result, task);
        if (status != STATUS_OK) return status;
        for (int i = 0; i < ATTEMPT_STEPS && n >= 0; i++) {
            measure_add(&times[i].participant, result->steps[i].participant.wall);
            measure_add(&times[i].participant_processor, result->steps[i].participant.processor);
            measure_add(&times[i].coordinator, result->steps[i].coordinator.wall);
            measure_add(&times[i].coordinator_processor, result->steps[i].coordinator.processor);
        }
    }
    for (int i = 0; i < ATTEMPT_STEPS; i++) {
        result->steps[i].participant.wall = measure_median(&times[i].participant);
        result->steps[i].participant.processor = measure_median(&times[i].participant_processor);
        result->steps[i].coordinator.wall = measure_median(&times[i].coordinator);
        result->steps[i].coordinator.processor = measure_median(&times[i].coordinator_processor);
    }
    return STATUS_OK;
}

static struct totals sum_up(const struct attempt_result *result, size_t parameters)
{
    struct totals totals = {.up = 0};
    for (int i = 0; i < ATTEMPT_STEPS; i++) {
        totals.participant.wall += result->steps[i].participant.wall;
        totals.participant.processor += result->steps[i].participant.processor;
        totals.coordinator.wall += result->steps[i].coordinator.wall;
        totals.coordinator.processor += result->steps[i].coordinator.processor;
        totals.up += i == ATTEMPT_UPDATE ? 0 : result->steps[i].up;
        totals.down += result->steps[i].down;
    }
    const double plain = sizeof(float) * (double)parameters;
    const double all = (double)(result->steps[ATTEMPT_UPDATE].up + totals.up + totals.down);
    totals.overhead = all / plain - 1;
    return totals;
}

static void print(const struct attempt_result *result, const struct totals *totals,
                  const struct attempt_task *task)
{
    printf(
        "exchange   %zu participants of whom %zu dropped out, %zu neighbours, threshold %zu, %zu "
        "numbers of %d bits\n\n",
        task->participants, result->dropped, result->plan.degree, result->plan.threshold,
        task->parameters, task->bits);
    puts("            participant, ms    coordinator, ms   bytes of a participant\n"
         "step         clock  processor    clock  processor         up       down");
    for (int i = 0; i < ATTEMPT_STEPS; i++) {
        printf(
            "%-10s %7.2f %10.2f %8.2f %10.2f %10zu %10zu\n", attempt_names[i],
            1e3 * result->steps[i].participant.wall, 1e3 * result->steps[i].participant.processor,
            1e3 * result->steps[i].coordinator.wall, 1e3 * result->steps[i].coordinator.processor,
            result->steps[i].up, result->steps[i].down);
    }
    printf("all        %7.2f %10.2f %8.2f %10.2f %10zu %10zu without the update\n\n",
           1e3 * totals->participant.wall, 1e3 * totals->participant.processor,
           1e3 * totals->coordinator.wall, 1e3 * totals->coordinator.processor, totals->up,
           totals->down);
    printf("added to a round %.3f s, %.3f s of processors; bytes %+.2f %% over an update of "
           "float32\n",
           totals->participant.wall + totals->coordinator.wall,
           totals->participant.processor + totals->coordinator.processor, 100 * totals->overhead);
}

static void record_cost(struct record *record, const struct attempt_cost *participant,
                        const struct attempt_cost *coordinator)
{
    record_number(record, "participant_ms", 1e3 * participant->wall, 4);
    record_number(record, "participant_processor_ms", 1e3 * participant->processor, 4);
    record_number(record, "coordinator_ms", 1e3 * coordinator->wall, 4);
    record_number(record, "coordinator_processor_ms", 1e3 * coordinator->processor, 4);
}

static void write_record(const struct attempt_result *result, const struct totals *totals,
                         const struct attempt_task *task)
{
    struct record record;
    record_start(&record, stdout);
    record_count(&record, "participants", task->participants);
    record_count(&record, "dropped", result->dropped);
    record_count(&record, "parameters", task->parameters);
    record_count(&record, "bits", (uint64_t)task->bits);
    record_count(&record, "threads", (uint64_t)task->threads);
    record_count(&record, "neighbours", result->plan.degree);
    record_count(&record, "threshold", result->plan.threshold);
    record_list_open(&record, "steps");
    for (int i = 0; i < ATTEMPT_STEPS; i++) {
        record_open(&record);
        record_text(&record, "step", attempt_names[i]);
        record_cost(&record, &result->steps[i].participant, &result->steps[i].coordinator);
        record_count(&record, "up", result->steps[i].up);
        record_count(&record, "down", result->steps[i].down);
        record_close(&record);
    }
    record_list_close(&record);
    record_cost(&record, &totals->participant, &totals->coordinator);
    record_count(&record, "update_bytes", result->steps[ATTEMPT_UPDATE].up);
    record_count(&record, "messages_up", totals->up);
    record_count(&record, "messages_down", totals->down);
    record_number(&record, "overhead_percent", 100 * totals->overhead, 3);
    record_end(&record);
}

enum status command_exchange(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "Runs attempts of the secure exchange in memory, both sides, without a network, and "
               "compares the opened sum with the one it must be."
               "\vTimes are medians over the attempts: a participant's the mean of all, who work "
               "at the same time on machines of their own, the coordinator's for all of them. "
               "Encoding and adding up are left out: they cost the same without it."};
    struct request request = {
        .participants = 20, .parameters = 1000000, .width = 2, .threads = 1, .steps = 5};
    struct attempt_result result;
    argp_parse(&argp, argc, argv, 0, NULL, &request);
    const struct attempt_task task = {(size_t)request.participants, request.dropped,
                                      (size_t)request.parameters, 16 + 8 * request.width,
                                      request.threads};
    const enum status status = run(&result, &task, request.steps);
    if (status != STATUS_OK) return status;
    const struct totals totals = sum_up(&result, task.parameters);
    if (request.json) {
        write_record(&result, &totals, &task);
    } else {
        print(&result, &totals, &task);
    }
    return STATUS_OK;
}
