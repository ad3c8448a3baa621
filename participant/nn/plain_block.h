// SPDX-License-Identifier: Apache-2.0
/* plain_block - a residual block as the graph of its parts.
 *
 * With batch norms it is the slow, obvious version of block.h, its oracle in tests. With group
 * norms (group_norm.h), which that one does not have, networks are made of it. */
#ifndef NN_PLAIN_BLOCK_H
#define NN_PLAIN_BLOCK_H

#include "nn/net.h"

/* As net_block(), from plain layers: the same tensors in the same order, so that one vector of
 * weights serves both, except that group norms (`group`) have no running statistics. Returns the
 * last layer. */
int plain_block(struct net *net, int from, const char *name, int filters, int stride, bool group);

#endif
