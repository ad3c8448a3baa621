// SPDX-License-Identifier: Apache-2.0
/* dct_plan - what dct.c and dct_up8.c share: the plan's fields and small helpers. Not for
 * others. */
#ifndef FREQUENCY_DCT_PLAN_H
#define FREQUENCY_DCT_PLAN_H

#include "frequency/dct.h"

enum { EDGE = 8, HALF = EDGE / 2, BLOCK = EDGE * EDGE, TAPS = 3 };

/* How block i of the enlarged image reads pixels: coefficient u is the sum over t of weight[t][u]
 * times pixel base + t. */
struct dct_enlarge {
    int base;
    float weight[TAPS][EDGE];
};

/* How pixel p of the reduced image reads blocks: the sum over b < blocks of weight[b][u] times
 * coefficient u of block base + b. */
struct dct_reduce {
    int base, blocks;
    float weight[2][EDGE];
};

struct dct {
    struct dct_shape shape;
    int side;
    float basis[EDGE][EDGE]; // [u][x]
    // Halves of the basis for the sums and differences of mirrored samples: [x][u / 2].
    float even[HALF][HALF], odd[HALF][HALF];
    struct dct_enlarge *enlarge; // one for each block along a side, up8 only
    struct dct_reduce *reduce;   // one for each pixel along a side, up8 only
};

static inline int dct_component(int band)
{
    return band / BLOCK;
}

static inline int dct_vertical(int band)
{
    return band % BLOCK / EDGE;
}

static inline int dct_horizontal(int band)
{
    return band % EDGE;
}

/* Value of basis function u at x. */
double dct_basis(int u, int x);

/* How much of a component is of a channel of the pixels. */
double dct_colour(int component, int channel, int channels);

/* One component of `count` pixels, around 0. */
void dct_load(float *out, const uint8_t *pixels, int count, int channels, int component);

/* Bands of one component, at most BLOCK, that stand together at the start of the list. */
int dct_run(const int *chosen, int count);

/* How far place number n of `shifts` moves the grid along an axis. */
static inline int dct_shift(int n, int shifts)
{
    return (2 * n + 1 - shifts) * (EDGE / 2) / shifts;
}

/* The pixel that stands for one beyond the border. */
static inline int dct_mirror(int at, int size)
{
    return at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at;
}

/* Fills enlarge and reduce, which hold shape.size entries each. */
void dct_up8_plan(struct dct *dct);

void dct_up8_forward(const struct dct *dct, float *values, const uint8_t *pixels, int channels,
                     const int *chosen, int count);
void dct_up8_inverse(const struct dct *dct, float *planes, const float *values, const int *chosen,
                     int count);

#endif
