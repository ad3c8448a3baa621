// SPDX-License-Identifier: Apache-2.0
/* slow_norm - batch normalisation by its definition, in doubles: the oracle of nn/norm. */
#ifndef REFERENCE_SLOW_NORM_H
#define REFERENCE_SLOW_NORM_H

#include <stddef.h>

struct slow_norm {
    size_t rows, channels;
    const float *weight, *bias; // NULL: 1 and 0
};

/* Mean and biased variance of each channel. */
void slow_norm_statistics(float *mean, float *variance, const float *x, struct slow_norm norm);

void slow_norm_forward(float *y, const float *x, struct slow_norm norm);

/* Through the whole matrix of derivatives of every row to every other. dweight and dbias may be
 * NULL. */
void slow_norm_backward(float *dx, float *dweight, float *dbias, const float *dy, const float *x,
                        struct slow_norm norm);

#endif
