// SPDX-License-Identifier: Apache-2.0
/* excite - where branches meet: a map times its 1x1xC gate (the last step of
 * squeeze-and-excitation, Hu et al. 2018), and the sum of two maps (the residual connection). */
#include "nn/net_layer.h"

#include <string.h>

static size_t map_rows(const struct node *node)
{
    return (size_t)node->shape.height * (size_t)node->shape.width;
}

static void gate_forward(struct net *net, struct node *node)
{
    const size_t channels = (size_t)node->shape.channels, rows = map_rows(node);
    const float *x = node_input(net, node, 0)->y, *gates = node_input(net, node, 1)->y;
    const size_t items = node_items(net, node);
#pragma omp parallel for schedule(static)
    for (size_t item = 0; item < items; item++) {
        net->kernels->gate(node->y + item * rows * channels, x + item * rows * channels,
                           gates + item * channels, rows, channels, 0);
    }
}

static void gate_backward(struct net *net, struct node *node)
{
    struct node *input = node_input(net, node, 0), *gates = node_input(net, node, 1);
    const size_t channels = (size_t)node->shape.channels, rows = map_rows(node);
    const size_t items = node_items(net, node);
    const int add = node_dx_add(net, node, 0);
    if (!node_dx_add(net, node, 1)) memset(gates->dy, 0, items * channels * sizeof *gates->dy);
#pragma omp parallel for schedule(static)
    for (size_t item = 0; item < items; item++) {
        const float *dy = node->dy + item * rows * channels;
        net->kernels->gate(input->dy + item * rows * channels, dy, gates->y + item * channels, rows,
                           channels, add);
        net->kernels->column_dots(gates->dy + item * channels, dy,
                                  input->y + item * rows * channels, rows, channels);
    }
}

static void add_forward(struct net *net, struct node *node)
{
    const float *a = node_input(net, node, 0)->y, *b = node_input(net, node, 1)->y;
    const size_t items = node_items(net, node), size = node_size(node);
#pragma omp parallel for schedule(static)
    for (size_t item = 0; item < items; item++) {
        net->kernels->sum(node->y + item * size, a + item * size, b + item * size, size);
    }
}

static void add_backward(struct net *net, struct node *node)
{
    const size_t items = node_items(net, node), size = node_size(node);
    for (int which = 0; which < 2; which++) {
        if (!node_dx_wanted(net, node, which)) continue;
        float *dx = node_input(net, node, which)->dy;
        const int add = node_dx_add(net, node, which);
#pragma omp parallel for schedule(static)
        for (size_t item = 0; item < items; item++) {
            net->kernels->accumulate(dx + item * size, node->dy + item * size, size, add);
        }
    }
}

const struct layer gate_layer = {"gate", gate_forward, gate_backward};
const struct layer add_layer = {"add", add_forward, add_backward};
