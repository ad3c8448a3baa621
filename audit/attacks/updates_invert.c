// SPDX-License-Identifier: Apache-2.0
// What did the batch of an update look like?
#include "attacks/matching.h"
#include "attacks/updates_parts.h"
#include "defence/observe.h"
#include "image/image.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 4, SHOWN = 4 };

enum { SUMS = 4 };

static const size_t sums[SUMS] = {1, 2, 4, UPDATES_PARTIES};
static const size_t quick_sums[SUMS] = {1, 4};

struct inversion { // of one sum
    struct updates_work *work;
    size_t parties;
    const float *control; // batch other inputs of the victims
    float *seen;          // the gradient
    float *found;         // parties * batch inputs
    double distance;
};

struct progress {
    const struct attack_context *context;
    int steps;
    enum status status;
};

static bool tick(void *context, int step)
{
    struct progress *progress = context;
    progress->status = attack_progress(progress->context, "matching gradients", (uint64_t)step,
                                       (uint64_t)progress->steps);
    return progress->status == STATUS_OK;
}

static double product(const float *a, const float *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)a[i] * (double)b[i];
    }
    return sum;
}

static double cosine(const float *a, const float *b, size_t count)
{
    return product(a, b, count) / fmax(sqrt(product(a, a, count) * product(b, b, count)), 1e-20);
}

/* The recovered input that is nearest to x. */
static const float *nearest(const struct inversion *inversion, const float *x)
{
    const size_t values = inversion->work->values;
    const float *best = inversion->found;
    for (size_t j = 1; j < inversion->parties * inversion->work->batch; j++) {
        const float *y = inversion->found + j * values;
        if (cosine(x, y, values) > cosine(x, best, values)) best = y;
    }
    return best;
}

/* The best of the budget's starts, in `found`. */
static enum status solve(struct inversion *inversion)
{
    const struct updates_work *work = inversion->work;
    const struct attack_context *context = work->context;
    const struct config_federation *federation = &context->target->config.federation;
    const size_t inputs = inversion->parties * work->batch * work->values;
    const int starts = context->budget->starts < 1 ? 1 : context->budget->starts;
    const struct matching matching = {.net = recogniser_net(work->recogniser),
                                      .weights = work->start,
                                      .gradients = inversion->seen,
                                      .parties = inversion->parties,
                                      .batch = work->batch,
                                      .dropout = work->dropout,
                                      .values = work->values,
                                      .channels = (size_t)mask_channels(context->target->mask),
                                      .normalised = federation->mask.normalise &&
                                                    federation->mix.method == MIX_NONE};
    struct progress progress = {context, context->budget->steps, STATUS_OK};
    struct matching_work *solver = NULL;
    float *x = malloc(inputs * sizeof *x);
    enum status status = x == NULL ? status_fail(STATUS_NO_MEMORY, "out of memory for inputs")
                                   : matching_create(&solver, &matching);
    inversion->distance = (double)NAN;
    for (int start = 0; start < starts && status == STATUS_OK; start++) {
        const double distance = matching_solve(solver, x, progress.steps, context->budget->seed,
                                               (uint32_t)start, tick, &progress);
        status = progress.status;
        if (isnan(distance) || distance >= inversion->distance) continue;
        inversion->distance = distance;
        memcpy(inversion->found, x, inputs * sizeof *x);
    }
    matching_destroy(&solver);
    free(x);
    return status;
}

static void set(struct figures *figures, const struct inversion *inversion, const char *what,
                double value)
{
    const struct updates_work *work = inversion->work;
    char key[LIMIT_NAME];
    snprintf(key, sizeof key, "updates.%s.b%zu.n%zu.%s", work->final ? "final" : "first",
             work->batch, inversion->parties, what);
    figures_set(figures, key, value);
}

static void measure(struct figures *figures, const struct inversion *inversion)
{
    const struct updates_work *work = inversion->work;
    const size_t values = work->values;
    const bool diverged = isnan(inversion->distance); // then nothing was found
    double found = diverged ? (double)NAN : 0, error = found, control = found;
    for (size_t i = 0; i < work->batch && !diverged; i++) {
        const float *x = work->rows + i * values, *y = nearest(inversion, x);
        const float *z = inversion->control + i * values;
        found += cosine(x, y, values);
        control += cosine(z, nearest(inversion, z), values);
        error += sqrt(
            fmax(product(x, x, values) + product(y, y, values) - 2 * product(x, y, values), 0) /
            fmax(product(x, x, values), 1e-20));
    }
    set(figures, inversion, "cosine", found / (double)work->batch);
    set(figures, inversion, "error", error / (double)work->batch);
    set(figures, inversion, "control", control / (double)work->batch);
    set(figures, inversion, "distance", inversion->distance);
}

