// SPDX-License-Identifier: Apache-2.0
/* group_norm - group normalisation (Wu and He 2018), as PyTorch's GroupNorm, and instance
 * normalisation (Ulyanov et al. 2016), as its InstanceNorm2d: a group for each channel.
 *
 * y = w (x - mean) / sqrt(var + 1e-5) + b, with mean and (biased) variance over the map of one item
 * and the channels of one group. Nothing is shared between items and nothing is kept from batch to
 * batch: training and evaluation give the same, and a gradient of one image is that image's alone,
 * as DP-SGD needs it. Tensors: weight, bias; none where an instance norm is not affine.
 *
 * Other groups are of 16 channels, the best of the paper's sizes, or fewer: C channels make
 * ceil(C / 16) groups, group g from channel g C / groups (rounded down) on. */
#ifndef NN_GROUP_NORM_H
#define NN_GROUP_NORM_H

#include <stddef.h>

/* Groups of so many channels, and the first channel of one; that of `groups` itself is
 * `channels`. */
size_t group_norm_groups(size_t channels);
size_t group_norm_first(size_t channels, size_t group);

/* Numbers kept of each item from the forward to the backward pass. */
size_t group_norm_state(size_t channels);

#endif
