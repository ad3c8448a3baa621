// SPDX-License-Identifier: Apache-2.0
#include "session/update.h"

#include "secure/identity.h"
#include "secure/quantise.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum status update_create(struct update *update, const struct manifest *full,
                          const struct config_texts *patterns)
{
    struct manifest shared = {0};
    memset(update, 0, sizeof *update);
    const size_t one[] = {1};
    enum status status = patterns->count == 0
                             ? manifest_add(&shared, "nothing", one, 1, true)
                             : manifest_select(&shared, &update->source, full, patterns);
    if (status == STATUS_OK && shared.count == 0) {
        status = status_fail(STATUS_BAD_CONFIG, "federation.share: no tensor of the model matches");
    }
    if (status == STATUS_OK && patterns->count > 0) update->tensors = shared.tensors;
    if (status == STATUS_OK) status = model_create(&update->base, &shared);
    if (status == STATUS_OK) {
        update->delta = calloc(shared.count, sizeof *update->delta);
        if (update->delta == NULL) {
            status = status_fail(STATUS_NO_MEMORY, "out of memory for an update of %zu numbers",
                                 shared.count);
        }
    }
    manifest_destroy(&shared);
    if (status != STATUS_OK) update_destroy(update);
    return status;
}

void update_destroy(struct update *update)
{
    model_destroy(&update->base);
    free(update->source);
    free(update->delta);
    memset(update, 0, sizeof *update);
}

/* Where a shared tensor lies in the full model. */
static const struct tensor_entry *place(const struct update *update, const struct model *full,
                                        size_t tensor)
{
    assert(update->source[tensor] < full->manifest.tensors);
    return &full->manifest.entries[update->source[tensor]];
}

enum status update_copy(float **values, const struct update *update, const struct model *full)
{
    const struct manifest *shared = &update->base.manifest;
    float *made = calloc(shared->count, sizeof *made);
    if (made == NULL) {
        return status_fail(STATUS_NO_MEMORY, "out of memory for a model of %zu numbers",
                           shared->count);
    }
    for (size_t i = 0; i < update->tensors; i++) {
        const struct tensor_entry *to = &shared->entries[i];
        memcpy(made + to->offset, full->values + place(update, full, i)->offset,
               to->count * sizeof *made);
    }
    *values = made;
    return STATUS_OK;
}

void update_set_base(struct update *update, float **values)
{
    float *old = update->base.values;
    update->base.values = *values;
    *values = old;
}

void update_load(const struct update *update, struct model *full)
{
    const struct manifest *shared = &update->base.manifest;
    for (size_t i = 0; i < update->tensors; i++) {
        const struct tensor_entry *from = &shared->entries[i];
        memcpy(full->values + place(update, full, i)->offset, update->base.values + from->offset,
               from->count * sizeof(float));
    }
}

void update_measure(struct update *update, const struct model *full)
{
    const struct manifest *shared = &update->base.manifest;
    for (size_t i = 0; i < update->tensors; i++) {
        const struct tensor_entry *entry = &shared->entries[i];
        const float *trained = full->values + place(update, full, i)->offset;
        const float *base = update->base.values + entry->offset;
        float *delta = update->delta + entry->offset;
        for (size_t j = 0; j < entry->count; j++) {
            delta[j] = trained[j] - base[j];
        }
    }
}

enum status update_encode(const struct update *update, uint8_t **bytes, size_t *size,
                          uint64_t *saturated, const struct config_federation *federation,
                          size_t reporters_max, double weight, struct random *rounding)
{
    struct quantise plan = {0};
    enum status status = quantise_plan(&plan, &update->base, federation, reporters_max);
    if (status != STATUS_OK) return status;
    const size_t packed_size = quantise_bytes(&plan, plan.count);
    uint32_t *integers = malloc(plan.count * sizeof *integers);
    uint8_t *packed = malloc(packed_size);
    if (integers == NULL || packed == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for an update of %zu integers",
                             plan.count);
    } else if (plan.variance > 0) {
        *saturated = 0; // clipping is meant, and whether it was needed is nobody's business
        status = quantise_encode_noisy(&plan, integers, update->delta, weight, rounding,
                                       identity_random);
    } else {
        status = quantise_encode(&plan, integers, update->delta, weight, rounding, saturated);
    }
    if (status == STATUS_OK) {
        quantise_pack(&plan, packed, integers, plan.count);
        *bytes = packed;
        *size = packed_size;
        packed = NULL;
    }
    free(packed);
    free(integers);
    quantise_destroy(&plan);
    return status;
}
