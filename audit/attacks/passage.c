// SPDX-License-Identifier: Apache-2.0
#include "attacks/passage.h"

#include "base/sizes.h"
#include "frequency/mix.h"
#include "train/networks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SPREAD_LEAST 0.5   // grey levels
#define PIXEL_LEVELS 128.0 // in one unit of an input of pixels

enum { LEVELS = 255 };

/* Numbers of one picture as the mask takes it. */
static size_t resized_of(const struct passage *passage)
{
    const size_t size = (size_t)passage->target->config.federation.input.size;
    return size * size * (size_t)passage->own;
}

static size_t picture_of(const struct passage *passage)
{
    return passage->side * passage->side * (size_t)passage->channels;
}

static enum status allocate(struct passage *passage)
{
    const size_t batch = passage->batch, values = target_values(passage->target);
    const size_t size = (size_t)passage->target->config.federation.input.size;
    const size_t side = sizes_most(size, passage->side);
    passage->gradients = malloc((net_parameters(passage->net) + 1) * sizeof(float));
    passage->resized = malloc(batch * resized_of(passage) * sizeof(float));
    passage->bands = malloc(batch * values * sizeof(float));
    passage->coefficients =
        malloc((batch * mask_coefficients(passage->target->mask) + 1) * sizeof(float));
    passage->masked = malloc(batch * values * sizeof(float));
    passage->back = malloc(batch * sizes_most(values, resized_of(passage)) * sizeof(float));
    passage->room = malloc(batch * 3 * side * side * sizeof(float));
    passage->pictures = malloc(batch * picture_of(passage) * sizeof(float));
    if (passage->gradients == NULL || passage->resized == NULL || passage->bands == NULL ||
        passage->coefficients == NULL || passage->masked == NULL || passage->back == NULL ||
        passage->room == NULL || passage->pictures == NULL) {
        return status_fail(STATUS_NO_MEMORY, "out of memory for gradients through a mask");
    }
    return STATUS_OK;
}

static void draw_order(struct random *random, size_t place)
{
    random_start(random, 0, (uint32_t)place & RANDOM_PARTICIPANT_MAX, RANDOM_SHUFFLE, 0, 0);
}

static enum status draw_signs(struct passage *passage)
{
    const size_t values = target_values(passage->target);
    if (!mask_signs(passage->target->mask)) return STATUS_OK;
    passage->signs = malloc(passage->batch * values * sizeof(float));
    if (passage->signs == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for signs");
    for (size_t i = 0; i < passage->batch; i++) {
        struct random random;
        float *signs = passage->signs + i * values;
        for (size_t v = 0; v < values; v++) {
            signs[v] = 1;
        }
        random_start(&random, 0, (uint32_t)i & RANDOM_PARTICIPANT_MAX, RANDOM_SIGNS, 0, 0);
        mix_signs(signs, signs, values, &random);
    }
    return STATUS_OK;
}

enum status passage_create(struct passage *passage, const struct target *target, size_t side,
                           int channels, size_t batch)
{
    *passage = (struct passage){.target = target,
                                .batch = batch,
                                .side = side,
                                .channels = channels,
                                .own = channels == 1 ? target_channels(target) : channels};
    enum status status =
        resample_create(&passage->resample, side, (size_t)target->config.federation.input.size);
    if (status == STATUS_OK) {
        status = networks_backbone(&passage->net, &target->config, batch, NET_TRAIN);
    }
    if (status == STATUS_OK) status = allocate(passage);
    if (status == STATUS_OK) status = draw_signs(passage);
    if (status != STATUS_OK) {
        passage_destroy(passage);
        return status;
    }
    net_bind(passage->net, target->model.values, passage->gradients); // which NET_FIXED only reads
    return STATUS_OK;
}

void passage_destroy(struct passage *passage)
{
    net_destroy(&passage->net);
    resample_destroy(&passage->resample);
    free(passage->gradients);
    free(passage->resized);
    free(passage->bands);
    free(passage->coefficients);
    free(passage->masked);
    free(passage->signs);
    free(passage->back);
    free(passage->room);
    free(passage->pictures);
    *passage = (struct passage){0};
}

/* A resized picture in the levels and channels that the mask takes. */
static void prepare(const struct passage *passage, float *to, const float *picture, float *room,
                    float *small)
{
    const size_t size = passage->resample.to, channels = (size_t)passage->channels;
    const size_t own = (size_t)passage->own;
    resample_apply(&passage->resample, small, picture, channels, room);
    for (size_t i = 0; i < size * size * own; i++) {
        to[i] = LEVELS * small[own == channels ? i : i / own];
    }
}

static void mask_one(const struct passage *passage, size_t i, const float *picture)
{
    const struct mask *mask = passage->target->mask;
    const size_t values = target_values(passage->target), each = resized_of(passage);
    const size_t size = sizes_most(passage->resample.to, passage->side);
    float *bands = passage->bands + i * values, *masked = passage->masked + i * values;
    float *resized = passage->resized + i * each;
    struct random order;
    prepare(passage, resized, picture, passage->room + i * 3 * size * size,
            passage->back + i * sizes_most(values, each));
    mask_bands_real(mask, bands, passage->coefficients + i * mask_coefficients(mask), passage->soft,
                    resized, passage->own);
    draw_order(&order, i);
    mask_apply(mask, masked, bands, 0, &order);
    for (size_t v = 0; passage->signs != NULL && v < values; v++) {
        masked[v] *= passage->signs[i * values + v];
    }
}

const float *passage_mask(struct passage *passage, const float *pictures, size_t count)
{
    const size_t each = picture_of(passage);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < count; i++) {
        mask_one(passage, i, pictures + i * each);
    }
    return passage->masked;
}

