// SPDX-License-Identifier: Apache-2.0
#include "attacks/cholesky.h"

#include "base/sizes.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum {
    PANEL = 32,  // right sides that are solved together
    PIECES = 16, // of a call: each has its own room and may have its own thread
    LANES = 8,   // sums side by side
};

/* A pivot of less than this share of its diagonal element is rounding. */
#define PIVOT_MIN 1e-13

enum status cholesky_create(struct cholesky *matrix, size_t size, size_t width)
{
    *matrix = (struct cholesky){.size = size, .width = width};
    if (width < SIZE_MAX / sizeof *matrix->rows) {
        matrix->rows = calloc(size, (width + 1) * sizeof *matrix->rows);
    }
    return matrix->rows != NULL
               ? STATUS_OK
               : status_fail(STATUS_NO_MEMORY, "out of memory for %zu unknowns", size);
}

void cholesky_destroy(struct cholesky *matrix)
{
    free(matrix->rows);
    *matrix = (struct cholesky){0};
}

static size_t first_of(const struct cholesky *matrix, size_t row)
{
    return row > matrix->width ? row - matrix->width : 0;
}

static double dot(const double *restrict a, const double *restrict b, size_t count)
{
    double lane[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            lane[l] += a[i + l] * b[i + l];
        }
    }
    for (; i < count; i++) {
        sum += a[i] * b[i];
    }
    for (size_t l = 0; l < LANES; l++) {
        sum += lane[l];
    }
    return sum;
}

enum status cholesky_factor(struct cholesky *matrix)
{
    for (size_t i = 0; i < matrix->size; i++) {
        const size_t first = first_of(matrix, i);
        double *row = cholesky_at(matrix, i, first);
        for (size_t j = first; j < i; j++) {
            const size_t from = sizes_most(first, first_of(matrix, j));
            const double *other = cholesky_at(matrix, j, from);
            const double sum = row[j - first] - dot(row + (from - first), other, j - from);
            row[j - first] = sum / *cholesky_at(matrix, j, j);
        }
        const double whole = row[i - first], pivot = whole - dot(row, row, i - first);
        if (!(pivot > PIVOT_MIN * whole)) {
            return status_fail(STATUS_NOT_FINITE, "equation %zu of %zu says nothing new", i + 1,
                               matrix->size);
        }
        row[i - first] = sqrt(pivot);
    }
    return STATUS_OK;
}

/* y -= factor * x */
static void subtract(double *restrict y, const double *restrict x, double factor, size_t count)
{
    for (size_t n = 0; n < count; n++) {
        y[n] -= factor * x[n];
    }
}

static void scale(double *y, double factor, size_t count)
{
    for (size_t n = 0; n < count; n++) {
        y[n] *= factor;
    }
}

void cholesky_substitute(const struct cholesky *factor, double *x, size_t columns)
{
    for (size_t i = 0; i < factor->size; i++) {
        for (size_t k = first_of(factor, i); k < i; k++) {
            subtract(x + i * columns, x + k * columns, *cholesky_at(factor, i, k), columns);
        }
        scale(x + i * columns, 1 / *cholesky_at(factor, i, i), columns);
    }
    for (size_t i = factor->size; i-- > 0;) {
        scale(x + i * columns, 1 / *cholesky_at(factor, i, i), columns);
        for (size_t k = first_of(factor, i); k < i; k++) {
            subtract(x + k * columns, x + i * columns, *cholesky_at(factor, i, k), columns);
        }
    }
}

enum status cholesky_solve(const struct cholesky *factor, float *x, size_t columns)
{
    const size_t size = factor->size, panels = (columns + PANEL - 1) / PANEL;
    const size_t pieces = sizes_least(panels, PIECES);
    double *room = calloc(sizes_most(pieces, 1) * size, PANEL * sizeof *room);
    if (room == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for %zu unknowns", size);
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t p = 0; p < pieces; p++) {
        double *y = room + p * size * PANEL;
        for (size_t panel = p; panel < panels; panel += pieces) {
            const size_t first = panel * PANEL, width = sizes_least(columns - first, PANEL);
            for (size_t i = 0; i < size; i++) {
                for (size_t n = 0; n < width; n++) {
                    y[i * PANEL + n] = (double)x[i * columns + first + n];
                }
            }
            cholesky_substitute(factor, y, PANEL);
            for (size_t i = 0; i < size; i++) {
                for (size_t n = 0; n < width; n++) {
                    x[i * columns + first + n] = (float)y[i * PANEL + n];
                }
            }
        }
    }
    free(room);
    return STATUS_OK;
}
