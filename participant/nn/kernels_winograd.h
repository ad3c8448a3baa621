// SPDX-License-Identifier: Apache-2.0
/* kernels_winograd - the transforms of Winograd's minimal filtering: a part of kernels.c.
 *
 * F(n x m, 3x3) for output tiles of n, m = 1 .. 4 pixels, all with the transformed weights of
 * F(4x4, 3x3) (Lavin and Gray 2016): weights are a polynomial taken at the points 0, 1, -1, 2, -2
 * and infinity, in this order, each divided by a constant. A tile of fewer pixels needs fewer
 * points (3: not -2; 2: not 2 either; 1: not -1 either), so that tiles at the edge of a map cost
 * what they are worth. Input transforms of the smaller tiles make up for the difference in those
 * constants.
 *
 * Each transform is a one-dimensional one along the columns, then along the rows. */
#ifndef NN_KERNELS_WINOGRAD_H
#define NN_KERNELS_WINOGRAD_H

#include "nn/kernels_vector.h"

enum { POINTS = KERNELS_POINTS, LAST = POINTS - 1 };

/* A one-dimensional transform between vectors that are `o` and `i` numbers apart. */
typedef void one_dimensional(float *restrict out, size_t o, const float *restrict in, size_t i);

/* Input transforms, B^T: the n + 2 pixels under n results to points. */
ALWAYS_INLINE void input_4(float *restrict out, size_t o, const float *restrict in, size_t i)
{
    const vector d0 = load(in), d1 = load(in + i), d2 = load(in + 2 * i), d3 = load(in + 3 * i);
    const vector d4 = load(in + 4 * i), d5 = load(in + 5 * i);
    const vector even = d4 - 4.0f * d2, odd = d3 - 4.0f * d1, near = d4 - d2, far = d3 - d1;
    store(out, (4.0f * d0 - d2) + even);
    store(out + o, even + odd);
    store(out + 2 * o, even - odd);
    store(out + 3 * o, near + 2.0f * far);
    store(out + 4 * o, near - 2.0f * far);
    store(out + 5 * o, (d5 - 4.0f * d3) - odd);
}

ALWAYS_INLINE void input_3(float *restrict out, size_t o, const float *restrict in, size_t i)
{
    const vector d0 = load(in), d1 = load(in + i), d2 = load(in + 2 * i), d3 = load(in + 3 * i);
    const vector d4 = load(in + 4 * i), far = d3 - d1;
    store(out, 4.0f * (d0 - d2) + 2.0f * far);
    store(out + o, 3.0f * (far - d1 - d2));
    store(out + 2 * o, (2.0f * d1 + d3) - 3.0f * d2);
    store(out + 3 * o, 4.0f * far);
    store(out + 5 * o, (d4 - d2) - 2.0f * far);
}

ALWAYS_INLINE void input_2(float *restrict out, size_t o, const float *restrict in, size_t i)
{
    const vector d0 = load(in), d1 = load(in + i), d2 = load(in + 2 * i), d3 = load(in + 3 * i);
    store(out, 4.0f * (d0 - d2));
    store(out + o, -3.0f * (d1 + d2));
    store(out + 2 * o, 3.0f * (d1 - d2));
    store(out + 5 * o, d3 - d1);
}

ALWAYS_INLINE void input_1(float *restrict out, size_t o, const float *restrict in, size_t i)
{
    const vector d0 = load(in), d1 = load(in + i), d2 = load(in + 2 * i);
    store(out, 4.0f * (d0 - d1));
    store(out + o, -6.0f * d1);
    store(out + 5 * o, d2 - d1);
}

/* Output transforms, A^T: points to n results. */
ALWAYS_INLINE void output_4(float *restrict out, size_t o, const float *restrict in, size_t i)
{
    const vector m0 = load(in), m1 = load(in + i), m2 = load(in + 2 * i), m3 = load(in + 3 * i);
    const vector m4 = load(in + 4 * i), m5 = load(in + 5 * i);
    const vector sum = m1 + m2, difference = m1 - m2, sum_2 = m3 + m4, difference_2 = m3 - m4;
    store(out, m0 + sum + sum_2);
    store(out + o, difference + 2.0f * difference_2);
    store(out + 2 * o, sum + 4.0f * sum_2);
    store(out + 3 * o, (difference + m5) + 8.0f * difference_2);
}

ALWAYS_INLINE void output_3(float *restrict out, size_t o, const float *restrict in, size_t i)
{
    const vector m0 = load(in), m1 = load(in + i), m2 = load(in + 2 * i), m3 = load(in + 3 * i);
    const vector sum = m1 + m2;
    store(out, m0 + sum + m3);
    store(out + o, (m1 - m2) + 2.0f * m3);
    store(out + 2 * o, (sum + load(in + 5 * i)) + 4.0f * m3);
}

ALWAYS_INLINE void output_2(float *restrict out, size_t o, const float *restrict in, size_t i)
{
    const vector m1 = load(in + i), m2 = load(in + 2 * i);
    store(out, load(in) + (m1 + m2));
    store(out + o, load(in + 5 * i) + (m1 - m2));
}

