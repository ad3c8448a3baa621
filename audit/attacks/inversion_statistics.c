// SPDX-License-Identifier: Apache-2.0
#include "attacks/inversion_parts.h"
#include "nn/norm.h"

#include <string.h>

const float *inversion_variance(const struct target *target)
{
    const struct net_tensor *kept = net_find(target->net, "backbone.out.embedding.running_var");
    return kept == NULL ? NULL : target->model.values + kept->offset;
}

/* The part of one feature: its numbers in the batch stand `stride` apart. */
static double add_feature(float *gradient, const float *values, double wanted, size_t count,
                          size_t stride)
{
    const double n = (double)count;
    double mean = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        mean += (double)values[i * stride] / n;
    }
    for (size_t i = 0; i < count; i++) {
        const double off = (double)values[i * stride] - mean;
        squares += off * off;
    }
    const double excess = count > 1 ? squares / (n - 1) - wanted : 0;
    const double slope = count > 1 ? 4 * excess * n / (n - 1) : 0;
    for (size_t i = 0; i < count; i++) {
        gradient[i * stride] = (float)(2 * mean + slope * ((double)values[i * stride] - mean));
    }
    return mean * mean + excess * excess;
}

double inversion_statistics(float *gradient, const float *embeddings, const float *variance,
                            size_t count, size_t size)
{
    double loss = 0;
    size_t features = 0;
    memset(gradient, 0, count * size * sizeof *gradient);
    for (size_t j = 0; j < size; j++) {
        const double kept = (double)variance[j];
        if (kept <= NORM_EPSILON) continue; // the norm would blow up what is but rounding
        features++;
        loss +=
            add_feature(gradient + j, embeddings + j, kept / (kept + NORM_EPSILON), count, size);
    }
    if (features == 0) return 0;
    for (size_t i = 0; i < count * size; i++) {
        gradient[i] /= (float)features;
    }
    return loss / (double)features;
}
