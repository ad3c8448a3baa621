// SPDX-License-Identifier: Apache-2.0
/* kernels_winograd - the transforms of Winograd's minimal filtering: a part of kernels.c.
 *
 * F(4x4, 3x3) with the matrices of Lavin and Gray (2016). Each transform is a one-dimensional one
 * along the columns, then along the rows, on LANES channels at a time. */
#ifndef NN_KERNELS_WINOGRAD_H
#define NN_KERNELS_WINOGRAD_H

#include <stddef.h>

enum { LANES = 16 };

/* A one-dimensional transform of vectors of `lanes` numbers, `in` and `out` apart by the steps. */
typedef void one_dimensional(float *restrict out, size_t out_step, const float *restrict in,
                             size_t in_step, size_t lanes);

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* B^T: 6 to 6. */
ALWAYS_INLINE void transform_input(float *restrict out, size_t o, const float *restrict in,
                                   size_t i, size_t lanes)
{
    for (size_t l = 0; l < lanes; l++) {
        const float a0 = in[l], a1 = in[i + l], a2 = in[2 * i + l];
        const float a3 = in[3 * i + l], a4 = in[4 * i + l], a5 = in[5 * i + l];
        out[l] = 4.0f * a0 - 5.0f * a2 + a4;
        out[o + l] = a3 + a4 - 4.0f * (a1 + a2);
        out[2 * o + l] = a4 - a3 + 4.0f * (a1 - a2);
        out[3 * o + l] = a4 - a2 + 2.0f * (a3 - a1);
        out[4 * o + l] = a4 - a2 - 2.0f * (a3 - a1);
        out[5 * o + l] = 4.0f * a1 - 5.0f * a3 + a5;
    }
}

/* A: 4 to 6. */
ALWAYS_INLINE void transform_gradient(float *restrict out, size_t o, const float *restrict in,
                                      size_t i, size_t lanes)
{
    for (size_t l = 0; l < lanes; l++) {
        const float y0 = in[l], y1 = in[i + l], y2 = in[2 * i + l], y3 = in[3 * i + l];
        out[l] = y0;
        out[o + l] = (y0 + y2) + (y1 + y3);
        out[2 * o + l] = (y0 + y2) - (y1 + y3);
        out[3 * o + l] = (y0 + 4.0f * y2) + (2.0f * y1 + 8.0f * y3);
        out[4 * o + l] = (y0 + 4.0f * y2) - (2.0f * y1 + 8.0f * y3);
        out[5 * o + l] = y3;
    }
}

/* A^T: 6 to 4. */
ALWAYS_INLINE void transform_output(float *restrict out, size_t o, const float *restrict in,
                                    size_t i, size_t lanes)
{
    for (size_t l = 0; l < lanes; l++) {
        const float m0 = in[l], m1 = in[i + l], m2 = in[2 * i + l];
        const float m3 = in[3 * i + l], m4 = in[4 * i + l], m5 = in[5 * i + l];
        out[l] = m0 + (m1 + m2) + (m3 + m4);
        out[o + l] = (m1 - m2) + 2.0f * (m3 - m4);
        out[2 * o + l] = (m1 + m2) + 4.0f * (m3 + m4);
        out[3 * o + l] = (m1 - m2) + 8.0f * (m3 - m4) + m5;
    }
}

/* G: 3 to 6. */
ALWAYS_INLINE void transform_weights(float *restrict out, size_t o, const float *restrict in,
                                     size_t i, size_t lanes)
{
    for (size_t l = 0; l < lanes; l++) {
        const float g0 = in[l], g1 = in[i + l], g2 = in[2 * i + l];
        const float even = g0 * (1.0f / 24.0f) + g2 * (1.0f / 6.0f);
        out[l] = 0.25f * g0;
        out[o + l] = (g0 + g2 + g1) * (-1.0f / 6.0f);
        out[2 * o + l] = (g0 + g2 - g1) * (-1.0f / 6.0f);
        out[3 * o + l] = even + g1 * (1.0f / 12.0f);
        out[4 * o + l] = even - g1 * (1.0f / 12.0f);
        out[5 * o + l] = g2;
    }
}

