// SPDX-License-Identifier: Apache-2.0
/* net - a graph of layers with gradients to its weights and to its input.
 *
 * A net is built layer by layer, then net_finish() plans its memory: one block for activations,
 * gradients and workspaces. Its weights are one vector described by its tensors; gradients have the
 * same layout; both vectors belong to the caller and are given by net_bind(), so that weights of
 * several nets can stand in one model and a snapshot is a copy.
 *
 * Activations are NHWC. Convolution weights are (kernel, kernel, input channels, output channels),
 * linear weights (outputs, inputs). net_backward() assigns gradients of weights, it never adds. */
#ifndef NN_NET_H
#define NN_NET_H

#include "base/limits.h"
#include "base/random.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conv;   // conv.h
struct tuning; // tuning.h
struct net;

struct net_shape {
    int height, width, channels;
};

enum net_mode {
    NET_EVALUATE, // running statistics, no dropout
    NET_TRAIN,    // batch statistics, which also move the running ones; dropout
    NET_FIXED,    // as NET_EVALUATE, with gradients: where the input of a trained net is sought
};

enum net_start { // how a tensor starts
    NET_START_ZERO,
    NET_START_ONE,
    NET_START_QUARTER, // PReLU slopes
    NET_START_FAN_OUT, // He et al. 2015, normal, by fan-out
    NET_START_SMALL,   // normal, deviation 0.02 (Radford et al. 2016)
};

struct net_tensor {
    char name[LIMIT_NAME];
    int axes;
    size_t shape[LIMIT_TENSOR_AXES];
    size_t offset, count; // in numbers
    bool trainable;
    enum net_start start;
    size_t fan;
};

struct net_window { // of a convolution or pool
    int kernel, stride, pad;
};

/* An empty net for batches of at most batch_max inputs; tensor names start with `prefix`. */
enum status net_create(struct net **net, struct net_shape input, size_t batch_max,
                       const char *prefix) CHECKED;
void net_destroy(struct net **net);

/* Plans the convolutions of layers to come as `tuning` says, which must live until net_finish();
 * NULL: by the cost model. Before any layer is added. */
void net_set_tuning(struct net *net, const struct tuning *tuning);

/* ReLUs to come, leaky ones among them, keep what they multiply each number by, for
 * net_forward_bent(). */
void net_keep_bends(struct net *net);

/* Each adds a layer and returns its number; 0 is the input. `name` is the tensors' stem. Failures
 * (too many layers or numbers, a window that does not fit) are kept and told by net_finish(). */
int net_conv(struct net *net, int from, const char *name, struct net_window window, int filters);
/* As PyTorch's ConvTranspose2d without bias: a side of n gives stride (n - 1) + kernel - 2 pad +
 * output_pad, output_pad below the stride. Weights are (kernel, kernel, filters, input channels),
 * those of the convolution whose gradient it is. */
int net_transposed(struct net *net, int from, const char *name, struct net_window window,
                   int output_pad, int filters);
int net_bias(struct net *net, int from, const char *name); // of each channel
int net_linear(struct net *net, int from, const char *name, int outputs, bool bias);
int net_norm(struct net *net, int from, const char *name, bool affine);
int net_group_norm(struct net *net, int from, const char *name); // see group_norm.h
int net_instance_norm(struct net *net, int from, const char *name, bool affine);
int net_prelu(struct net *net, int from, const char *name);
int net_relu(struct net *net, int from);
int net_leaky_relu(struct net *net, int from, double slope);
int net_sigmoid(struct net *net, int from);
int net_tanh(struct net *net, int from);
int net_dropout(struct net *net, int from, double rate);
int net_max_pool(struct net *net, int from, struct net_window window);
int net_subsample(struct net *net, int from, int stride);
int net_average(struct net *net, int from);        // over the map: 1x1xC
int net_batch_mean(struct net *net, int from);     // over the batch: one item
int net_gate(struct net *net, int from, int gate); // times a 1x1xC gate of each image
int net_add(struct net *net, int first, int second);
int net_concat(struct net *net, int first, int second); // the channels of both maps
/* An item's numbers in another shape; and those from number `first` on, so that several maps can
 * stand in one item one after the other. */
int net_reshape(struct net *net, int from, struct net_shape shape);
int net_slice(struct net *net, int from, size_t first, struct net_shape shape);
/* A residual block, see block.h: the only layer that reads its input. */
int net_block(struct net *net, int from, const char *name, int filters, int stride);

void net_start_at_zero(struct net *net, int layer); // its weights, whatever their kind
void net_start_small(struct net *net); // NET_START_SMALL for NET_START_FAN_OUT in all layers so far
struct net_shape net_shape_of(const struct net *net, int layer);

/* The net will never train: it is planned with less memory. */
void net_evaluate_only(struct net *net);

/* Layers, the input among them. The convolutions of one, planned, for the largest batch; returns
 * how many, at most NET_CONVOLUTIONS_MAX. */
enum { NET_CONVOLUTIONS_MAX = 3 };
int net_layers(const struct net *net);
int net_convolutions(struct conv *convolutions, const struct net *net, int layer);

/* Plans and allocates; the last layer is the output. The net runs on at most as many threads as
 * OpenMP would take now. STATUS_NO_MEMORY when it needs more than is available, see base/memory.h;
 * STATUS_FULL when a measure is beyond its limit. */
enum status net_finish(struct net *net) CHECKED;

size_t net_tensors(const struct net *net);
const struct net_tensor *net_tensor(const struct net *net, size_t index);
const struct net_tensor *net_find(const struct net *net, const char *name); // NULL: no such
size_t net_parameters(const struct net *net); // numbers in all tensors
size_t net_bytes(const struct net *net);      // of the memory planned

/* The vectors to use, net_parameters() numbers each; gradients may be NULL for evaluation only. */
void net_bind(struct net *net, float *weights, float *gradients);

/* Draws the initial weights: tensor i from the stream (seed, 0, RANDOM_WEIGHTS, salt, i). */
void net_initialise(struct net *net, uint64_t seed, uint32_t salt);

/* Runs `batch` inputs through the net. `dropout` names the stream of dropout (may be NULL without
 * dropout or in NET_EVALUATE). The output, outputs numbers for each item, is valid until the next
 * call. */
const float *net_forward(struct net *net, const float *input, size_t batch, enum net_mode mode,
                         const struct random *dropout);

/* As net_forward(NET_TRAIN) right after one of `items` inputs, but ReLUs multiply input i by what
 * they multiplied input i % items by: near those, and where no norm is of a whole batch, a net
 * without the bends, whose derivatives can be formed by differences. See net_keep_bends(). */
const float *net_forward_bent(struct net *net, const float *input, size_t batch, size_t items);

/* After a forward pass that was not NET_EVALUATE: gradients of a loss from its gradient to the
 * output. The input's is formed only when asked for and valid until the next call; NULL otherwise.
 */
const float *net_backward(struct net *net, const float *output_gradient, bool input_wanted);

/* The same for the input alone, cheaper: what it leaves in the vector of gradients is void. */
const float *net_input_gradient(struct net *net, const float *output_gradient);

/* Numbers of one output item, and output items of the last batch (1 after net_batch_mean). */
size_t net_outputs(const struct net *net);
size_t net_items(const struct net *net);

#endif
