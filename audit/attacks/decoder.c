// SPDX-License-Identifier: Apache-2.0
#include "attacks/decoder.h"

#include "attacks/adversarial.h"
#include "attacks/checkpoint.h"
#include "attacks/patch_critic.h"
#include "attacks/resample.h"
#include "attacks/unet.h"
#include "base/files.h"
#include "base/random.h"
#include "base/sizes.h"
#include "defence/observe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 8, WIDTH_QUICK = 16, WIDTH = 32, PARTS = 5 };

#define RATE_ALONE   1e-3 // by L1 alone
#define DROPOUT      0.5
#define ERROR_MEMORY 0.95 // of the mean error over the last steps
#define POWER_MIN    1e-12

struct decoder {
    const struct attack_context *context;
    struct decoder_options options;
    struct adversarial adversarial;
    struct resample resample;
    struct net_shape map, condition, face; // what is seen, fed, made
    size_t batch;
    float gain;  // brings what is seen to a mean square of 1
    float error; // see decoder_error()
    float *seen, *fed, *faces, *room;
    uint32_t *index, *principal;
};

static size_t numbers_of(struct net_shape shape)
{
    return (size_t)shape.height * (size_t)shape.width * (size_t)shape.channels;
}

static void choose_shapes(struct decoder *decoder)
{
    const struct target *target = decoder->context->target;
    const struct dataset *known = decoder->context->data->known;
    const struct config_federation *federation = &target->config.federation;
    const bool native =
        federation->input.kind == INPUT_BANDS && federation->input.layout == LAYOUT_NATIVE;
    const int side = native ? known->size / BLOCK : known->size;
    const int channels = mask_channels(target->mask);
    decoder->map = (struct net_shape){mask_side(target->mask), mask_side(target->mask), channels};
    decoder->condition = (struct net_shape){side, side, channels};
    decoder->face = (struct net_shape){known->size, known->size, known->channels};
    decoder->batch = (size_t)decoder->context->budget->batch;
}

static enum status make_networks(struct decoder *decoder)
{
    const struct attack_budget *budget = decoder->context->budget;
    const int width = budget->quick ? WIDTH_QUICK : WIDTH;
    const struct unet unet = {decoder->condition, decoder->face, width, DROPOUT};
    const struct patch_critic patches = {decoder->condition, decoder->face, width};
    struct adversarial_options options = adversarial_defaults;
    struct net *generator = NULL, *critic = NULL;
    options.seed = budget->seed;
    if (!decoder->options.critic) options.rates.rate = RATE_ALONE;
    enum status status = unet_create(&generator, &unet, decoder->batch);
    if (status == STATUS_OK && decoder->options.critic) {
        status = patch_critic_create(&critic, &patches, decoder->batch);
    }
    if (status != STATUS_OK) {
        net_destroy(&generator);
        return status;
    }
    return adversarial_create(&decoder->adversarial, generator, critic, decoder->batch, &options);
}

static enum status allocate(struct decoder *decoder)
{
    const size_t batch = decoder->batch, map = numbers_of(decoder->map);
    decoder->seen = malloc(batch * map * sizeof(float));
    decoder->fed = malloc(batch * numbers_of(decoder->condition) * sizeof(float));
    decoder->faces = malloc(batch * numbers_of(decoder->face) * sizeof(float));
    decoder->room = malloc((size_t)decoder->map.height * numbers_of(decoder->condition) /
                           (size_t)decoder->condition.width * sizeof(float));
    decoder->index = malloc(batch * sizeof *decoder->index);
    decoder->principal = malloc(batch * sizeof *decoder->principal);
    if (decoder->seen != NULL && decoder->fed != NULL && decoder->faces != NULL &&
        decoder->room != NULL && decoder->index != NULL && decoder->principal != NULL) {
        return resample_create(&decoder->resample, (size_t)decoder->map.height,
                               (size_t)decoder->condition.height);
    }
    return status_fail(STATUS_NO_MEMORY, "out of memory for an attacker's batch");
}

void decoder_destroy(struct decoder **decoder)
{
    struct decoder *old = *decoder;
    if (old == NULL) return;
    adversarial_destroy(&old->adversarial);
    resample_destroy(&old->resample);
    free(old->seen);
    free(old->fed);
    free(old->faces);
    free(old->room);
    free(old->index);
    free(old->principal);
    free(old);
    *decoder = NULL;
}

/* What is seen, as the networks take it. */
static void feed(struct decoder *decoder, const float *seen, size_t count)
{
    const size_t map = numbers_of(decoder->map), fed = numbers_of(decoder->condition);
    const bool same = decoder->map.height == decoder->condition.height;
    for (size_t i = 0; i < count; i++) {
        float *to = decoder->fed + i * fed;
        if (same) {
            memcpy(to, seen + i * map, fed * sizeof *to);
        } else {
            resample_apply(&decoder->resample, to, seen + i * map, (size_t)decoder->map.channels,
                           decoder->room);
        }
    }
    for (size_t i = 0; i < count * fed; i++) {
        decoder->fed[i] *= decoder->gain;
    }
}

