// SPDX-License-Identifier: Apache-2.0
/* update - what a participant takes out of a published model and gives back as integers.
 *
 * Holds the shared tensors of the published model (the base) and, after training, new minus base.
 * The tensors that are not shared stay where they are: in the trainer's model. Without a pattern
 * nothing is shared, and one number that is always zero travels in place of tensors ("nothing"), so
 * that rounds, deadlines and evaluations go on as ever. */
#ifndef SESSION_UPDATE_H
#define SESSION_UPDATE_H

#include "base/config.h"
#include "base/random.h"
#include "base/status.h"
#include "model/model.h"

#include <stddef.h>
#include <stdint.h>

struct update {
    struct model base; // the shared tensors alone, packed
    size_t tensors;    // that are shared: 0, or base.manifest.tensors
    size_t *source;    // for each, its index in the full manifest
    float *delta;      // base.manifest.count numbers
};

/* For the tensors of `full` that match `patterns`; fails when there are patterns and none does. */
enum status update_create(struct update *update, const struct manifest *full,
                          const struct config_texts *patterns) CHECKED;
void update_destroy(struct update *update);

/* A copy of the shared tensors of `full`, packed; the caller frees it. */
enum status update_copy(float **values, const struct update *update,
                        const struct model *full) CHECKED;

/* Takes the packed values of a published model as the base, and gives the old ones back to
 * free(). */
void update_set_base(struct update *update, float **values);

/* Writes the base into the shared tensors of `full`. */
void update_load(const struct update *update, struct model *full);

/* delta = shared tensors of `full` - base. */
void update_measure(struct update *update, const struct model *full);

/* The delta as packed integers of weight `weight`, from malloc(); see secure/quantise.h. With
 * federation.dp.method skellam they carry noise, other noise at each call: see ../kept.h.
 * STATUS_NOT_FINITE when training has left a number that is none. */
enum status update_encode(const struct update *update, uint8_t **bytes, size_t *size,
                          uint64_t *saturated, const struct config_federation *federation,
                          size_t reporters_max, double weight, struct random *rounding) CHECKED;

#endif
