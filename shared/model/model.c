// SPDX-License-Identifier: Apache-2.0
#include "model/model.h"

#include "model/safetensors.h"
#include "model/tensor_file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values come from files as they are");
_Static_assert(sizeof(float) == 4, "F32");

enum status model_create(struct model *model, const struct manifest *manifest)
{
    *model = (struct model){0};
    // One more than needed: an empty model is a model as well.
    struct tensor_entry *entries = calloc(manifest->tensors + 1, sizeof *entries);
    float *values = calloc(manifest->count + 1, sizeof *values);
    if (entries == NULL || values == NULL) {
        free(entries);
        free(values);
        return status_fail(STATUS_NO_MEMORY, "no memory for a model of %zu numbers",
                           manifest->count);
    }
    if (manifest->tensors > 0) {
        memcpy(entries, manifest->entries, manifest->tensors * sizeof *entries);
    }
    model->manifest = (struct manifest){manifest->tensors, manifest->count, entries};
    model->values = values;
    return STATUS_OK;
}

void model_destroy(struct model *model)
{
    manifest_destroy(&model->manifest);
    free(model->values);
    model->values = NULL;
}

enum status model_save(const struct model *model, const char *path, const struct model_note *notes)
{
    const struct manifest *manifest = &model->manifest;
    struct tensor_file *file = NULL;
    struct tensor_spec *tensors = calloc(manifest->tensors + 1, sizeof *tensors);
    if (tensors == NULL) return status_fail(STATUS_NO_MEMORY, "%s: no memory", path);
    for (size_t i = 0; i < manifest->tensors; i++) {
        const struct tensor_entry *entry = &manifest->entries[i];
        tensors[i] = (struct tensor_spec){entry->name, TENSOR_F32, entry->axes, {0}};
        memcpy(tensors[i].shape, entry->shape, sizeof entry->shape);
    }
    enum status status = tensor_file_create(&file, path, 0666, tensors, manifest->tensors, notes);
    for (size_t i = 0; i < manifest->tensors && status == STATUS_OK; i++) {
        const struct tensor_entry *entry = &manifest->entries[i];
        status = tensor_file_put(file, i, model->values + entry->offset, 0, entry->count);
    }
    if (status == STATUS_OK) status = tensor_file_end(&file);
    tensor_file_destroy(&file);
    free(tensors);
    return status;
}

/* A safetensors file whose header has been read: the data come next. */
struct source {
    FILE *file;
    char *header;
    size_t header_size;
    uint64_t data_size;
};

static enum status read_exactly(void *bytes, size_t size, FILE *file, const char *path)
{
    if (fread(bytes, 1, size, file) == size) return STATUS_OK;
    if (ferror(file)) return status_fail(STATUS_IO, "%s: %s", path, strerror(errno));
    return status_fail(STATUS_BAD_INPUT, "%s: ends too early", path);
}

static enum status read_header(struct source *source, uint64_t file_size, const char *path)
{
    uint8_t length[8];
    enum status status = read_exactly(length, sizeof length, source->file, path);
    if (status != STATUS_OK) return status;
    uint64_t size = 0;
    for (int i = 0; i < 8; i++) {
        size |= (uint64_t)length[i] << (8 * i);
    }
    if (size > SAFETENSORS_HEADER_MAX || size > file_size - sizeof length) {
        return status_fail(STATUS_BAD_INPUT,
                           "%s: no safetensors file: a header of %llu bytes, at most %llu allowed",
                           path, (unsigned long long)size,
                           (unsigned long long)SAFETENSORS_HEADER_MAX);
    }
    source->header_size = (size_t)size;
    source->data_size = file_size - sizeof length - size;
    source->header = malloc((size_t)size + 1);
    if (source->header == NULL) {
        return status_fail(STATUS_NO_MEMORY, "%s: no memory for its header", path);
    }
    return read_exactly(source->header, (size_t)size, source->file, path);
}

static void source_close(struct source *source)
{
    if (source->file != NULL) fclose(source->file);
    free(source->header);
    *source = (struct source){0};
}

