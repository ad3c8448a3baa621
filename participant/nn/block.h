// SPDX-License-Identifier: Apache-2.0
/* block - the residual block of IR-SE networks as one layer.
 *
 *     y = gate * n3(conv2(prelu(n2(conv1(n1(x)))))) + shortcut(x)
 *
 * with batch norms n, 3x3 convolutions of strides 1 and `stride`, a gate of squeeze-and-excitation
 * (Hu et al. 2018) and, as shortcut, x itself, every stride-th pixel of it or, where the number of
 * channels changes, a 1x1 convolution with a norm.
 *
 * It computes what the graph of its parts would (plain_block.h), in fewer passes
 * over memory: norms and PReLU are applied while a convolution reads, statistics and the gradients
 * through them are taken while it writes, and only the outputs of the convolutions are kept. */
#ifndef NN_BLOCK_H
#define NN_BLOCK_H

#include "nn/conv.h"
#include "nn/net_layer.h"
#include "nn/norm.h"

/* Tensors from the node's first on; those of the shortcut stand before them. */
enum block_tensor {
    BLOCK_NORM1 = 0,
    BLOCK_CONV1 = 4,
    BLOCK_NORM2 = 5,
    BLOCK_PRELU = 9,
    BLOCK_CONV2 = 10,
    BLOCK_NORM3 = 11,
    BLOCK_DOWN = 15,
    BLOCK_UP = 16,
    BLOCK_SHORTCUT_TENSORS = 5, // conv, then norm
};

/* Channels that a gate is squeezed to. */
static inline size_t block_squeezed(size_t channels)
{
    return channels / 16 > 0 ? channels / 16 : 1;
}

/* Sets what a block needs of memory; its tensors have been added. */
void block_plan(const struct net *net, struct node *node);

/* Its convolutions, planned, for the largest batch: two, or three with that of the shortcut. */
int block_convolutions(struct conv convolutions[3], const struct net *net, const struct node *node);

/* Sums of the output for a norm that follows: parts of an image. */
size_t block_parts(struct net_shape out);

/* Places of what a pass of training needs in passing. */
struct block_passing {
    float *sums;                        // of a convolution, see struct conv_sink
    float *total, *product;             // of each item and channel
    float *dgate, *dsqueezed, *dpooled; // of each item
    float *sum, *dot;                   // of each channel
    float *pqr[3][3];                   // of three norms
    float *dn2;                         // gradient to what norm 2 gives
};

/* What the two passes of a block share: private to block*.c. */
struct block {
    struct net *net;
    struct node *node, *input;
    size_t items, channels, filters; // of x and y
    size_t tensor;                   // of BLOCK_NORM1
    struct conv conv1, conv2, convs; // convs: of the shortcut
    bool projected, subsampled;      // what the shortcut is
    struct norm norm1, norm2, norm3, norms;
    float *z1, *z2, *s;              // outputs of the convolutions; shortcut, before its norm
    float *centred;                  // mean of z2 of each item, less norm 3's
    float *pooled, *squeezed, *gate; // of each item
    float *sums, *sums2;             // of convolutions' outputs, see struct conv_sink: 2 is kept
    float *item_p, *item_r;          // factors of each item and channel
    struct block_passing passing;
};

struct block block_of(struct net *net, struct node *node);

float *block_weights(const struct block *block, size_t tensor);
float *block_gradients(const struct block *block, size_t tensor);

/* Places within `next`, or (NULL) nowhere; returns their numbers. */
size_t block_place_passing(struct block_passing *passing, const struct block *block, float *next);

void block_backward(struct net *net, struct node *node);

#endif
