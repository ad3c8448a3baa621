// SPDX-License-Identifier: Apache-2.0
/* dropout - keeps each number with probability 1 - rate, scaled by 1 / (1 - rate) (Srivastava et
 * al. 2014). Element i takes word i % 4 of block i / 4 of the stream, so threads need no order. */
#include "nn/net_layer.h"
#include "nn/parallel.h"

#include <string.h>

static size_t numbers(const struct net *net, const struct node *node)
{
    return node_items(net, node) * node_size(node);
}

/* Elements of each piece but the last are a multiple of a block's four words. */
static size_t first_of(size_t count, size_t piece, size_t pieces)
{
    return piece == pieces ? count : parallel_first(count, piece, pieces) / 4 * 4;
}

/* State: what each element is multiplied with, 0 or 1 / (1 - rate). */
static void forward(struct net *net, struct node *node)
{
    const float *x = node_input(net, node, 0)->y;
    const size_t count = numbers(net, node), pieces = parallel_pieces(count, 1);
    if (net->mode != NET_TRAIN) {
        memcpy(node->y, x, count * sizeof *x);
        return;
    }
    const float kept = (float)(1.0 / (1.0 - node->rate));
    const uint32_t threshold = (uint32_t)(node->rate * 4294967296.0);
    struct kernels_stream stream;
    memcpy(stream.key, net->dropout.key, sizeof stream.key);
    memcpy(stream.counter, net->dropout.counter, sizeof stream.counter);
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t first = first_of(count, piece, pieces);
        const size_t size = first_of(count, piece + 1, pieces) - first;
        net->kernels->draw_kept(node->state + first, &stream, first, size, threshold, kept);
        net->kernels->multiply(node->y + first, x + first, node->state + first, size, 0);
    }
}

static void backward(struct net *net, struct node *node)
{
    float *dx = node_input(net, node, 0)->dy;
    const int add = node_dx_add(net, node, 0);
    const size_t count = numbers(net, node), pieces = parallel_pieces(count, 1);
    if (net->mode != NET_TRAIN) {
        net->kernels->accumulate(dx, node->dy, count, add);
        return;
    }
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t first = first_of(count, piece, pieces);
        net->kernels->multiply(dx + first, node->dy + first, node->state + first,
                               first_of(count, piece + 1, pieces) - first, add);
    }
}

const struct layer dropout_layer = {"dropout", forward, backward};
