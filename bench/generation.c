// SPDX-License-Identifier: Apache-2.0
#include "generation.h"

#include "attacks/adversarial.h"
#include "attacks/dcgan.h"
#include "attacks/patch_critic.h"
#include "attacks/unet.h"
#include "attacks/wasserstein.h"
#include "base/argument.h"
#include "base/clock.h"
#include "measure.h"

#include <assert.h>
#include <omp.h>
#include <stdlib.h>

enum { FACE = 112, NATIVE = 14, GMI_FACE = 64, GMI_NOISE = 100, GMI_CRITIC_STEPS = 5 };

const char *const generation_kinds[] = {"unet", "cgan", "gmi", NULL};

/* What stands in memory; one of the two trainings. */
struct work {
    const struct generation *generation;
    struct adversarial adversarial;
    struct wasserstein wasserstein;
    float *input, *faces;
};

void generation_defaults(struct generation *generation)
{
    *generation = (struct generation){.kind = GENERATION_CGAN,
                                      .channels = 35,
                                      .colours = 1,
                                      .width = 32,
                                      .batch = 16,
                                      .threads = 2,
                                      .steps = 7};
}

enum status generation_option(struct generation *generation, int key, const char *text)
{
    int word = 0;
    enum status status = STATUS_OK;
    switch (key) {
    case 'k':
        status = argument_word(&word, "--kind", text, generation_kinds);
        generation->kind = (enum generation_kind)word;
        return status;
    case 'i':
        status = argument_word(&word, "--input", text, trial_inputs);
        generation->input = (enum trial_input)word;
        return status;
    case 'c':
        return argument_integer(&generation->channels, "--channels", text, 1, TRIAL_CHANNELS_MAX);
    case 'C':
        return argument_integer(&generation->colours, "--colours", text, 1, 3);
    case 'w':
        return argument_integer(&generation->width, "--width", text, 1, GENERATION_WIDTH_MAX);
    case 'b':
        return argument_integer(&generation->batch, "--batch", text, 1, TRIAL_BATCH_MAX);
    case 't':
        return argument_integer(&generation->threads, "--threads", text, 1, TRIAL_THREADS_MAX);
    default:
        assert(key == 's');
        return argument_integer(&generation->steps, "--steps", text, 1, MEASURE_MAX);
    }
}

static enum status start_adversarial(struct work *work)
{
    const struct generation *generation = work->generation;
    const int side = generation->input == TRIAL_NATIVE ? NATIVE : FACE;
    const struct net_shape maps = {side, side, generation->channels};
    const struct net_shape face = {FACE, FACE, generation->colours};
    const size_t batch = (size_t)generation->batch;
    struct net *generator = NULL, *critic = NULL;
    enum status status =
        unet_create(&generator, &(struct unet){maps, face, generation->width, 0.5}, batch);
    if (status == STATUS_OK && generation->kind == GENERATION_CGAN) {
        status = patch_critic_create(&critic, &(struct patch_critic){maps, face, generation->width},
                                     batch);
    }
    if (status != STATUS_OK) {
        net_destroy(&generator);
        return status;
    }
    return adversarial_create(&work->adversarial, generator, critic, batch, &adversarial_defaults);
}

static enum status start_wasserstein(struct work *work)
{
    const struct generation *generation = work->generation;
    const struct dcgan dcgan = {GMI_FACE, generation->colours, generation->width, GMI_NOISE};
    const size_t batch = (size_t)generation->batch;
    struct net *generator = NULL, *critic = NULL;
    enum status status = dcgan_generator(&generator, &dcgan, batch);
    if (status == STATUS_OK) status = dcgan_critic(&critic, &dcgan, 2 * batch);
    if (status != STATUS_OK) {
        net_destroy(&generator);
        return status;
    }
    return wasserstein_create(&work->wasserstein, generator, critic, batch, &wasserstein_defaults);
}

static enum status draw(float **numbers, size_t count, uint32_t salt)
{
    *numbers = malloc(count * sizeof **numbers);
    if (*numbers == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a batch");
    struct random random;
    random_start(&random, 1, 0, RANDOM_TEST, 0, salt);
    for (size_t i = 0; i < count; i++) {
        (*numbers)[i] = 2 * random_uniform(&random) - 1;
    }
    return STATUS_OK;
}

static enum status start_data(struct work *work)
{
    const struct generation *generation = work->generation;
    const bool gmi = generation->kind == GENERATION_GMI;
    const size_t side = gmi ? GMI_FACE : FACE;
    const size_t maps = generation->input == TRIAL_NATIVE ? NATIVE : FACE;
    const size_t batch = (size_t)generation->batch;
    const enum status status =
        draw(&work->faces, batch * side * side * (size_t)generation->colours, 0);
    if (status != STATUS_OK || gmi) return status;
    return draw(&work->input, batch * maps * maps * (size_t)generation->channels, 1);
}

static void step(void *context)
{
    struct work *work = context;
    const size_t batch = (size_t)work->generation->batch;
    if (work->generation->kind != GENERATION_GMI) {
        adversarial_step(&work->adversarial, work->input, work->faces, batch);
        return;
    }
    for (int i = 0; i < GMI_CRITIC_STEPS; i++) {
        wasserstein_critic_step(&work->wasserstein, work->faces, batch);
    }
    wasserstein_generator_step(&work->wasserstein, batch);
}

static void time_steps(struct generation_result *result, struct work *work, int steps)
{
    struct measure wall = {.count = 0}, processor = {.count = 0};
    step(work);
    for (int i = 0; i < steps; i++) {
        measure_call(&wall, &processor, step, work);
    }
    result->seconds = measure_median(&wall);
    result->processor = measure_median(&processor);
}

static uint64_t trainable_of(const struct net *net)
{
    uint64_t count = 0;
    for (size_t i = 0; net != NULL && i < net_tensors(net); i++) {
        if (net_tensor(net, i)->trainable) count += net_tensor(net, i)->count;
    }
    return count;
}

enum status generation_run(struct generation_result *result, const struct generation *generation)
{
    struct work work = {.generation = generation};
    omp_set_num_threads(generation->threads);
    enum status status =
        (generation->kind == GENERATION_GMI ? start_wasserstein : start_adversarial)(&work);
    if (status == STATUS_OK) status = start_data(&work);
    if (status == STATUS_OK) {
        time_steps(result, &work, generation->steps);
        result->parameters = trainable_of(work.adversarial.generator.net) +
                             trainable_of(work.adversarial.critic.net) +
                             trainable_of(work.wasserstein.generator.net) +
                             trainable_of(work.wasserstein.critic.net);
        result->peak_memory = clock_peak_memory();
    }
    adversarial_destroy(&work.adversarial);
    wasserstein_destroy(&work.wasserstein);
    free(work.input);
    free(work.faces);
    return status;
}
