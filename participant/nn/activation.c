// SPDX-License-Identifier: Apache-2.0
/* activation - PReLU with a slope for each channel, ReLU and leaky ReLU, sigmoid, tanh. */
#include "nn/net_layer.h"
#include "nn/parallel.h"

#include <math.h>
#include <string.h>

/* ReLU is PReLU with slopes of zero, leaky ReLU with equal ones, which stand in the state. */
static const float *slopes(struct net *net, const struct node *node)
{
    return node->tensor_count > 0 ? node_weights(net, node, 0) : node->state;
}

static void prelu_forward(struct net *net, struct node *node)
{
    const size_t rows = node_rows(net, node), channels = (size_t)node->shape.channels;
    const float *x = node_input(net, node, 0)->y;
    for (size_t c = 0; c < node->state_count; c++) {
        node->state[c] = (float)node->slope;
    }
    const float *slope = slopes(net, node);
    const size_t pieces = parallel_pieces(rows, channels);
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t first = parallel_first(rows, piece, pieces);
        net->kernels->prelu(node->y + first * channels, x + first * channels, slope,
                            parallel_first(rows, piece + 1, pieces) - first, channels);
    }
}

static void prelu_backward(struct net *net, struct node *node)
{
    struct node *input = node_input(net, node, 0);
    const size_t rows = node_rows(net, node), channels = (size_t)node->shape.channels;
    const float *slope = slopes(net, node);
    const int add = node_dx_add(net, node, 0);
    const size_t pieces = parallel_pieces(rows, channels);
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t first = parallel_first(rows, piece, pieces);
        float *dslope = net->reduce + piece * channels;
        memset(dslope, 0, channels * sizeof *dslope);
        net->kernels->prelu_backward(input->dy + first * channels, dslope,
                                     node->dy + first * channels, input->y + first * channels,
                                     slope, parallel_first(rows, piece + 1, pieces) - first,
                                     channels, add);
    }
    if (node->tensor_count == 0) return;
    float *gradient = node_gradients(net, node, 0);
    for (size_t piece = 0; piece < pieces; piece++) {
        net->kernels->accumulate(gradient, net->reduce + piece * channels, channels, piece > 0);
    }
}

/* Of an item: what its numbers are multiplied by. */
static float *kept_of(const struct net *net, const struct node *node, size_t item)
{
    return node->state + (net->bent > 0 ? item % net->bent : item) * node_size(node);
}

/* A ReLU that keeps what it multiplies with. */
static void kept_forward(struct net *net, struct node *node)
{
    const size_t items = node_items(net, node), size = node_size(node);
    const float *input = node_input(net, node, 0)->y, slope = (float)node->slope;
#pragma omp parallel for schedule(static) if (items > 1)
    for (size_t item = 0; item < items; item++) {
        const float *x = input + item * size;
        float *kept = kept_of(net, node, item);
        for (size_t i = 0; net->bent == 0 && i < size; i++) {
            kept[i] = x[i] > 0 ? 1.0f : slope;
        }
        net->kernels->multiply(node->y + item * size, x, kept, size, 0);
    }
}

static void kept_backward(struct net *net, struct node *node)
{
    const size_t items = node_items(net, node), size = node_size(node);
    float *dx = node_input(net, node, 0)->dy;
    const int add = node_dx_add(net, node, 0);
#pragma omp parallel for schedule(static) if (items > 1)
    for (size_t item = 0; item < items; item++) {
        net->kernels->multiply(dx + item * size, node->dy + item * size, kept_of(net, node, item),
                               size, add);
    }
}

/* y = f(x). */
static void apply(struct net *net, struct node *node, float (*f)(float x))
{
    const float *x = node_input(net, node, 0)->y;
    const size_t count = node_items(net, node) * node_size(node);
    const size_t pieces = parallel_pieces(count, 1);
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t end = parallel_first(count, piece + 1, pieces);
        for (size_t i = parallel_first(count, piece, pieces); i < end; i++) {
            node->y[i] = f(x[i]);
        }
    }
}

/* dx = dy (y + a) (b - y) */
static void apply_slope(struct net *net, struct node *node, float a, float b)
{
    float *dx = node_input(net, node, 0)->dy;
    const int add = node_dx_add(net, node, 0);
    const size_t count = node_items(net, node) * node_size(node);
    const size_t pieces = parallel_pieces(count, 1);
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t end = parallel_first(count, piece + 1, pieces);
        for (size_t i = parallel_first(count, piece, pieces); i < end; i++) {
            const float slope = node->dy[i] * (node->y[i] + a) * (b - node->y[i]);
            dx[i] = add ? dx[i] + slope : slope;
        }
    }
}

static float sigmoid(float x)
{
    return 1.0f / (1.0f + expf(-x));
}

static void sigmoid_forward(struct net *net, struct node *node)
{
    apply(net, node, sigmoid);
}

static void sigmoid_backward(struct net *net, struct node *node)
{
    apply_slope(net, node, 0.0f, 1.0f); // y (1 - y)
}

static void tanh_forward(struct net *net, struct node *node)
{
    apply(net, node, tanhf);
}

static void tanh_backward(struct net *net, struct node *node)
{
    apply_slope(net, node, 1.0f, 1.0f); // 1 - y^2
}

const struct layer prelu_layer = {"prelu", prelu_forward, prelu_backward};
const struct layer relu_layer = {"relu", prelu_forward, prelu_backward};
const struct layer activation_kept_layer = {"kept relu", kept_forward, kept_backward};
const struct layer sigmoid_layer = {"sigmoid", sigmoid_forward, sigmoid_backward};
const struct layer tanh_layer = {"tanh", tanh_forward, tanh_backward};
