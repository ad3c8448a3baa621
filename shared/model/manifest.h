// SPDX-License-Identifier: Apache-2.0
/* manifest - names, shapes and places of a model's tensors in its one vector of numbers.
 *
 * Tensors lie one after the other without gaps, in the order in which they were added. The
 * canonical text (one line "name f32 [a,b,c]" a tensor) is what two sides compare by digest: the
 * model's type. */
#ifndef MODEL_MANIFEST_H
#define MODEL_MANIFEST_H

#include "base/config.h"
#include "base/limits.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct tensor_entry {
    char name[LIMIT_NAME];
    int axes; // 1..LIMIT_TENSOR_AXES
    size_t shape[LIMIT_TENSOR_AXES];
    size_t offset, count; // in numbers, not bytes
    bool trainable;       // false: statistics that no gradient changes
};

struct manifest {
    size_t tensors;
    size_t count;                 // numbers in all
    struct tensor_entry *entries; // owned
};

/* Appends a tensor to a manifest that began as {0}. Refuses a duplicate name or one that is not a
 * word of printable ASCII, a zero axis, overflow, more than LIMIT_TENSORS tensors or
 * LIMIT_PARAMETERS numbers; the manifest then stays as it was. */
enum status manifest_add(struct manifest *manifest, const char *name, const size_t *shape, int axes,
                         bool trainable) CHECKED;

/* The entry of that name, or NULL. */
const struct tensor_entry *manifest_find(const struct manifest *manifest, const char *name);

/* Whether the name is that of a running statistic, which no gradient changes: it ends in
 * ".running_mean" or ".running_var". */
bool manifest_is_statistic(const char *name);

/* Whether share patterns select the name (fnmatch; "!" excludes; last match wins). */
bool manifest_matches(const struct config_texts *patterns, const char *name);

/* Whether share patterns select every tensor whose name begins with `prefix`. */
bool manifest_covers(const struct manifest *manifest, const struct config_texts *patterns,
                     const char *prefix);

/* The tensors that match share patterns, repacked without gaps, in order. `source` (may be NULL)
 * gets, for each, its index in `manifest`; the caller frees. Fails when no tensor matches. */
enum status manifest_select(struct manifest *selected, size_t **source,
                            const struct manifest *manifest,
                            const struct config_texts *patterns) CHECKED;

/* Canonical text; the caller frees it. */
enum status manifest_text(const struct manifest *manifest, char **text) CHECKED;

/* The manifest of a canonical text; any other text is refused. Statistics are not trainable. */
enum status manifest_parse(struct manifest *manifest, const char *text) CHECKED;

void manifest_destroy(struct manifest *manifest);

#endif
