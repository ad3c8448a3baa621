// SPDX-License-Identifier: Apache-2.0
#include "attacks/refine.h"

#include "attacks/checkpoint.h"
#include "attacks/decoder.h"
#include "attacks/passage.h"
#include "base/files.h"
#include "base/sizes.h"
#include "defence/observe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_QUICK = 400, STEPS = 1200, BATCH = 16, LEVELS = 255, KNOWN = 256 };

#define FIT            10.0 // weight of the misfit
#define SMOOTH         0.1  // of differences of neighbours
#define PULL           1.0  // of deviations of bands to those of other faces
#define RATE           (3.0 / LEVELS)
#define RATE_LEAST     0.05 // of RATE, at the end
#define SOFT           8.0  // of sizes, in grey levels, at the start
#define SOFT_LEAST     0.1
#define FIRST          0.9 // of the running means, as Adam's
#define SECOND         0.999
#define EPSILON        1e-8
#define VARIANCE_LEAST 1e-6 // of a channel that is flat

struct refine {
    const struct attack_context *context;
    struct passage passage;
    size_t picture, values, steps; // numbers of a picture and of a masked one; steps of a search
    float *x, *mean;               // BATCH pictures in [0,1], and running means of gradients
    double power[BATCH];           // running mean squares of these
    float *misfit;                 // BATCH x values: gradients to what is masked
    float *weight;                 // BATCH x channels: 1 / variance
    double loss[BATCH];            // mean squared misfit of each
    float spread[LIMIT_BANDS];     // of the bands of his own faces, see passage.h
};

/* Mean logarithms of the deviations that the bands of the attacker's own faces have. */
static void learn_spread(struct refine *refine)
{
    const struct dataset *known = refine->context->data->known;
    const size_t count = sizes_least(known->count, KNOWN);
    const size_t channels = (size_t)mask_channels(refine->context->target->mask);
    for (size_t first = 0; first < count; first += BATCH) {
        const size_t now = sizes_least(count - first, BATCH);
        const uint8_t *pixels = dataset_pixels(known, first);
        for (size_t j = 0; j < now * refine->picture; j++) {
            refine->x[j] = (float)pixels[j] / LEVELS;
        }
        passage_mask(&refine->passage, refine->x, now);
        for (size_t i = 0; i < now; i++) {
            for (size_t c = 0; c < channels; c++) {
                refine->spread[c] += passage_spread(&refine->passage, i, c) / (float)count;
            }
        }
    }
    refine->passage.spread = refine->spread;
    refine->passage.pull = PULL;
}

static enum status create(struct refine *refine, const struct attack_context *context)
{
    const struct dataset *victims = context->data->victims;
    const size_t side = (size_t)victims->size, channels = (size_t)victims->channels;
    *refine = (struct refine){.context = context,
                              .picture = side * side * channels,
                              .values = target_values(context->target),
                              .steps = context->budget->quick ? STEPS_QUICK : STEPS};
    refine->x = malloc(BATCH * refine->picture * sizeof(float));
    refine->mean = malloc(BATCH * refine->picture * sizeof(float));
    refine->misfit = malloc(BATCH * refine->values * sizeof(float));
    refine->weight = malloc(BATCH * LIMIT_BANDS * sizeof(float));
    if (refine->x == NULL || refine->mean == NULL || refine->misfit == NULL ||
        refine->weight == NULL) {
        return status_fail(STATUS_NO_MEMORY, "out of memory for pictures that are refined");
    }
    const enum status status =
        passage_create(&refine->passage, context->target, side, victims->channels, BATCH);
    if (status == STATUS_OK) learn_spread(refine);
    return status;
}

static void destroy(struct refine *refine)
{
    passage_destroy(&refine->passage);
    free(refine->x);
    free(refine->mean);
    free(refine->misfit);
    free(refine->weight);
}

/* One over the variance of each channel of a masked image. */
static void weigh(float *weight, const float *masked, size_t values, size_t channels)
{
    for (size_t c = 0; c < channels; c++) {
        double mean;
        const double variance = passage_variance(&mean, masked + c, values, channels);
        weight[c] = (float)(1 / fmax(variance, VARIANCE_LEAST));
    }
}

/* The misfit of picture i of the batch, and the gradient of FIT times it to what is masked. */
static void compare(struct refine *refine, size_t i, const float *masked, const float *wanted)
{
    const size_t values = refine->values;
    const size_t channels = (size_t)mask_channels(refine->context->target->mask);
    const float *weight = refine->weight + i * channels;
    double sum = 0;
    for (size_t v = 0; v < values; v++) {
        const double off = (double)masked[i * values + v] - (double)wanted[i * values + v];
        const double weighted = off * (double)weight[v % channels];
        sum += off * weighted;
        refine->misfit[i * values + v] = (float)(2 * FIT * weighted / (double)values);
    }
    refine->loss[i] = sum / (double)values;
}

