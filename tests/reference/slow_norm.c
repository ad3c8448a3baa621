// SPDX-License-Identifier: Apache-2.0
#include "reference/slow_norm.h"

#include <math.h>

/* Mean and variance of channel c: two passes over the rows. */
static void moments(double *mean, double *variance, const float *x, struct slow_norm norm, size_t c)
{
    *mean = *variance = 0;
    for (size_t row = 0; row < norm.rows; row++) {
        *mean += (double)x[row * norm.channels + c] / (double)norm.rows;
    }
    for (size_t row = 0; row < norm.rows; row++) {
        const double d = (double)x[row * norm.channels + c] - *mean;
        *variance += d * d / (double)norm.rows;
    }
}

void slow_norm_statistics(float *mean, float *variance, const float *x, struct slow_norm norm)
{
    for (size_t c = 0; c < norm.channels; c++) {
        double middle, spread;
        moments(&middle, &spread, x, norm, c);
        mean[c] = (float)middle;
        variance[c] = (float)spread;
    }
}

void slow_norm_forward(float *y, const float *x, struct slow_norm norm)
{
    for (size_t c = 0; c < norm.channels; c++) {
        double mean, variance;
        moments(&mean, &variance, x, norm, c);
        for (size_t row = 0; row < norm.rows; row++) {
            const size_t i = row * norm.channels + c;
            const double unit = ((double)x[i] - mean) / sqrt(variance + 1e-5);
            y[i] = (float)(unit * (norm.weight == NULL ? 1 : (double)norm.weight[c]) +
                           (norm.bias == NULL ? 0 : (double)norm.bias[c]));
        }
    }
}

/* d unit[to] / d x[from] of one channel. */
static double derivative(double unit_to, double unit_from, double deviation, int same, size_t rows)
{
    return ((same ? 1.0 : 0.0) - (1.0 + unit_to * unit_from) / (double)rows) / deviation;
}

void slow_norm_backward(float *dx, float *dweight, float *dbias, const float *dy, const float *x,
                        struct slow_norm norm)
{
    for (size_t c = 0; c < norm.channels; c++) {
        double mean, variance, product = 0, total = 0;
        moments(&mean, &variance, x, norm, c);
        const double deviation = sqrt(variance + 1e-5);
        const double weight = norm.weight == NULL ? 1 : (double)norm.weight[c];
        for (size_t from = 0; from < norm.rows; from++) {
            const double unit = ((double)x[from * norm.channels + c] - mean) / deviation;
            double sum = 0;
            for (size_t to = 0; to < norm.rows; to++) {
                const size_t i = to * norm.channels + c;
                const double other = ((double)x[i] - mean) / deviation;
                sum += (double)dy[i] * weight *
                       derivative(other, unit, deviation, to == from, norm.rows);
            }
            dx[from * norm.channels + c] = (float)sum;
            product += (double)dy[from * norm.channels + c] * unit;
            total += (double)dy[from * norm.channels + c];
        }
        if (dweight != NULL) dweight[c] = (float)product;
        if (dbias != NULL) dbias[c] = (float)total;
    }
}
