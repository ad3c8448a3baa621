// SPDX-License-Identifier: Apache-2.0
// Compiled once for each instruction set, with KERNELS_SET naming it.
#include "nn/kernels.h"

#include <math.h>

#define KERNELS_JOIN(a, b) a##b
#define KERNELS_NAME(a, b) KERNELS_JOIN(a, b)
#define KERNELS_TEXT(a)    #a
#define KERNELS_STRING(a)  KERNELS_TEXT(a)
#define KERNELS_TABLE      KERNELS_NAME(kernels_, KERNELS_SET)

extern const struct kernels KERNELS_TABLE;

static void affine(float *restrict y, const float *restrict x, const float *restrict scale,
                   const float *restrict shift, size_t rows, size_t channels)
{
    for (size_t r = 0; r < rows; r++, x += channels, y += channels) {
        for (size_t c = 0; c < channels; c++) {
            y[c] = x[c] * scale[c] + shift[c];
        }
    }
}

static void column_sums(float *restrict sum, const float *restrict x, size_t rows, size_t channels)
{
    for (size_t r = 0; r < rows; r++, x += channels) {
        for (size_t c = 0; c < channels; c++) {
            sum[c] += x[c];
        }
    }
}

static void column_squares(float *restrict sum, const float *restrict x,
                           const float *restrict center, size_t rows, size_t channels)
{
    for (size_t r = 0; r < rows; r++, x += channels) {
        for (size_t c = 0; c < channels; c++) {
            const float d = x[c] - center[c];
            sum[c] += d * d;
        }
    }
}

static void column_products(float *restrict sum, float *restrict product, const float *restrict a,
                            const float *restrict b, const float *restrict center, size_t rows,
                            size_t channels)
{
    for (size_t r = 0; r < rows; r++, a += channels, b += channels) {
        for (size_t c = 0; c < channels; c++) {
            sum[c] += a[c];
            product[c] += a[c] * (b[c] - center[c]);
        }
    }
}

static void affine_pair(float *restrict z, const float *restrict a, const float *restrict b,
                        const float *const pqr[3], size_t rows, size_t channels, int add)
{
    const float *restrict p = pqr[0], *restrict q = pqr[1], *restrict s = pqr[2];
    for (size_t r = 0; r < rows; r++, a += channels, b += channels, z += channels) {
        if (add) {
            for (size_t c = 0; c < channels; c++) {
                z[c] += a[c] * p[c] + b[c] * q[c] + s[c];
            }
        } else {
            for (size_t c = 0; c < channels; c++) {
                z[c] = a[c] * p[c] + b[c] * q[c] + s[c];
            }
        }
    }
}

static void affine_in_place(float *restrict z, const float *restrict b, const float *restrict more,
                            const float *const pqr[3], size_t rows, size_t channels)
{
    const float *restrict p = pqr[0], *restrict q = pqr[1], *restrict s = pqr[2];
    for (size_t r = 0; r < rows; r++, b += channels, z += channels) {
        if (more == NULL) {
            for (size_t c = 0; c < channels; c++) {
                z[c] = z[c] * p[c] + b[c] * q[c] + s[c];
            }
        } else {
            for (size_t c = 0; c < channels; c++) {
                z[c] = z[c] * p[c] + b[c] * q[c] + (s[c] + more[c]);
            }
            more += channels;
        }
    }
}

static void prelu(float *restrict y, const float *restrict x, const float *restrict slope,
                  size_t rows, size_t channels)
{
    for (size_t r = 0; r < rows; r++, x += channels, y += channels) {
        for (size_t c = 0; c < channels; c++) {
            y[c] = x[c] > 0.0f ? x[c] : slope[c] * x[c];
        }
    }
}

static void prelu_backward(float *restrict dx, float *restrict dslope, const float *restrict dy,
                           const float *restrict x, const float *restrict slope, size_t rows,
                           size_t channels, int add)
{
    for (size_t r = 0; r < rows; r++, x += channels, dy += channels, dx += channels) {
        for (size_t c = 0; c < channels; c++) {
            const float before = add ? dx[c] : 0.0f;
            dx[c] = before + (x[c] > 0.0f ? dy[c] : slope[c] * dy[c]);
            dslope[c] += x[c] > 0.0f ? 0.0f : x[c] * dy[c];
        }
    }
}

static void sum(float *restrict y, const float *restrict a, const float *restrict b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        y[i] = a[i] + b[i];
    }
}

