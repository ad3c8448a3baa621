// SPDX-License-Identifier: Apache-2.0
#include "model/manifest.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longest line of the canonical text: name, " f32 [", axes of 20 digits and a comma, "]\n". */
enum { LINE_MAX_BYTES = LIMIT_NAME + 6 + LIMIT_TENSOR_AXES * 21 + 2 };

/* A name is one word of printable ASCII, so that a line of the canonical text has one reading. */
static bool is_name(const char *name)
{
    const size_t length = strnlen(name, LIMIT_NAME);
    if (length == 0 || length >= LIMIT_NAME) return false;
    for (size_t i = 0; i < length; i++) {
        if (name[i] <= ' ' || name[i] > '~') return false;
    }
    return strcmp(name, "__metadata__") != 0; // has a meaning of its own in a safetensors file
}

/* Numbers of a shape; fails on a zero axis and beyond LIMIT_PARAMETERS. */
static enum status count_numbers(size_t *count, const char *name, const size_t *shape, int axes)
{
    if (axes < 1 || axes > LIMIT_TENSOR_AXES) {
        return status_fail(STATUS_BAD_INPUT, "tensor %s: %d axes, allowed are 1 to %d", name, axes,
                           LIMIT_TENSOR_AXES);
    }
    *count = 1;
    for (int i = 0; i < axes; i++) {
        if (shape[i] == 0) {
            return status_fail(STATUS_BAD_INPUT,
                               "tensor %s: axis %d is zero, at least 1 is allowed", name, i);
        }
        if (*count > LIMIT_PARAMETERS / shape[i]) {
            return status_fail(STATUS_FULL, "tensor %s: more than %zu numbers", name,
                               LIMIT_PARAMETERS);
        }
        *count *= shape[i];
    }
    return STATUS_OK;
}

enum status manifest_add(struct manifest *manifest, const char *name, const size_t *shape, int axes,
                         bool trainable)
{
    if (!is_name(name)) {
        return status_fail(STATUS_BAD_INPUT,
                           "tensor %zu: its name is not one word of 1 to %d printable characters",
                           manifest->tensors, LIMIT_NAME - 1);
    }
    size_t count = 0;
    enum status status = count_numbers(&count, name, shape, axes);
    if (status != STATUS_OK) return status;
    if (manifest_find(manifest, name) != NULL) {
        return status_fail(STATUS_BAD_INPUT, "tensor %s: stands twice in the model", name);
    }
    if (manifest->tensors >= LIMIT_TENSORS || count > LIMIT_PARAMETERS - manifest->count) {
        return status_fail(STATUS_FULL, "tensor %s: a model has at most %d tensors and %zu numbers",
                           name, LIMIT_TENSORS, LIMIT_PARAMETERS);
    }
    struct tensor_entry *entries =
        realloc(manifest->entries, (manifest->tensors + 1) * sizeof *entries);
    if (entries == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for tensor %s", name);
    manifest->entries = entries;
    struct tensor_entry *entry = &entries[manifest->tensors];
    *entry = (struct tensor_entry){
        .axes = axes, .offset = manifest->count, .count = count, .trainable = trainable};
    memcpy(entry->name, name, strlen(name));
    memcpy(entry->shape, shape, (size_t)axes * sizeof *shape);
    manifest->tensors++;
    manifest->count += count;
    return STATUS_OK;
}

const struct tensor_entry *manifest_find(const struct manifest *manifest, const char *name)
{
    for (size_t i = 0; i < manifest->tensors; i++) {
        if (strcmp(manifest->entries[i].name, name) == 0) return &manifest->entries[i];
    }
    return NULL;
}

bool manifest_is_statistic(const char *name)
{
    static const char *const ends[] = {".running_mean", ".running_var"};
    const size_t length = strlen(name);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const size_t end = strlen(ends[i]);
        if (length >= end && strcmp(name + length - end, ends[i]) == 0) return true;
    }
    return false;
}

bool manifest_matches(const struct config_texts *patterns, const char *name)
{
    bool matches = false;
    for (size_t i = 0; i < patterns->count; i++) {
        const char *pattern = patterns->values[i];
        const bool excludes = pattern[0] == '!';
        if (fnmatch(pattern + excludes, name, 0) == 0) matches = !excludes;
    }
    return matches;
}

