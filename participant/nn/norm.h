// SPDX-License-Identifier: Apache-2.0
/* norm - batch normalisation of rows x C (Ioffe and Szegedy 2015), as PyTorch's BatchNorm.
 *
 * Training: y = g (x - mean) / sqrt(var + 1e-5) + b with the mean and (biased) variance of the
 * batch; running = 0.9 running + 0.1 batch, the variance unbiased there. Evaluation: the running
 * statistics. Tensors: [weight, bias,] running_mean, running_var.
 *
 * Whoever wrote x may leave sums for the statistics (struct conv_sink); else they take one pass
 * over memory: each piece of rows is centred on its own mean while it is in the cache, then pieces
 * are combined (Chan, Golub, LeVeque 1983). */
#ifndef NN_NORM_H
#define NN_NORM_H

#include "nn/net_layer.h"

#include <stddef.h>

#define NORM_EPSILON  1e-5
#define NORM_MOMENTUM 0.1

/* One norm at work: y = x scale[c] + shift[c]. */
struct norm {
    size_t channels;
    bool fixed;                 // the running statistics stay and are used, see NET_FIXED
    const float *weight, *bias; // NULL: 1 and 0
    float *running_mean, *running_variance;
    float *mean, *inverse, *scale, *shift; // norm_state() numbers from mean on
};

/* Numbers kept from the forward to the backward pass. */
size_t norm_state(size_t channels);

/* Points mean, inverse, scale and shift into a state. */
void norm_place(struct norm *norm, float *state);

/* Ready for training from statistics of `rows` rows, mean and (in `inverse`) variance; the running
 * statistics move. A fixed norm is made ready for evaluation. */
void norm_train(struct norm *norm, size_t rows);

/* Ready for evaluation. */
void norm_evaluate(struct norm *norm);

/* dx = p dy + q x + r through a norm, and the gradients of its weights (may be NULL), from the sums
 * over all rows of dy and of dy (x - mean). */
void norm_gradient(float *const pqr[3], float *dweight, float *dbias, const float *sum,
                   const float *product, const struct norm *norm, size_t rows);

/* Mean and (in `inverse`) biased variance of a node's output, of the running batch: from sums that
 * its layer has left, or from the output itself. */
void norm_of_node(struct norm *norm, struct net *net, const struct node *node);

/* mean[c] and biased variance[c] of rows x channels; workspace: norm_workspace() numbers. */
void norm_statistics(float *mean, float *variance, const float *x, size_t rows, size_t channels,
                     float *workspace);
size_t norm_workspace(size_t channels);

/* The same from `parts` sums, [part][3][channels], of x - center and of its squares. */
void norm_from_sums(float *mean, float *variance, const float *sums, size_t parts,
                    const float *center, size_t rows, size_t channels);

/* total[c] = the sums number `which` of all parts, in their order. */
void norm_add_parts(float *total, const float *sums, size_t which, size_t parts, size_t channels);

#endif