static void accumulate(float *restrict y, const float *restrict x, size_t count, int add)
{
    if (add) {
        for (size_t i = 0; i < count; i++) {
            y[i] += x[i];
        }
    } else {
        for (size_t i = 0; i < count; i++) {
            y[i] = x[i];
        }
    }
}

static void gate(float *restrict y, const float *restrict x, const float *restrict gates,
                 size_t rows, size_t channels, int add)
{
    for (size_t r = 0; r < rows; r++, x += channels, y += channels) {
        for (size_t c = 0; c < channels; c++) {
            const float before = add ? y[c] : 0.0f;
            y[c] = before + x[c] * gates[c];
        }
    }
}

static void column_dots(float *restrict sums, const float *restrict a, const float *restrict b,
                        size_t rows, size_t channels)
{
    for (size_t r = 0; r < rows; r++, a += channels, b += channels) {
        for (size_t c = 0; c < channels; c++) {
            sums[c] += a[c] * b[c];
        }
    }
}

static void sgd(float *restrict w, float *restrict v, const float *restrict g, size_t count,
                const float rate_momentum_decay_scale[4])
{
    const float rate = rate_momentum_decay_scale[0], momentum = rate_momentum_decay_scale[1];
    const float decay = rate_momentum_decay_scale[2], scale = rate_momentum_decay_scale[3];
    for (size_t i = 0; i < count; i++) {
        v[i] = momentum * v[i] + (scale * g[i] + decay * w[i]);
        w[i] -= rate * v[i];
    }
}

static void adam(float *restrict w, float *restrict m, float *restrict v, const float *restrict g,
                 size_t count, const float first_second_rate_scale_epsilon[5])
{
    const float first = first_second_rate_scale_epsilon[0];
    const float second = first_second_rate_scale_epsilon[1];
    const float rate = first_second_rate_scale_epsilon[2];
    const float scale = first_second_rate_scale_epsilon[3];
    const float epsilon = first_second_rate_scale_epsilon[4];
    for (size_t i = 0; i < count; i++) {
        m[i] += first * (g[i] - m[i]);
        v[i] += second * (g[i] * g[i] - v[i]);
        w[i] -= rate * m[i] / (scale * sqrtf(v[i]) + epsilon);
    }
}

static void multiply(float *restrict y, const float *restrict a, const float *restrict b,
                     size_t count, int add)
{
    if (add) {
        for (size_t i = 0; i < count; i++) {
            y[i] += a[i] * b[i];
        }
    } else {
        for (size_t i = 0; i < count; i++) {
            y[i] = a[i] * b[i];
        }
    }
}

static double squares(const float *restrict x, size_t count)
{
    enum { SUMS = 8 };
    double lanes[SUMS] = {0};
    size_t i = 0;
    for (; i + SUMS <= count; i += SUMS) {
        for (size_t l = 0; l < SUMS; l++) {
            lanes[l] += (double)x[i + l] * (double)x[i + l];
        }
    }
    for (; i < count; i++) {
        lanes[i % SUMS] += (double)x[i] * (double)x[i];
    }
    double total = 0;
    for (size_t l = 0; l < SUMS; l++) {
        total += lanes[l];
    }
    return total;
}

#include "nn/kernels_panel.h"
#include "nn/kernels_product.h"
#include "nn/kernels_random.h"
#include "nn/kernels_winograd.h"

const struct kernels KERNELS_TABLE = {
    .name = KERNELS_STRING(KERNELS_SET),
    .affine = affine,
    .column_sums = column_sums,
    .column_squares = column_squares,
    .column_products = column_products,
    .affine_pair = affine_pair,
    .affine_in_place = affine_in_place,
    .prelu = prelu,
    .prelu_backward = prelu_backward,
    .sum = sum,
    .accumulate = accumulate,
    .gate = gate,
    .column_dots = column_dots,
    .sgd = sgd,
    .adam = adam,
    .product = product,
    .product_turned = product_turned,
    .dot_rows = dot_rows,
    .panel_read = panel_read,
    .panel_write = panel_write,
    .panel_dots = panel_dots,
    .panel_copy = panel_copy,
    .panel_add = panel_add,
    .winograd_input = winograd_input,
    .winograd_gradient = winograd_gradient,
    .winograd_output = winograd_output,
    .winograd_weights = winograd_weights,
    .winograd_taps = winograd_taps,
    .draw_kept = draw_kept,
    .multiply = multiply,
    .squares = squares,
};