/* Opens a file and reads its header; closed again on failure. */
static enum status source_open(struct source *source, const char *path)
{
    *source = (struct source){0};
    // Not to wait for the writer of a pipe: only plain files are read.
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    source->file = file < 0 ? NULL : fdopen(file, "rb");
    struct stat info;
    if (source->file == NULL || fstat(file, &info) != 0) {
        const int error = errno;
        if (source->file == NULL && file >= 0) close(file);
        source_close(source);
        return status_fail(error == ENOENT ? STATUS_NOT_FOUND : STATUS_IO, "%s: %s", path,
                           strerror(error));
    }
    enum status status = STATUS_OK;
    if (!S_ISREG(info.st_mode)) {
        status = status_fail(STATUS_IO, "%s: not a plain file", path);
    } else if ((uint64_t)info.st_size > LIMIT_FILE_MODEL) {
        status = status_fail(STATUS_FULL, "%s: %llu bytes, at most %zu allowed", path,
                             (unsigned long long)info.st_size, LIMIT_FILE_MODEL);
    } else if (info.st_size < 8) {
        status = status_fail(STATUS_BAD_INPUT, "%s: too short for a safetensors file", path);
    } else {
        status = read_header(source, (uint64_t)info.st_size, path);
    }
    if (status != STATUS_OK) source_close(source);
    return status;
}

enum status model_load(struct model *model, const char *path)
{
    *model = (struct model){0};
    struct source source;
    enum status status = source_open(&source, path);
    if (status != STATUS_OK) return status;
    status = safetensors_parse(&model->manifest, source.header, source.header_size,
                               source.data_size, path);
    if (status != STATUS_OK) goto done;
    model->values = malloc(model->manifest.count * sizeof *model->values);
    if (model->values == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "%s: no memory for %zu numbers", path,
                             model->manifest.count);
        goto done;
    }
    status = read_exactly(model->values, model->manifest.count * sizeof *model->values, source.file,
                          path);
done:
    source_close(&source);
    if (status != STATUS_OK) model_destroy(model);
    return status;
}

enum status model_load_note(char **value, const char *path, const char *key)
{
    *value = NULL;
    struct source source;
    enum status status = source_open(&source, path);
    if (status != STATUS_OK) return status;
    status = safetensors_note(value, key, source.header, source.header_size, path);
    source_close(&source);
    return status;
}

/* The tensor of `from` that belongs to `entry`, of the same shape. */
static enum status find_partner(const struct tensor_entry **partner, const struct model *from,
                                const struct tensor_entry *entry)
{
    *partner = manifest_find(&from->manifest, entry->name);
    if (*partner == NULL) {
        return status_fail(STATUS_NOT_FOUND, "tensor %s: missing in the model", entry->name);
    }
    const struct tensor_entry *other = *partner;
    if (other->axes != entry->axes ||
        memcmp(other->shape, entry->shape, (size_t)entry->axes * sizeof *entry->shape) != 0) {
        return status_fail(STATUS_BAD_INPUT, "tensor %s: its shape differs in the model",
                           entry->name);
    }
    return STATUS_OK;
}

enum status model_copy(struct model *to, const struct model *from,
                       const struct config_texts *patterns)
{
    // Twice, so that a model stays whole when a tensor cannot be copied.
    for (int write = 0; write < 2; write++) {
        for (size_t i = 0; i < to->manifest.tensors; i++) {
            const struct tensor_entry *entry = &to->manifest.entries[i], *partner = NULL;
            if (patterns != NULL && !manifest_matches(patterns, entry->name)) continue;
            const enum status status = find_partner(&partner, from, entry);
            if (status != STATUS_OK) return status;
            if (!write) continue;
            memcpy(to->values + entry->offset, from->values + partner->offset,
                   entry->count * sizeof *to->values);
        }
    }
    return STATUS_OK;
}

enum status model_check_finite(const struct model *model)
{
    for (size_t i = 0; i < model->manifest.tensors; i++) {
        const struct tensor_entry *entry = &model->manifest.entries[i];
        for (size_t j = 0; j < entry->count; j++) {
            if (isfinite(model->values[entry->offset + j])) continue;
            return status_fail(STATUS_NOT_FINITE, "tensor %s: number %zu is not finite",
                               entry->name, j);
        }
    }
    return STATUS_OK;
}
