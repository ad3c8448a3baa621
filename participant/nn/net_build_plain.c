// SPDX-License-Identifier: Apache-2.0
// The building half of net.h, layers without weights.
#include "nn/net_parts.h"
#include "nn/parallel.h"

#include <assert.h>
#include <limits.h>

int net_leaky_relu(struct net *net, int from, double slope)
{
    const struct net_shape shape = net->nodes[from].shape;
    const int layer = net_parts_node(net, net->keeps_bends ? &activation_kept_layer : &relu_layer,
                                     from, -1, shape);
    net->nodes[layer].slope = slope;
    if (net->keeps_bends) {
        net->nodes[layer].state_per_item = true;
        net->nodes[layer].state_count = node_size(&net->nodes[layer]);
        return layer;
    }
    net->nodes[layer].state_count = (size_t)shape.channels;
    net->nodes[layer].reduce = (size_t)PARALLEL_PIECES_MAX * (size_t)shape.channels;
    return layer;
}

int net_relu(struct net *net, int from)
{
    return net_leaky_relu(net, from, 0);
}

int net_tanh(struct net *net, int from)
{
    return net_parts_node(net, &tanh_layer, from, -1, net->nodes[from].shape);
}

int net_sigmoid(struct net *net, int from)
{
    return net_parts_node(net, &sigmoid_layer, from, -1, net->nodes[from].shape);
}

int net_dropout(struct net *net, int from, double rate)
{
    assert(rate >= 0 && rate < 1);
    const int layer = net_parts_node(net, &dropout_layer, from, -1, net->nodes[from].shape);
    net->nodes[layer].rate = rate;
    net->nodes[layer].state_per_item = true;
    net->nodes[layer].state_count = node_size(&net->nodes[layer]);
    return layer;
}

int net_max_pool(struct net *net, int from, struct net_window window)
{
    const struct net_shape out =
        net_parts_windowed(net, from, window, net->nodes[from].shape.channels);
    const int layer = net_parts_node(net, &max_pool_layer, from, -1, out);
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
    const int layer = net_parts_node(net, &subsample_layer, from, -1, out);
    net->nodes[layer].window.stride = stride;
    return layer;
}

int net_average(struct net *net, int from)
{
    return net_parts_node(net, &average_layer, from, -1,
                          (struct net_shape){1, 1, net->nodes[from].shape.channels});
}

int net_batch_mean(struct net *net, int from)
{
    const int layer = net_parts_node(net, &batch_mean_layer, from, -1, net->nodes[from].shape);
    net->nodes[layer].single = true;
    return layer;
}

int net_gate(struct net *net, int from, int gate)
{
    assert(net->failed != STATUS_OK ||
           node_size(&net->nodes[gate]) == (size_t)net->nodes[from].shape.channels);
    return net_parts_node(net, &gate_layer, from, gate, net->nodes[from].shape);
}

int net_add(struct net *net, int first, int second)
{
    assert(net->failed != STATUS_OK ||
           node_size(&net->nodes[first]) == node_size(&net->nodes[second]));
    return net_parts_node(net, &add_layer, first, second, net->nodes[first].shape);
}

int net_concat(struct net *net, int first, int second)
{
    const struct net_shape a = net->nodes[first].shape, b = net->nodes[second].shape;
    assert(net->failed != STATUS_OK || (a.height == b.height && a.width == b.width));
    const int channels = a.channels <= INT_MAX - b.channels ? a.channels + b.channels : INT_MAX;
    return net_parts_node(net, &concat_layer, first, second,
                          (struct net_shape){a.height, a.width, channels});
}

int net_slice(struct net *net, int from, size_t first, struct net_shape shape)
{
    const int layer = net_parts_node(net, &concat_slice_layer, from, -1, shape);
    net->nodes[layer].first = first;
    assert(net->failed != STATUS_OK ||
           first + node_size(&net->nodes[layer]) <= node_size(&net->nodes[from]));
    return layer;
}

int net_reshape(struct net *net, int from, struct net_shape shape)
{
    const int layer = net_slice(net, from, 0, shape);
    assert(net->failed != STATUS_OK ||
           node_size(&net->nodes[layer]) == node_size(&net->nodes[from]));
    return layer;
}
