// SPDX-License-Identifier: Apache-2.0
/* losses - what generators and their critics are trained by. Each returns the mean over `count`
 * numbers and forms `scale` times its gradient. */
#ifndef NN_LOSSES_H
#define NN_LOSSES_H

#include <stddef.h>

/* Binary cross entropy of sigmoid(logits) with one target in [0, 1], as PyTorch's
 * BCEWithLogitsLoss: max(z, 0) - z target + log(1 + exp(-|z|)). The gradient is assigned. */
double losses_logistic(float *gradient, const float *logits, size_t count, double target,
                       double scale);

/* |y - target|, as PyTorch's L1Loss. The gradient is added. */
double losses_absolute(float *gradient, const float *y, const float *target, size_t count,
                       double scale);

#endif