/* Adds the gradient of SMOOTH times the mean of sqrt(d^2 + 1) over the differences one way. */
static void smooth(float *gradient, const float *x, size_t side, size_t channels, bool down)
{
    const size_t step = down ? side * channels : channels;
    const double scale = SMOOTH * LEVELS / (double)(side * (side - 1) * channels);
    for (size_t at = 0; at + step < side * side * channels; at++) {
        if (!down && at / channels % side == side - 1) continue;
        const double d = LEVELS * ((double)x[at + step] - (double)x[at]);
        const float g = (float)(scale * d / sqrt(d * d + 1));
        gradient[at] -= g;
        gradient[at + step] += g;
    }
}

/* Adam, but with one scale for all pixels of a picture: where nothing is known, nothing moves. */
static void move(struct refine *refine, size_t i, const float *gradient, size_t step, double rate)
{
    float *x = refine->x + i * refine->picture, *mean = refine->mean + i * refine->picture;
    double squares = 0;
    for (size_t j = 0; j < refine->picture; j++) {
        squares += (double)gradient[j] * (double)gradient[j];
        mean[j] += (float)((1 - FIRST) * ((double)gradient[j] - (double)mean[j]));
    }
    double *power = &refine->power[i];
    *power += (1 - SECOND) * (squares / (double)refine->picture - *power);
    const double scale = sqrt(*power / (1 - pow(SECOND, (double)step))) + EPSILON;
    const double length = rate / (1 - pow(FIRST, (double)step)) / scale;
    for (size_t j = 0; j < refine->picture; j++) {
        x[j] -= (float)(length * (double)mean[j]);
    }
}

/* Misfits of the batch as the mask itself has them. */
static double measure(struct refine *refine, const float *wanted, size_t count)
{
    double sum = 0;
    refine->passage.soft = 0;
    const float *masked = passage_mask(&refine->passage, refine->x, count);
    for (size_t i = 0; i < count; i++) {
        compare(refine, i, masked, wanted);
        sum += refine->loss[i];
    }
    return sum;
}

/* Of a mask that sees grey alone: colours stay as they are, or they would move by their weights. */
static void keep_colours(float *gradient, size_t pixels, size_t channels)
{
    for (size_t p = 0; p < pixels; p++) {
        float sum = 0;
        for (size_t k = 0; k < channels; k++) {
            sum += gradient[p * channels + k];
        }
        for (size_t k = 0; k < channels; k++) {
            gradient[p * channels + k] = sum / (float)channels;
        }
    }
}

static void descend(struct refine *refine, const float *wanted, size_t count)
{
    const size_t side = (size_t)refine->context->data->victims->size;
    const size_t channels = (size_t)refine->context->data->victims->channels;
    const bool grey = mask_components(refine->context->target->mask) == 1;
    memset(refine->mean, 0, count * refine->picture * sizeof(float));
    memset(refine->power, 0, sizeof refine->power);
    for (size_t step = 1; step <= refine->steps; step++) {
        const double left = 1 - (double)(step - 1) / (double)refine->steps;
        const double rate = RATE * (RATE_LEAST + (1 - RATE_LEAST) * left);
        refine->passage.soft = fmax(SOFT * left, SOFT_LEAST);
        const float *masked = passage_mask(&refine->passage, refine->x, count);
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < count; i++) {
            compare(refine, i, masked, wanted);
        }
        float *gradient = passage_mask_gradient(&refine->passage, refine->misfit, count);
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < count; i++) {
            float *own = gradient + i * refine->picture;
            smooth(own, refine->x + i * refine->picture, side, channels, false);
            smooth(own, refine->x + i * refine->picture, side, channels, true);
            if (grey) keep_colours(own, side * side, channels);
            move(refine, i, own, step, rate);
        }
    }
}

static void refine_batch(struct refine *refine, float *pictures, const float *wanted, size_t count,
                         double *before, double *after)
{
    const size_t channels = (size_t)mask_channels(refine->context->target->mask);
    for (size_t i = 0; i < count; i++) {
        weigh(refine->weight + i * channels, wanted + i * refine->values, refine->values, channels);
    }
    memcpy(refine->x, pictures, count * refine->picture * sizeof *pictures);
    *before += measure(refine, wanted, count);
    descend(refine, wanted, count);
    *after += measure(refine, wanted, count);
    memcpy(pictures, refine->x, count * refine->picture * sizeof *pictures);
}

