// SPDX-License-Identifier: Apache-2.0
/* net_layer - what a layer is to the graph: private to nn/.
 *
 * A kind of layer is a table of two functions. They find their input in node->from, read and write
 * whole activations, and add their input gradients to dx when node_dx_add() says that another
 * consumer has written there before. */
#ifndef NN_NET_LAYER_H
#define NN_NET_LAYER_H

#include "nn/conv.h"
#include "nn/kernels.h"
#include "nn/net.h"

/* Below these no product of a layer's measures overflows: an item has at most INT_MAX numbers, and
 * sizes of a whole network are sums of NET_NODES_MAX terms below 2^54. */
enum {
    NET_NODES_MAX = 1024,
    NET_SIDE_MAX = 1 << 20,  // pixels of a map's side
    NET_BATCH_MAX = 1 << 16, // inputs
    NET_WINDOW_MAX = 255,    // pixels of a window's side
};

struct node;

struct layer {
    const char *name;
    void (*forward)(struct net *net, struct node *node);
    void (*backward)(struct net *net, struct node *node);
};

struct node {
    const struct layer *layer; // NULL for the input
    int from[2];               // inputs; -1: none
    struct net_shape shape;    // of one item of the output
    bool single;               // one item whatever the batch: after net_batch_mean
    struct net_window window;
    struct conv_plan plan[NET_CONVOLUTIONS_MAX]; // of its convolutions
    double rate;                                 // of dropout
    double slope;                                // of a ReLU, below zero
    size_t first;                                // number of its input's item, of a slice
    size_t tensor;                               // first tensor
    size_t tensor_count;
    size_t state_count; // numbers kept from forward to backward, for each item or once
    bool state_per_item;
    size_t constant_count; // numbers kept once, beside those of each item
    size_t parts;          // of an item that leave sums for a norm, or 0: see norm_of_node()
    size_t center;         // tensor of the means from which they are taken
    size_t scratch;        // numbers of workspace for each thread
    size_t reduce;         // numbers of workspace that all threads share
    size_t work;           // numbers of workspace for a pass of training
    int last_consumer;     // highest layer that reads this one
    bool gradient_written; // in the running backward pass
    float *y, *dy, *state, *constant, *sums;
};

struct net {
    struct node *nodes;
    int count;
    struct net_tensor *tensors;
    size_t tensor_count;
    size_t parameters;
    size_t batch_max, batch;
    bool evaluate_only;
    size_t kept_max;             // numbers that the layers of such a net share to keep something in
    const struct tuning *tuning; // while it is built; NULL: none
    char prefix[LIMIT_NAME];
    enum status failed;
    enum net_mode mode;
    struct random dropout;
    float *weights, *gradients;
    const struct kernels *kernels;
    float *memory; // the one block
    size_t memory_count;
    float *scratch; // threads * scratch_count
    size_t scratch_count;
    float *reduce; // shared by the pieces of one layer
    size_t reduce_count;
    float *work;
    int threads;
    bool keeps_bends;
    size_t bent; // inputs whose bends are used in the running pass; 0: it makes its own
    bool input_wanted, weights_wanted; // of the running backward pass
};

extern const struct layer activation_kept_layer, add_layer, average_layer, batch_mean_layer,
    bias_layer, block_layer, concat_layer, concat_slice_layer, conv_layer, conv_transposed_layer,
    dropout_layer, gate_layer, group_norm_layer, group_norm_instance_layer, linear_layer,
    max_pool_layer, norm_layer, prelu_layer, relu_layer, sigmoid_layer, subsample_layer, tanh_layer;

/* Fails the net when a shape's numbers cannot be counted. */
void net_limit_shape(struct net *net, struct net_shape shape);

/* Input number `which` of a node. */
static inline struct node *node_input(struct net *net, const struct node *node, int which)
{
    return &net->nodes[node->from[which]];
}

/* Items of a node in the running batch. */
static inline size_t node_items(const struct net *net, const struct node *node)
{
    return node->single ? 1 : net->batch;
}

/* Numbers of one item. */
static inline size_t node_size(const struct node *node)
{
    return (size_t)node->shape.height * (size_t)node->shape.width * (size_t)node->shape.channels;
}

/* Pixels of all items: rows of a rows x channels matrix. */
static inline size_t node_rows(const struct net *net, const struct node *node)
{
    return node_items(net, node) * (size_t)node->shape.height * (size_t)node->shape.width;
}

static inline float *node_weights(struct net *net, const struct node *node, size_t which)
{
    return net->weights + net->tensors[node->tensor + which].offset;
}

static inline float *node_gradients(struct net *net, const struct node *node, size_t which)
{
    return net->gradients + net->tensors[node->tensor + which].offset;
}

/* True when the gradient of this input is wanted at all. */
static inline bool node_dx_wanted(const struct net *net, const struct node *node, int which)
{
    return node->from[which] != 0 || net->input_wanted;
}

/* Whether to add to the input's gradient (1) or to assign it (0); from now on it is written. */
static inline int node_dx_add(struct net *net, const struct node *node, int which)
{
    struct node *input = node_input(net, node, which);
    const int add = input->gradient_written;
    input->gradient_written = true;
    return add;
}

#endif
