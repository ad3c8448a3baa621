// SPDX-License-Identifier: Apache-2.0
/* slow_conv - convolution by its definition, in doubles: the oracle of nn/conv and nn/winograd. */
#ifndef REFERENCE_SLOW_CONV_H
#define REFERENCE_SLOW_CONV_H

#include "nn/conv.h"

void slow_conv_forward(float *y, const float *x, const float *w, const struct conv *conv);

/* Both gradients are assigned. */
void slow_conv_backward(float *dx, float *dw, const float *dy, const float *x, const float *w,
                        const struct conv *conv);

#endif
