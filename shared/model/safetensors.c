// SPDX-License-Identifier: Apache-2.0
#include "model/safetensors.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char metadata_key[] = "__metadata__";

struct place {
    const char *name;
    json_t *tensor;
    uint64_t begin, end; // bytes in the data
};

static enum status load(json_t **root, const char *text, size_t size, const char *path)
{
    if (size == 0 || text[0] != '{') {
        return status_fail(STATUS_BAD_INPUT, "%s: no safetensors header", path);
    }
    json_error_t error;
    *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (*root != NULL) return STATUS_OK;
    return status_fail(STATUS_BAD_INPUT, "%s: header, byte %d: %s", path, error.position,
                       error.text);
}

/* The metadata, NULL when there are none; fails when they are no table of texts. */
static enum status find_metadata(json_t **metadata, const json_t *root, const char *path)
{
    *metadata = json_object_get(root, metadata_key);
    if (*metadata == NULL) return STATUS_OK;
    bool texts = json_is_object(*metadata);
    const char *key;
    json_t *value;
    json_object_foreach(*metadata, key, value)
    {
        texts = texts && json_is_string(value);
    }
    if (texts) return STATUS_OK;
    return status_fail(STATUS_BAD_INPUT, "%s: %s: allowed is a table of texts", path, metadata_key);
}

static bool is_size(const json_t *value)
{
    return json_is_integer(value) && json_integer_value(value) >= 0;
}

/* A name as messages may show it. */
static const char *shown(const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~') return "(with unusual characters)";
    }
    return name;
}

/* Type and place of one tensor; its name is not yet known to be printable. */
static enum status read_place(struct place *place, const char *name, json_t *tensor)
{
    const json_t *type = json_object_get(tensor, "dtype");
    const json_t *offsets = json_object_get(tensor, "data_offsets");
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    if (!json_is_string(type) || strcmp(json_string_value(type), "F32") != 0) {
        return status_fail(STATUS_BAD_INPUT, "tensor %s: dtype %s, allowed is F32", shown(name),
                           json_is_string(type) ? shown(json_string_value(type)) : "missing");
    }
    if (json_array_size(offsets) != 2 || !is_size(begin) || !is_size(end) ||
        json_integer_value(begin) > json_integer_value(end)) {
        return status_fail(STATUS_BAD_INPUT, "tensor %s: data_offsets are not [begin, end]",
                           shown(name));
    }
    *place = (struct place){name, tensor, (uint64_t)json_integer_value(begin),
                            (uint64_t)json_integer_value(end)};
    return STATUS_OK;
}

static int by_place(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
    return a->end < b->end ? -1 : a->end > b->end;
}

/* Adds a tensor that must begin where the ones before end. */
static enum status add_tensor(struct manifest *manifest, const struct place *place)
{
    const json_t *shape = json_object_get(place->tensor, "shape");
    const size_t axes = json_array_size(shape); // 0 when it is no array
    size_t sizes[LIMIT_TENSOR_AXES];
    bool sound = json_is_array(shape) && axes >= 1 && axes <= LIMIT_TENSOR_AXES;
    for (size_t i = 0; sound && i < axes; i++) {
        const json_t *size = json_array_get(shape, i);
        sound = is_size(size);
        sizes[i] = sound ? (size_t)json_integer_value(size) : 0;
    }
    if (!sound) {
        return status_fail(STATUS_BAD_INPUT, "tensor %zu: its shape is not 1 to %d sizes",
                           manifest->tensors, LIMIT_TENSOR_AXES);
    }
    const uint64_t expected = (uint64_t)manifest->count * sizeof(float);
    const enum status status =
        manifest_add(manifest, place->name, sizes, (int)axes, !manifest_is_statistic(place->name));
    if (status != STATUS_OK) return status;
    if (place->begin != expected) {
        return status_fail(
            STATUS_BAD_INPUT, "tensor %s: begins at byte %llu, the ones before end at byte %llu",
            place->name, (unsigned long long)place->begin, (unsigned long long)expected);
    }
    if (place->end != (uint64_t)manifest->count * sizeof(float)) {
        return status_fail(STATUS_BAD_INPUT, "tensor %s: has %llu bytes, its shape needs %llu",
                           place->name, (unsigned long long)(place->end - place->begin),
                           (unsigned long long)manifest->count * sizeof(float) - expected);
    }
    return STATUS_OK;
}

