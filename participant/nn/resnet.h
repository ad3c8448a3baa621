// SPDX-License-Identifier: Apache-2.0
/* resnet - the policy's network: ResNet18 (He et al. 2016) over the masked batch.
 *
 * As torchvision's resnet18 (conv 7x7 stride 2 and max pool on maps of 56 and more; on smaller ones
 * conv 3x3 stride 1 without a pool, as is usual there), but features are averaged over the batch
 * before the last layer, which gives one row of logits for the whole batch (the paper, 4.1). The
 * last layer starts at zero: at first every choice is as likely as the others (ours: the paper does
 * not say). */
#ifndef NN_RESNET_H
#define NN_RESNET_H

#include "nn/net.h"

struct resnet {
    struct net_shape input;
    double width;
    int outputs;
    const struct tuning *tuning; // of its convolutions; NULL: none
};

/* Builds the net; tensor names start with "policy.". */
enum status resnet_create(struct net **net, const struct resnet *resnet, size_t batch_max) CHECKED;

#endif
