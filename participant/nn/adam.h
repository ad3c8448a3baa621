// SPDX-License-Identifier: Apache-2.0
/* adam - Adam (Kingma and Ba 2015), as PyTorch's Adam without weight decay. Step t, from 1 on:
 * m += (1 - first) (g - m), v += (1 - second) (g^2 - v),
 * w -= rate / (1 - first^t) m / (sqrt(v / (1 - second^t)) + epsilon).
 *
 * Only trainable tensors move. Steps and moments are all that a training which goes on needs. */
#ifndef NN_ADAM_H
#define NN_ADAM_H

#include "nn/trainable.h"

#include <stdint.h>

struct adam_rates {
    double rate, first, second, epsilon;
};

struct adam {
    struct trainable trainable;
    uint64_t steps; // that were done
    size_t count;   // of moments: m, then v, each with the layout of the net's weights
    float *moments;
};

/* At step 0, with moments of zero. */
enum status adam_create(struct adam *adam, const struct net *net) CHECKED;
void adam_destroy(struct adam *adam);

void adam_step(struct adam *adam, float *weights, const float *gradients, struct adam_rates rates);

#endif
