// SPDX-License-Identifier: Apache-2.0
/* concat - numbers moved, nothing computed: the channels of two maps side by side (the skips of
 * U-Net, Ronneberger et al. 2015), and some neighbouring numbers of an item in another shape. */
#include "nn/net_layer.h"
#include "nn/parallel.h"

#include <string.h>

static void concat_forward(struct net *net, struct node *node)
{
    const size_t rows = node_rows(net, node), channels = (size_t)node->shape.channels;
    const struct node *a = node_input(net, node, 0), *b = node_input(net, node, 1);
    const size_t first = (size_t)a->shape.channels, second = (size_t)b->shape.channels;
    const size_t pieces = parallel_pieces(rows, channels);
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t end = parallel_first(rows, piece + 1, pieces);
        for (size_t row = parallel_first(rows, piece, pieces); row < end; row++) {
            float *y = node->y + row * channels;
            memcpy(y, a->y + row * first, first * sizeof *y);
            memcpy(y + first, b->y + row * second, second * sizeof *y);
        }
    }
}

static void concat_backward(struct net *net, struct node *node)
{
    const size_t rows = node_rows(net, node), channels = (size_t)node->shape.channels;
    const size_t pieces = parallel_pieces(rows, channels);
    size_t first = 0;
    for (int which = 0; which < 2; which++) {
        struct node *input = node_input(net, node, which);
        const size_t count = (size_t)input->shape.channels, from = first;
        first += count;
        if (!node_dx_wanted(net, node, which)) continue;
        const int add = node_dx_add(net, node, which);
#pragma omp parallel for schedule(static) if (pieces > 1)
        for (size_t piece = 0; piece < pieces; piece++) {
            const size_t end = parallel_first(rows, piece + 1, pieces);
            for (size_t row = parallel_first(rows, piece, pieces); row < end; row++) {
                net->kernels->accumulate(input->dy + row * count, node->dy + row * channels + from,
                                         count, add);
            }
        }
    }
}

static void slice_forward(struct net *net, struct node *node)
{
    const struct node *input = node_input(net, node, 0);
    const size_t items = node_items(net, node), size = node_size(node), step = node_size(input);
#pragma omp parallel for schedule(static) if (items > 1)
    for (size_t item = 0; item < items; item++) {
        memcpy(node->y + item * size, input->y + item * step + node->first, size * sizeof *node->y);
    }
}

static void slice_backward(struct net *net, struct node *node)
{
    if (!node_dx_wanted(net, node, 0)) return;
    struct node *input = node_input(net, node, 0);
    const size_t items = node_items(net, node), size = node_size(node), step = node_size(input);
    if (!node_dx_add(net, node, 0)) memset(input->dy, 0, items * step * sizeof *input->dy);
#pragma omp parallel for schedule(static) if (items > 1)
    for (size_t item = 0; item < items; item++) {
        net->kernels->accumulate(input->dy + item * step + node->first, node->dy + item * size,
                                 size, 1);
    }
}

const struct layer concat_layer = {"concat", concat_forward, concat_backward};
const struct layer concat_slice_layer = {"slice", slice_forward, slice_backward};
