// SPDX-License-Identifier: Apache-2.0
/* fedveil bench blind, unblind - what hiding updates costs a participant, and opening their sum the
 * coordinator. */
#include "commands.h"

#include "base/argument.h"
#include "base/limits.h"
#include "keystream.h"
#include "measure.h"
#include "record.h"
#include "removal.h"
#include "trial.h"

#include <argp.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const widths[] = {"16", "24", "32", NULL};
static const char *const graphs[] = {"complete", "ring", NULL};

struct request {
    int words, neighbours, threads, steps;
    int participants; // 0: of blind, which has none
    int width, graph; // of the words above
    double dropped;
    bool json;
};

#define OPTION_COMMON                                                                              \
    {"bits", 'r', "R", 0, "bits of a number: 16, 24 or 32 (32)", 0},                               \
        {"threads", 't', "T", 0, "threads (1)", 0},                                                \
        {"json", 'j', NULL, 0, "print one JSON object instead of text", 0},                        \
    {                                                                                              \
        0                                                                                          \
    }

static const struct argp_option blind_options[] = {
    {"parameters", 'p', "P", 0, "numbers of the update (1200000)", 0},
    {"neighbours", 'k', "K", 0, "neighbours, a keystream each (9)", 0},
    {"steps", 's', "N", 0, "turns that are timed, after one that is not (21)", 0},
    OPTION_COMMON};

static const struct argp_option unblind_options[] = {
    {"participants", 'n', "N", 0, "participants (500)", 0},
    {"words", 'p', "P", 0, "numbers of an update (100000)", 0},
    {"dropped", 'd', "SHARE", 0, "share of the participants that drop out, up to 0.5 (0.1)", 0},
    {"graph", 'g', "GRAPH", 0, "complete: all are neighbours; ring: as few as will do (ring)", 0},
    {"steps", 's', "N", 0, "times that all is done, after one that is not timed (3)", 0},
    OPTION_COMMON};

