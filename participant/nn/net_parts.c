// SPDX-License-Identifier: Apache-2.0
#include "nn/net_parts.h"

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

int net_parts_node(struct net *net, const struct layer *layer, int first, int second,
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

void net_parts_tensor(struct net *net, int layer, struct net_tensor tensor, const char *name,
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

void net_parts_filters(struct net *net, int layer, size_t kernel, size_t in, size_t filters,
                       const char *name, const char *part)
{
    net_parts_tensor(net, layer,
                     (struct net_tensor){.axes = 4,
                                         .shape = {kernel, kernel, in, filters},
                                         .trainable = true,
                                         .start = NET_START_FAN_OUT,
                                         .fan = kernel * kernel * filters},
                     name, part);
}

void net_parts_matrix(struct net *net, int layer, size_t outputs, size_t inputs, const char *name,
                      const char *part)
{
    net_parts_tensor(net, layer,
                     (struct net_tensor){.axes = 2,
                                         .shape = {outputs, inputs},
                                         .trainable = true,
                                         .start = NET_START_FAN_OUT,
                                         .fan = outputs},
                     name, part);
}

struct net_shape net_parts_windowed(struct net *net, int from, struct net_window window,
                                    int channels)
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

struct net_shape net_parts_widened(struct net *net, int from, struct net_window window,
                                   int output_pad, int channels)
{
    const struct net_shape in = net->nodes[from].shape, none = {1, 1, 1};
    if (net->failed != STATUS_OK) return none;
    const bool sane = window.kernel >= 1 && window.kernel <= NET_WINDOW_MAX && window.pad >= 0 &&
                      window.pad < window.kernel && window.stride >= 1 &&
                      window.stride <= NET_WINDOW_MAX && output_pad >= 0 &&
                      output_pad < window.stride;
    const int reach = sane ? window.kernel - 2 * window.pad + output_pad : INT_MIN;
    if (reach <= -window.stride * (in.height - 1) || reach <= -window.stride * (in.width - 1)) {
        net->failed = status_fail(
            STATUS_FULL,
            "a transposed window of %d pixels, stride %d, pad %d and output pad %d does not go on "
            "a map of %d x %d, allowed: up to %d pixels, an output pad below the stride",
            window.kernel, window.stride, window.pad, output_pad, in.height, in.width,
            NET_WINDOW_MAX);
        return none;
    }
    return (struct net_shape){window.stride * (in.height - 1) + reach,
                              window.stride * (in.width - 1) + reach, channels};
}

void net_parts_norm_tensors(struct net *net, int layer, size_t channels, const char *stem,
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
        net_parts_tensor(
            net, layer,
            (struct net_tensor){
                .axes = 1, .shape = {channels}, .trainable = i < 2, .start = tensors[i].start},
            stem, tensors[i].suffix);
    }
}

void net_parts_norm(struct net *net, int layer, size_t channels, const char *name, const char *part,
                    bool affine)
{
    char stem[LIMIT_NAME];
    snprintf(stem, sizeof stem, "%s%s", name, part);
    net_parts_norm_tensors(net, layer, channels, stem, affine ? 0 : 2, 4);
}

void net_parts_vector(struct net *net, int layer, size_t channels, const char *name,
                      const char *part, enum net_start start)
{
    net_parts_tensor(
        net, layer,
        (struct net_tensor){.axes = 1, .shape = {channels}, .trainable = true, .start = start},
        name, part);
}
