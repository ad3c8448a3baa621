// SPDX-License-Identifier: Apache-2.0
// The building half of net.h: each function adds one layer, its tensors and its workspaces.
#include "nn/block.h"
#include "nn/conv.h"
#include "nn/group_norm.h"
#include "nn/linear_products.h"
#include "nn/net_layer.h"
#include "nn/norm.h"
#include "nn/parallel.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

void net_limit_shape(struct net *net, struct net_shape shape)
{
    assert(shape.height > 0 && shape.width > 0 && shape.channels > 0);
    const size_t pixels = (size_t)shape.height * (size_t)shape.width;
    if (shape.height > NET_SIDE_MAX || shape.width > NET_SIDE_MAX ||
        pixels > (size_t)INT_MAX / (size_t)shape.channels) {
        net->failed =
            status_fail(STATUS_FULL,
                        "a layer of %d x %d x %d is too large, allowed: sides up to %d and "
                        "%d numbers",
                        shape.height, shape.width, shape.channels, NET_SIDE_MAX, INT_MAX);
    }
}

/* Once the net has failed nothing is added: the number of some layer is returned. */
static int add_node(struct net *net, const struct layer *layer, int first, int second,
                    struct net_shape shape)
{
    if (net->failed == STATUS_OK) net_limit_shape(net, shape);
    if (net->failed == STATUS_OK && net->count == NET_NODES_MAX) {
        net->failed = status_fail(STATUS_FULL, "a network has at most %d layers", NET_NODES_MAX);
    }
    if (net->failed != STATUS_OK) return net->count - 1;
    assert(first >= 0 && first < net->count && second < net->count);
    struct node *node = &net->nodes[net->count];
    *node = (struct node){.layer = layer,
                          .from = {first, second},
                          .shape = shape,
                          .single = net->nodes[first].single,
                          .tensor = net->tensor_count};
    return net->count++;
}

static void add_tensor(struct net *net, int layer, struct net_tensor tensor, const char *name,
                       const char *part)
{
    if (net->failed != STATUS_OK) return;
    if (net->tensor_count == LIMIT_TENSORS) {
        net->failed = status_fail(STATUS_FULL, "a network has at most %d tensors", LIMIT_TENSORS);
        return;
    }
    tensor.count = 1;
    for (int axis = 0; axis < tensor.axes; axis++) {
        if (tensor.shape[axis] > LIMIT_PARAMETERS / tensor.count) {
            net->failed = status_fail(STATUS_FULL, "tensor %s%s is too large", name, part);
            return;
        }
        tensor.count *= tensor.shape[axis];
    }
    const int length = snprintf(tensor.name, sizeof tensor.name, "%s%s%s", net->prefix, name, part);
    assert(length > 0 && (size_t)length < sizeof tensor.name);
    tensor.offset = net->parameters;
    if (tensor.count > LIMIT_PARAMETERS - net->parameters) {
        net->failed =
            status_fail(STATUS_FULL, "a network has at most %zu numbers", LIMIT_PARAMETERS);
        return;
    }
    net->parameters += tensor.count;
    net->tensors[net->tensor_count++] = tensor;
    net->nodes[layer].tensor_count++;
}

static void add_filters(struct net *net, int layer, size_t kernel, size_t in, size_t filters,
                        const char *name, const char *part)
{
    add_tensor(net, layer,
               (struct net_tensor){.axes = 4,
                                   .shape = {kernel, kernel, in, filters},
                                   .trainable = true,
                                   .start = NET_START_FAN_OUT,
                                   .fan = kernel * kernel * filters},
               name, part);
}

static void add_matrix(struct net *net, int layer, size_t outputs, size_t inputs, const char *name,
                       const char *part)
{
    add_tensor(net, layer,
               (struct net_tensor){.axes = 2,
                                   .shape = {outputs, inputs},
                                   .trainable = true,
                                   .start = NET_START_FAN_OUT,
                                   .fan = outputs},
               name, part);
}

/* What a window gives; a shape that the net has room for when the window does not fit. */
static struct net_shape windowed(struct net *net, int from, struct net_window window, int channels)
{
    const struct net_shape in = net->nodes[from].shape, none = {1, 1, 1};
    if (net->failed != STATUS_OK) return none;
    const bool sane = window.kernel >= 1 && window.kernel <= NET_WINDOW_MAX && window.pad >= 0 &&
                      window.pad < window.kernel && window.stride >= 1;
    const int reach = sane ? window.kernel - 2 * window.pad : INT_MAX;
    if (in.height < reach || in.width < reach) {
        net->failed = status_fail(
            STATUS_FULL,
            "a window of %d pixels, stride %d and pad %d does not go on a map "
            "of %d x %d, allowed: up to %d pixels",
            window.kernel, window.stride, window.pad, in.height, in.width, NET_WINDOW_MAX);
        return none;
    }
    return (struct net_shape){(in.height - reach) / window.stride + 1,
                              (in.width - reach) / window.stride + 1, channels};
}

