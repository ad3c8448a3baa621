// SPDX-License-Identifier: Apache-2.0
/* plain_block - a residual block as the graph of its parts: the oracle of nn/block. */
#ifndef REFERENCE_PLAIN_BLOCK_H
#define REFERENCE_PLAIN_BLOCK_H

#include "nn/net.h"

/* As net_block(), from plain layers; the same tensors in the same order, so that one vector of
 * weights serves both. Returns the last layer. */
int plain_block(struct net *net, int from, const char *name, int filters, int stride);

#endif
