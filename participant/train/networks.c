// SPDX-License-Identifier: Apache-2.0
#include "train/networks.h"
#include "base/memory.h"
#include "frequency/mask.h"
#include "nn/irse.h"
#include "nn/resnet.h"
#include "nn/tuning.h"

static enum status input_shape(struct net_shape *shape, const struct config_federation *federation)
{
    struct mask *mask = NULL;
    // Shapes do not depend on the mask's key.
    const uint8_t key[MASK_KEY_BYTES] = {0};
    const enum status status = mask_create(&mask, federation, key);
    if (status != STATUS_OK) return status;
    *shape = (struct net_shape){mask_side(mask), mask_side(mask), mask_channels(mask)};
    mask_destroy(&mask);
    return STATUS_OK;
}

enum status networks_check_tuning(const struct config *config)
{
    return tuning_check(config->tuning);
}

enum status networks_backbone(struct net **net, const struct config *config, size_t batch_max,
                              enum net_mode mode)
{
    const struct config_federation *federation = &config->federation;
    struct tuning tuning;
    static const int depths[] = {
        [NETWORK_IR_SE_18] = 18, [NETWORK_IR_SE_34] = 34, [NETWORK_IR_SE_50] = 50};
    struct irse irse = {.depth = depths[federation->network.kind],
                        .width = federation->network.width,
                        .embedding = federation->network.embedding,
                        .dropout = federation->network.dropout,
                        .group = federation->network.norm == NORM_GROUP,
                        .evaluate_only = mode == NET_EVALUATE,
                        .tuning = &tuning};
    for (size_t i = 0; i < federation->network.strides.count && i < 4; i++) {
        irse.strides[i] = federation->network.strides.values[i];
    }
    enum status status = tuning_read(&tuning, config->tuning);
    if (status == STATUS_OK) status = input_shape(&irse.input, federation);
    if (status == STATUS_OK) status = irse_create(net, &irse, batch_max);
    tuning_destroy(&tuning);
    return status;
}

enum status networks_policy(struct net **net, const struct config *config, size_t batch_max)
{
    const struct config_federation *federation = &config->federation;
    struct tuning tuning;
    *net = NULL;
    if (federation->mix.method != MIX_ADAPTIVE) return STATUS_OK;
    struct resnet resnet = {.width = federation->policy.width,
                            .outputs = (int)federation->mix.k.count,
                            .tuning = &tuning};
    enum status status = tuning_read(&tuning, config->tuning);
    if (status == STATUS_OK) status = input_shape(&resnet.input, federation);
    if (status == STATUS_OK) status = resnet_create(net, &resnet, batch_max);
    tuning_destroy(&tuning);
    return status;
}

enum status networks_fit(const struct config *config, size_t batch_max)
{
    struct net *backbone = NULL, *policy = NULL;
    enum status status = networks_backbone(&backbone, config, batch_max, NET_TRAIN);
    if (status == STATUS_OK) status = networks_policy(&policy, config, batch_max);
    if (status == STATUS_OK) {
        // Each alone has been found to fit, but none has used its memory yet.
        const size_t needed = net_bytes(backbone) + (policy == NULL ? 0 : net_bytes(policy));
        const size_t available = memory_available();
        if (needed > available) {
            status = status_fail(STATUS_NO_MEMORY,
                                 "out of memory: recogniser and policy for batches of %zu need %zu "
                                 "MiB, %zu MiB are available; lower the batch, the width of the "
                                 "networks or the size of their input",
                                 batch_max, needed >> 20, available >> 20);
        }
    }
    net_destroy(&backbone);
    net_destroy(&policy);
    return status;
}

enum status networks_describe(struct manifest *manifest, const struct net *net, size_t *offset)
{
    *offset = manifest->count;
    for (size_t i = 0; i < net_tensors(net); i++) {
        const struct net_tensor *tensor = net_tensor(net, i);
        const enum status status =
            manifest_add(manifest, tensor->name, tensor->shape, tensor->axes, tensor->trainable);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}
