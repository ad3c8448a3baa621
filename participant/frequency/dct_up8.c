// SPDX-License-Identifier: Apache-2.0
#include "frequency/dct_plan.h"

#include <assert.h>
#include <string.h>

/* Block columns worked on together, so that all scratch stays in the first-level cache. */
enum { STRIP = 16, STRIP_PIXELS = STRIP + TAPS, VECTOR = 4 };

/* Which pair (low, low + 1) of `from` samples sample `at` of `to` lies between, corners aligned. */
static int split_position(double *fraction, int at, int to, int from)
{
    const double position = (double)at * (from - 1) / (to - 1);
    int low = (int)position;
    if (low > from - 2) low = from - 2;
    *fraction = position - low;
    return low;
}

static void plan_enlarge(struct dct_enlarge *enlarge, int block, int size)
{
    double weight[TAPS][EDGE] = {{0}};
    double fraction;
    int base = split_position(&fraction, EDGE * block, EDGE * size, size);
    if (base > size - TAPS) base = size - TAPS;
    for (int x = 0; x < EDGE; x++) {
        const int low = split_position(&fraction, EDGE * block + x, EDGE * size, size) - base;
        assert(low >= 0 && low + 1 < TAPS);
        for (int u = 0; u < EDGE; u++) {
            weight[low][u] += (1 - fraction) * dct_basis(u, x);
            weight[low + 1][u] += fraction * dct_basis(u, x);
        }
    }
    enlarge->base = base;
    for (int t = 0; t < TAPS; t++) {
        for (int u = 0; u < EDGE; u++) {
            enlarge->weight[t][u] = (float)weight[t][u];
        }
    }
}

static void plan_reduce(struct dct_reduce *reduce, int pixel, int size)
{
    double fraction;
    const int low = split_position(&fraction, pixel, size, EDGE * size);
    reduce->base = low / EDGE;
    reduce->blocks = 1 + (low + 1) / EDGE - low / EDGE;
    for (int u = 0; u < EDGE; u++) {
        const double here = (1 - fraction) * dct_basis(u, low % EDGE);
        const double next = fraction * dct_basis(u, (low + 1) % EDGE);
        reduce->weight[0][u] = (float)(reduce->blocks == 1 ? here + next : here);
        reduce->weight[1][u] = (float)(reduce->blocks == 1 ? 0 : next);
    }
}

void dct_up8_plan(struct dct *dct)
{
    const int size = dct->shape.size;
    for (int i = 0; i < size; i++) {
        plan_enlarge(&dct->enlarge[i], i, size);
        plan_reduce(&dct->reduce[i], i, size);
    }
}

/* out[c] = sum over t of weight[t][c] * in[t][c]. */
static void combine(float *restrict out, const float (*restrict weight)[BLOCK],
                    const float *restrict in, int count)
{
    for (int c = 0; c < count; c++) {
        out[c] =
            weight[0][c] * in[c] + weight[1][c] * in[BLOCK + c] + weight[2][c] * in[2 * BLOCK + c];
    }
}

/* As above for one pixel in each row of the image. */
static void combine_pixels(float *restrict out, const float (*restrict weight)[BLOCK],
                           const float pixel[TAPS], int count)
{
    const float p = pixel[0], q = pixel[1], r = pixel[2];
    for (int c = 0; c < count; c++) {
        out[c] = weight[0][c] * p + weight[1][c] * q + weight[2][c] * r;
    }
}

/* Bands of one component for all blocks in STRIP block columns from `column`. */
static void forward_strip(const struct dct *dct, float *values, size_t stride, int column,
                          const uint8_t *pixels, int channels, const int *chosen, int count)
{
    const int size = dct->shape.size;
    const int blocks = size - column < STRIP ? size - column : STRIP;
    const struct dct_enlarge *enlarge = &dct->enlarge[column];
    const int left = enlarge[0].base;
    const int width = enlarge[blocks - 1].base + TAPS - left;
    assert(width <= STRIP_PIXELS);
    // Loops go on to whole vectors: what they write too much is written over by the next block,
    // except at the right border and between the bands of other components.
    const int whole = (count + VECTOR - 1) / VECTOR * VECTOR;
    const int most = stride == (size_t)count ? whole : count;
    float across[STRIP][TAPS][BLOCK] = {{{0}}}, down[TAPS][BLOCK] = {{0}};
    float rows[TAPS][STRIP_PIXELS], lines[STRIP_PIXELS][BLOCK];
    for (int j = 0; j < blocks; j++) {
        for (int t = 0; t < TAPS; t++) {
            for (int c = 0; c < count; c++) {
                across[j][t][c] = enlarge[j].weight[t][dct_horizontal(chosen[c])];
            }
        }
    }
    int loaded = 0; // rows of pixels seen so far; rows[] holds the last three
    for (int i = 0; i < size; i++) {
        const int base = dct->enlarge[i].base;
        for (; loaded < base + TAPS; loaded++) {
            dct_load(rows[loaded % TAPS],
                     pixels + ((size_t)loaded * (size_t)size + (size_t)left) * (size_t)channels,
                     width, channels, dct_component(chosen[0]));
        }
        for (int t = 0; t < TAPS; t++) {
            for (int c = 0; c < count; c++) {
                down[t][c] = dct->enlarge[i].weight[t][dct_vertical(chosen[c])];
            }
        }
        for (int x = 0; x < width; x++) {
            const float pixel[TAPS] = {rows[base % TAPS][x], rows[(base + 1) % TAPS][x],
                                       rows[(base + 2) % TAPS][x]};
            combine_pixels(lines[x], (const float(*)[BLOCK])down, pixel, whole);
        }
        float *out = values + ((size_t)i * (size_t)size + (size_t)column) * stride;
        for (int j = 0; j < blocks; j++) {
            combine(out + (size_t)j * stride, (const float(*)[BLOCK])across[j],
                    lines[enlarge[j].base - left], column + j + 1 < size ? most : count);
        }
    }
}

void dct_up8_forward(const struct dct *dct, float *values, const uint8_t *pixels, int channels,
                     const int *chosen, int count)
{
    for (int first = 0, run; first < count; first += run) {
        run = dct_run(chosen + first, count - first);
        for (int column = 0; column < dct->shape.size; column += STRIP) {
            forward_strip(dct, values + first, (size_t)count, column, pixels, channels,
                          chosen + first, run);
        }
    }
}

void dct_up8_inverse(const struct dct *dct, float *planes, const float *values, const int *chosen,
                     int count)
{
    const size_t size = (size_t)dct->shape.size;
    for (size_t p = 0; p < size * size; p++) {
        const struct dct_reduce *down = &dct->reduce[p / size], *across = &dct->reduce[p % size];
        float sum[3] = {0};
        for (int cell = 0; cell < down->blocks * across->blocks; cell++) {
            const int a = cell / across->blocks, b = cell % across->blocks;
            const size_t block = (size_t)(down->base + a) * size + (size_t)(across->base + b);
            const float *in = values + block * (size_t)count;
            for (int c = 0; c < count; c++) {
                sum[dct_component(chosen[c])] += down->weight[a][dct_vertical(chosen[c])] *
                                                 across->weight[b][dct_horizontal(chosen[c])] *
                                                 in[c];
            }
        }
        for (size_t component = 0; component < (size_t)dct->shape.components; component++) {
            planes[component * size * size + p] = sum[component];
        }
    }
}
