// SPDX-License-Identifier: Apache-2.0
/* resample - square maps of numbers at another size, and the gradient of that.
 *
 * Means over areas where the side shrinks, linear between the middles of pixels where it grows:
 * what image_square() does with bytes, without rounding. Maps are side x side x channels. */
#ifndef ATTACKS_RESAMPLE_H
#define ATTACKS_RESAMPLE_H

#include "base/status.h"

#include <stddef.h>

struct resample {
    size_t from, to;      // sides
    float *weights;       // to x from; owned
    size_t *first, *last; // of each row: where weights are, last one not included
};

enum status resample_create(struct resample *resample, size_t from, size_t to) CHECKED;
void resample_destroy(struct resample *resample);

/* `room` holds from * to * channels numbers. No overlap. */
void resample_apply(const struct resample *resample, float *out, const float *in, size_t channels,
                    float *room);

/* From the gradient to `out` that to `in`, assigned. */
void resample_gradient(const struct resample *resample, float *in, const float *out,
                       size_t channels, float *room);

#endif