int net_conv(struct net *net, int from, const char *name, struct net_window window, int filters)
{
    const struct net_shape in = net->nodes[from].shape;
    const struct net_shape out = windowed(net, from, window, filters);
    const int layer = add_node(net, &conv_layer, from, -1, out);
    net->nodes[layer].window = window;
    add_filters(net, layer, (size_t)window.kernel, (size_t)in.channels, (size_t)filters, name,
                ".weight");
    if (net->failed != STATUS_OK) return layer;
    struct conv conv = {.in = in, .out = out, .window = window, .images = net->batch_max};
    conv.plan = net->nodes[layer].plan[0] = conv_choose(&conv, net->tuning);
    net->nodes[layer].scratch = conv_scratch(&conv);
    net->nodes[layer].reduce = conv_shared(&conv);
    return layer;
}

int net_linear(struct net *net, int from, const char *name, int outputs, bool bias)
{
    const size_t inputs = node_size(&net->nodes[from]), count = (size_t)outputs;
    const int layer = add_node(net, &linear_layer, from, -1, (struct net_shape){1, 1, outputs});
    // Any batch may be a multiple of a panel, even where the largest is none.
    const size_t items = net->batch_max / KERNELS_PANEL * KERNELS_PANEL;
    const struct linear linear = {items, inputs, count};
    if (linear_products_fit(linear)) {
        net->nodes[layer].scratch = linear_products_scratch(linear);
        net->nodes[layer].reduce = linear_products_shared(linear);
    }
    add_matrix(net, layer, count, inputs, name, ".weight");
    if (bias) {
        add_tensor(net, layer, (struct net_tensor){.axes = 1, .shape = {count}, .trainable = true},
                   name, ".bias");
    }
    return layer;
}

/* Adds a norm's tensors to a layer, from number `first` of them to before number `end`. */
static void add_norm_tensors(struct net *net, int layer, size_t channels, const char *stem,
                             int first, int end)
{
    static const struct {
        const char *suffix;
        enum net_start start;
    } tensors[4] = {{".weight", NET_START_ONE},
                    {".bias", NET_START_ZERO},
                    {".running_mean", NET_START_ZERO},
                    {".running_var", NET_START_ONE}};
    for (int i = first; i < end; i++) {
        add_tensor(
            net, layer,
            (struct net_tensor){
                .axes = 1, .shape = {channels}, .trainable = i < 2, .start = tensors[i].start},
            stem, tensors[i].suffix);
    }
}

static void add_norm(struct net *net, int layer, size_t channels, const char *name,
                     const char *part, bool affine)
{
    char stem[LIMIT_NAME];
    snprintf(stem, sizeof stem, "%s%s", name, part);
    add_norm_tensors(net, layer, channels, stem, affine ? 0 : 2, 4);
}

/* A layer's convolution, for the largest batch. */
static struct conv planned(const struct net *net, const struct node *node)
{
    return (struct conv){.in = net->nodes[node->from[0]].shape,
                         .out = node->shape,
                         .window = node->window,
                         .images = net->batch_max,
                         .plan = node->plan[0]};
}

/* Asks the layer before a norm for sums, where it can leave them; `mean` is the tensor of the
 * norm's running means. They serve one norm: the running means of another have moved. */
static void ask_for_sums(struct net *net, int from, size_t mean)
{
    struct node *node = &net->nodes[from];
    if (net->failed != STATUS_OK) return;
    if (node->center > 0) {
        node->parts = 0;
    } else if (node->layer == &conv_layer) {
        const struct conv conv = planned(net, node);
        node->parts = conv_parts(&conv);
    } else if (node->layer == &block_layer) {
        node->parts = block_parts(node->shape);
    }
    node->center = mean;
}

int net_norm(struct net *net, int from, const char *name, bool affine)
{
    const struct net_shape shape = net->nodes[from].shape;
    const int layer = add_node(net, &norm_layer, from, -1, shape);
    ask_for_sums(net, from, net->tensor_count + (affine ? 2 : 0));
    add_norm(net, layer, (size_t)shape.channels, name, "", affine);
    net->nodes[layer].state_count = norm_state((size_t)shape.channels);
    net->nodes[layer].reduce = norm_workspace((size_t)shape.channels);
    return layer;
}

