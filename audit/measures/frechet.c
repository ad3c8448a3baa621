// SPDX-License-Identifier: Apache-2.0
/* With centred rows X and Y, A = X'X / (n - 1) and B = Y'Y / (m - 1), the trace of (A B)^(1/2) is
 * the sum of the singular values of X Y' over the root of (n - 1)(m - 1): no matrix of size x size.
 */
#include "measures/frechet.h"

#include <math.h>
#include <stdlib.h>

enum { SWEEPS_MAX = 60 };

/* Rows less their mean; returns the sum of their squares. */
static double centre(double *out, double *mean, const float *rows, size_t count, size_t size)
{
    double squares = 0;
    for (size_t j = 0; j < size; j++) {
        mean[j] = 0;
        for (size_t i = 0; i < count; i++) {
            mean[j] += (double)rows[i * size + j] / (double)count;
        }
        for (size_t i = 0; i < count; i++) {
            out[i * size + j] = (double)rows[i * size + j] - mean[j];
            squares += out[i * size + j] * out[i * size + j];
        }
    }
    return squares;
}

static double dot(const double *a, const double *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

/* Turns two rows so that they are orthogonal; returns whether they were not. */
static int turn(double *a, double *b, size_t count)
{
    const double aa = dot(a, a, count), bb = dot(b, b, count), ab = dot(a, b, count);
    if (fabs(ab) <= 1e-12 * sqrt(aa * bb)) return 0;
    const double zeta = (bb - aa) / (2 * ab);
    const double t = (zeta < 0 ? -1 : 1) / (fabs(zeta) + sqrt(1 + zeta * zeta));
    const double c = 1 / sqrt(1 + t * t), s = c * t;
    for (size_t i = 0; i < count; i++) {
        const double x = a[i], y = b[i];
        a[i] = c * x - s * y;
        b[i] = s * x + c * y;
    }
    return 1;
}

/* The sum of the singular values of a matrix, which is overwritten: one-sided Jacobi (Hestenes
 * 1958). */
static double singular_sum(double *matrix, size_t rows, size_t columns)
{
    int turned = 1;
    for (int sweep = 0; turned && sweep < SWEEPS_MAX; sweep++) {
        turned = 0;
        for (size_t i = 0; i < rows; i++) {
            for (size_t j = i + 1; j < rows; j++) {
                turned |= turn(matrix + i * columns, matrix + j * columns, columns);
            }
        }
    }
    double sum = 0;
    for (size_t i = 0; i < rows; i++) {
        sum += sqrt(dot(matrix + i * columns, matrix + i * columns, columns));
    }
    return sum;
}

struct side {
    const float *rows;
    size_t count;
    double *centred, *mean;
};

static double compare(struct side *a, struct side *b, double *product, size_t size)
{
    const double over_a = (double)(a->count - 1), over_b = (double)(b->count - 1);
    const double squares_a = centre(a->centred, a->mean, a->rows, a->count, size);
    const double squares_b = centre(b->centred, b->mean, b->rows, b->count, size);
    double apart = 0;
    for (size_t j = 0; j < size; j++) {
        apart += (a->mean[j] - b->mean[j]) * (a->mean[j] - b->mean[j]);
    }
    for (size_t i = 0; i < a->count; i++) {
        for (size_t j = 0; j < b->count; j++) {
            product[i * b->count + j] = dot(a->centred + i * size, b->centred + j * size, size);
        }
    }
    const double both = singular_sum(product, a->count, b->count) / sqrt(over_a * over_b);
    return fmax(apart + squares_a / over_a + squares_b / over_b - 2 * both, 0);
}

enum status frechet_distance(double *distance, const float *a, size_t count_a, const float *b,
                             size_t count_b, size_t size)
{
    *distance = (double)NAN;
    if (count_a < 2 || count_b < 2) return STATUS_OK;
    if (count_a > count_b) return frechet_distance(distance, b, count_b, a, count_a, size);
    enum status status = STATUS_OK;
    double *x = malloc((count_a + 1) * size * sizeof *x);
    double *y = malloc((count_b + 1) * size * sizeof *y);
    double *product = malloc(count_a * count_b * sizeof *product);
    if (x != NULL && y != NULL && product != NULL) {
        struct side one = {a, count_a, x, x + count_a * size};
        struct side two = {b, count_b, y, y + count_b * size};
        *distance = compare(&one, &two, product, size);
    } else {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for a distance of embeddings");
    }
    free(x);
    free(y);
    free(product);
    return status;
}