/* The tensors of a header in the order of their data. */
static enum status read_tensors(struct manifest *manifest, json_t *root, uint64_t data_size)
{
    if (json_object_size(root) > LIMIT_TENSORS + 1) {
        return status_fail(STATUS_FULL, "%zu tensors, at most %d are allowed",
                           json_object_size(root), LIMIT_TENSORS);
    }
    struct place *places = calloc(LIMIT_TENSORS + 1, sizeof *places);
    if (places == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for the list of tensors");
    size_t count = 0;
    enum status status = STATUS_OK;
    const char *name;
    json_t *tensor;
    json_object_foreach(root, name, tensor)
    {
        if (strcmp(name, metadata_key) == 0) continue;
        status = read_place(&places[count], name, tensor);
        if (status != STATUS_OK) break;
        count++;
    }
    qsort(places, count, sizeof *places, by_place);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = add_tensor(manifest, &places[i]);
    }
    free(places);
    if (status != STATUS_OK) return status;
    if (manifest->tensors == 0) return status_fail(STATUS_BAD_INPUT, "holds no tensor");
    if ((uint64_t)manifest->count * sizeof(float) != data_size) {
        return status_fail(STATUS_BAD_INPUT, "the header describes %llu bytes, %llu follow",
                           (unsigned long long)manifest->count * sizeof(float),
                           (unsigned long long)data_size);
    }
    return STATUS_OK;
}

enum status safetensors_parse(struct manifest *manifest, const char *text, size_t size,
                              uint64_t data_size, const char *path)
{
    *manifest = (struct manifest){0};
    json_t *root = NULL, *metadata = NULL;
    enum status status = load(&root, text, size, path);
    if (status != STATUS_OK) return status;
    status = find_metadata(&metadata, root, path);
    if (status == STATUS_OK) {
        status = read_tensors(manifest, root, data_size);
        if (status != STATUS_OK) status = status_fail(status, "%s: %s", path, status_message());
    }
    json_decref(root);
    if (status != STATUS_OK) manifest_destroy(manifest);
    return status;
}

enum status safetensors_note(char **value, const char *key, const char *text, size_t size,
                             const char *path)
{
    *value = NULL;
    json_t *root = NULL, *metadata = NULL;
    enum status status = load(&root, text, size, path);
    if (status != STATUS_OK) return status;
    status = find_metadata(&metadata, root, path);
    const json_t *found = status == STATUS_OK ? json_object_get(metadata, key) : NULL;
    if (found != NULL) {
        *value = strdup(json_string_value(found));
        if (*value == NULL) status = status_fail(STATUS_NO_MEMORY, "%s: no memory", path);
    }
    json_decref(root);
    return status;
}

static json_t *describe_shape(const struct tensor_spec *tensor)
{
    json_t *shape = json_array();
    for (int i = 0; i < tensor->axes && shape != NULL; i++) {
        if (json_array_append_new(shape, json_integer((json_int_t)tensor->shape[i])) != 0) {
            json_decref(shape);
            shape = NULL;
        }
    }
    return shape;
}

static json_t *describe_tensor(const struct tensor_spec *tensor, uint64_t begin, uint64_t bytes)
{
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", tensor->type == TENSOR_I64 ? "I64" : "F32",
                     "shape", describe_shape(tensor), "data_offsets", (json_int_t)begin,
                     (json_int_t)(begin + bytes));
}

static json_t *describe_notes(const struct model_note *notes)
{
    json_t *table = json_object();
    for (; notes != NULL && notes->key != NULL && table != NULL; notes++) {
        if (json_object_set_new(table, notes->key, json_string(notes->value)) != 0) {
            json_decref(table);
            table = NULL;
        }
    }
    return table;
}

/* The whole table; NULL without memory, or when a note is not UTF-8. */
static json_t *describe(const struct tensor_spec *tensors, size_t count,
                        const struct model_note *notes)
{
    json_t *root = json_object();
    bool good = root != NULL;
    if (good && notes != NULL && notes->key != NULL) {
        good = json_object_set_new(root, metadata_key, describe_notes(notes)) == 0;
    }
    uint64_t begin = 0;
    for (size_t i = 0; i < count && good; i++) {
        const uint64_t bytes = tensor_file_bytes(&tensors[i]);
        good = json_object_set_new(root, tensors[i].name,
                                   describe_tensor(&tensors[i], begin, bytes)) == 0;
        begin += bytes;
    }
    if (good) return root;
    json_decref(root);
    return NULL;
}

enum status safetensors_format(uint8_t **header, size_t *size, const struct tensor_spec *tensors,
                               size_t count, const struct model_note *notes)
{
    json_t *root = describe(tensors, count, notes);
    char *text = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);
    json_decref(root);
    if (text == NULL) {
        return status_fail(STATUS_BAD_INPUT,
                           "no header could be made: no memory, or a note is not UTF-8");
    }
    const size_t length = strlen(text), padded = (length + 7) / 8 * 8;
    uint8_t *made = malloc(8 + padded);
    if (made != NULL) {
        for (int i = 0; i < 8; i++) {
            made[i] = (uint8_t)((uint64_t)padded >> (8 * i));
        }
        memcpy(made + 8, text, length);
        memset(made + 8 + length, ' ', padded - length);
    }
    free(text);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for a header");
    *header = made;
    *size = 8 + padded;
    return STATUS_OK;
}
