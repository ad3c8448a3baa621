// SPDX-License-Identifier: Apache-2.0
/* trainable - the trainable tensors of a net as runs of neighbours, cut into fixed pieces for the
 * optimisers: threads change no bit. What is not trainable stands in no piece. */
#ifndef NN_TRAINABLE_H
#define NN_TRAINABLE_H

#include "base/status.h"
#include "nn/net.h"

#include <stddef.h>

struct trainable_piece {
    size_t first, count; // numbers of the vector of weights
};

struct trainable {
    size_t count;
    struct trainable_piece *pieces;
};

enum status trainable_create(struct trainable *trainable, const struct net *net) CHECKED;
void trainable_destroy(struct trainable *trainable);

#endif