int net_group_norm(struct net *net, int from, const char *name)
{
    const struct net_shape shape = net->nodes[from].shape;
    const int layer = add_node(net, &group_norm_layer, from, -1, shape);
    add_norm_tensors(net, layer, (size_t)shape.channels, name, 0, 2);
    net->nodes[layer].state_per_item = true;
    net->nodes[layer].state_count = group_norm_state((size_t)shape.channels);
    return layer;
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
    const int layer = add_node(net, &block_layer, from, -1, out);
    net->nodes[layer].window = (struct net_window){3, stride, 1};
    if (c != f) {
        add_filters(net, layer, 1, c, f, name, ".shortcut.conv.weight");
        add_norm(net, layer, f, name, ".shortcut.norm", true);
    }
    ask_for_sums(net, from, net->tensor_count + 2);
    add_norm(net, layer, c, name, ".norm1", true);
    add_filters(net, layer, 3, c, f, name, ".conv1.weight");
    add_norm(net, layer, f, name, ".norm2", true);
    add_tensor(
        net, layer,
        (struct net_tensor){.axes = 1, .shape = {f}, .trainable = true, .start = NET_START_QUARTER},
        name, ".prelu.weight");
    add_filters(net, layer, 3, f, f, name, ".conv2.weight");
    add_norm(net, layer, f, name, ".norm3", true);
    add_matrix(net, layer, block_squeezed(f), f, name, ".se.down.weight");
    add_matrix(net, layer, f, block_squeezed(f), name, ".se.up.weight");
    if (net->failed == STATUS_OK) block_plan(net, &net->nodes[layer]);
    return layer;
}

int net_prelu(struct net *net, int from, const char *name)
{
    const struct net_shape shape = net->nodes[from].shape;
    const int layer = add_node(net, &prelu_layer, from, -1, shape);
    add_tensor(net, layer,
               (struct net_tensor){.axes = 1,
                                   .shape = {(size_t)shape.channels},
                                   .trainable = true,
                                   .start = NET_START_QUARTER},
               name, ".weight");
    net->nodes[layer].reduce = (size_t)PARALLEL_PIECES_MAX * (size_t)shape.channels;
    return layer;
}

int net_relu(struct net *net, int from)
{
    const struct net_shape shape = net->nodes[from].shape;
    const int layer = add_node(net, &relu_layer, from, -1, shape);
    net->nodes[layer].state_count = (size_t)shape.channels;
    net->nodes[layer].reduce = (size_t)PARALLEL_PIECES_MAX * (size_t)shape.channels;
    return layer;
}

int net_sigmoid(struct net *net, int from)
{
    return add_node(net, &sigmoid_layer, from, -1, net->nodes[from].shape);
}

int net_dropout(struct net *net, int from, double rate)
{
    assert(rate >= 0 && rate < 1);
    const int layer = add_node(net, &dropout_layer, from, -1, net->nodes[from].shape);
    net->nodes[layer].rate = rate;
    net->nodes[layer].state_per_item = true;
    net->nodes[layer].state_count = node_size(&net->nodes[layer]);
    return layer;
}

int net_max_pool(struct net *net, int from, struct net_window window)
{
    const struct net_shape out = windowed(net, from, window, net->nodes[from].shape.channels);
    const int layer = add_node(net, &max_pool_layer, from, -1, out);
    net->nodes[layer].window = window;
    net->nodes[layer].state_per_item = true;
    net->nodes[layer].state_count = node_size(&net->nodes[layer]);
    return layer;
}

int net_subsample(struct net *net, int from, int stride)
{
    const struct net_shape in = net->nodes[from].shape;
    const struct net_shape out = {(in.height - 1) / stride + 1, (in.width - 1) / stride + 1,
                                  in.channels};
    const int layer = add_node(net, &subsample_layer, from, -1, out);
    net->nodes[layer].window.stride = stride;
    return layer;
}

int net_average(struct net *net, int from)
{
    return add_node(net, &average_layer, from, -1,
                    (struct net_shape){1, 1, net->nodes[from].shape.channels});
}

int net_batch_mean(struct net *net, int from)
{
    const int layer = add_node(net, &batch_mean_layer, from, -1, net->nodes[from].shape);
    net->nodes[layer].single = true;
    return layer;
}

int net_gate(struct net *net, int from, int gate)
{
    assert(net->failed != STATUS_OK ||
           node_size(&net->nodes[gate]) == (size_t)net->nodes[from].shape.channels);
    return add_node(net, &gate_layer, from, gate, net->nodes[from].shape);
}

int net_add(struct net *net, int first, int second)
{
    assert(net->failed != STATUS_OK ||
           node_size(&net->nodes[first]) == node_size(&net->nodes[second]));
    return add_node(net, &add_layer, first, second, net->nodes[first].shape);
}

void net_start_at_zero(struct net *net, int layer)
{
    const struct node *node = &net->nodes[layer];
    for (size_t i = 0; i < node->tensor_count; i++) {
        net->tensors[node->tensor + i].start = NET_START_ZERO;
    }
}

void net_set_tuning(struct net *net, const struct tuning *tuning)
{
    assert(net->count == 1);
    net->tuning = tuning;
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
    if (node->layer != &conv_layer) return 0;
    convolutions[0] = planned(net, node);
    return 1;
}
