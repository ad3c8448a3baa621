// SPDX-License-Identifier: Apache-2.0
/* dropout - keeps each number with probability 1 - rate, scaled by 1 / (1 - rate) (Srivastava et
 * al. 2014). Element i takes word i % 4 of block i / 4 of the stream, so threads need no order. */
#include "nn/net_layer.h"

#include <string.h>

static size_t numbers(const struct net *net, const struct node *node)
{
    return node_items(net, node) * node_size(node);
}

/* state[i] = 0 or 1 / (1 - rate) for elements 4 block .. 4 block + 3. */
static void draw_block(struct net *net, struct node *node, size_t block, size_t count)
{
    const uint32_t *start = net->dropout.counter;
    const uint32_t counter[4] = {start[0] + (uint32_t)block, start[1], start[2], start[3]};
    const float kept = (float)(1.0 / (1.0 - node->rate));
    const uint32_t threshold = (uint32_t)(node->rate * 4294967296.0);
    uint32_t bits[4];
    random_block(bits, counter, net->dropout.key);
    for (size_t i = 4 * block; i < 4 * block + 4 && i < count; i++) {
        node->state[i] = bits[i % 4] < threshold ? 0.0f : kept;
    }
}

static void forward(struct net *net, struct node *node)
{
    const float *x = node_input(net, node, 0)->y;
    const size_t count = numbers(net, node), blocks = (count + 3) / 4;
    if (net->mode == NET_EVALUATE) {
        memcpy(node->y, x, count * sizeof *x);
        return;
    }
#pragma omp parallel for schedule(static)
    for (size_t block = 0; block < blocks; block++) {
        draw_block(net, node, block, count);
        for (size_t i = 4 * block; i < 4 * block + 4 && i < count; i++) {
            node->y[i] = x[i] * node->state[i];
        }
    }
}

static void backward(struct net *net, struct node *node)
{
    float *dx = node_input(net, node, 0)->dy;
    const int add = node_dx_add(net, node, 0);
    const size_t count = numbers(net, node);
    for (size_t i = 0; i < count; i++) {
        const float slope = node->dy[i] * node->state[i];
        dx[i] = add ? dx[i] + slope : slope;
    }
}

const struct layer dropout_layer = {"dropout", forward, backward};
