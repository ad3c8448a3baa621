// SPDX-License-Identifier: Apache-2.0
/* fedveil bench mask, mix, decode - what happens to images before a network sees them. */
#include "commands.h"

#include "base/argument.h"
#include "measure.h"
#include "pictures.h"
#include "preparation.h"
#include "record.h"
#include "trial.h"

#include <argp.h>
#include <assert.h>
#include <omp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { K_MOST = 10 };

struct request {
    int layout; // of enum preparation_layout
    int batch, threads, steps;
    const char *images;
    bool json;
};

#define OPTION_MODE                                                                                \
    {                                                                                              \
        "mode", 'm', "MODE", 0, "native: 14x14 maps; up8: 112x112 maps (native)", 0                \
    }
#define OPTION_BATCH                                                                               \
    {                                                                                              \
        "batch", 'b', "B", 0, "images of a batch (64)", 0                                          \
    }
#define OPTION_COMMON                                                                              \
    {"threads", 't', "T", 0, "threads (1)", 0},                                                    \
        {"steps", 's', "N", 0, "batches that are timed, after one that is not (21)", 0},           \
        {"json", 'j', NULL, 0, "print one JSON object instead of text", 0},                        \
    {                                                                                              \
        0                                                                                          \
    }

static const struct argp_option map_options[] = {OPTION_MODE, OPTION_BATCH, OPTION_COMMON};
static const struct argp_option file_options[] = {
    {"images", 'i', "DIR", 0, "JPEG files of a folder instead of painted portraits", 0},
    OPTION_BATCH,
    OPTION_COMMON,
};

static enum status set(struct request *request, int key, const char *text)
{
    switch (key) {
    case 'm':
        return argument_word(&request->layout, "--mode", text, preparation_layouts);
    case 'b':
        return argument_integer(&request->batch, "--batch", text, 1, TRIAL_BATCH_MAX);
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
    struct request *request = state->input;
    if (key == ARGP_KEY_ARG) argp_error(state, "%s: no such argument", text);
    if (key <= 0 || key >= 128) return ARGP_ERR_UNKNOWN; // a step of argp's, no letter of ours
    if (key == 'i') {
        request->images = text;
    } else if (set(request, key, text) != STATUS_OK) {
        argp_error(state, "%s", status_message());
    }
    return 0;
}

/* The figures of `images` images in `seconds`, after what is said of them already. */
static void record_rate(struct record *record, double images, double seconds)
{
    record_number(record, "ms_per_image", 1000 * seconds / images, 5);
    record_number(record, "images_per_second", images / seconds, 1);
}

static void print_rate(const char *what, const struct request *request, double images,
                       double seconds)
{
    printf("%-16s %9.4f ms an image, %10.1f images/s, batch %.0f, threads %d\n", what,
           1000 * seconds / images, images / seconds, images, request->threads);
}

static void record_request(struct record *record, const struct request *request)
{
    record_start(record, stdout);
    record_text(record, "mode", preparation_layouts[request->layout]);
    record_count(record, "batch", (uint64_t)request->batch);
    record_count(record, "threads", (uint64_t)request->threads);
}

static enum status mask(const struct request *request)
{
    struct record record;
    double seconds = 0;
    const enum status status = preparation_mask(&seconds, (enum preparation_layout)request->layout,
                                                request->batch, request->steps);
    if (status != STATUS_OK) return status;
    if (request->json) {
        record_request(&record, request);
        record_rate(&record, request->batch, seconds);
        record_end(&record);
    } else {
        print_rate(preparation_layouts[request->layout], request, request->batch, seconds);
    }
    return STATUS_OK;
}

static void record_mixes(const struct request *request, const double *seconds)
{
    struct record record;
    record_request(&record, request);
    record_list_open(&record, "mixes");
    for (int k = 2; k <= K_MOST; k++) {
        record_open(&record);
        record_count(&record, "k", (uint64_t)k);
        record_rate(&record, request->batch, seconds[k - 2]);
        record_close(&record);
    }
    record_list_close(&record);
    record_end(&record);
}

static enum status mix(const struct request *request)
{
    double seconds[K_MOST - 1];
    const enum status status = preparation_mix(
        seconds, K_MOST, (enum preparation_layout)request->layout, request->batch, request->steps);
    if (status != STATUS_OK) return status;
    if (request->json) {
        record_mixes(request, seconds);
        return STATUS_OK;
    }
    for (int k = 2; k <= K_MOST; k++) {
        char name[16];
        snprintf(name, sizeof name, "k = %d", k);
        print_rate(name, request, request->batch, seconds[k - 2]);
    }
    return STATUS_OK;
}

static enum status decode(const struct request *request)
{
    struct pictures pictures = {.count = 0};
    double seconds = 0;
    enum status status = request->images == NULL
                             ? pictures_paint(&pictures, (size_t)request->batch)
                             : pictures_load(&pictures, request->images, (size_t)request->batch);
    if (status == STATUS_OK) status = preparation_decode(&seconds, &pictures, request->steps);
    const double count = (double)pictures.count;
    if (status == STATUS_OK && request->json) {
        struct record record;
        record_start(&record, stdout);
        record_text(&record, "images", request->images == NULL ? "portraits" : request->images);
        record_count(&record, "batch", pictures.count);
        record_count(&record, "threads", (uint64_t)request->threads);
        record_rate(&record, count, seconds);
        record_end(&record);
    } else if (status == STATUS_OK) {
        print_rate(request->images == NULL ? "portraits" : "files", request, count, seconds);
    }
    pictures_destroy(&pictures);
    return status;
}

static const struct {
    const char *word;
    const struct argp_option *options;
    enum status (*run)(const struct request *request);
    const char *purpose;
} jobs[] = {
    {"mask", map_options, mask,
     "Times bands and mask of 112x112 RGB images: grey, 35 bands, PPFR-FD, z-scores."},
    {"mix", map_options, mix,
     "Times drawing and applying mixes of a batch of masked images, k = 2 to 10."},
    {"decode", file_options, decode, "Times decoding JPEG files in memory to 112x112 RGB pixels."},
};

enum status command_prepare(int argc, char **argv)
{
    struct request request = {.batch = 64, .threads = 1, .steps = 21};
    size_t job = 0;
    while (strcmp(jobs[job].word, commands_word(argv)) != 0) {
        job++;
        assert(job < sizeof jobs / sizeof jobs[0]);
    }
    const struct argp argp = {
        .options = jobs[job].options, .parser = parse, .doc = jobs[job].purpose};
    argp_parse(&argp, argc, argv, 0, NULL, &request);
    omp_set_num_threads(request.threads);
    return jobs[job].run(&request);
}