/* Batch after batch; `sums` are the misfits before and after of all that is done. */
static enum status refine_all(struct refine *refine, const char *path, const char *of,
                              float *pictures, const float *masked, size_t count, float sums[2])
{
    const struct checkpoint_part parts[] = {{"pictures", pictures, count * refine->picture},
                                            {"misfit", sums, 2}};
    uint64_t done = 0;
    enum status status = checkpoint_load(&done, path, of, parts, 2);
    while (done < count && status == STATUS_OK) {
        double before = 0, after = 0;
        const size_t now = sizes_least(count - (size_t)done, BATCH);
        refine_batch(refine, pictures + done * refine->picture, masked + done * refine->values, now,
                     &before, &after);
        if (!isfinite(after)) {
            return status_fail(STATUS_NOT_FINITE, "its search has numbers that are not finite");
        }
        sums[0] += (float)before;
        sums[1] += (float)after;
        done += now;
        status = checkpoint_save(path, of, done, parts, 2);
        if (status == STATUS_OK) {
            status = attack_progress(refine->context, "refine, pictures", done, count);
        }
    }
    return status;
}

enum status refine_pictures(const struct attack_context *context, const char *of, uint8_t *pictures,
                            const float *masked, size_t count, double *before, double *after)
{
    struct refine refine;
    char path[LIMIT_PATH];
    float sums[2] = {0, 0}, *found = NULL;
    enum status status = create(&refine, context);
    if (status == STATUS_OK) {
        status = files_join(path, context->folder, "refine.pictures.safetensors");
    }
    if (status == STATUS_OK) {
        found = malloc(count * refine.picture * sizeof *found);
        if (found == NULL) status = status_fail(STATUS_NO_MEMORY, "out of memory for pictures");
    }
    for (size_t j = 0; j < count * refine.picture && status == STATUS_OK; j++) {
        found[j] = (float)pictures[j] / LEVELS;
    }
    if (status == STATUS_OK) {
        status = refine_all(&refine, path, of, found, masked, count, sums);
    }
    for (size_t j = 0; j < count * refine.picture && status == STATUS_OK; j++) {
        pictures[j] = (uint8_t)lrint(LEVELS * fmin(fmax((double)found[j], 0), 1));
    }
    *before = (double)sums[0] / (double)count;
    *after = (double)sums[1] / (double)count;
    free(found);
    destroy(&refine);
    return status;
}

/* What the recogniser gets of all victims' images, and what the decoder makes of it. */
static enum status begin(const struct attack_context *context, uint8_t *pictures, float *masked,
                         uint32_t *truth)
{
    const struct dataset *victims = context->data->victims;
    struct decoder *decoder = NULL;
    enum status status =
        decoder_learn(&decoder, context, &(struct decoder_options){.name = "refine"});
    if (status == STATUS_OK) {
        status = observe_faces(context->target, masked, truth, victims, NULL, victims->count,
                               context->budget->seed, 0);
    }
    if (status == STATUS_OK) decoder_faces(decoder, pictures, masked, victims->count);
    decoder_destroy(&decoder);
    return status;
}

static enum status attack(const struct attack_context *context, struct figures *figures,
                          uint8_t *pictures, float *masked, uint32_t *truth)
{
    char of[CHECKPOINT_OF];
    double before = 0, after = 0;
    enum status status = begin(context, pictures, masked, truth);
    if (status == STATUS_OK) status = checkpoint_of(of, "refine 1", context, context->target);
    if (status == STATUS_OK) {
        status = refine_pictures(context, of, pictures, masked, context->data->victims->count,
                                 &before, &after);
    }
    figures_set(figures, "refine.steps", context->budget->steps);
    if (status == STATUS_NOT_FINITE) {
        attack_diverged(figures, "refine", status_message());
        return STATUS_OK;
    }
    if (status != STATUS_OK) return status;
    figures_set(figures, "refine.misfit_start", before);
    figures_set(figures, "refine.misfit", after);
    return attack_measure_as(context, figures, "refine", pictures, truth,
                             context->data->victims->count);
}

enum status refine_attack(const struct attack_context *context, struct figures *figures)
{
    const struct dataset *victims = context->data->victims;
    const size_t picture =
        (size_t)victims->size * (size_t)victims->size * (size_t)victims->channels;
    if (mask_signs(context->target->mask)) {
        figures_note(figures, "refine: not with random signs, which nobody knows");
        return STATUS_OK;
    }
    uint8_t *pictures = malloc(victims->count * picture);
    float *masked = malloc(victims->count * target_values(context->target) * sizeof *masked);
    uint32_t *truth = malloc(victims->count * sizeof *truth);
    enum status status = STATUS_OK;
    if (pictures == NULL || masked == NULL || truth == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %zu pictures", victims->count);
    } else {
        status = attack(context, figures, pictures, masked, truth);
    }
    free(pictures);
    free(masked);
    free(truth);
    return status;
}
