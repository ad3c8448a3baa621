// SPDX-License-Identifier: Apache-2.0
#include "nn/losses.h"

#include <math.h>

double losses_logistic(float *gradient, const float *logits, size_t count, double target,
                       double scale)
{
    double total = 0;
    for (size_t i = 0; i < count; i++) {
        const double z = (double)logits[i], small = exp(-fabs(z)); // in (0, 1]
        const double sigmoid = (z > 0 ? 1 : small) / (1 + small);
        total += fmax(z, 0) - z * target + log1p(small);
        gradient[i] = (float)(scale * (sigmoid - target) / (double)count);
    }
    return total / (double)count;
}

double losses_absolute(float *gradient, const float *y, const float *target, size_t count,
                       double scale)
{
    const float step = (float)(scale / (double)count);
    double total = 0;
    for (size_t i = 0; i < count; i++) {
        const float d = y[i] - target[i];
        total += (double)fabsf(d);
        gradient[i] += d > 0 ? step : d < 0 ? -step : 0;
    }
    return total / (double)count;
}
