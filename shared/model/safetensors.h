// SPDX-License-Identifier: Apache-2.0
/* safetensors - the JSON header of a safetensors file. Private to model.
 *
 * The header is a table of tensors: name, type, shape and the first and last byte in the data
 * behind it. Only F32 is read, the data must be covered without gaps and overlaps, and the
 * table may stand in any order. "__metadata__" is a table of texts. */
#ifndef MODEL_SAFETENSORS_H
#define MODEL_SAFETENSORS_H

#include "base/status.h"
#include "model/model.h"
#include "model/tensor_file.h"

#include <stddef.h>
#include <stdint.h>

#define SAFETENSORS_HEADER_MAX ((size_t)16 << 20) // bytes

/* The tensors in the order of their data, of which there are data_size bytes. `path` is named in
 * messages. On failure the manifest is empty. */
enum status safetensors_parse(struct manifest *manifest, const char *text, size_t size,
                              uint64_t data_size, const char *path) CHECKED;

/* The text that the metadata has for `key`; *value is the caller's, NULL when absent. */
enum status safetensors_note(char **value, const char *key, const char *text, size_t size,
                             const char *path) CHECKED;

/* The header as it stands in a file: its length in eight bytes and its text, padded so that the
 * data begin at a multiple of eight. The caller frees *header. */
enum status safetensors_format(uint8_t **header, size_t *size, const struct tensor_spec *tensors,
                               size_t count, const struct model_note *notes) CHECKED;

#endif
