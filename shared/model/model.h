// SPDX-License-Identifier: Apache-2.0
/* model - one vector of weights with its manifest; safetensors files.
 *
 * Format: github.com/huggingface/safetensors: u64 little-endian header length, JSON header, raw
 * little-endian data. Fedveil reads and writes F32; metadata is a table of texts. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "base/status.h"
#include "model/manifest.h"

struct model {
    struct manifest manifest;
    float *values; // manifest.count numbers, owned
};

struct model_note { // one entry of "__metadata__"
    const char *key, *value;
};

/* Zeroed values for a manifest, which is copied. */
enum status model_create(struct model *model, const struct manifest *manifest) CHECKED;
void model_destroy(struct model *model);

/* Writes a safetensors file, whole or not at all. `notes` ends with a NULL key; may be NULL. */
enum status model_save(const struct model *model, const char *path,
                       const struct model_note *notes) CHECKED;

/* Reads a safetensors file of F32 tensors; every offset and size is checked. Tensors stand in the
 * manifest in the order of their data. */
enum status model_load(struct model *model, const char *path) CHECKED;

/* The value of a metadata key of a safetensors file; *value is the caller's, NULL when absent. */
enum status model_load_note(char **value, const char *path, const char *key) CHECKED;

/* Copies into `to`, by name, its tensors that match `patterns` (NULL: every tensor); other tensors
 * of either model do not matter. When one is missing in `from` or has another shape there, fails,
 * names it and copies nothing. */
enum status model_copy(struct model *to, const struct model *from,
                       const struct config_texts *patterns) CHECKED;

/* Fails and names the tensor when a value is not finite. */
enum status model_check_finite(const struct model *model) CHECKED;

#endif