/* The images of a step, as the defence shows them, and the faces in them. */
static enum status look(struct decoder *decoder, uint64_t step)
{
    const struct attack_context *context = decoder->context;
    const struct dataset *known = context->data->known;
    const size_t face = numbers_of(decoder->face), count = decoder->batch;
    const uint64_t seed = context->budget->seed, again = seed + step; // another noise
    struct random random;
    random_start(&random, seed, 0, RANDOM_ATTACK, 0, (uint32_t)step);
    for (size_t i = 0; i < count; i++) {
        decoder->principal[i] = decoder->index[i] = random_below(&random, (uint32_t)known->count);
    }
    const enum status status =
        decoder->options.unmixed
            ? observe_masked(context->target, decoder->seen, known, decoder->index, count, again,
                             (uint32_t)step)
            : observe_faces(context->target, decoder->seen, decoder->principal, known,
                            decoder->index, count, again, (uint32_t)step);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const uint8_t *pixels = dataset_pixels(known, decoder->principal[i]);
        for (size_t j = 0; j < face; j++) {
            decoder->faces[i * face + j] = (float)pixels[j] / 127.5f - 1;
        }
    }
    return status;
}

/* The gain, from the images of the first step. */
static enum status measure_gain(struct decoder *decoder)
{
    const size_t count = decoder->batch * numbers_of(decoder->map);
    const enum status status = look(decoder, 0);
    double squares = 0;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        squares += (double)decoder->seen[i] * (double)decoder->seen[i];
    }
    decoder->gain = (float)(1 / sqrt(fmax(squares / (double)count, POWER_MIN)));
    return status;
}

static enum status learn_step(struct decoder *decoder, uint64_t step, uint64_t steps)
{
    struct adversarial *adversarial = &decoder->adversarial;
    const double rate = adversarial->options.rates.rate;
    const enum status status = look(decoder, step);
    if (status != STATUS_OK) return status;
    feed(decoder, decoder->seen, decoder->batch);
    adversarial->options.rates.rate = rate * fmin(1, 2 * (double)(steps - step) / (double)steps);
    const struct adversarial_losses losses =
        adversarial_step(adversarial, decoder->fed, decoder->faces, decoder->batch);
    adversarial->options.rates.rate = rate;
    const double total = losses.absolute + losses.real + losses.fake + losses.deceit;
    if (!isfinite(total)) {
        return status_fail(STATUS_NOT_FINITE, "its losses in step %llu are not finite",
                           (unsigned long long)step + 1);
    }
    decoder->error =
        step == 0
            ? (float)losses.absolute
            : (float)(ERROR_MEMORY * (double)decoder->error + (1 - ERROR_MEMORY) * losses.absolute);
    return STATUS_OK;
}

/* All that a training which goes on needs. Returns how many parts. */
static size_t list_parts(struct checkpoint_part parts[PARTS], struct decoder *decoder)
{
    struct learner *generator = &decoder->adversarial.generator;
    struct learner *critic = &decoder->adversarial.critic;
    parts[0] =
        (struct checkpoint_part){"generator", generator->weights, net_parameters(generator->net)};
    parts[1] = (struct checkpoint_part){"generator.moments", generator->adam.moments,
                                        generator->adam.count};
    parts[2] = (struct checkpoint_part){"error", &decoder->error, 1};
    if (critic->net == NULL) return 3;
    parts[3] = (struct checkpoint_part){"critic", critic->weights, net_parameters(critic->net)};
    parts[4] = (struct checkpoint_part){"critic.moments", critic->adam.moments, critic->adam.count};
    return PARTS;
}

/* Goes on from the file to the last step. */
static enum status learn(struct decoder *decoder, const char *path, const char *of)
{
    const uint64_t steps = (uint64_t)decoder->context->budget->steps;
    struct adversarial *adversarial = &decoder->adversarial;
    struct checkpoint_part parts[PARTS];
    const size_t count = list_parts(parts, decoder);
    uint64_t done = 0;
    enum status status = checkpoint_load(&done, path, of, parts, count);
    adversarial->generator.adam.steps = adversarial->critic.adam.steps = done;
    while (done < steps && status == STATUS_OK) {
        status = learn_step(decoder, done, steps);
        if (status != STATUS_OK) break;
        done++;
        if (done == steps && !learner_is_finite(&adversarial->generator)) {
            return status_fail(STATUS_NOT_FINITE, "its weights are not finite");
        }
        if (done % DECODER_SAVED == 0 || done == steps) {
            status = checkpoint_save(path, of, done, parts, count);
        }
        if (status == STATUS_OK) {
            status = attack_progress(decoder->context, decoder->options.name, done, steps);
        }
    }
    return status;
}

