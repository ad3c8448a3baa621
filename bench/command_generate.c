// SPDX-License-Identifier: Apache-2.0
/* fedveil bench generate - steps a second of the audit's generators in training. */
#include "commands.h"

#include "generation.h"
#include "nn/kernels.h"
#include "record.h"

#include <argp.h>
#include <stdbool.h>
#include <stdio.h>

struct request {
    struct generation generation;
    bool json;
};

static const struct argp_option options[] = {
    {"kind", 'k', "KIND", 0, "unet, cgan or gmi (cgan)", 0},
    {"input", 'i', "INPUT", 0, "native: 14x14 maps; pixels: 112x112 (native)", 0},
    {"channels", 'c', "C", 0, "channels of the maps (35)", 0},
    {"colours", 'C', "N", 0, "channels of the faces (1)", 0},
    {"width", 'w', "W", 0, "channels of the widest maps (32)", 0},
    {"batch", 'b', "B", 0, "images of a step (16)", 0},
    {"threads", 't', "T", 0, "threads (2)", 0},
    {"steps", 's', "N", 0, "steps that are timed, after one that is not (7)", 0},
    {"json", 'j', NULL, 0, "print one JSON object instead of text", 0},
    {0},
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct request *request = state->input;
    if (key == ARGP_KEY_ARG) argp_error(state, "%s: no such argument", text);
    if (key <= 0 || key >= 128) return ARGP_ERR_UNKNOWN; // a step of argp's, no letter of ours
    if (key == 'j') {
        request->json = true;
    } else if (generation_option(&request->generation, key, text) != STATUS_OK) {
        argp_error(state, "%s", status_message());
    }
    return 0;
}

static void print(const struct generation *generation, const struct generation_result *result)
{
    printf("%s, %s input of %d channels, width %d, batch %d, threads %d, %s kernels\n",
           generation_kinds[generation->kind], trial_inputs[generation->input],
           generation->channels, generation->width, generation->batch, generation->threads,
           kernels_get()->name);
    printf("rate           %.3f steps/s, %.4f s a step\n", 1 / result->seconds, result->seconds);
    printf("processors     %.4f s a step\n", result->processor);
    printf("parameters     %llu\n", (unsigned long long)result->parameters);
    printf("peak memory    %.0f MiB\n", (double)result->peak_memory / 1048576.0);
}

static void record_result(const struct generation *generation,
                          const struct generation_result *result)
{
    struct record record;
    record_start(&record, stdout);
    record_text(&record, "kind", generation_kinds[generation->kind]);
    record_text(&record, "input", trial_inputs[generation->input]);
    record_count(&record, "channels", (uint64_t)generation->channels);
    record_count(&record, "colours", (uint64_t)generation->colours);
    record_count(&record, "width", (uint64_t)generation->width);
    record_count(&record, "batch", (uint64_t)generation->batch);
    record_count(&record, "threads", (uint64_t)generation->threads);
    record_count(&record, "parameters", result->parameters);
    record_number(&record, "seconds_per_step", result->seconds, 6);
    record_number(&record, "images_per_second", generation->batch / result->seconds, 2);
    record_number(&record, "steps_per_second", 1 / result->seconds, 4);
    record_number(&record, "steps_per_processor_second", 1 / result->processor, 4);
    record_count(&record, "peak_rss_bytes", result->peak_memory);
    record_text(&record, "kernels", kernels_get()->name);
    record_end(&record);
}

enum status command_generate(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "Times steps of training on random data; the median counts. `unet` is by L1 alone, "
               "`cgan` against a critic of patches, both from masked maps to 112x112 faces; `gmi` "
               "is five steps of a critic with gradient penalty and one of the generator, 64x64."};
    struct request request = {0};
    generation_defaults(&request.generation);
    argp_parse(&argp, argc, argv, 0, NULL, &request);
    struct generation_result result;
    const enum status status = generation_run(&result, &request.generation);
    if (status != STATUS_OK) return status;
    (request.json ? record_result : print)(&request.generation, &result);
    return STATUS_OK;
}
