// SPDX-License-Identifier: Apache-2.0
/* fedveil bench conv - single convolutions, forward and both gradients. */
#include "commands.h"

#include "base/argument.h"
#include "lone_conv.h"
#include "measure.h"
#include "nn/kernels.h"
#include "record.h"
#include "trial.h"

#include <argp.h>
#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdio.h>

enum { SHAPES_MAX = 32 };

struct request {
    struct lone_conv shapes[SHAPES_MAX];
    int count; // 0: the layers of the product
    int batch; // 0: each layer's own
    int threads, steps;
    bool json;
};

/* Layers of IR-SE networks on 14x14 maps, then two on pixels. */
static const struct lone_conv layers[] = {
    {14, 64, 64, 3, 1, 64},  {14, 128, 128, 3, 1, 64}, {14, 256, 256, 3, 1, 64},
    {7, 256, 256, 3, 1, 64}, {7, 512, 512, 3, 1, 64},  {28, 128, 128, 3, 1, 16},
    {56, 64, 64, 3, 1, 16},  {14, 256, 256, 3, 2, 64}, {14, 128, 256, 1, 2, 64},
    {14, 35, 64, 3, 1, 64},
};

static const struct argp_option options[] = {
    {"batch", 'b', "B", 0, "images (64, or 16 on maps of 28 and more)", 0},
    {"threads", 't', "T", 0, "threads (2)", 0},
    {"steps", 's', "N", 0, "runs of each pass that are timed (15)", 0},
    {"shape", 'S', "SIDE,IN,OUT,KERNEL,STRIDE", 0,
     "this layer instead of those of the product; may be repeated", 0},
    {"json", 'j', NULL, 0, "print one JSON object instead of text", 0},
    {0},
};

static enum status add_shape(struct request *request, const char *text)
{
    static const int most[5] = {1024, 4096, 4096, 15, 8};
    int values[5];
    if (request->count == SHAPES_MAX) {
        return status_fail(STATUS_FULL, "--shape: at most %d", SHAPES_MAX);
    }
    const enum status status =
        argument_integers(values, 5, "--shape", text, "SIDE,IN,OUT,KERNEL,STRIDE", most);
    if (status != STATUS_OK) return status;
    request->shapes[request->count++] =
        (struct lone_conv){values[0], values[1], values[2], values[3], values[4], 64};
    return STATUS_OK;
}

static enum status set(struct request *request, int key, const char *text)
{
    switch (key) {
    case 'b':
        return argument_integer(&request->batch, "--batch", text, 1, TRIAL_BATCH_MAX);
    case 't':
        return argument_integer(&request->threads, "--threads", text, 1, TRIAL_THREADS_MAX);
    case 's':
        return argument_integer(&request->steps, "--steps", text, 1, MEASURE_MAX);
    case 'S':
        return add_shape(request, text);
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

/* What drowned in noise has no rate. */
static double gflops(double flops, double seconds)
{
    return seconds > 0 ? 1e-9 * flops / seconds : (double)NAN;
}

static void print_row(const struct lone_conv *conv, const struct lone_conv_result *result)
{
    printf("%5d %5d %5d %5d %7d %7d  %8.1f %8.1f %8.1f  %8.3f\n", conv->batch, conv->side, conv->in,
           conv->out, conv->kernel, conv->stride, gflops(result->flops, result->forward),
           gflops(result->flops, result->input), gflops(result->flops, result->weights),
           1000 * (result->forward + result->input + result->weights));
    fflush(stdout);
}

static void record_row(struct record *record, const struct lone_conv *conv,
                       const struct lone_conv_result *result)
{
    record_open(record);
    record_count(record, "batch", (uint64_t)conv->batch);
    record_count(record, "side", (uint64_t)conv->side);
    record_count(record, "in", (uint64_t)conv->in);
    record_count(record, "out", (uint64_t)conv->out);
    record_count(record, "kernel", (uint64_t)conv->kernel);
    record_count(record, "stride", (uint64_t)conv->stride);
    record_number(record, "forward_gflops", gflops(result->flops, result->forward), 2);
    record_number(record, "input_gradient_gflops", gflops(result->flops, result->input), 2);
    record_number(record, "weight_gradient_gflops", gflops(result->flops, result->weights), 2);
    record_number(record, "milliseconds",
                  1000 * (result->forward + result->input + result->weights), 4);
    record_close(record);
}

static enum status run(const struct request *request)
{
    struct lone_conv_result results[SHAPES_MAX];
    struct lone_conv shapes[SHAPES_MAX];
    const int count = request->count > 0 ? request->count : (int)(sizeof layers / sizeof layers[0]);
    if (!request->json) {
        printf("Effective GFLOP/s, threads %d, %s kernels\n", request->threads,
               kernels_get()->name);
        puts("batch  side    in   out  kernel  stride   forward    input  weights  ms in all");
    }
    for (int i = 0; i < count; i++) {
        shapes[i] = request->count > 0 ? request->shapes[i] : layers[i];
        if (request->batch > 0) shapes[i].batch = request->batch;
        const enum status status = lone_conv_run(&results[i], &shapes[i], request->steps);
        if (status != STATUS_OK) return status;
        if (!request->json) print_row(&shapes[i], &results[i]);
    }
    if (!request->json) return STATUS_OK;
    struct record record;
    record_start(&record, stdout);
    record_text(&record, "kernels", kernels_get()->name);
    record_count(&record, "threads", (uint64_t)request->threads);
    record_list_open(&record, "layers");
    for (int i = 0; i < count; i++) {
        record_row(&record, &shapes[i], &results[i]);
    }
    record_list_close(&record);
    record_end(&record);
    return STATUS_OK;
}

enum status command_conv(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "Times convolutions alone: forward, gradient to the input, gradient to the weights. "
               "Operations are counted as the formula says, so that a fast algorithm may exceed "
               "the peak."};
    struct request request = {.threads = 2, .steps = 15};
    argp_parse(&argp, argc, argv, 0, NULL, &request);
    omp_set_num_threads(request.threads);
    return run(&request);
}
