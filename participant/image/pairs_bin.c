// SPDX-License-Identifier: Apache-2.0
// InsightFace's verification sets: a pickle of two lists, pictures two a pair and who is the same.
#include "image/pairs.h"

#include "base/files.h"
#include "base/limits.h"
#include "base/log.h"
#include "image/dataset_parts.h"
#include "image/pickle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDS = 10, NAME_BYTES = 32 };

struct bin {
    const char *path;
    uint8_t *bytes;
    struct pickle pickle;
    const struct pickle_value *pictures; // a list of 2 * count
    const struct pickle_value *same;     // a list of count, or an array
    size_t count;
};

static enum status fail_at(const struct bin *bin, const struct pickle_value *value,
                           const char *reason)
{
    return status_fail(STATUS_BAD_INPUT, "%s: byte %" PRIu64 ": %s", bin->path, value->at, reason);
}

static enum status find_lists(struct bin *bin)
{
    const struct pickle_value *root = &bin->pickle.values[bin->pickle.root];
    if ((root->kind != PICKLE_TUPLE && root->kind != PICKLE_LIST) || root->count != 2) {
        return fail_at(bin, root, "expected two lists, of pictures and of who is the same");
    }
    bin->pictures = pickle_item(&bin->pickle, root, 0);
    bin->same = pickle_item(&bin->pickle, root, 1);
    const bool array = bin->same->kind == PICKLE_ARRAY && bin->same->element == PICKLE_BOOL8;
    if (bin->pictures->kind != PICKLE_LIST || (bin->same->kind != PICKLE_LIST && !array)) {
        return fail_at(bin, root, "expected two lists, of pictures and of who is the same");
    }
    bin->count = bin->same->count;
    if (bin->pictures->count / 2 != bin->count || bin->pictures->count % 2 != 0) {
        return status_fail(STATUS_BAD_INPUT,
                           "%s: %zu pictures for %zu pairs, expected two for each", bin->path,
                           bin->pictures->count, bin->count);
    }
    if (bin->count >= FOLDS) return STATUS_OK;
    return status_fail(STATUS_BAD_INPUT, "%s: %zu pairs, at least %d are needed for %d folds",
                       bin->path, bin->count, FOLDS, FOLDS);
}

static enum status read_same(const struct bin *bin, struct pair *list)
{
    for (size_t i = 0; i < bin->count; i++) {
        if (bin->same->kind == PICKLE_ARRAY) {
            list[i].same = bin->bytes[bin->same->first + i] != 0;
            continue;
        }
        const struct pickle_value *value = pickle_item(&bin->pickle, bin->same, i);
        const bool number = value->kind == PICKLE_BOOL || value->kind == PICKLE_INT;
        if (!number || value->number < 0 || value->number > 1) {
            return fail_at(bin, value, "neither true nor false");
        }
        list[i].same = value->number == 1;
    }
    return STATUS_OK;
}

static enum status check_pictures(const struct bin *bin)
{
    for (size_t i = 0; i < bin->pictures->count; i++) {
        const struct pickle_value *value = pickle_item(&bin->pickle, bin->pictures, i);
        const bool array = value->kind == PICKLE_ARRAY && value->element == PICKLE_UINT8;
        if (value->kind != PICKLE_BYTES && !array) return fail_at(bin, value, "not a picture");
    }
    return STATUS_OK;
}

/* Whom pictures show is not in the file: people are those of a pair, one or two. */
static enum status name_pictures(struct dataset *images, const struct pair *list)
{
    uint32_t person = 0;
    for (size_t i = 0; i < images->count; i++) {
        const bool new_person = i == 0 || i % 2 == 0 || !list[i / 2].same;
        char name[NAME_BYTES], picture[NAME_BYTES];
        snprintf(name, sizeof name, "pair_%06zu", i / 2);
        snprintf(picture, sizeof picture, "%zu", i % 2);
        person += i > 0 && new_person;
        if (new_person) images->people_names[person] = strdup(name);
        images->labels[i] = person;
        images->names[i] = dataset_join_names(name, picture);
        if (images->names[i] == NULL || images->people_names[person] == NULL) {
            return status_fail(STATUS_NO_MEMORY, "no memory for names of images");
        }
    }
    return STATUS_OK;
}

