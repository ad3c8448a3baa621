// SPDX-License-Identifier: Apache-2.0
#include "frequency/eigenfaces.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { TENSORS = 4, LANES = 8 };

static const char input_key[] = "fedveil.input";

/* Points to the tensors of a model that has their shapes. */
static void bind(struct eigenfaces *faces)
{
    float *const values = faces->model.values;
    const struct manifest *manifest = &faces->model.manifest;
    faces->values = manifest_find(manifest, "mean")->count;
    faces->count = manifest_find(manifest, "low")->count;
    faces->mean = values + manifest_find(manifest, "mean")->offset;
    faces->vectors = values + manifest_find(manifest, "vectors")->offset;
    faces->low = values + manifest_find(manifest, "low")->offset;
    faces->high = values + manifest_find(manifest, "high")->offset;
}

static enum status describe(struct manifest *manifest, size_t side, size_t channels, size_t count)
{
    const size_t shape[LIMIT_TENSOR_AXES] = {count, side, side, channels};
    enum status status = manifest_add(manifest, "mean", shape + 1, 3, false);
    if (status == STATUS_OK) status = manifest_add(manifest, "vectors", shape, 4, false);
    if (status == STATUS_OK) status = manifest_add(manifest, "low", shape, 1, false);
    if (status == STATUS_OK) status = manifest_add(manifest, "high", shape, 1, false);
    return status;
}

enum status eigenfaces_create(struct eigenfaces **faces, size_t side, size_t channels, size_t count)
{
    assert(count >= 1 && count <= LIMIT_EIGENFACES);
    struct manifest manifest = {0};
    struct eigenfaces *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for eigenfaces");
    enum status status = describe(&manifest, side, channels, count);
    if (status == STATUS_OK) status = model_create(&made->model, &manifest);
    manifest_destroy(&manifest);
    if (status != STATUS_OK) {
        eigenfaces_destroy(&made);
        return status;
    }
    bind(made);
    *faces = made;
    return STATUS_OK;
}

void eigenfaces_destroy(struct eigenfaces **faces)
{
    if (*faces == NULL) return;
    model_destroy(&(*faces)->model);
    free(*faces);
    *faces = NULL;
}

enum status eigenfaces_save(const struct eigenfaces *faces, const char *path, const char *input)
{
    const struct model_note notes[] = {{input_key, input}, {NULL, NULL}};
    return model_save(&faces->model, path, notes);
}

static enum status check_input(const char *path, const char *input)
{
    char *note = NULL;
    enum status status = model_load_note(&note, path, input_key);
    if (status != STATUS_OK) return status;
    // What a stranger wrote must not steer a terminal.
    for (char *byte = note; byte != NULL && *byte != '\0'; byte++) {
        if ((unsigned char)*byte < 0x20 || *byte == 0x7f) *byte = '?';
    }
    if (note == NULL) {
        status = status_fail(STATUS_BAD_INPUT, "%s: no file of eigenfaces: it has no note %s", path,
                             input_key);
    } else if (strcmp(note, input) != 0) {
        status = status_fail(STATUS_BAD_INPUT, "%s: eigenfaces of %.200s, the config has %.200s",
                             path, note, input);
    }
    free(note);
    return status;
}

/* That the model has the tensors, each of the shape that the others ask for. */
static enum status check_shapes(const struct manifest *manifest, const char *path)
{
    const struct tensor_entry *mean = manifest_find(manifest, "mean");
    const struct tensor_entry *low = manifest_find(manifest, "low");
    struct manifest wanted = {0};
    bool same = mean != NULL && low != NULL && mean->axes == 3 && mean->shape[0] == mean->shape[1];
    if (same) same = low->count <= LIMIT_EIGENFACES && manifest->tensors == TENSORS;
    if (same) same = describe(&wanted, mean->shape[0], mean->shape[2], low->count) == STATUS_OK;
    for (size_t i = 0; same && i < wanted.tensors; i++) {
        const struct tensor_entry *ours = &wanted.entries[i];
        const struct tensor_entry *theirs = manifest_find(manifest, ours->name);
        same = theirs != NULL && theirs->axes == ours->axes &&
               memcmp(theirs->shape, ours->shape, (size_t)ours->axes * sizeof *ours->shape) == 0;
    }
    manifest_destroy(&wanted);
    if (same) return STATUS_OK;
    return status_fail(STATUS_BAD_INPUT,
                       "%s: no file of eigenfaces: wanted are the tensors mean [side, side, "
                       "channels], vectors [count, side, side, channels], low [count] and high "
                       "[count], count at most %d",
                       path, LIMIT_EIGENFACES);
}

