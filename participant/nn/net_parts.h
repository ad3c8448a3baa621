// SPDX-License-Identifier: Apache-2.0
/* net_parts - nodes and tensors, what the layers of net_build*.c are made of: private to nn/.
 *
 * Once a net has failed nothing is added to it: the number of some layer is returned. */
#ifndef NN_NET_PARTS_H
#define NN_NET_PARTS_H

#include "nn/net_layer.h"

/* A layer that reads `first` and `second` (-1: none); returns its number. */
int net_parts_node(struct net *net, const struct layer *layer, int first, int second,
                   struct net_shape shape);

/* A tensor of that layer, the last that was added; it is called `name` and `part`. */
void net_parts_tensor(struct net *net, int layer, struct net_tensor tensor, const char *name,
                      const char *part);

/* The same: weights of a convolution, of a linear layer, and a number for each channel. */
void net_parts_filters(struct net *net, int layer, size_t kernel, size_t in, size_t filters,
                       const char *name, const char *part);
void net_parts_matrix(struct net *net, int layer, size_t outputs, size_t inputs, const char *name,
                      const char *part);
void net_parts_vector(struct net *net, int layer, size_t channels, const char *name,
                      const char *part, enum net_start start);

/* The tensors of a norm: weight, bias, running_mean, running_var, from number `first` of them to
 * before number `end`; and those of a batch norm within a layer, called `name` and `part`. */
void net_parts_norm_tensors(struct net *net, int layer, size_t channels, const char *stem,
                            int first, int end);
void net_parts_norm(struct net *net, int layer, size_t channels, const char *name, const char *part,
                    bool affine);

/* What a window makes of a map, and what a transposed one does. Where it does not fit the net fails
 * and gets a shape that it has room for. */
struct net_shape net_parts_windowed(struct net *net, int from, struct net_window window,
                                    int channels);
struct net_shape net_parts_widened(struct net *net, int from, struct net_window window,
                                   int output_pad, int channels);

#endif
