// SPDX-License-Identifier: Apache-2.0
#include "frequency/mix.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    DRAWS_MAX = 10000, // of one row of weights
    PIECE = 1024,      // floats summed at a time, so that the sum stays in the nearest cache
};

enum status mix_create(struct mix *mix, size_t batch_max)
{
    *mix = (struct mix){0};
    // One column more than are kept, for the permutation being drawn.
    mix->partner = calloc(batch_max, (LIMIT_MIX + 1) * sizeof *mix->partner);
    mix->weight = calloc(batch_max, LIMIT_MIX * sizeof *mix->weight);
    if (mix->partner == NULL || mix->weight == NULL) {
        mix_destroy(mix);
        return status_fail(STATUS_NO_MEMORY, "mix of batches of %zu: out of memory", batch_max);
    }
    return STATUS_OK;
}

void mix_destroy(struct mix *mix)
{
    free(mix->partner);
    free(mix->weight);
    *mix = (struct mix){0};
}

/* Half-normal weights that sum to 1; returns the largest. */
static double draw_once(struct random *random, double *weight, int k)
{
    double sum = 0, largest = 0;
    for (int j = 0; j < k; j++) {
        weight[j] = fabs((double)random_normal(random));
        sum += weight[j];
    }
    for (int j = 0; j < k; j++) {
        weight[j] = sum > 0 ? weight[j] / sum : 1.0 / k;
        if (weight[j] > largest) largest = weight[j];
    }
    return largest;
}

/* One row of weights. At the usual limit of 0.55, two weights pass once in 8 draws and more weights
 * oftener, so the bound is reached only by a limit next to 1/k. The last draw is then drawn towards
 * equal weights, which keeps the sum, until its largest weight is the limit. */
static void draw_row(float *row, struct random *random, int k, double weight_max)
{
    double weight[LIMIT_MIX];
    double largest = draw_once(random, weight, k);
    for (int draws = 1; largest > weight_max && draws < DRAWS_MAX; draws++) {
        largest = draw_once(random, weight, k);
    }
    const double equal = 1.0 / k;
    const double keep = largest > weight_max ? (weight_max - equal) / (largest - equal) : 1;
    for (int j = 0; j < k; j++) {
        row[j] = (float)(equal + keep * (weight[j] - equal));
    }
}

void mix_draw_weights(float *weight, struct random *random, int k, double weight_max)
{
    assert(k >= 1 && k <= LIMIT_MIX);
    assert(k == 1 || weight_max * k > 1);
    if (k == 1) {
        weight[0] = 1.0f;
    } else {
        draw_row(weight, random, k, weight_max);
    }
}

void mix_draw(struct mix *mix, struct random *random, int k, size_t batch, double weight_max)
{
    assert(k >= 1 && k <= LIMIT_MIX);
    const size_t columns = (size_t)k;
    uint32_t *order = mix->partner + batch * columns; // the spare column
    mix->k = k;
    mix->batch = batch;
    for (size_t i = 0; i < batch; i++) {
        mix->partner[i * columns] = (uint32_t)i;
    }
    for (size_t j = 1; j < columns; j++) {
        random_permutation(random, order, batch);
        for (size_t i = 0; i < batch; i++) {
            mix->partner[i * columns + j] = order[i];
        }
    }
    for (size_t i = 0; i < batch; i++) {
        mix_draw_weights(mix->weight + i * columns, random, k, weight_max);
    }
}

static void mix_row(float *restrict out, const float *in, const uint32_t *partner,
                    const float *weight, int k, size_t size)
{
    for (size_t start = 0; start < size; start += PIECE) {
        const size_t count = size - start < PIECE ? size - start : PIECE;
        float *restrict sum = out + start;
        memset(sum, 0, count * sizeof *sum);
        for (int j = 0; j < k; j++) {
            const float *restrict image = in + (size_t)partner[j] * size + start;
            const float share = weight[j];
            for (size_t n = 0; n < count; n++) {
                sum[n] += share * image[n];
            }
        }
    }
}

void mix_apply(const struct mix *mix, float *out, const float *in, size_t size)
{
    const size_t columns = (size_t)mix->k;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < mix->batch; i++) {
        mix_row(out + i * size, in, mix->partner + i * columns, mix->weight + i * columns, mix->k,
                size);
    }
}

void mix_signs(float *out, const float *in, size_t count, struct random *random)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < count; i++) {
        bits = i % 32 == 0 ? random_bits(random) : bits >> 1;
        out[i] = (bits & 1u) != 0 ? -in[i] : in[i];
    }
}

void mix_labels(const struct mix *mix, uint32_t *labels, const uint32_t *in)
{
    for (size_t i = 0; i < mix->batch * (size_t)mix->k; i++) {
        labels[i] = in[mix->partner[i]];
    }
}
