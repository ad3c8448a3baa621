// SPDX-License-Identifier: Apache-2.0
#include "trial.h"

#include "base/argument.h"
#include "base/clock.h"
#include "base/config.h"
#include "flops.h"
#include "measure.h"
#include "nn/kernels.h"
#include "train/recogniser.h"

#include <assert.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EMBEDDING = 512, SEED = 1 };

static const double learning_rate = 0.05;

const char *const trial_nets[] = {"ir_se_18", "ir_se_34", "ir_se_50", NULL};
const char *const trial_inputs[] = {"native", "pixels", NULL};

/* What stands in memory for a trial. */
struct bench {
    const struct trial *trial;
    struct net *net;               // until a recogniser takes it over
    struct recogniser *recogniser; // of training
    float *vectors[3];             // weights, gradients, velocity; only weights for embeddings
    float *input;
    uint32_t *labels;
    float *shares; // of each label: 1
};

void trial_defaults(struct trial *trial)
{
    *trial = (struct trial){.width = 1, .batch = 64, .classes = 1000, .threads = 2, .steps = 7};
}

enum status trial_option(struct trial *trial, int key, const char *text)
{
    int word = 0;
    enum status status = STATUS_OK;
    switch (key) {
    case 'n':
        status = argument_word(&word, "--net", text, trial_nets);
        trial->net = (enum trial_net)word;
        return status;
    case 'i':
        status = argument_word(&word, "--input", text, trial_inputs);
        trial->input = (enum trial_input)word;
        return status;
    case 'c':
        return argument_integer(&trial->channels, "--channels", text, 1, TRIAL_CHANNELS_MAX);
    case 'w':
        return argument_number(&trial->width, "--width", text, TRIAL_WIDTH_MIN, TRIAL_WIDTH_MAX);
    case 'b':
        return argument_integer(&trial->batch, "--batch", text, 1, TRIAL_BATCH_MAX);
    case 'k':
        return argument_integer(&trial->classes, "--classes", text, 1, TRIAL_CLASSES_MAX);
    case 't':
        return argument_integer(&trial->threads, "--threads", text, 1, TRIAL_THREADS_MAX);
    default:
        assert(key == 's');
        return argument_integer(&trial->steps, "--steps", text, 1, MEASURE_MAX);
    }
}

int trial_channels(const struct trial *trial)
{
    if (trial->channels > 0) return trial->channels;
    return trial->input == TRIAL_NATIVE ? 35 : 3;
}

void trial_irse(struct irse *irse, const struct trial *trial)
{
    static const int depths[] = {
        [TRIAL_IR_SE_18] = 18, [TRIAL_IR_SE_34] = 34, [TRIAL_IR_SE_50] = 50};
    const int side = trial->input == TRIAL_NATIVE ? 14 : 112;
    *irse = (struct irse){.depth = depths[trial->net],
                          .width = trial->width,
                          .input = {side, side, trial_channels(trial)},
                          .embedding = EMBEDDING,
                          .dropout = 0.4,
                          .evaluate_only = trial->mode == TRIAL_EMBED,
                          .tuning = trial->tuning};
    irse_strides(irse->strides, side);
}

static void draw_data(struct bench *bench, size_t numbers)
{
    const struct trial *trial = bench->trial;
    struct random random;
    random_start(&random, SEED, 0, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < numbers; i++) {
        bench->input[i] = random_normal(&random);
    }
    for (int i = 0; i < trial->batch; i++) {
        bench->labels[i] = random_below(&random, (uint32_t)trial->classes);
        bench->shares[i] = 1;
    }
}

static enum status prepare_data(struct bench *bench, const struct irse *irse)
{
    const size_t batch = (size_t)bench->trial->batch;
    const size_t numbers = batch * (size_t)irse->input.height * (size_t)irse->input.width *
                           (size_t)irse->input.channels;
    bench->input = malloc(numbers * sizeof *bench->input);
    bench->labels = malloc(batch * sizeof *bench->labels);
    bench->shares = malloc(batch * sizeof *bench->shares);
    if (bench->input == NULL || bench->labels == NULL || bench->shares == NULL) {
        return status_fail(STATUS_NO_MEMORY, "out of memory for a batch of %zu images", batch);
    }
    draw_data(bench, numbers);
    return STATUS_OK;
}

