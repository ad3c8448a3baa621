// SPDX-License-Identifier: Apache-2.0
#include "nn/sgd.h"
#include "nn/kernels.h"
#include "nn/trainable.h"

#include <stdlib.h>

struct sgd_plan {
    struct trainable trainable;
    double *squares; // of each piece
};

void sgd_step(float *weights, float *velocity, const float *gradients, size_t count, struct sgd sgd)
{
    const float constants[4] = {(float)sgd.rate, (float)sgd.momentum, (float)sgd.decay,
                                (float)sgd.scale};
    kernels_get()->sgd(weights, velocity, gradients, count, constants);
}

double sgd_squares(const float *gradients, size_t count)
{
    return kernels_get()->squares(gradients, count);
}

enum status sgd_plan_create(struct sgd_plan **plan, const struct net *net)
{
    struct sgd_plan *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for the optimiser");
    enum status status = trainable_create(&made->trainable, net);
    if (status == STATUS_OK) {
        made->squares = calloc(made->trainable.count + 1, sizeof *made->squares);
        if (made->squares == NULL) {
            status = status_fail(STATUS_NO_MEMORY, "out of memory for the optimiser");
        }
    }
    if (status != STATUS_OK) {
        sgd_plan_destroy(&made);
        return status;
    }
    *plan = made;
    return STATUS_OK;
}

void sgd_plan_destroy(struct sgd_plan **plan)
{
    if (*plan == NULL) return;
    trainable_destroy(&(*plan)->trainable);
    free((*plan)->squares);
    free(*plan);
    *plan = NULL;
}

double sgd_plan_squares(struct sgd_plan *plan, const float *gradients)
{
    const size_t count = plan->trainable.count;
#pragma omp parallel for schedule(static) if (count > 1)
    for (size_t i = 0; i < count; i++) {
        const struct trainable_piece *piece = &plan->trainable.pieces[i];
        plan->squares[i] = sgd_squares(gradients + piece->first, piece->count);
    }
    double total = 0;
    for (size_t i = 0; i < count; i++) {
        total += plan->squares[i];
    }
    return total;
}

void sgd_plan_step(const struct sgd_plan *plan, float *weights, float *velocity,
                   const float *gradients, struct sgd sgd)
{
    const size_t count = plan->trainable.count;
#pragma omp parallel for schedule(static) if (count > 1)
    for (size_t i = 0; i < count; i++) {
        const struct trainable_piece *piece = &plan->trainable.pieces[i];
        sgd_step(weights + piece->first, velocity + piece->first, gradients + piece->first,
                 piece->count, sgd);
    }
}