enum status decoder_learn(struct decoder **decoder, const struct attack_context *context,
                          const struct decoder_options *options)
{
    char file[LIMIT_NAME + 32], path[LIMIT_PATH], what[LIMIT_NAME], of[CHECKPOINT_OF];
    struct decoder *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for an attacker");
    made->context = context;
    made->options = *options;
    choose_shapes(made);
    snprintf(file, sizeof file, "%.60s.state.safetensors", options->name);
    snprintf(what, sizeof what, "decoder 2 %d %d", options->critic, options->unmixed);
    enum status status = files_join(path, context->folder, file);
    if (status == STATUS_OK) status = checkpoint_of(of, what, context, context->target);
    if (status == STATUS_OK) status = make_networks(made);
    if (status == STATUS_OK) status = allocate(made);
    if (status == STATUS_OK) status = measure_gain(made);
    if (status == STATUS_OK) status = learn(made, path, of);
    if (status != STATUS_OK) {
        decoder_destroy(&made);
        return status;
    }
    *decoder = made;
    return STATUS_OK;
}

double decoder_error(const struct decoder *decoder)
{
    return (double)decoder->error;
}

void decoder_faces(struct decoder *decoder, uint8_t *pictures, const float *masked, size_t count)
{
    const size_t map = numbers_of(decoder->map), face = numbers_of(decoder->face);
    for (size_t first = 0; first < count; first += decoder->batch) {
        const size_t now = sizes_least(count - first, decoder->batch);
        feed(decoder, masked + first * map, now);
        const float *y =
            net_forward(decoder->adversarial.generator.net, decoder->fed, now, NET_EVALUATE, NULL);
        for (size_t i = 0; i < now * face; i++) {
            const double level = 127.5 * ((double)y[i] + 1);
            pictures[first * face + i] = (uint8_t)lrint(fmin(fmax(level, 0), 255));
        }
    }
}

static void set(struct figures *figures, const char *name, const char *what, double value)
{
    char key[LIMIT_NAME];
    snprintf(key, sizeof key, "%.40s.%s", name, what);
    figures_set(figures, key, value);
}

/* Decodes what is seen of all victims' images: row i of `bands` shows image shown[i]; NULL: what
 * the target shows of each. */
static enum status decode(struct decoder *decoder, struct figures *figures, const float *bands,
                          const uint32_t *shown)
{
    const struct attack_context *context = decoder->context;
    const struct dataset *victims = context->data->victims;
    const size_t count = victims->count, face = numbers_of(decoder->face);
    const size_t map = numbers_of(decoder->map);
    uint8_t *pictures = malloc(count * face);
    uint32_t *truth = malloc(count * sizeof *truth);
    enum status status = STATUS_OK;
    if (pictures == NULL || truth == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %zu pictures", count);
    }
    for (size_t first = 0; first < count && status == STATUS_OK; first += decoder->batch) {
        const size_t now = sizes_least(count - first, decoder->batch);
        for (size_t i = 0; i < now; i++) {
            decoder->index[i] = (uint32_t)(first + i);
            truth[first + i] = shown == NULL ? decoder->index[i] : shown[first + i];
        }
        if (bands == NULL) {
            status = observe_faces(context->target, decoder->seen, truth + first, victims,
                                   decoder->index, now, context->budget->seed, 0);
        }
        if (status == STATUS_OK) {
            decoder_faces(decoder, pictures + first * face,
                          bands == NULL ? decoder->seen : bands + first * map, now);
        }
    }
    if (status == STATUS_OK) {
        status = attack_measure_as(context, figures, decoder->options.name, pictures, truth,
                                   victims->count);
    }
    free(pictures);
    free(truth);
    return status;
}

static enum status attack(const struct attack_context *context, struct figures *figures,
                          const struct decoder_options *options, const float *bands,
                          const uint32_t *shown)
{
    struct decoder *decoder = NULL;
    enum status status = decoder_learn(&decoder, context, options);
    set(figures, options->name, "steps", context->budget->steps);
    if (status == STATUS_NOT_FINITE) {
        attack_diverged(figures, options->name, status_message());
        return STATUS_OK;
    }
    if (status == STATUS_OK) {
        set(figures, options->name, "known_error", decoder_error(decoder));
        status = decode(decoder, figures, bands, shown);
    }
    decoder_destroy(&decoder);
    return status;
}

enum status decoder_attack_unet(const struct attack_context *context, struct figures *figures)
{
    return attack(context, figures, &(struct decoder_options){.name = "unet"}, NULL, NULL);
}

enum status decoder_attack_cgan(const struct attack_context *context, struct figures *figures)
{
    const struct decoder_options options = {.name = "cgan", .critic = true};
    return attack(context, figures, &options, NULL, NULL);
}

enum status decoder_attack_unmixed(const struct attack_context *context, struct figures *figures,
                                   const char *name, const float *bands, const uint32_t *truth)
{
    const struct decoder_options options = {.name = name, .critic = true, .unmixed = true};
    return attack(context, figures, &options, bands, truth);
}
