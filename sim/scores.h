// SPDX-License-Identifier: Apache-2.0
/* scores - what several seeds say: mean, deviation, a paired difference with its interval, and the
 * paper's Normalization. Values that are not finite are no values: they are left out. */
#ifndef SIM_SCORES_H
#define SIM_SCORES_H

#include <stddef.h>

enum { SCORES_VALUES_MAX = 64 }; // of a difference

struct scores_spread {
    size_t count;
    double mean;      // NaN without a value
    double deviation; // of a sample (n - 1); NaN with fewer than two
    double
        interval; // half the width of the 95 % confidence interval of the mean (Student); as above
};

struct scores_spread scores_spread(const double *values, size_t count);

/* The spread of a[i] - b[i] where both are there: pairs with the same seed. */
struct scores_spread scores_difference(const double *a, const double *b, size_t count);

/* The 97.5 % quantile of Student's distribution; freedom >= 1. */
double scores_student(size_t freedom);

/* 0.5 + 0.5 (value - low) / (high - low): the compared set to [0.5, 1]; NaN when high == low. */
double scores_normalised(double value, double low, double high);

#endif
