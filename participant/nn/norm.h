// SPDX-License-Identifier: Apache-2.0
/* norm - batch normalisation of rows x C (Ioffe and Szegedy 2015), as PyTorch's BatchNorm.
 *
 * Training: y = g (x - mean) / sqrt(var + 1e-5) + b with the mean and (biased) variance of the
 * batch; running = 0.9 running + 0.1 batch, the variance unbiased there. Evaluation: the running
 * statistics. Tensors: [weight, bias,] running_mean, running_var. One pass over memory for the
 * statistics: each piece of rows is centred on its own mean while it is in the cache, then pieces
 * are combined (Chan, Golub, LeVeque 1983). */
#ifndef NN_NORM_H
#define NN_NORM_H

#include <stddef.h>

#define NORM_EPSILON  1e-5
#define NORM_MOMENTUM 0.1

/* mean[c] and biased variance[c] of rows x channels; workspace: norm_workspace() numbers. */
void norm_statistics(float *mean, float *variance, const float *x, size_t rows, size_t channels,
                     float *workspace);
size_t norm_workspace(size_t channels);

#endif
