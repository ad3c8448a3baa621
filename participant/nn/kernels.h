// SPDX-License-Identifier: Apache-2.0
/* kernels - the inner loops of the layers over rows of channels, one source for every machine.
 *
 * kernels.c is compiled once for each instruction set (portable, AVX2 + FMA, AVX-512);
 * kernels_get() tells the best set that the machine has. Matrices are rows x channels, row after
 * row. Loops run over channels innermost, so sums over rows are taken in the order of the rows
 * whatever the vector width. `add` != 0 adds to the output instead of assigning it. */
#ifndef NN_KERNELS_H
#define NN_KERNELS_H

#include <stddef.h>

struct kernels {
    const char *name;

    /* y = x * scale[c] + shift[c] */
    void (*affine)(float *restrict y, const float *restrict x, const float *restrict scale,
                   const float *restrict shift, size_t rows, size_t channels);

    /* sum[c] += x */
    void (*column_sums)(float *restrict sum, const float *restrict x, size_t rows, size_t channels);

    /* sum[c] += (x - center[c])^2 */
    void (*column_squares)(float *restrict sum, const float *restrict x,
                           const float *restrict center, size_t rows, size_t channels);

    /* sum[c] += a; product[c] += a * (b - center[c]) */
    void (*column_products)(float *restrict sum, float *restrict product, const float *restrict a,
                            const float *restrict b, const float *restrict center, size_t rows,
                            size_t channels);

    /* z = a * p[c] + b * q[c] + r[c] */
    void (*affine_pair)(float *restrict z, const float *restrict a, const float *restrict b,
                        const float *const pqr[3], size_t rows, size_t channels, int add);

    /* y = x > 0 ? x : slope[c] * x */
    void (*prelu)(float *restrict y, const float *restrict x, const float *restrict slope,
                  size_t rows, size_t channels);

    /* dx = dy * (x > 0 ? 1 : slope[c]); dslope[c] += dy * min(x, 0) */
    void (*prelu_backward)(float *restrict dx, float *restrict dslope, const float *restrict dy,
                           const float *restrict x, const float *restrict slope, size_t rows,
                           size_t channels, int add);

    /* y = a + b */
    void (*sum)(float *restrict y, const float *restrict a, const float *restrict b, size_t count);

    /* y += x, or y = x when add == 0 */
    void (*accumulate)(float *restrict y, const float *restrict x, size_t count, int add);

    /* y = x * gate[c] */
    void (*gate)(float *restrict y, const float *restrict x, const float *restrict gate,
                 size_t rows, size_t channels, int add);

    /* sum[c] += a * b */
    void (*column_dots)(float *restrict sum, const float *restrict a, const float *restrict b,
                        size_t rows, size_t channels);

    /* v = momentum * v + scale * g + decay * w; w -= rate * v (Sutskever et al. 2013 as PyTorch
     * does it) */
    void (*sgd)(float *restrict w, float *restrict v, const float *restrict g, size_t count,
                const float rate_momentum_decay_scale[4]);

    /* The four transforms of winograd.h over `channels` channels. Plane p of 36 (or 9, or 16) of a
     * tile stands at v + p * plane; pixels are pointers to channels, NULL outside the map for
     * outputs. */
    void (*winograd_input)(float *v, size_t plane, const float *const pixel[36], size_t channels);
    void (*winograd_gradient)(float *v, size_t plane, const float *const pixel[16],
                              size_t channels);
    void (*winograd_output)(float *const pixel[16], const float *m, size_t plane, size_t channels,
                            int add);
    void (*winograd_weights)(float *u, size_t plane, const float *const tap[9], size_t channels);
    void (*winograd_taps)(float *const tap[9], const float *u, size_t plane, size_t channels);

    /* sum of x^2, in fixed lanes */
    double (*squares)(const float *restrict x, size_t count);
};

/* The best set for this machine. Thread-safe. */
const struct kernels *kernels_get(void);

/* The portable set: the oracle of the others. */
const struct kernels *kernels_portable(void);

#endif
