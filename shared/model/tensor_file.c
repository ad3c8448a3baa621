// SPDX-License-Identifier: Apache-2.0
#include "model/tensor_file.h"

#include "base/files.h"
#include "model/safetensors.h"

#include <assert.h>
#include <stdlib.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers go to files as they are");
_Static_assert(sizeof(float) == 4 && sizeof(int64_t) == 8, "F32 and I64");

struct place {
    uint64_t begin, bytes; // in the file
    size_t width;          // of a number
};

struct tensor_file {
    struct files_new *file;
    size_t count;
    struct place *places;
    uint64_t missing; // bytes not yet put
};

static size_t width(const struct tensor_spec *tensor)
{
    return tensor->type == TENSOR_I64 ? sizeof(int64_t) : sizeof(float);
}

uint64_t tensor_file_bytes(const struct tensor_spec *tensor)
{
    uint64_t bytes = width(tensor);
    for (int i = 0; i < tensor->axes; i++) {
        if (tensor->shape[i] == 0) return 0;
        if (bytes > LIMIT_FILE_TENSORS / tensor->shape[i]) return UINT64_MAX;
        bytes *= tensor->shape[i];
    }
    return bytes;
}

static enum status check_size(const struct tensor_spec *tensors, size_t count, const char *path)
{
    uint64_t left = LIMIT_FILE_TENSORS;
    for (size_t i = 0; i < count; i++) {
        const uint64_t bytes = tensor_file_bytes(&tensors[i]);
        if (bytes > left) {
            return status_fail(STATUS_FULL, "%s: tensor %s: more than the %llu bytes of a file",
                               path, tensors[i].name, (unsigned long long)LIMIT_FILE_TENSORS);
        }
        left -= bytes;
    }
    return STATUS_OK;
}

enum status tensor_file_create(struct tensor_file **file, const char *path, unsigned mode,
                               const struct tensor_spec *tensors, size_t count,
                               const struct model_note *notes)
{
    uint8_t *header = NULL;
    size_t size = 0;
    enum status status = check_size(tensors, count, path);
    if (status != STATUS_OK) return status;
    struct tensor_file *made = calloc(1, sizeof *made);
    struct place *places = calloc(count + 1, sizeof *places);
    if (made == NULL || places == NULL) {
        free(places);
        free(made);
        return status_fail(STATUS_NO_MEMORY, "%s: no memory", path);
    }
    *made = (struct tensor_file){NULL, count, places, 0};
    status = safetensors_format(&header, &size, tensors, count, notes);
    if (status != STATUS_OK) status = status_fail(status, "%s: %s", path, status_message());
    if (status == STATUS_OK) status = files_begin(&made->file, path, mode);
    if (status == STATUS_OK) status = files_put(made->file, header, size, 0);
    free(header);
    for (size_t i = 0; i < count; i++) {
        places[i] = (struct place){size + made->missing, tensor_file_bytes(&tensors[i]),
                                   width(&tensors[i])};
        made->missing += places[i].bytes;
    }
    if (status != STATUS_OK) {
        tensor_file_destroy(&made);
        return status;
    }
    *file = made;
    return STATUS_OK;
}

enum status tensor_file_put(struct tensor_file *file, size_t tensor, const void *numbers,
                            size_t first, size_t count)
{
    assert(tensor < file->count);
    const struct place *place = &file->places[tensor];
    const uint64_t offset = (uint64_t)first * place->width, bytes = (uint64_t)count * place->width;
    assert(offset <= place->bytes && bytes <= place->bytes - offset && bytes <= file->missing);
    file->missing -= bytes;
    return files_put(file->file, numbers, (size_t)bytes, place->begin + offset);
}

enum status tensor_file_end(struct tensor_file **file)
{
    assert((*file)->missing == 0);
    const enum status status = files_end(&(*file)->file);
    tensor_file_destroy(file);
    return status;
}

void tensor_file_destroy(struct tensor_file **file)
{
    if (*file == NULL) return;
    files_discard(&(*file)->file);
    free((*file)->places);
    free(*file);
    *file = NULL;
}