ALWAYS_INLINE void output_1(float *restrict out, size_t o, const float *restrict in, size_t i)
{
    (void)o;
    store(out, load(in) + load(in + i) + load(in + 5 * i));
}

/* Transforms of gradients to n results, A: pixels to points. */
ALWAYS_INLINE void gradient_4(float *restrict out, size_t o, const float *restrict in, size_t i)
{
    const vector y0 = load(in), y1 = load(in + i), y2 = load(in + 2 * i), y3 = load(in + 3 * i);
    const vector even = y0 + y2, odd = y1 + y3;
    const vector even_2 = y0 + 4.0f * y2, odd_2 = 2.0f * y1 + 8.0f * y3;
    store(out, y0);
    store(out + o, even + odd);
    store(out + 2 * o, even - odd);
    store(out + 3 * o, even_2 + odd_2);
    store(out + 4 * o, even_2 - odd_2);
    store(out + 5 * o, y3);
}

ALWAYS_INLINE void gradient_3(float *restrict out, size_t o, const float *restrict in, size_t i)
{
    const vector y0 = load(in), y1 = load(in + i), y2 = load(in + 2 * i), even = y0 + y2;
    store(out, y0);
    store(out + o, even + y1);
    store(out + 2 * o, even - y1);
    store(out + 3 * o, (y0 + 2.0f * y1) + 4.0f * y2);
    store(out + 5 * o, y2);
}

ALWAYS_INLINE void gradient_2(float *restrict out, size_t o, const float *restrict in, size_t i)
{
    const vector y0 = load(in), y1 = load(in + i);
    store(out, y0);
    store(out + o, y0 + y1);
    store(out + 2 * o, y0 - y1);
    store(out + 5 * o, y1);
}

ALWAYS_INLINE void gradient_1(float *restrict out, size_t o, const float *restrict in, size_t i)
{
    (void)i;
    const vector y0 = load(in);
    store(out, y0);
    store(out + o, y0);
    store(out + 5 * o, y0);
}

/* G: 3 taps to all points. */
ALWAYS_INLINE void weights_3(float *restrict out, size_t o, const float *restrict in, size_t i)
{
    const vector g0 = load(in), g1 = load(in + i), g2 = load(in + 2 * i);
    const vector even = (g0 + g2) * (-1.0f / 6.0f), odd = g1 * (-1.0f / 6.0f);
    const vector even_2 = g0 * (1.0f / 24.0f) + g2 * (1.0f / 6.0f), odd_2 = g1 * (1.0f / 12.0f);
    store(out, 0.25f * g0);
    store(out + o, even + odd);
    store(out + 2 * o, even - odd);
    store(out + 3 * o, even_2 + odd_2);
    store(out + 4 * o, even_2 - odd_2);
    store(out + 5 * o, g2);
}

/* G^T: all points to 3 taps. */
ALWAYS_INLINE void taps_3(float *restrict out, size_t o, const float *restrict in, size_t i)
{
    const vector u1 = load(in + i), u2 = load(in + 2 * i), u3 = load(in + 3 * i);
    const vector u4 = load(in + 4 * i), sum = (u1 + u2) * (-1.0f / 6.0f), sum_2 = u3 + u4;
    store(out, (0.25f * load(in) + sum) + sum_2 * (1.0f / 24.0f));
    store(out + o, (u2 - u1) * (1.0f / 6.0f) + (u3 - u4) * (1.0f / 12.0f));
    store(out + 2 * o, (load(in + 5 * i) + sum) + sum_2 * (1.0f / 6.0f));
}

/* Where vectors stand: `step` numbers apart along the transform, `next` from one to the next. */
struct place {
    size_t step, next;
};

ALWAYS_INLINE void along(one_dimensional *transform, float *out, struct place o, const float *in,
                         struct place i, int count)
{
    for (int n = 0; n < count; n++) {
        transform(out + (size_t)n * o.next, o.step, in + (size_t)n * i.next, i.step);
    }
}

/* The points that a tile of n pixels has: 0 .. n and the last. */
ALWAYS_INLINE void along_points(one_dimensional *transform, float *out, struct place o,
                                const float *in, struct place i, int n)
{
    along(transform, out, o, in, i, n + 1);
    transform(out + LAST * o.next, o.step, in + LAST * i.next, i.step);
}

/* Calls `CALL(n)` for the constant n that a number of pixels has. */
#define FOR_PIXELS(pixels, CALL)                                                                   \
    switch (pixels) {                                                                              \
    case 4:                                                                                        \
        CALL(4);                                                                                   \
        break;                                                                                     \
    case 3:                                                                                        \
        CALL(3);                                                                                   \
        break;                                                                                     \
    case 2:                                                                                        \
        CALL(2);                                                                                   \
        break;                                                                                     \
    default:                                                                                       \
        CALL(1);                                                                                   \
        break;                                                                                     \
    }