static enum status check_numbers(const struct eigenfaces *faces, const char *path)
{
    const enum status status = model_check_finite(&faces->model);
    if (status != STATUS_OK) return status_fail(status, "%s: %s", path, status_message());
    for (size_t k = 0; k < faces->count; k++) {
        if (faces->low[k] <= faces->high[k]) continue;
        return status_fail(STATUS_BAD_INPUT, "%s: the range of coefficient %zu is %g to %g", path,
                           k, (double)faces->low[k], (double)faces->high[k]);
    }
    return STATUS_OK;
}

enum status eigenfaces_load(struct eigenfaces **faces, const char *path, const char *input)
{
    struct eigenfaces *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for eigenfaces");
    enum status status = check_input(path, input);
    if (status == STATUS_OK) status = model_load(&made->model, path);
    if (status == STATUS_OK) status = check_shapes(&made->model.manifest, path);
    if (status == STATUS_OK) {
        bind(made);
        status = check_numbers(made, path);
    }
    if (status != STATUS_OK) {
        eigenfaces_destroy(&made);
        return status;
    }
    *faces = made;
    return STATUS_OK;
}

void eigenfaces_project(const struct eigenfaces *faces, double *coefficients, const float *image)
{
    const size_t values = faces->values, whole = values - values % LANES;
    for (size_t k = 0; k < faces->count; k++) {
        const float *vector = faces->vectors + k * values;
        double lane[LANES] = {0};
        for (size_t i = 0; i < whole; i += LANES) {
            for (size_t j = 0; j < LANES; j++) {
                lane[j] +=
                    (double)vector[i + j] * ((double)image[i + j] - (double)faces->mean[i + j]);
            }
        }
        for (size_t i = whole; i < values; i++) {
            lane[0] += (double)vector[i] * ((double)image[i] - (double)faces->mean[i]);
        }
        coefficients[k] = 0;
        for (size_t j = 0; j < LANES; j++) {
            coefficients[k] += lane[j];
        }
    }
}

void eigenfaces_measure(struct eigenfaces *faces, const float *images, size_t count)
{
    double coefficients[LIMIT_EIGENFACES];
    for (size_t i = 0; i < count; i++) {
        eigenfaces_project(faces, coefficients, images + i * faces->values);
        for (size_t k = 0; k < faces->count; k++) {
            const float x = (float)coefficients[k];
            if (i == 0 || x < faces->low[k]) faces->low[k] = x;
            if (i == 0 || x > faces->high[k]) faces->high[k] = x;
        }
    }
}

void eigenfaces_rebuild(const struct eigenfaces *faces, float *image, const double *coefficients)
{
    enum { PART = 512 };
    for (size_t first = 0; first < faces->values; first += PART) {
        const size_t now = faces->values - first < PART ? faces->values - first : PART;
        double sum[PART];
        for (size_t i = 0; i < now; i++) {
            sum[i] = (double)faces->mean[first + i];
        }
        for (size_t k = 0; k < faces->count; k++) {
            const float *vector = faces->vectors + k * faces->values + first;
            for (size_t i = 0; i < now; i++) {
                sum[i] += coefficients[k] * (double)vector[i];
            }
        }
        for (size_t i = 0; i < now; i++) {
            image[first + i] = (float)sum[i];
        }
    }
}