/* G^T: 6 to 3. */
ALWAYS_INLINE void transform_taps(float *restrict out, size_t o, const float *restrict in, size_t i,
                                  size_t lanes)
{
    for (size_t l = 0; l < lanes; l++) {
        const float u0 = in[l], u1 = in[i + l], u2 = in[2 * i + l];
        const float u3 = in[3 * i + l], u4 = in[4 * i + l], u5 = in[5 * i + l];
        out[l] = 0.25f * u0 - (u1 + u2) * (1.0f / 6.0f) + (u3 + u4) * (1.0f / 24.0f);
        out[o + l] = (u2 - u1) * (1.0f / 6.0f) + (u3 - u4) * (1.0f / 12.0f);
        out[2 * o + l] = ((u3 + u4) - (u1 + u2)) * (1.0f / 6.0f) + u5;
    }
}

/* from x from numbers to `to` x `to`: columns into `half`, then rows. */
ALWAYS_INLINE void transform_both(one_dimensional *transform, float *restrict out, size_t to,
                                  const float *restrict in, size_t from, size_t lanes)
{
    float half[6 * 6 * LANES];
    for (size_t column = 0; column < from; column++) {
        transform(half + column * LANES, from * LANES, in + column * LANES, from * LANES, lanes);
    }
    for (size_t row = 0; row < to; row++) {
        transform(out + row * to * LANES, LANES, half + row * from * LANES, LANES, lanes);
    }
}

/* pixels (from x from) to planes (6 x 6), `lanes` channels from `c` on. */
ALWAYS_INLINE void spread(one_dimensional *transform, float *v, size_t plane,
                          const float *const *pixel, size_t from, size_t c, size_t lanes)
{
    float in[6 * 6 * LANES], out[6 * 6 * LANES];
    for (size_t p = 0; p < from * from; p++) {
        for (size_t l = 0; l < lanes; l++) {
            in[p * LANES + l] = pixel[p][c + l];
        }
    }
    transform_both(transform, out, 6, in, from, lanes);
    for (size_t p = 0; p < 36; p++) {
        for (size_t l = 0; l < lanes; l++) {
            v[p * plane + c + l] = out[p * LANES + l];
        }
    }
}

/* planes (6 x 6) to pixels (to x to); pixels outside the map are NULL. */
ALWAYS_INLINE void gather(one_dimensional *transform, float *const *pixel, size_t to,
                          const float *m, size_t plane, size_t c, size_t lanes, int add)
{
    float in[6 * 6 * LANES], out[6 * 6 * LANES];
    for (size_t p = 0; p < 36; p++) {
        for (size_t l = 0; l < lanes; l++) {
            in[p * LANES + l] = m[p * plane + c + l];
        }
    }
    transform_both(transform, out, to, in, 6, lanes);
    for (size_t p = 0; p < to * to; p++) {
        if (pixel[p] == NULL) continue;
        for (size_t l = 0; l < lanes; l++) {
            const float before = add ? pixel[p][c + l] : 0.0f;
            pixel[p][c + l] = before + out[p * LANES + l];
        }
    }
}

static void winograd_input(float *v, size_t plane, const float *const pixel[36], size_t channels)
{
    size_t c = 0;
    for (; c + LANES <= channels; c += LANES) {
        spread(transform_input, v, plane, pixel, 6, c, LANES);
    }
    if (c < channels) spread(transform_input, v, plane, pixel, 6, c, channels - c);
}

static void winograd_gradient(float *v, size_t plane, const float *const pixel[16], size_t channels)
{
    size_t c = 0;
    for (; c + LANES <= channels; c += LANES) {
        spread(transform_gradient, v, plane, pixel, 4, c, LANES);
    }
    if (c < channels) spread(transform_gradient, v, plane, pixel, 4, c, channels - c);
}

static void winograd_output(float *const pixel[16], const float *m, size_t plane, size_t channels,
                            int add)
{
    size_t c = 0;
    for (; c + LANES <= channels; c += LANES) {
        gather(transform_output, pixel, 4, m, plane, c, LANES, add);
    }
    if (c < channels) gather(transform_output, pixel, 4, m, plane, c, channels - c, add);
}

static void winograd_weights(float *u, size_t plane, const float *const tap[9], size_t channels)
{
    size_t c = 0;
    for (; c + LANES <= channels; c += LANES) {
        spread(transform_weights, u, plane, tap, 3, c, LANES);
    }
    if (c < channels) spread(transform_weights, u, plane, tap, 3, c, channels - c);
}

static void winograd_taps(float *const tap[9], const float *u, size_t plane, size_t channels)
{
    size_t c = 0;
    for (; c + LANES <= channels; c += LANES) {
        gather(transform_taps, tap, 3, u, plane, c, LANES, 0);
    }
    if (c < channels) gather(transform_taps, tap, 3, u, plane, c, channels - c, 0);
}

#endif
