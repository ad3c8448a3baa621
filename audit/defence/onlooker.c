// SPDX-License-Identifier: Apache-2.0
#include "defence/onlooker.h"

#include "defence/observe.h"
#include "image/image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 16 };

struct work {
    const struct attack_context *context;
    size_t area;   // pixels of the defence's own pictures
    float *seen;   // BATCH masked images
    float *planes; // of one picture
    uint32_t *truth;
    uint8_t *looks; // a picture for each image of the victims
};

static double brightness(const double rgb[3])
{
    return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
}

/* Mean and deviation of a picture's brightness. */
static double measure(double *mean, const uint8_t *pixels, size_t area, int channels)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < area; i++) {
        const uint8_t *p = pixels + i * (size_t)channels;
        const double rgb[3] = {p[0], p[channels == 1 ? 0 : 1], p[channels == 1 ? 0 : 2]};
        const double value = brightness(rgb);
        sum += value;
        squares += value * value;
    }
    *mean = sum / (double)area;
    return sqrt(fmax(squares / (double)area - *mean * *mean, 0));
}

/* The colour of pixel i. */
static void colour_of(double rgb[3], const struct work *work, size_t i)
{
    const struct target *target = work->context->target;
    const enum config_color color = target->config.federation.input.color;
    const double first = (double)work->planes[i];
    for (int c = 0; c < 3; c++) {
        rgb[c] = first;
    }
    if (color == COLOR_GREY) return;
    const double second = (double)work->planes[work->area + i];
    const double third = (double)work->planes[2 * work->area + i];
    if (color == COLOR_RGB) {
        rgb[1] = second;
        rgb[2] = third;
        return;
    }
    rgb[0] += 1.402 * third; // YCbCr of JPEG
    rgb[1] -= 0.344136 * second + 0.714136 * third;
    rgb[2] += 1.772 * second;
}

/* The planes as a picture with the mean and deviation of `original`. */
static enum status stretch(const struct work *work, uint8_t *look, const uint8_t *original)
{
    const struct dataset *victims = work->context->data->victims;
    const int side = work->context->target->config.federation.input.size;
    struct image picture = {0}, square = {0};
    double mean = 0, sum = 0, squares = 0;
    const double deviation =
        measure(&mean, original, (size_t)victims->size * (size_t)victims->size, victims->channels);
    enum status status = image_create(&picture, side, side, 3);
    if (status != STATUS_OK) return status;
    for (size_t i = 0; i < work->area; i++) {
        double rgb[3];
        colour_of(rgb, work, i);
        sum += brightness(rgb);
        squares += brightness(rgb) * brightness(rgb);
    }
    const double own = sum / (double)work->area;
    const double spread = sqrt(fmax(squares / (double)work->area - own * own, 0));
    const double gain = spread > 0 ? deviation / spread : 0;
    for (size_t i = 0; i < work->area; i++) {
        double rgb[3];
        colour_of(rgb, work, i);
        for (size_t c = 0; c < 3; c++) {
            const double level = mean + gain * (rgb[c] - own);
            picture.pixels[3 * i + c] = (uint8_t)lrint(fmin(fmax(level, 0), 255));
        }
    }
    status = image_square(&square, &picture, victims->size, victims->channels);
    if (status == STATUS_OK) {
        const size_t bytes =
            (size_t)victims->size * (size_t)victims->size * (size_t)victims->channels;
        memcpy(look, square.pixels, bytes);
    }
    image_destroy(&picture);
    image_destroy(&square);
    return status;
}

static enum status look(struct work *work, size_t first, size_t count)
{
    const struct attack_context *context = work->context;
    const struct dataset *victims = context->data->victims;
    const size_t bytes = (size_t)victims->size * (size_t)victims->size * (size_t)victims->channels;
    uint32_t index[BATCH];
    for (size_t i = 0; i < count; i++) {
        index[i] = (uint32_t)(first + i);
    }
    enum status status = observe_faces(context->target, work->seen, work->truth + first, victims,
                                       index, count, context->budget->seed, 0);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        mask_look(context->target->mask, work->planes,
                  work->seen + i * target_values(context->target));
        status = stretch(work, work->looks + (first + i) * bytes,
                         dataset_pixels(victims, work->truth[first + i]));
    }
    return status;
}

enum status onlooker_attack(const struct attack_context *context, struct figures *figures)
{
    const struct target *target = context->target;
    const struct dataset *victims = context->data->victims;
    const size_t side = (size_t)target->config.federation.input.size;
    const size_t bytes = (size_t)victims->size * (size_t)victims->size * (size_t)victims->channels;
    struct work work = {.context = context, .area = side * side};
    work.seen = malloc(BATCH * target_values(target) * sizeof *work.seen);
    work.planes = malloc(3 * work.area * sizeof *work.planes);
    work.truth = malloc(victims->count * sizeof *work.truth);
    work.looks = malloc(victims->count * bytes);
    enum status status = STATUS_OK;
    if (!work.seen || !work.planes || !work.truth || !work.looks) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %zu pictures", victims->count);
    }
    for (size_t i = 0; i < victims->count && status == STATUS_OK; i += BATCH) {
        const size_t now = victims->count - i < BATCH ? victims->count - i : BATCH;
        status = look(&work, i, now);
        if (status == STATUS_OK)
            status = attack_progress(context, "looking", i + now, victims->count);
    }
    if (status == STATUS_OK) {
        status =
            attack_measure_as(context, figures, "onlooker", work.looks, work.truth, victims->count);
    }
    free(work.seen);
    free(work.planes);
    free(work.truth);
    free(work.looks);
    return status;
}