static enum status prepare_weights(struct bench *bench)
{
    const size_t count = net_parameters(bench->net);
    const int vectors = bench->trial->mode == TRIAL_TRAIN ? 3 : 1;
    for (int i = 0; i < vectors; i++) {
        bench->vectors[i] = calloc(count, sizeof(float));
        if (bench->vectors[i] == NULL) {
            return status_fail(STATUS_NO_MEMORY, "out of memory for %zu weights", count);
        }
    }
    net_bind(bench->net, bench->vectors[0], bench->vectors[1]);
    net_initialise(bench->net, SEED, 0);
    return STATUS_OK;
}

static enum status prepare_recogniser(struct bench *bench)
{
    static struct config config; // too large for a stack
    const struct trial *trial = bench->trial;
    config_defaults(&config);
    config.federation.loss.scale = 64;
    config.federation.loss.margin = 0.5;
    config.federation.mix.method = MIX_NONE;
    config.federation.optimiser.momentum = 0.9;
    config.federation.optimiser.weight_decay = 5e-4;
    config.federation.optimiser.clip_norm = 0;
    const enum status status =
        recogniser_create(&bench->recogniser, &bench->net, &config.federation,
                          (size_t)trial->classes, (size_t)trial->batch, bench->vectors);
    if (status != STATUS_OK) return status;
    arcface_initialise(recogniser_head(bench->recogniser), SEED, 0);
    return STATUS_OK;
}

static enum status step(struct bench *bench, uint32_t number)
{
    const size_t batch = (size_t)bench->trial->batch;
    if (bench->trial->mode == TRIAL_EMBED) {
        net_forward(bench->net, bench->input, batch, NET_EVALUATE, NULL);
        return STATUS_OK;
    }
    struct recogniser_batch work = {
        .input = bench->input,
        .count = batch,
        .labels = {.k = 1, .label = bench->labels, .weight = bench->shares}};
    double loss = 0;
    random_start(&work.dropout, SEED, 0, RANDOM_DROPOUT, 0, number);
    return recogniser_step(bench->recogniser, &loss, &work, learning_rate);
}

static enum status time_steps(struct trial_result *result, struct bench *bench, struct fleet *fleet)
{
    struct measure measure = {.count = 0};
    enum status status = step(bench, 0);
    if (status == STATUS_OK) status = fleet_meet(fleet);
    for (int i = 0; status == STATUS_OK && i < bench->trial->steps; i++) {
        const double start = clock_now_seconds();
        status = step(bench, (uint32_t)i + 1);
        measure_add(&measure, clock_now_seconds() - start);
    }
    if (status != STATUS_OK) return status;
    result->seconds = measure_median(&measure);
    result->peak_memory = clock_peak_memory();
    return STATUS_OK;
}

static void describe(struct trial_result *result, const struct bench *bench,
                     const struct irse *irse)
{
    const double passes = bench->trial->mode == TRIAL_TRAIN ? 3 : 1;
    for (size_t i = 0; i < net_tensors(bench->net); i++) {
        const struct net_tensor *tensor = net_tensor(bench->net, i);
        if (tensor->trainable) result->parameters += tensor->count;
    }
    result->flops = passes * bench->trial->batch * flops_irse(bench->net, irse);
    snprintf(result->kernels, sizeof result->kernels, "%s", kernels_get()->name);
}

enum status trial_run(void *result, const void *trial, struct fleet *fleet)
{
    struct bench bench = {.trial = trial};
    struct trial_result found = {.seconds = 0};
    struct irse irse;
    omp_set_num_threads(bench.trial->threads);
    trial_irse(&irse, bench.trial);
    enum status status = irse_create(&bench.net, &irse, (size_t)bench.trial->batch);
    if (status == STATUS_OK) describe(&found, &bench, &irse);
    if (status == STATUS_OK) status = prepare_data(&bench, &irse);
    if (status == STATUS_OK) status = prepare_weights(&bench);
    if (status == STATUS_OK && bench.trial->mode == TRIAL_TRAIN) {
        status = prepare_recogniser(&bench);
    }
    if (status == STATUS_OK) status = time_steps(&found, &bench, fleet);
    if (status == STATUS_OK) memcpy(result, &found, sizeof found);
    recogniser_destroy(&bench.recogniser);
    net_destroy(&bench.net);
    for (int i = 0; i < 3; i++) {
        free(bench.vectors[i]);
    }
    free(bench.input);
    free(bench.labels);
    free(bench.shares);
    return status;
}

double trial_images_per_second(const struct trial *trial, const struct trial_result *result)
{
    return trial->batch / result->seconds;
}

double trial_gflops(const struct trial_result *result)
{
    return 1e-9 * result->flops / result->seconds;
}
