// SPDX-License-Identifier: Apache-2.0
/* fedveil bench tune - how each convolution of a network is computed fastest on this machine. */
#include "commands.h"

#include "base/argument.h"
#include "base/files.h"
#include "measure.h"
#include "nn/kernels.h"
#include "nn/resnet.h"
#include "nn/tuning.h"
#include "record.h"
#include "trial.h"
#include "tuner.h"

#include <argp.h>
#include <omp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct request {
    struct trial trial;
    double policy; // width of the policy's network; 0: none
    const char *out;
    bool force, json;
};

static const struct argp_option options[] = {
    {"net", 'n', "NET", 0, "ir_se_18, ir_se_34 or ir_se_50 (ir_se_18)", 0},
    {"input", 'i', "INPUT", 0, "native: 14x14 maps; pixels: 112x112 (native)", 0},
    {"channels", 'c', "C", 0, "channels of the input (35 native, 3 pixels)", 0},
    {"width", 'w', "W", 0, "multiplies the network's channels (1)", 0},
    {"policy", 'p', "W", 0, "also the policy's ResNet18 of this width", 0},
    {"batch", 'b', "B", 0, "images of a step (64)", 0},
    {"threads", 't', "T", 0, "threads (2)", 0},
    {"steps", 's', "N", 0, "runs of each plan that are timed, after one that is not (15)", 0},
    {"out", 'o', "FILE", 0, "the tuning file to write", 0},
    {"force", 'f', NULL, 0, "replace the file where there is one", 0},
    {"json", 'j', NULL, 0, "print one JSON object instead of text", 0},
    {0},
};

static enum status set(struct request *request, int key, const char *text)
{
    switch (key) {
    case 'p':
        return argument_number(&request->policy, "--policy", text, TRIAL_WIDTH_MIN,
                               TRIAL_WIDTH_MAX);
    case 'o':
        request->out = text;
        return STATUS_OK;
    case 'f':
        request->force = true;
        return STATUS_OK;
    case 'j':
        request->json = true;
        return STATUS_OK;
    default:
        return trial_option(&request->trial, key, text);
    }
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    const struct request *request = state->input;
    if (key == ARGP_KEY_ARG) argp_error(state, "%s: no such argument", text);
    if (key == ARGP_KEY_END && request->out == NULL) argp_error(state, "--out: no FILE is given");
    if (key == ARGP_KEY_END && !request->force && files_exists(request->out)) {
        argp_error(state, "--out: %s: the file exists; --force replaces it", request->out);
    }
    if (key <= 0 || key >= 128) return ARGP_ERR_UNKNOWN; // a step of argp's, no letter of ours
    if (set(state->input, key, text) != STATUS_OK) argp_error(state, "%s", status_message());
    return 0;
}

/* The convolutions of the networks that are asked for. */
static enum status collect(struct tuner_shapes *shapes, const struct request *request)
{
    struct irse irse;
    struct net *net = NULL;
    const size_t batch = (size_t)request->trial.batch;
    trial_irse(&irse, &request->trial);
    enum status status = irse_create(&net, &irse, batch);
    if (status == STATUS_OK) status = tuner_collect(shapes, net);
    net_destroy(&net);
    if (status != STATUS_OK || request->policy <= 0) return status;
    const struct resnet resnet = {.input = irse.input, .width = request->policy, .outputs = 4};
    status = resnet_create(&net, &resnet, batch);
    if (status == STATUS_OK) status = tuner_collect(shapes, net);
    net_destroy(&net);
    return status;
}

static double gain_percent(const struct tuner_result *result)
{
    return 100 * (1 - result->best_seconds / result->model_seconds);
}

static void print_row(const struct conv *conv, const struct tuner_result *result)
{
    char shape[TUNING_TEXT], model[TUNING_TEXT], best[TUNING_TEXT];
    tuning_tell_shape(shape, conv);
    tuning_tell_plan(model, result->model);
    tuning_tell_plan(best, result->best);
    printf("%-57s  %-12s %9.3f  %-12s %9.3f  %4.1f %%\n", shape, model,
           1000 * result->model_seconds, best, 1000 * result->best_seconds, gain_percent(result));
    fflush(stdout);
}