/* A masked input as a grey picture of the victims' size and channels, stretched. */
static enum status paint(uint8_t *out, const struct attack_context *context, const float *masked)
{
    const struct dataset *victims = context->data->victims;
    const int side = context->target->config.federation.input.size;
    const size_t area = (size_t)side * (size_t)side;
    struct image picture = {0}, square = {0};
    double sum = 0, squares = 0;
    float *planes = calloc(3 * area, sizeof *planes);
    if (planes == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a picture");
    mask_look(context->target->mask, planes, masked);
    enum status status = image_create(&picture, side, side, 1);
    for (size_t i = 0; i < area; i++) {
        sum += (double)planes[i];
        squares += (double)planes[i] * (double)planes[i];
    }
    const double mean = sum / (double)area;
    const double gain = 48 / fmax(sqrt(fmax(squares / (double)area - mean * mean, 0)), 1e-9);
    for (size_t i = 0; i < area && status == STATUS_OK; i++) {
        const double level = 128 + gain * ((double)planes[i] - mean);
        picture.pixels[i] = (uint8_t)lrint(fmin(fmax(level, 0), 255));
    }
    if (status == STATUS_OK) {
        status = image_square(&square, &picture, victims->size, victims->channels);
    }
    if (status == STATUS_OK) {
        memcpy(out, square.pixels,
               (size_t)victims->size * (size_t)victims->size * (size_t)victims->channels);
    }
    image_destroy(&picture);
    image_destroy(&square);
    free(planes);
    return status;
}

/* Adds the victim's inputs, or what was recovered of them, to the row of pictures. */
static enum status show(uint8_t *pixels, size_t *shown, const struct inversion *inversion,
                        bool truth)
{
    const struct updates_work *work = inversion->work;
    const struct dataset *victims = work->context->data->victims;
    const size_t bytes = (size_t)victims->size * (size_t)victims->size * (size_t)victims->channels;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < work->batch && i < SHOWN && status == STATUS_OK; i++) {
        const float *x = work->rows + i * work->values;
        status =
            paint(pixels + (*shown)++ * bytes, work->context, truth ? x : nearest(inversion, x));
    }
    return status;
}

/* Images of the victims, then those of the attacker that other parties have, then the control. */
static void choose(uint32_t *index, const struct attack_data *data, uint64_t seed, size_t count,
                   size_t batch)
{
    struct random random;
    random_start(&random, seed, 0, RANDOM_SAMPLE, 0, 3);
    const uint32_t first = random_below(&random, (uint32_t)data->victims->count);
    for (size_t i = 0; i < batch; i++) { // far apart, so that people differ
        index[i] =
            (uint32_t)((first + i * data->victims->count / (2 * batch)) % data->victims->count);
        index[count + i] = (uint32_t)((first + (batch + i) * data->victims->count / (2 * batch)) %
                                      data->victims->count);
    }
    for (size_t i = batch; i < count; i++) {
        index[i] = random_below(&random, (uint32_t)data->known->count);
    }
}

/* All sums with one model: `most` of them. */
static enum status invert(struct figures *figures, const struct attack_context *context,
                          size_t batch, bool final, size_t most, uint8_t *pixels, size_t *shown)
{
    struct updates_work work;
    uint32_t index[(UPDATES_PARTIES + 1) * BATCH];
    enum status status = updates_open(&work, context, batch, final);
    if (status != STATUS_OK) return status;
    const size_t count = UPDATES_PARTIES * batch, values = work.values;
    const size_t *of = context->budget->quick ? quick_sums : sums;
    float *delta = calloc(work.parameters, sizeof *delta);
    float *seen = calloc(work.parameters, sizeof *seen);
    float *sum = calloc(work.parameters, sizeof *sum);
    float *found = calloc(count, values * sizeof *found);
    float *control = calloc(batch, values * sizeof *control);
    size_t parties = 0;
    if (!delta || !seen || !sum || !found || !control) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for updates");
        goto done;
    }
    choose(index, context->data, context->budget->seed, count, batch);
    status = observe_faces(context->target, control, NULL, context->data->victims, index + count,
                           batch, context->budget->seed, 0);
    for (size_t s = 0; s < most && status == STATUS_OK; s++) {
        struct inversion inversion = {&work, of[s], control, seen, found, 0};
        for (; parties < of[s] && status == STATUS_OK; parties++) {
            status = updates_step(&work, delta, parties, index + parties * batch);
            for (size_t i = 0; i < work.parameters; i++) {
                sum[i] += delta[i];
            }
        }
        if (status != STATUS_OK) break;
        memcpy(seen, sum, work.parameters * sizeof *seen);
        updates_gradient(&work, seen, parties);
        status = solve(&inversion);
        if (status != STATUS_OK) break;
        measure(figures, &inversion);
        if (isnan(inversion.distance)) {
            attack_diverged(figures, "updates", "the matched inputs are not finite");
        }
        if (pixels != NULL && s == 0) status = show(pixels, shown, &inversion, true);
        if (pixels != NULL && (s < 2 || s + 1 == most) && status == STATUS_OK &&
            !isnan(inversion.distance)) {
            status = show(pixels, shown, &inversion, false);
        }
    }
done:
    free(delta);
    free(seen);
    free(sum);
    free(found);
    free(control);
    updates_close(&work);
    return status;
}

enum status updates_invert(const struct attack_context *context, struct figures *figures)
{
    const struct dataset *victims = context->data->victims;
    const size_t bytes = (size_t)victims->size * (size_t)victims->size * (size_t)victims->channels;
    const size_t all = context->budget->quick ? 2 : SUMS;
    uint8_t *pixels = calloc(ATTACK_PICTURES, bytes);
    size_t shown = 0;
    enum status status = STATUS_OK;
    if (pixels == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for pictures");
    if (victims->count < 2 * BATCH) {
        figures_note(figures, "updates: %zu images of victims are too few to invert an update",
                     victims->count);
        free(pixels);
        return STATUS_OK;
    }
    if (context->target->config.federation.network.norm == NORM_GROUP) {
        status = invert(figures, context, 1, false, all, NULL, NULL);
        if (status == STATUS_OK) status = invert(figures, context, 1, true, 1, NULL, NULL);
    } else {
        figures_note(figures, "updates: with batch norms a step on one image has no gradient");
    }
    if (status == STATUS_OK) status = invert(figures, context, BATCH, false, all, pixels, &shown);
    if (status == STATUS_OK) status = invert(figures, context, BATCH, true, 1, NULL, NULL);
    if (status == STATUS_OK) status = attack_pictures(context, "updates", pixels, shown);
    free(pixels);
    return status;
}
