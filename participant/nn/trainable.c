// SPDX-License-Identifier: Apache-2.0
#include "nn/trainable.h"

#include <stdlib.h>

enum { PIECE = 16384 }; // numbers: 192 KiB of weights, velocity and gradients

/* Writes the pieces of all runs where there is room for them; returns their number. */
static size_t cut(struct trainable_piece *pieces, const struct net *net)
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
                (struct trainable_piece){first, end - first < PIECE ? end - first : PIECE};
        }
    }
    return count;
}

enum status trainable_create(struct trainable *trainable, const struct net *net)
{
    *trainable = (struct trainable){.count = cut(NULL, net)};
    trainable->pieces = calloc(trainable->count + 1, sizeof *trainable->pieces);
    if (trainable->pieces == NULL) {
        return status_fail(STATUS_NO_MEMORY, "out of memory for the optimiser");
    }
    cut(trainable->pieces, net);
    return STATUS_OK;
}

void trainable_destroy(struct trainable *trainable)
{
    free(trainable->pieces);
    *trainable = (struct trainable){0};
}
