// SPDX-License-Identifier: Apache-2.0
/* sgd - one step of stochastic gradient descent with momentum and weight decay, as PyTorch's SGD:
 * v = momentum v + (scale g + decay w), w = w - rate v. */
#ifndef NN_SGD_H
#define NN_SGD_H

#include <stddef.h>

struct sgd {
    double rate, momentum, decay;
    double scale; // of the gradient: 1, or less where its norm is clipped
};

/* One step on `count` numbers. */
void sgd_step(float *weights, float *velocity, const float *gradients, size_t count,
              struct sgd sgd);

/* Sum of squares of a gradient; not finite when one of its numbers is not. */
double sgd_squares(const float *gradients, size_t count);

#endif