static const struct place half_columns = {POINTS * LANES, LANES},
                          half_rows = {LANES, POINTS *LANES};

static void winograd_input(float *v, size_t plane, const float *map, size_t line,
                           const struct kernels_tile *tiles, size_t count)
{
    const struct place columns = {line * PANEL, PANEL}, rows = {plane, POINTS * plane};
    for (size_t t = 0; t < count; t++) {
        const struct kernels_tile tile = tiles[t];
        const float *in = map + ((size_t)tile.y * line + (size_t)tile.x) * PANEL;
        float *out = v + tile.place * PANEL;
        for (int part = 0; part < PARTS; part++, in += LANES, out += LANES) {
            float half[POINTS * POINTS * LANES];
#define COLUMNS_OF(n) along(input_##n, half, half_columns, in, columns, tile.columns + 2)
            FOR_PIXELS(tile.rows, COLUMNS_OF)
#define ROWS_OF(n) along_points(input_##n, out, rows, half, half_rows, tile.rows)
            FOR_PIXELS(tile.columns, ROWS_OF)
#undef COLUMNS_OF
#undef ROWS_OF
        }
    }
}

static void winograd_gradient(float *v, size_t plane, const float *map, size_t line,
                              const struct kernels_tile *tiles, size_t count)
{
    const struct place columns = {line * PANEL, PANEL}, rows = {plane, POINTS * plane};
    for (size_t t = 0; t < count; t++) {
        const struct kernels_tile tile = tiles[t];
        const float *in = map + ((size_t)tile.y * line + (size_t)tile.x) * PANEL;
        float *out = v + tile.place * PANEL;
        for (int part = 0; part < PARTS; part++, in += LANES, out += LANES) {
            float half[POINTS * POINTS * LANES];
#define COLUMNS_OF(n) along(gradient_##n, half, half_columns, in, columns, tile.columns)
            FOR_PIXELS(tile.rows, COLUMNS_OF)
#define ROWS_OF(n) along_points(gradient_##n, out, rows, half, half_rows, tile.rows)
            FOR_PIXELS(tile.columns, ROWS_OF)
#undef COLUMNS_OF
#undef ROWS_OF
        }
    }
}

static void winograd_output(float *map, size_t line, const float *m, size_t plane,
                            const struct kernels_tile *tiles, size_t count)
{
    const struct place columns = {POINTS * plane, plane}, rows = {PANEL, line * PANEL};
    for (size_t t = 0; t < count; t++) {
        const struct kernels_tile tile = tiles[t];
        float *out = map + ((size_t)tile.y * line + (size_t)tile.x) * PANEL;
        const float *in = m + tile.place * PANEL;
        for (int part = 0; part < PARTS; part++, in += LANES, out += LANES) {
            float half[POINTS * POINTS * LANES];
#define COLUMNS_OF(n) along_points(output_##n, half, half_columns, in, columns, tile.columns)
            FOR_PIXELS(tile.rows, COLUMNS_OF)
#define ROWS_OF(n) along(output_##n, out, rows, half, half_rows, tile.rows)
            FOR_PIXELS(tile.columns, ROWS_OF)
#undef COLUMNS_OF
#undef ROWS_OF
        }
    }
}

static void winograd_weights(float *u, size_t plane, const float *const tap[9], size_t row_step,
                             size_t rows, int lanes)
{
    const struct place columns = {3 * LANES, LANES}, row = {LANES, 3 * LANES};
    for (size_t r = 0; r < rows; r++, u += PANEL) {
        for (int part = 0; part < PARTS; part++) {
            float in[9 * LANES], half[POINTS * 3 * LANES];
            for (int t = 0; t < 9; t++) {
                const vector zero = {0}; // chosen so, as compilers fuse other products otherwise
                store(in + t * LANES,
                      tap[t] == NULL
                          ? zero
                          : load_part(tap[t] + r * row_step + part * LANES, lanes - part * LANES));
            }
            along(weights_3, half, columns, in, columns, 3);
            along(weights_3, u + part * LANES, (struct place){plane, POINTS * plane}, half, row,
                  POINTS);
        }
    }
}

static void winograd_taps(float *const tap[9], size_t row_step, const float *u, size_t plane,
                          size_t rows, int lanes)
{
    const struct place columns = {POINTS * LANES, LANES}, row = {LANES, POINTS * LANES};
    for (size_t r = 0; r < rows; r++, u += PANEL) {
        for (int part = 0; part < PARTS; part++) {
            float half[3 * POINTS * LANES], out[9 * LANES];
            along(taps_3, half, columns, u + part * LANES, (struct place){POINTS * plane, plane},
                  POINTS);
            along(taps_3, out, (struct place){LANES, 3 * LANES}, half, row, 3);
            for (int t = 0; t < 9; t++) {
                if (tap[t] == NULL) continue;
                store_part(tap[t] + r * row_step + part * LANES, load(out + t * LANES),
                           lanes - part * LANES);
            }
        }
    }
}

#endif
