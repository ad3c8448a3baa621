// SPDX-License-Identifier: Apache-2.0
/* networks - the networks that a config describes, and the one model that holds their weights. */
#ifndef TRAIN_NETWORKS_H
#define TRAIN_NETWORKS_H

#include "base/config.h"
#include "base/status.h"
#include "model/manifest.h"
#include "nn/net.h"

/* The backbone: masked images in, embeddings out. */
enum status networks_backbone(struct net **net, const struct config_federation *federation,
                              size_t batch_max) CHECKED;

/* The policy, or *net = NULL when nothing is mixed adaptively. */
enum status networks_policy(struct net **net, const struct config_federation *federation,
                            size_t batch_max) CHECKED;

/* STATUS_NO_MEMORY unless memory is available for both, with batches of so many images. */
enum status networks_fit(const struct config_federation *federation, size_t batch_max) CHECKED;

/* Appends a net's tensors to a manifest; *offset gets where they begin. */
enum status networks_describe(struct manifest *manifest, const struct net *net,
                              size_t *offset) CHECKED;

#endif