static void record_row(struct record *record, const struct conv *conv,
                       const struct tuner_result *result)
{
    char text[TUNING_TEXT];
    record_open(record);
    tuning_tell_shape(text, conv);
    record_text(record, "shape", text);
    tuning_tell_plan(text, result->model);
    record_text(record, "model", text);
    record_number(record, "model_milliseconds", 1000 * result->model_seconds, 4);
    tuning_tell_plan(text, result->best);
    record_text(record, "best", text);
    record_number(record, "best_milliseconds", 1000 * result->best_seconds, 4);
    record_number(record, "gain_percent", gain_percent(result), 2);
    record_close(record);
}

/* What was measured, for people: the remark of the file and the head of the table. */
static void describe(char *text, size_t size, const struct request *request)
{
    const struct trial *trial = &request->trial;
    char policy[64] = "";
    if (request->policy > 0) snprintf(policy, sizeof policy, ", policy %g", request->policy);
    snprintf(text, size,
             "%s, %s input of %d channels, width %g%s, batch %d, threads %d, %s kernels",
             trial_nets[trial->net], trial_inputs[trial->input], trial_channels(trial),
             trial->width, policy, trial->batch, trial->threads, kernels_get()->name);
}

static enum status measure(struct tuning *tuning, struct tuner_result *results,
                           const struct tuner_shapes *shapes, const struct request *request)
{
    for (int i = 0; i < shapes->count; i++) {
        struct conv conv = shapes->list[i].conv;
        enum status status = tuner_run(&results[i], &shapes->list[i], request->trial.steps);
        conv.plan = results[i].best;
        if (status == STATUS_OK) status = tuning_add(tuning, &conv);
        if (status != STATUS_OK) return status;
        if (!request->json) print_row(&conv, &results[i]);
    }
    return STATUS_OK;
}

static void record_all(const struct tuner_shapes *shapes, const struct tuner_result *results,
                       const struct request *request)
{
    struct record record;
    record_start(&record, stdout);
    record_text(&record, "net", trial_nets[request->trial.net]);
    record_text(&record, "input", trial_inputs[request->trial.input]);
    record_count(&record, "channels", (uint64_t)trial_channels(&request->trial));
    record_number(&record, "width", request->trial.width, 4);
    record_number(&record, "policy", request->policy, 4);
    record_count(&record, "batch", (uint64_t)request->trial.batch);
    record_count(&record, "threads", (uint64_t)request->trial.threads);
    record_text(&record, "kernels", kernels_get()->name);
    record_text(&record, "out", request->out);
    record_list_open(&record, "convolutions");
    for (int i = 0; i < shapes->count; i++) {
        record_row(&record, &shapes->list[i].conv, &results[i]);
    }
    record_list_close(&record);
    record_end(&record);
}

static enum status run(const struct request *request)
{
    static struct tuner_shapes shapes;
    static struct tuner_result results[TUNER_SHAPES_MAX];
    struct tuning tuning = {.count = 0};
    char remark[256];
    describe(remark, sizeof remark, request);
    enum status status = collect(&shapes, request);
    if (status == STATUS_OK && !request->json) {
        printf("%s\n%-57s  %-22s  %-22s  gain\n", remark, "shape", "model's choice        ms",
               "best                  ms");
    }
    if (status == STATUS_OK) status = measure(&tuning, results, &shapes, request);
    if (status == STATUS_OK) status = tuning_write(request->out, &tuning, remark);
    tuning_destroy(&tuning);
    if (status == STATUS_OK && request->json) record_all(&shapes, results, request);
    if (status == STATUS_OK && !request->json) {
        printf("%s: %d convolutions\n", request->out, shapes.count);
    }
    return status;
}

enum status command_tune(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "Times each convolution of a network by every plan that there is, and writes the "
               "fastest to a tuning file, for the key `tuning` of a config and --tuning of train, "
               "embed and scale. The cost model's plan stays unless another is 3 % faster. Sums in "
               "another order may change the last bits of a result."};
    struct request request = {.policy = 0};
    trial_defaults(&request.trial);
    request.trial.steps = 15;
    argp_parse(&argp, argc, argv, 0, NULL, &request);
    omp_set_num_threads(request.trial.threads);
    return run(&request);
}