bool manifest_covers(const struct manifest *manifest, const struct config_texts *patterns,
                     const char *prefix)
{
    for (size_t i = 0; i < manifest->tensors; i++) {
        const char *name = manifest->entries[i].name;
        const bool ours = strncmp(name, prefix, strlen(prefix)) == 0;
        if (ours && !manifest_matches(patterns, name)) return false;
    }
    return true;
}

enum status manifest_select(struct manifest *selected, size_t **source,
                            const struct manifest *manifest, const struct config_texts *patterns)
{
    *selected = (struct manifest){0};
    size_t *indices = calloc(manifest->tensors + 1, sizeof *indices);
    if (indices == NULL) return status_fail(STATUS_NO_MEMORY, "no memory to select tensors");
    enum status status = STATUS_OK;
    for (size_t i = 0; i < manifest->tensors && status == STATUS_OK; i++) {
        const struct tensor_entry *entry = &manifest->entries[i];
        if (!manifest_matches(patterns, entry->name)) continue;
        indices[selected->tensors] = i;
        status = manifest_add(selected, entry->name, entry->shape, entry->axes, entry->trainable);
    }
    if (status == STATUS_OK && selected->tensors == 0) {
        status = status_fail(STATUS_BAD_CONFIG, "the share patterns match none of %zu tensors",
                             manifest->tensors);
    }
    if (status != STATUS_OK) manifest_destroy(selected);
    if (status == STATUS_OK && source != NULL) {
        *source = indices;
    } else {
        free(indices);
    }
    return status;
}

enum status manifest_text(const struct manifest *manifest, char **text)
{
    const size_t size = manifest->tensors * LINE_MAX_BYTES + 1;
    char *made = malloc(size);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for a manifest's text");
    char *end = made;
    *end = '\0';
    for (size_t i = 0; i < manifest->tensors; i++) {
        const struct tensor_entry *entry = &manifest->entries[i];
        end += snprintf(end, size - (size_t)(end - made), "%s f32 [", entry->name);
        for (int axis = 0; axis < entry->axes; axis++) {
            end += snprintf(end, size - (size_t)(end - made), "%s%zu", axis > 0 ? "," : "",
                            entry->shape[axis]);
        }
        end += snprintf(end, size - (size_t)(end - made), "]\n");
    }
    *text = made;
    return STATUS_OK;
}

/* Reads one axis as manifest_text() writes it, without sign, spaces or leading zeros. */
static bool parse_axis(size_t *axis, const char **at)
{
    if (**at < '1' || **at > '9') return false;
    *axis = 0;
    for (; isdigit((unsigned char)**at); (*at)++) {
        *axis = *axis * 10 + (size_t)(**at - '0');
        if (*axis > LIMIT_PARAMETERS) return false;
    }
    return true;
}

/* Reads a line and moves *at behind it. */
static bool parse_line(char name[LIMIT_NAME], size_t shape[LIMIT_TENSOR_AXES], int *axes,
                       const char **at)
{
    static const char kind[] = " f32 [";
    const size_t length = strcspn(*at, " \n");
    if (length >= LIMIT_NAME) return false;
    memcpy(name, *at, length);
    name[length] = '\0';
    *at += length;
    if (strncmp(*at, kind, sizeof kind - 1) != 0) return false;
    *at += sizeof kind - 1;
    if (!parse_axis(&shape[0], at)) return false;
    for (*axes = 1; *axes < LIMIT_TENSOR_AXES && **at == ','; (*axes)++) {
        (*at)++;
        if (!parse_axis(&shape[*axes], at)) return false;
    }
    if (strncmp(*at, "]\n", 2) != 0) return false;
    *at += 2;
    return true;
}

enum status manifest_parse(struct manifest *manifest, const char *text)
{
    *manifest = (struct manifest){0};
    enum status status = STATUS_OK;
    while (*text != '\0' && status == STATUS_OK) {
        char name[LIMIT_NAME];
        size_t shape[LIMIT_TENSOR_AXES];
        int axes = 0;
        if (parse_line(name, shape, &axes, &text)) {
            status = manifest_add(manifest, name, shape, axes, !manifest_is_statistic(name));
        } else {
            status = status_fail(STATUS_BAD_INPUT,
                                 "manifest line %zu: malformed, allowed is NAME f32 [a,b,c]",
                                 manifest->tensors + 1);
        }
    }
    if (status != STATUS_OK) manifest_destroy(manifest);
    return status;
}

void manifest_destroy(struct manifest *manifest)
{
    free(manifest->entries);
    *manifest = (struct manifest){0};
}