static enum status decode(const void *context, size_t index, struct image *image)
{
    const struct bin *bin = context;
    const struct pickle_value *value = pickle_item(&bin->pickle, bin->pictures, index);
    char name[LIMIT_PATH + NAME_BYTES];
    snprintf(name, sizeof name, "%s: byte %" PRIu64, bin->path, value->at);
    if (value->count > LIMIT_FILE_IMAGE) {
        return status_fail(STATUS_FULL, "%s: %zu bytes, at most %zu allowed", name, value->count,
                           LIMIT_FILE_IMAGE);
    }
    return image_decode(image, bin->bytes + value->first, value->count, name);
}

/* Closes the gaps of the pairs whose images could not be read. */
static enum status keep_pairs(struct pairs *pairs, const struct bin *bin, const size_t *places)
{
    for (size_t i = 0; i < bin->count; i++) {
        const size_t first = places[2 * i], second = places[2 * i + 1];
        if (first == SIZE_MAX || second == SIZE_MAX) {
            pairs->missing++;
            log_warning("%s: pair %zu left out: an image is broken", bin->path, i);
            continue;
        }
        pairs->list[pairs->count++] =
            (struct pair){(uint32_t)first, (uint32_t)second, pairs->list[i].same};
    }
    if (pairs->missing <= bin->count / 2) return STATUS_OK;
    return status_fail(STATUS_BAD_INPUT, "%s: %zu of %zu pairs have broken images", bin->path,
                       pairs->missing, bin->count);
}

static enum status make_pairs(struct pairs *pairs, struct dataset **images, const struct bin *bin,
                              int size, int channels)
{
    size_t people = 0;
    pairs->folds = FOLDS;
    pairs->list = calloc(bin->count, sizeof *pairs->list);
    size_t *places = calloc(2 * bin->count, sizeof *places);
    enum status status = STATUS_OK;
    if (pairs->list == NULL || places == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "no memory for %zu pairs", bin->count);
    }
    if (status == STATUS_OK) status = read_same(bin, pairs->list);
    if (status == STATUS_OK) status = check_pictures(bin);
    for (size_t i = 0; i < bin->count && status == STATUS_OK; i++) {
        people += pairs->list[i].same ? 1 : 2;
    }
    if (status == STATUS_OK) {
        status = dataset_create(images, size, channels, 2 * bin->count, people);
    }
    if (status == STATUS_OK) status = name_pictures(*images, pairs->list);
    const struct dataset_source source = {decode, bin};
    if (status == STATUS_OK)
        status = dataset_fill(*images, "reading images", &source, NULL, places);
    if (status == STATUS_OK) status = keep_pairs(pairs, bin, places);
    free(places);
    return status;
}

enum status pairs_load_bin(struct pairs **pairs, struct dataset **images, const char *path,
                           int size, int channels)
{
    *pairs = NULL;
    *images = NULL;
    struct bin bin = {.path = path};
    size_t bytes = 0;
    struct pairs *made = calloc(1, sizeof *made);
    enum status status = STATUS_OK;
    if (made == NULL) status = status_fail(STATUS_NO_MEMORY, "no memory for pairs");
    if (status == STATUS_OK) status = files_read(&bin.bytes, &bytes, path, LIMIT_FILE_PICKLE);
    if (status == STATUS_OK) status = pickle_parse(&bin.pickle, bin.bytes, bytes, path);
    if (status == STATUS_OK) status = find_lists(&bin);
    if (status == STATUS_OK) status = make_pairs(made, images, &bin, size, channels);
    if (status == STATUS_OK) {
        *pairs = made;
        made = NULL;
    } else {
        dataset_destroy(images);
    }
    pickle_destroy(&bin.pickle);
    free(bin.bytes);
    pairs_destroy(&made);
    return status;
}
