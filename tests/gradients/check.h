// SPDX-License-Identifier: Apache-2.0
/* check - finite differences against the gradients of a net.
 *
 * The loss is the dot product of the output with fixed random numbers. In float32 a central
 * difference is good to a few parts in a thousand of the gradient's own scale, so each analytic
 * gradient is compared along random directions over a whole tensor, where errors average out. */
#ifndef GRADIENTS_CHECK_H
#define GRADIENTS_CHECK_H

#include "nn/net.h"

#include <stddef.h>

struct check {
    double step; // of the difference, in units of a typical number; small where nets have kinks
    double tolerance; // relative to a typical derivative
    int directions;   // tried of each tensor
    bool fixed;       // in NET_FIXED, after a pass that has moved the running statistics
};

/* Checks every trainable tensor and the input of `net` with batches of `batch` random inputs; fails
 * the running cmocka test with the tensor's name when a directional derivative is off by more than
 * the tolerance and what rounding explains. Destroys the net. */
void check_net(struct net **net, size_t inputs, size_t batch, struct check check);

#endif