const float *passage_forward(struct passage *passage, const float *pictures, size_t count)
{
    return net_forward(passage->net, passage_mask(passage, pictures, count), count, NET_FIXED,
                       NULL);
}

double passage_variance(double *mean, const float *maps, size_t values, size_t channels)
{
    const double area = (double)(values / channels);
    double sum = 0, squares = 0;
    for (size_t v = 0; v < values; v += channels) {
        sum += (double)maps[v];
        squares += (double)maps[v] * (double)maps[v];
    }
    *mean = sum / area;
    return fmax(squares / area - *mean * *mean, 0);
}

/* Mean and deviation of band c of picture i. */
static double deviation_of(const struct passage *passage, double *mean, size_t i, size_t c)
{
    const size_t values = target_values(passage->target);
    return sqrt(passage_variance(mean, passage->bands + i * values + c, values,
                                 (size_t)mask_channels(passage->target->mask)));
}

/* What keeps the logarithm of a flat band finite, in the bands' own unit. */
static double least_of(const struct passage *passage)
{
    const bool pixels = mask_chosen(passage->target->mask) == NULL;
    return pixels ? SPREAD_LEAST / PIXEL_LEVELS : SPREAD_LEAST;
}

float passage_spread(const struct passage *passage, size_t i, size_t c)
{
    double mean;
    return (float)log(deviation_of(passage, &mean, i, c) + least_of(passage));
}

/* Adds the gradient of what pulls the deviations. */
static void pull(const struct passage *passage, float *gradient, size_t i)
{
    const size_t values = target_values(passage->target);
    const size_t channels = (size_t)mask_channels(passage->target->mask);
    const float *bands = passage->bands + i * values;
    for (size_t c = 0; c < channels; c++) {
        double mean;
        const double deviation = deviation_of(passage, &mean, i, c),
                     size = deviation + least_of(passage);
        const double off = log(size) - (double)passage->spread[c];
        const double scale = deviation > 0 ? 2 * passage->pull * off / size / deviation : 0;
        for (size_t v = c; v < values; v += channels) {
            gradient[v] += (float)(scale * ((double)bands[v] - mean) / (double)values);
        }
    }
}

static void back_one(const struct passage *passage, size_t i, const float *dmasked)
{
    const struct mask *mask = passage->target->mask;
    const size_t values = target_values(passage->target), each = resized_of(passage);
    const size_t channels = (size_t)passage->channels, own = (size_t)passage->own;
    const size_t size = sizes_most(passage->resample.to, passage->side);
    float *masked = passage->masked + i * values, *resized = passage->resized + i * each;
    float *back = passage->back + i * sizes_most(values, each);
    struct random order;
    for (size_t v = 0; v < values; v++) {
        masked[v] =
            dmasked[i * values + v] * (passage->signs == NULL ? 1 : passage->signs[i * values + v]);
    }
    draw_order(&order, i);
    mask_apply_gradient(mask, back, masked, passage->bands + i * values, &order);
    if (passage->spread != NULL) pull(passage, back, i);
    mask_bands_gradient(mask, resized, back, passage->coefficients + i * mask_coefficients(mask),
                        passage->soft, passage->own);
    for (size_t p = 0; p < each / own * channels; p++) {
        back[p] = 0;
        for (size_t c = 0; c < (own == channels ? 1 : own); c++) {
            back[p] += LEVELS * resized[own == channels ? p : p * own + c];
        }
    }
    resample_gradient(&passage->resample, passage->pictures + i * picture_of(passage), back,
                      channels, passage->room + i * 3 * size * size);
}

float *passage_mask_gradient(struct passage *passage, const float *dmasked, size_t count)
{
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < count; i++) {
        back_one(passage, i, dmasked);
    }
    return passage->pictures;
}

float *passage_backward(struct passage *passage, const float *gradient, size_t count)
{
    return passage_mask_gradient(passage, net_input_gradient(passage->net, gradient), count);
}