static enum status set(struct request *request, int key, const char *text)
{
    switch (key) {
    case 'p':
        return argument_integer(&request->words,
                                request->participants > 0 ? "--words" : "--parameters", text, 1,
                                KEYSTREAM_WORDS_MAX);
    case 'k':
        return argument_integer(&request->neighbours, "--neighbours", text, 0,
                                KEYSTREAM_NEIGHBOURS_MAX);
    case 'n':
        return argument_integer(&request->participants, "--participants", text,
                                NEIGHBOURS_PARTICIPANTS_MIN, REMOVAL_PARTICIPANTS_MAX);
    case 'd':
        return argument_number(&request->dropped, "--dropped", text, 0, 0.5);
    case 'g':
        return argument_word(&request->graph, "--graph", text, graphs);
    case 'r':
        return argument_word(&request->width, "--bits", text, widths);
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

static int bits(const struct request *request)
{
    return 16 + 8 * request->width;
}

static enum status blind(const struct request *request)
{
    struct keystream_result result;
    struct record record;
    const struct keystream_task task = {(size_t)request->words, (size_t)request->neighbours,
                                        bits(request), request->threads, request->steps};
    const enum status status = keystream_measure(&result, &task);
    if (status != STATUS_OK) return status;
    // A second of a processor is what it is, whoever else computes at the time.
    const double rate = 1e-9 * result.bytes / result.processor;
    const double bare = 1e-9 * result.bytes / result.bare_processor;
    if (!request->json) {
        printf("blind     %zu numbers of %d bits, %zu neighbours, threads %d\n", task.words,
               task.bits, task.neighbours, task.threads);
        printf("          %.2f ms, %.2f ms of processors\n", 1e3 * result.wall,
               1e3 * result.processor);
        printf("keystream %.2f GB/s of a processor; ChaCha20 alone %.2f: %.0f %% of its rate\n",
               rate, bare, 100 * result.share);
        return STATUS_OK;
    }
    record_start(&record, stdout);
    record_count(&record, "parameters", task.words);
    record_count(&record, "neighbours", task.neighbours);
    record_count(&record, "bits", (uint64_t)task.bits);
    record_count(&record, "threads", (uint64_t)task.threads);
    record_number(&record, "milliseconds", 1e3 * result.wall, 4);
    record_number(&record, "processor_milliseconds", 1e3 * result.processor, 4);
    record_number(&record, "gb_per_processor_s", rate, 3);
    record_number(&record, "bare_gb_per_processor_s", bare, 3);
    record_number(&record, "share_percent", 100 * result.share, 1);
    record_end(&record);
    return STATUS_OK;
}

/* The steps of opening a sum, and what they took. */
enum { JOIN, AGREE, REMOVE, STEPS };

struct opening {
    struct removal removal;
    enum status status; // of the step last taken
};

static void join(void *context)
{
    struct opening *opening = context;
    opening->status = removal_join(&opening->removal);
}

static void agree(void *context)
{
    struct opening *opening = context;
    opening->status = removal_agree(&opening->removal);
}

static void remove_blinds(void *context)
{
    struct opening *opening = context;
    removal_remove(&opening->removal);
}

static enum status time_opening(double wall[STEPS], double processor[STEPS],
                                struct opening *opening, int turns)
{
    static struct measure walls[STEPS], processors[STEPS]; // too large for a stack
    static void (*const steps[STEPS])(void *) = {join, agree, remove_blinds};
    for (int turn = -1; turn < turns; turn++) {
        for (int i = 0; i < STEPS; i++) {
            measure_call(&walls[i], &processors[i], steps[i], opening);
            if (opening->status != STATUS_OK) return opening->status;
            if (turn < 0) walls[i].count = processors[i].count = 0; // warms up
        }
    }
    for (int i = 0; i < STEPS; i++) {
        wall[i] = measure_median(&walls[i]);
        processor[i] = measure_median(&processors[i]);
    }
    return STATUS_OK;
}

static void print_opening(const struct request *request, const struct removal *removal,
                          const double wall[STEPS], const double processor[STEPS])
{
    static const char *const names[STEPS] = {"join", "agree", "remove"};
    const double bytes = (double)removal->count * request->words * bits(request) / 8;
    const double rate = 1e-9 * bytes / processor[REMOVE];
    double sum = 0, computed = 0;
    printf("unblind   %d participants of whom %zu dropped out, %s of %zu neighbours, %d numbers of "
           "%d bits, threads %d\n",
           request->participants, removal->dropped, graphs[request->graph], removal->plan.degree,
           request->words, bits(request), request->threads);
    for (int i = 0; i < STEPS; i++) {
        sum += wall[i];
        computed += processor[i];
        printf("%-8s  %9.2f ms, %9.2f ms of processors", names[i], 1e3 * wall[i],
               1e3 * processor[i]);
        if (i == JOIN && removal->plan.threshold == 0) {
            fputs("  (more than 255 holders: nothing to join)", stdout);
        } else if (i == JOIN) {
            printf("  %d secrets from %zu shares each", request->participants,
                   removal->plan.threshold);
        } else if (i == AGREE) {
            printf("  %zu seeds", removal->count);
        } else {
            printf("  %.2f GB/s of a processor", rate);
        }
        putchar('\n');
    }
    printf("all       %9.2f ms, %9.2f ms of processors\n", 1e3 * sum, 1e3 * computed);
}

static void record_opening(const struct request *request, const struct removal *removal,
                           const double wall[STEPS], const double processor[STEPS])
{
    struct record record;
    const double bytes = (double)removal->count * request->words * bits(request) / 8;
    record_start(&record, stdout);
    record_count(&record, "participants", (uint64_t)request->participants);
    record_count(&record, "dropped", removal->dropped);
    record_text(&record, "graph", graphs[request->graph]);
    record_count(&record, "neighbours", removal->plan.degree);
    record_count(&record, "threshold", removal->plan.threshold);
    record_count(&record, "words", (uint64_t)request->words);
    record_count(&record, "bits", (uint64_t)bits(request));
    record_count(&record, "threads", (uint64_t)request->threads);
    record_count(&record, "seeds", removal->count);
    record_number(&record, "join_ms", removal->plan.threshold > 0 ? 1e3 * wall[JOIN] : (double)NAN,
                  3);
    record_number(&record, "agree_ms", 1e3 * wall[AGREE], 3);
    record_number(&record, "remove_ms", 1e3 * wall[REMOVE], 3);
    record_number(&record, "milliseconds", 1e3 * (wall[JOIN] + wall[AGREE] + wall[REMOVE]), 3);
    record_number(&record, "processor_milliseconds",
                  1e3 * (processor[JOIN] + processor[AGREE] + processor[REMOVE]), 3);
    record_number(&record, "gb_per_processor_s", 1e-9 * bytes / processor[REMOVE], 3);
    record_end(&record);
}

static enum status unblind(const struct request *request)
{
    struct opening opening = {.status = STATUS_OK};
    double wall[STEPS], processor[STEPS];
    const struct removal_task task = {
        (size_t)request->participants, request->dropped, request->graph == 1,
        (size_t)request->words,        bits(request),    request->threads};
    enum status status = removal_create(&opening.removal, &task);
    if (status != STATUS_OK) return status;
    status = time_opening(wall, processor, &opening, request->steps);
    if (status == STATUS_OK && request->json) {
        record_opening(request, &opening.removal, wall, processor);
    } else if (status == STATUS_OK) {
        print_opening(request, &opening.removal, wall, processor);
    }
    removal_destroy(&opening.removal);
    return status;
}

enum status command_blind(int argc, char **argv)
{
    static const struct argp blind_argp = {
        .options = blind_options,
        .parser = parse,
        .doc = "Times the blinding of an update by a participant, in turns with as much keystream "
               "of ChaCha20 that is thrown away. The share is of the processors' time."};
    static const struct argp unblind_argp = {
        .options = unblind_options,
        .parser = parse,
        .doc = "Times what opens a sum at the coordinator: secrets joined from their shares, seeds "
               "of the dropped agreed on with their neighbours, all keystreams removed. Neighbours "
               "and thresholds are for a third of the participants against the others."};
    const bool alone = strcmp(commands_word(argv), "blind") == 0;
    struct request request = {.words = alone ? 1200000 : 100000,
                              .neighbours = 9,
                              .participants = alone ? 0 : 500,
                              .threads = 1,
                              .steps = alone ? 21 : 3,
                              .width = 2,
                              .graph = 1,
                              .dropped = 0.1};
    argp_parse(alone ? &blind_argp : &unblind_argp, argc, argv, 0, NULL, &request);
    return alone ? blind(&request) : unblind(&request);
}
