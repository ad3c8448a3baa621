// SPDX-License-Identifier: Apache-2.0
#include "attacks/ridge.h"

#include "attacks/cholesky.h"
#include "base/sizes.h"
#include "nn/gemm.h"

#include <math.h>
#include <stdlib.h>

enum { PIECE = 1024 }; // examples whose products are summed as floats

enum status ridge_create(struct ridge *ridge, size_t inputs, size_t outputs)
{
    const size_t widest = sizes_most(inputs, outputs);
    *ridge = (struct ridge){.inputs = inputs, .outputs = outputs};
    ridge->xx = calloc(inputs * inputs, sizeof *ridge->xx);
    ridge->xy = calloc(inputs * outputs, sizeof *ridge->xy);
    ridge->yy = calloc(outputs, sizeof *ridge->yy);
    ridge->product = malloc(inputs * widest * sizeof *ridge->product);
    if (ridge->xx == NULL || ridge->xy == NULL || ridge->yy == NULL || ridge->product == NULL) {
        ridge_destroy(ridge);
        return status_fail(STATUS_NO_MEMORY, "out of memory for a regression of %zu numbers",
                           inputs);
    }
    return STATUS_OK;
}

void ridge_destroy(struct ridge *ridge)
{
    free(ridge->xx);
    free(ridge->xy);
    free(ridge->yy);
    free(ridge->product);
    *ridge = (struct ridge){0};
}

/* sum += x^T y of one piece */
static void add_product(double *sum, float *room, const float *x, const float *y, size_t rows,
                        size_t inputs, size_t outputs)
{
    gemm_multiply(room, x, y,
                  (struct gemm){.m = inputs,
                                .n = outputs,
                                .k = rows,
                                .transpose_a = 1,
                                .lda = inputs,
                                .ldb = outputs,
                                .ldc = outputs});
    for (size_t i = 0; i < inputs * outputs; i++) {
        sum[i] += (double)room[i];
    }
}

void ridge_add(struct ridge *ridge, const float *x, const float *y, size_t rows)
{
    for (size_t first = 0; first < rows; first += PIECE) {
        const size_t count = sizes_least(rows - first, PIECE);
        const float *xs = x + first * ridge->inputs, *ys = y + first * ridge->outputs;
        add_product(ridge->xx, ridge->product, xs, xs, count, ridge->inputs, ridge->inputs);
        add_product(ridge->xy, ridge->product, xs, ys, count, ridge->inputs, ridge->outputs);
        for (size_t i = 0; i < count * ridge->outputs; i++) {
            ridge->yy[i % ridge->outputs] += (double)ys[i] * (double)ys[i];
        }
    }
    ridge->rows += rows;
}

/* sum (y - x w)^2 = yy - 2 w xy + w xx w */
static double remainder_of(const struct ridge *ridge, const float *weights, size_t output)
{
    const size_t inputs = ridge->inputs, outputs = ridge->outputs;
    double sum = ridge->yy[output];
    for (size_t i = 0; i < inputs; i++) {
        double product = 0;
        for (size_t j = 0; j < inputs; j++) {
            product += ridge->xx[i * inputs + j] * (double)weights[j * outputs + output];
        }
        sum +=
            (double)weights[i * outputs + output] * (product - 2 * ridge->xy[i * outputs + output]);
    }
    return sum;
}

enum status ridge_solve(const struct ridge *ridge, float *weights, double *error, double lambda)
{
    const size_t inputs = ridge->inputs, outputs = ridge->outputs;
    struct cholesky system;
    enum status status = cholesky_create(&system, inputs, inputs - 1);
    if (status != STATUS_OK) return status;
    double trace = 0;
    for (size_t i = 0; i < inputs; i++) {
        trace += ridge->xx[i * (inputs + 1)];
    }
    for (size_t i = 0; i < inputs; i++) {
        for (size_t j = 0; j <= i; j++) {
            *cholesky_at(&system, i, j) = ridge->xx[i * inputs + j];
        }
        *cholesky_at(&system, i, i) += lambda * trace / (double)inputs;
    }
    for (size_t i = 0; i < inputs * outputs; i++) {
        weights[i] = (float)ridge->xy[i];
    }
    status = cholesky_factor(&system);
    if (status == STATUS_OK) status = cholesky_solve(&system, weights, outputs);
    for (size_t o = 0; status == STATUS_OK && o < outputs; o++) {
        error[o] = sqrt(fmax(remainder_of(ridge, weights, o), 0) / (double)ridge->rows);
    }
    cholesky_destroy(&system);
    return status;
}
