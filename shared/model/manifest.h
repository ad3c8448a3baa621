// SPDX-License-Identifier: Apache-2.0
/* manifest - names, shapes and places of a model's tensors in its one vector of numbers.
 *
 * Tensors lie one after the other without gaps, in the order in which they were added. The canonical
 * text (one line "name f32 [a,b,c]" a tensor) is what two sides compare by digest: the model's type. */
#ifndef MODEL_MANIFEST_H
#define MODEL_MANIFEST_H

#include "base/config.h"
#include "base/limits.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct tensor_entry {
    char name[LIMIT_NAME];
    int axes;                       // 1..LIMIT_TENSOR_AXES
    size_t shape[LIMIT_TENSOR_AXES];
    size_t offset, count;           // in numbers, not bytes
    bool trainable;                 // false: statistics that no gradient changes
};

struct manifest {
    size_t tensors;
    size_t count;                   // numbers in all
    struct tensor_entry *entries;   // owned
};

/* Appends a tensor. Refuses a duplicate or empty name, a zero axis, overflow, more than LIMIT_TENSORS
 * tensors or LIMIT_PARAMETERS numbers. */
enum status manifest_add(struct manifest *manifest, const char *name, const size_t *shape, int axes,
                         bool trainable) CHECKED;

/* The entry of that name, or NULL. */
const struct tensor_entry *manifest_find(const struct manifest *manifest, const char *name);

/* The tensors that match share patterns (fnmatch; "!" excludes; last match wins), repacked without
 * gaps, in order. `source` (may be NULL) gets, for each, its index in `manifest`; the caller frees. */
enum status manifest_select(struct manifest *selected, size_t **source,
                            const struct manifest *manifest,
                            const struct config_texts *patterns) CHECKED;

/* Canonical text; the caller frees it. */
enum status manifest_text(const struct manifest *manifest, char **text) CHECKED;

/* The manifest that a canonical text describes; `trainable` is false where the name ends in
 * ".running_mean" or ".running_var". */
enum status manifest_parse(struct manifest *manifest, const char *text) CHECKED;

void manifest_destroy(struct manifest *manifest);

#endif
