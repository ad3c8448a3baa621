// SPDX-License-Identifier: Apache-2.0
/* cholesky - symmetric positive definite systems, dense or in a band along the diagonal, in
 * doubles.
 *
 * Only the lower triangle is kept, of each row the `width` elements before the diagonal and the
 * diagonal; width = size - 1 is a dense matrix. One factor serves any number of right sides. */
#ifndef ATTACKS_CHOLESKY_H
#define ATTACKS_CHOLESKY_H

#include "base/status.h"

#include <stddef.h>

struct cholesky {
    size_t size, width;
    double *rows; // size rows of width + 1; owned
};

/* All zero. */
enum status cholesky_create(struct cholesky *matrix, size_t size, size_t width) CHECKED;
void cholesky_destroy(struct cholesky *matrix);

/* Element (i, j), i - width <= j <= i. */
static inline double *cholesky_at(const struct cholesky *matrix, size_t i, size_t j)
{
    return matrix->rows + i * (matrix->width + 1) + matrix->width + j - i;
}

/* A = L L^T, in place. STATUS_NOT_FINITE where A is not positive definite to rounding. */
enum status cholesky_factor(struct cholesky *matrix) CHECKED;

/* X = A^-1 B in place, from the factor: x holds `size` rows of `columns` numbers, each column a
 * right side. One thread. */
void cholesky_substitute(const struct cholesky *factor, double *x, size_t columns);

/* The same for floats and many columns, in fixed pieces over all threads. */
enum status cholesky_solve(const struct cholesky *factor, float *x, size_t columns) CHECKED;

#endif
