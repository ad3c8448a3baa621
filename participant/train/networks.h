// SPDX-License-Identifier: Apache-2.0
/* networks - the networks that a config describes, and the one model that holds their weights.
 *
 * Convolutions are planned as the file config->tuning says, where one is named. */
#ifndef TRAIN_NETWORKS_H
#define TRAIN_NETWORKS_H

#include "base/config.h"
#include "base/status.h"
#include "model/manifest.h"
#include "nn/net.h"

/* STATUS_BAD_CONFIG where that file is missing or wrong; so fail the next two. */
enum status networks_check_tuning(const struct config *config) CHECKED;

/* The backbone: masked images in, embeddings out. With NET_EVALUATE it cannot train, and takes less
 * memory. */
enum status networks_backbone(struct net **net, const struct config *config, size_t batch_max,
                              enum net_mode mode) CHECKED;

/* The policy, or *net = NULL when nothing is mixed adaptively. */
enum status networks_policy(struct net **net, const struct config *config,
                            size_t batch_max) CHECKED;

/* STATUS_NO_MEMORY unless memory is available for both, with batches of so many images. */
enum status networks_fit(const struct config *config, size_t batch_max) CHECKED;

/* Appends a net's tensors to a manifest; *offset gets where they begin. */
enum status networks_describe(struct manifest *manifest, const struct net *net,
                              size_t *offset) CHECKED;

#endif
