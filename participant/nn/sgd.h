// SPDX-License-Identifier: Apache-2.0
/* sgd - one step of stochastic gradient descent with momentum and weight decay, as PyTorch's SGD:
 * v = momentum v + (scale g + decay w), w = w - rate v.
 *
 * A step is bound by memory. For each number sgd_plan_squares() reads 4 bytes (g), and
 * sgd_plan_step() reads 12 (w, v, g) and writes 8 (w, v): 24 bytes in all, each in one parallel
 * region over the whole net. */
#ifndef NN_SGD_H
#define NN_SGD_H

#include "base/status.h"
#include "nn/net.h"

#include <stddef.h>

struct sgd {
    double rate, momentum, decay;
    double scale; // of the gradient: 1, or less where its norm is clipped
};

/* One step on `count` numbers, on the calling thread. */
void sgd_step(float *weights, float *velocity, const float *gradients, size_t count,
              struct sgd sgd);

/* Sum of squares of a gradient, on the calling thread; not finite when one of its numbers is
 * not. */
double sgd_squares(const float *gradients, size_t count);

/* The trainable tensors of a net as runs of neighbours, cut into fixed pieces: threads change no
 * bit. The vectors have the layout of the net's weights; what is not trainable is neither read nor
 * moved. */
struct sgd_plan;

enum status sgd_plan_create(struct sgd_plan **plan, const struct net *net) CHECKED;
void sgd_plan_destroy(struct sgd_plan **plan);

/* As sgd_squares and sgd_step, of all trainable tensors. */
double sgd_plan_squares(struct sgd_plan *plan, const float *gradients);
void sgd_plan_step(const struct sgd_plan *plan, float *weights, float *velocity,
                   const float *gradients, struct sgd sgd);

#endif
