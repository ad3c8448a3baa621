// SPDX-License-Identifier: Apache-2.0
/* lone_conv - one convolution alone, timed: forward, gradient to the input, gradient to the
 * weights.
 *
 * A net of a single layer, so that nothing of the engine's inside is known here. The backward pass
 * runs with and without the input's gradient, in turns; the difference is what that costs, and may
 * drown in noise where it is small. */
#ifndef BENCH_LONE_CONV_H
#define BENCH_LONE_CONV_H

#include "base/status.h"

struct lone_conv {
    int side, in, out, kernel, stride; // padded by kernel / 2
    int batch;
};

struct lone_conv_result {
    double forward, input, weights; // seconds, medians
    double flops;                   // of each of the three
};

/* On as many threads as OpenMP would take now. */
enum status lone_conv_run(struct lone_conv_result *result, const struct lone_conv *conv,
                          int steps) CHECKED;

#endif
