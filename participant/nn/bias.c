// SPDX-License-Identifier: Apache-2.0
/* bias - y = x + b[c]: of a convolution that no norm follows. */
#include "nn/net_layer.h"
#include "nn/parallel.h"

#include <string.h>

static void forward(struct net *net, struct node *node)
{
    const size_t rows = node_rows(net, node), channels = (size_t)node->shape.channels;
    const float *x = node_input(net, node, 0)->y, *bias = node_weights(net, node, 0);
    float *one = node->state;
    for (size_t c = 0; c < channels; c++) {
        one[c] = 1.0f;
    }
    const size_t pieces = parallel_pieces(rows, channels);
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t first = parallel_first(rows, piece, pieces);
        net->kernels->affine(node->y + first * channels, x + first * channels, one, bias,
                             parallel_first(rows, piece + 1, pieces) - first, channels);
    }
}

static void backward(struct net *net, struct node *node)
{
    const size_t rows = node_rows(net, node), channels = (size_t)node->shape.channels;
    const bool wanted = node_dx_wanted(net, node, 0);
    float *dx = node_input(net, node, 0)->dy, *gradient = node_gradients(net, node, 0);
    const int add = wanted ? node_dx_add(net, node, 0) : 0;
    const size_t pieces = parallel_pieces(rows, channels);
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t first = parallel_first(rows, piece, pieces);
        const size_t count = parallel_first(rows, piece + 1, pieces) - first;
        const float *dy = node->dy + first * channels;
        float *sum = net->reduce + piece * channels;
        memset(sum, 0, channels * sizeof *sum);
        net->kernels->column_sums(sum, dy, count, channels);
        if (wanted) net->kernels->accumulate(dx + first * channels, dy, count * channels, add);
    }
    for (size_t piece = 0; piece < pieces; piece++) {
        net->kernels->accumulate(gradient, net->reduce + piece * channels, channels, piece > 0);
    }
}

const struct layer bias_layer = {"bias", forward, backward};
