// SPDX-License-Identifier: Apache-2.0
// The building half of net.h: each function adds one layer, its tensors and its workspaces. Here
// those with weights; the others stand in net_build_plain.c.
#include "nn/block.h"
#include "nn/conv.h"
#include "nn/group_norm.h"
#include "nn/linear_products.h"
#include "nn/net_parts.h"
#include "nn/norm.h"
#include "nn/parallel.h"

#include <assert.h>
#include <stdio.h>

/* The convolution of a layer, for the largest batch. A transposed one is the convolution from the
 * layer's output to its input. */
static struct conv planned(const struct net *net, const struct node *node)
{
    const struct net_shape in = net->nodes[node->from[0]].shape;
    const bool turned = node->layer == &conv_transposed_layer;
    return (struct conv){.in = turned ? node->shape : in,
                         .out = turned ? in : node->shape,
                         .window = node->window,
                         .images = net->batch_max,
                         .plan = node->plan[0]};
}

static bool has_conv(const struct node *node)
{
    return node->layer == &conv_layer || node->layer == &conv_transposed_layer;
}

static void plan_conv(struct net *net, struct node *node)
{
    if (net->failed != STATUS_OK) return;
    struct conv conv = planned(net, node);
    conv.plan = node->plan[0] = conv_choose(&conv, net->tuning);
    node->scratch = conv_scratch(&conv);
    node->reduce = conv_shared(&conv);
}

int net_conv(struct net *net, int from, const char *name, struct net_window window, int filters)
{
    const struct net_shape in = net->nodes[from].shape;
    const struct net_shape out = net_parts_windowed(net, from, window, filters);
    const int layer = net_parts_node(net, &conv_layer, from, -1, out);
    net->nodes[layer].window = window;
    net_parts_filters(net, layer, (size_t)window.kernel, (size_t)in.channels, (size_t)filters, name,
                      ".weight");
    plan_conv(net, &net->nodes[layer]);
    return layer;
}

int net_transposed(struct net *net, int from, const char *name, struct net_window window,
                   int output_pad, int filters)
{
    const struct net_shape in = net->nodes[from].shape;
    const struct net_shape out = net_parts_widened(net, from, window, output_pad, filters);
    const int layer = net_parts_node(net, &conv_transposed_layer, from, -1, out);
    net->nodes[layer].window = window;
    net_parts_filters(net, layer, (size_t)window.kernel, (size_t)filters, (size_t)in.channels, name,
                      ".weight");
    plan_conv(net, &net->nodes[layer]);
    return layer;
}

int net_bias(struct net *net, int from, const char *name)
{
    const struct net_shape shape = net->nodes[from].shape;
    const size_t channels = (size_t)shape.channels;
    const int layer = net_parts_node(net, &bias_layer, from, -1, shape);
    net_parts_vector(net, layer, channels, name, ".bias", NET_START_ZERO);
    net->nodes[layer].state_count = channels;
    net->nodes[layer].reduce = (size_t)PARALLEL_PIECES_MAX * channels;
    return layer;
}

int net_linear(struct net *net, int from, const char *name, int outputs, bool bias)
{
    const size_t inputs = node_size(&net->nodes[from]), count = (size_t)outputs;
    const int layer =
        net_parts_node(net, &linear_layer, from, -1, (struct net_shape){1, 1, outputs});
    // Any batch may be a multiple of a panel, even where the largest is none.
    const size_t items = net->batch_max / KERNELS_PANEL * KERNELS_PANEL;
    const struct linear linear = {items, inputs, count};
    if (linear_products_fit(linear)) {
        net->nodes[layer].scratch = linear_products_scratch(linear);
        net->nodes[layer].reduce = linear_products_shared(linear);
    }
    net_parts_matrix(net, layer, count, inputs, name, ".weight");
    if (bias) {
        net_parts_vector(net, layer, count, name, ".bias", NET_START_ZERO);
    }
    return layer;
}

/* Asks the layer before a norm for sums, where it can leave them; `mean` is the tensor of the
 * norm's running means. They serve one norm: the running means of another have moved. */
static void ask_for_sums(struct net *net, int from, size_t mean)
{
    struct node *node = &net->nodes[from];
    if (net->failed != STATUS_OK) return;
    if (node->center > 0) {
        node->parts = 0;
    } else if (has_conv(node)) {
        const struct conv conv = planned(net, node);
        node->parts = (node->layer == &conv_layer ? conv_parts : conv_input_parts)(&conv);
    } else if (node->layer == &block_layer) {
        node->parts = block_parts(node->shape);
    }
    node->center = mean;
}

