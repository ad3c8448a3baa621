// SPDX-License-Identifier: Apache-2.0
#include "nn/adam.h"
#include "nn/kernels.h"

#include <math.h>
#include <stdlib.h>

enum status adam_create(struct adam *adam, const struct net *net)
{
    *adam = (struct adam){.count = 2 * net_parameters(net)};
    const enum status status = trainable_create(&adam->trainable, net);
    if (status != STATUS_OK) return status;
    adam->moments = calloc(adam->count + 1, sizeof *adam->moments);
    if (adam->moments == NULL) {
        adam_destroy(adam);
        return status_fail(STATUS_NO_MEMORY, "out of memory for the optimiser");
    }
    return STATUS_OK;
}

void adam_destroy(struct adam *adam)
{
    trainable_destroy(&adam->trainable);
    free(adam->moments);
    *adam = (struct adam){0};
}

void adam_step(struct adam *adam, float *weights, const float *gradients, struct adam_rates rates)
{
    const double steps = (double)++adam->steps;
    const float constants[5] = {(float)(1 - rates.first), (float)(1 - rates.second),
                                (float)(rates.rate / (1 - pow(rates.first, steps))),
                                (float)(1 / sqrt(1 - pow(rates.second, steps))),
                                (float)rates.epsilon};
    float *first = adam->moments, *second = adam->moments + adam->count / 2;
    const struct trainable trainable = adam->trainable;
#pragma omp parallel for schedule(static) if (trainable.count > 1)
    for (size_t i = 0; i < trainable.count; i++) {
        const struct trainable_piece piece = trainable.pieces[i];
        kernels_get()->adam(weights + piece.first, first + piece.first, second + piece.first,
                            gradients + piece.first, piece.count, constants);
    }
}
