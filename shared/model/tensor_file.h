// SPDX-License-Identifier: Apache-2.0
/* tensor_file - writes a safetensors file piece by piece, of any size.
 *
 * Shapes are known at the start, so the header comes first; then numbers may come in any order,
 * each once. The file gets its name at the end, whole or not at all. Readers want numbers of eight
 * bytes at multiples of eight: list those tensors first. */
#ifndef MODEL_TENSOR_FILE_H
#define MODEL_TENSOR_FILE_H

#include "base/limits.h"
#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct model_note; // model.h

enum tensor_type { TENSOR_F32, TENSOR_I64 };

struct tensor_spec {
    const char *name;
    enum tensor_type type;
    int axes; // 1..LIMIT_TENSOR_AXES
    size_t shape[LIMIT_TENSOR_AXES];
};

struct tensor_file;

/* Begins a file of mode `mode` (as open() takes it). More than LIMIT_FILE_TENSORS bytes are
 * STATUS_FULL. `notes` ends with a NULL key; may be NULL. */
enum status tensor_file_create(struct tensor_file **file, const char *path, unsigned mode,
                               const struct tensor_spec *tensors, size_t count,
                               const struct model_note *notes) CHECKED;

/* Puts `count` numbers of a tensor, from number `first` on; others than its shape has are our
 * bug. */
enum status tensor_file_put(struct tensor_file *file, size_t tensor, const void *numbers,
                            size_t first, size_t count) CHECKED;

/* Names the file; numbers that are missing are our bug. */
enum status tensor_file_end(struct tensor_file **file) CHECKED;

/* Leaves nothing of a file that was not ended; nothing for NULL. */
void tensor_file_destroy(struct tensor_file **file);

/* Bytes of a tensor's numbers; UINT64_MAX when they are more than a file may have. */
uint64_t tensor_file_bytes(const struct tensor_spec *tensor);

#endif