int net_norm(struct net *net, int from, const char *name, bool affine)
{
    const struct net_shape shape = net->nodes[from].shape;
    const int layer = net_parts_node(net, &norm_layer, from, -1, shape);
    ask_for_sums(net, from, net->tensor_count + (affine ? 2 : 0));
    net_parts_norm(net, layer, (size_t)shape.channels, name, "", affine);
    net->nodes[layer].state_count = norm_state((size_t)shape.channels);
    net->nodes[layer].reduce = norm_workspace((size_t)shape.channels);
    return layer;
}

static int add_item_norm(struct net *net, const struct layer *kind, int from, const char *name,
                         bool affine)
{
    const struct net_shape shape = net->nodes[from].shape;
    const int layer = net_parts_node(net, kind, from, -1, shape);
    if (affine) net_parts_norm_tensors(net, layer, (size_t)shape.channels, name, 0, 2);
    net->nodes[layer].state_per_item = true;
    net->nodes[layer].state_count = group_norm_state((size_t)shape.channels);
    return layer;
}

int net_group_norm(struct net *net, int from, const char *name)
{
    return add_item_norm(net, &group_norm_layer, from, name, true);
}

int net_instance_norm(struct net *net, int from, const char *name, bool affine)
{
    return add_item_norm(net, &group_norm_instance_layer, from, name, affine);
}

int net_block(struct net *net, int from, const char *name, int filters, int stride)
{
    const struct net_shape in = net->nodes[from].shape;
    const size_t c = (size_t)in.channels, f = (size_t)filters;
    const struct net_shape out = {(in.height - 1) / stride + 1, (in.width - 1) / stride + 1,
                                  filters};
    if (net->failed == STATUS_OK) {
        net_limit_shape(net, (struct net_shape){in.height, in.width, filters}); // between both
    }
    const int layer = net_parts_node(net, &block_layer, from, -1, out);
    net->nodes[layer].window = (struct net_window){3, stride, 1};
    if (c != f) {
        net_parts_filters(net, layer, 1, c, f, name, ".shortcut.conv.weight");
        net_parts_norm(net, layer, f, name, ".shortcut.norm", true);
    }
    ask_for_sums(net, from, net->tensor_count + 2);
    net_parts_norm(net, layer, c, name, ".norm1", true);
    net_parts_filters(net, layer, 3, c, f, name, ".conv1.weight");
    net_parts_norm(net, layer, f, name, ".norm2", true);
    net_parts_vector(net, layer, f, name, ".prelu.weight", NET_START_QUARTER);
    net_parts_filters(net, layer, 3, f, f, name, ".conv2.weight");
    net_parts_norm(net, layer, f, name, ".norm3", true);
    net_parts_matrix(net, layer, block_squeezed(f), f, name, ".se.down.weight");
    net_parts_matrix(net, layer, f, block_squeezed(f), name, ".se.up.weight");
    if (net->failed == STATUS_OK) block_plan(net, &net->nodes[layer]);
    return layer;
}

int net_prelu(struct net *net, int from, const char *name)
{
    const struct net_shape shape = net->nodes[from].shape;
    const int layer = net_parts_node(net, &prelu_layer, from, -1, shape);
    net_parts_vector(net, layer, (size_t)shape.channels, name, ".weight", NET_START_QUARTER);
    net->nodes[layer].reduce = (size_t)PARALLEL_PIECES_MAX * (size_t)shape.channels;
    return layer;
}

void net_start_at_zero(struct net *net, int layer)
{
    const struct node *node = &net->nodes[layer];
    for (size_t i = 0; i < node->tensor_count; i++) {
        net->tensors[node->tensor + i].start = NET_START_ZERO;
    }
}

void net_start_small(struct net *net)
{
    for (size_t t = 0; t < net->tensor_count; t++) {
        if (net->tensors[t].start == NET_START_FAN_OUT) net->tensors[t].start = NET_START_SMALL;
    }
}

void net_set_tuning(struct net *net, const struct tuning *tuning)
{
    assert(net->count == 1);
    net->tuning = tuning;
}

void net_keep_bends(struct net *net)
{
    net->keeps_bends = true;
}

int net_layers(const struct net *net)
{
    return net->count;
}

int net_convolutions(struct conv *convolutions, const struct net *net, int layer)
{
    assert(layer >= 0 && layer < net->count);
    const struct node *node = &net->nodes[layer];
    if (node->layer == &block_layer) return block_convolutions(convolutions, net, node);
    if (!has_conv(node)) return 0;
    convolutions[0] = planned(net, node);
    return 1;
}
