// SPDX-License-Identifier: Apache-2.0
#include "scores.h"

#include <assert.h>
#include <math.h>

double scores_student(size_t freedom)
{
    static const double quantile[] = {
        12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
        2.2010,  2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
    };
    const size_t known = sizeof quantile / sizeof quantile[0];
    assert(freedom >= 1);
    if (freedom <= known) return quantile[freedom - 1];
    // Cornish and Fisher's expansion: four places are right from here on.
    const double z = 1.959963985, n = (double)freedom;
    const double z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
    return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n) +
           (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n);
}

struct scores_spread scores_spread(const double *values, size_t count)
{
    struct scores_spread spread = {0, (double)NAN, (double)NAN, (double)NAN};
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) continue;
        sum += values[i];
        spread.count++;
    }
    if (spread.count == 0) return spread;
    const double n = (double)spread.count;
    spread.mean = sum / n;
    if (spread.count < 2) return spread;
    for (size_t i = 0; i < count; i++) {
        const double off = values[i] - spread.mean;
        if (isfinite(values[i])) squares += off * off;
    }
    spread.deviation = sqrt(squares / (n - 1));
    spread.interval = scores_student(spread.count - 1) * spread.deviation / sqrt(n);
    return spread;
}

struct scores_spread scores_difference(const double *a, const double *b, size_t count)
{
    double difference[SCORES_VALUES_MAX];
    assert(count <= SCORES_VALUES_MAX);
    for (size_t i = 0; i < count; i++) {
        difference[i] = a[i] - b[i];
    }
    return scores_spread(difference, count);
}

double scores_normalised(double value, double low, double high)
{
    return high > low ? 0.5 + 0.5 * (value - low) / (high - low) : (double)NAN;
}
