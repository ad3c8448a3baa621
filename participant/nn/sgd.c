// SPDX-License-Identifier: Apache-2.0
#include "nn/sgd.h"
#include "nn/kernels.h"

#include <stdlib.h>

enum { PIECE = 16384 }; // numbers: 192 KiB of weights, velocity and gradients

struct piece {
    size_t first, count;
    double squares;
};

struct sgd_plan {
    size_t count;
    struct piece *pieces;
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

/* Writes the pieces of all runs where there is room for them; returns their number. */
static size_t cut(struct piece *pieces, const struct net *net)
{
    size_t count = 0;
    for (size_t i = 0, tensors = net_tensors(net); i < tensors;) {
        const struct net_tensor *tensor = net_tensor(net, i++);
        if (!tensor->trainable) continue;
        size_t first = tensor->offset, end = first + tensor->count;
        for (; i < tensors && net_tensor(net, i)->trainable; i++) {
            if (net_tensor(net, i)->offset != end) break;
            end += net_tensor(net, i)->count;
        }
        for (; first < end; first += PIECE, count++) {
            if (pieces == NULL) continue;
            pieces[count] =
                (struct piece){.first = first, .count = end - first < PIECE ? end - first : PIECE};
        }
    }
    return count;
}

enum status sgd_plan_create(struct sgd_plan **plan, const struct net *net)
{
    struct sgd_plan *made = calloc(1, sizeof *made);
    if (made != NULL) {
        made->count = cut(NULL, net);
        made->pieces = calloc(made->count + 1, sizeof *made->pieces);
    }
    if (made == NULL || made->pieces == NULL) {
        free(made);
        return status_fail(STATUS_NO_MEMORY, "out of memory for the optimiser");
    }
    cut(made->pieces, net);
    *plan = made;
    return STATUS_OK;
}

void sgd_plan_destroy(struct sgd_plan **plan)
{
    if (*plan == NULL) return;
    free((*plan)->pieces);
    free(*plan);
    *plan = NULL;
}

double sgd_plan_squares(struct sgd_plan *plan, const float *gradients)
{
#pragma omp parallel for schedule(static) if (plan->count > 1)
    for (size_t i = 0; i < plan->count; i++) {
        struct piece *piece = &plan->pieces[i];
        piece->squares = sgd_squares(gradients + piece->first, piece->count);
    }
    double total = 0;
    for (size_t i = 0; i < plan->count; i++) {
        total += plan->pieces[i].squares;
    }
    return total;
}

void sgd_plan_step(const struct sgd_plan *plan, float *weights, float *velocity,
                   const float *gradients, struct sgd sgd)
{
#pragma omp parallel for schedule(static) if (plan->count > 1)
    for (size_t i = 0; i < plan->count; i++) {
        const struct piece *piece = &plan->pieces[i];
        sgd_step(weights + piece->first, velocity + piece->first, gradients + piece->first,
                 piece->count, sgd);
    }
}
