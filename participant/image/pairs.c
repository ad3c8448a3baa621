// SPDX-License-Identifier: Apache-2.0
#include "image/pairs.h"

#include "base/files.h"
#include "base/limits.h"
#include "base/log.h"
#include "image/dataset_parts.h"
#include "image/pairs_file.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An image that a pairs file names, once. */
struct wanted {
    const char *person;
    unsigned number;
    char *name;   // "PERSON/FILE", NULL: there is none
    size_t place; // in the dataset, SIZE_MAX: none
};

struct album {
    struct wanted *list; // sorted by person and number
    size_t count;
    size_t *sides; // index of each side of each line, two a line
};

void pairs_destroy(struct pairs **pairs)
{
    if (*pairs == NULL) return;
    free((*pairs)->list);
    free(*pairs);
    *pairs = NULL;
}

static void destroy_album(struct album *album)
{
    for (size_t i = 0; i < album->count; i++) {
        free(album->list[i].name);
    }
    free(album->list);
    free(album->sides);
}

static int compare_sides(const struct pairs_side *a, const struct wanted *b)
{
    const int order = strcmp(a->name, b->person);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

static int compare_wanted(const void *first, const void *second)
{
    const struct wanted *a = first;
    return compare_sides(&(const struct pairs_side){a->person, a->number}, second);
}

static int find_wanted(const void *side, const void *wanted)
{
    return compare_sides(side, wanted);
}

/* Lists what the lines name, each image once. */
static enum status collect(struct album *album, const struct pairs_file *file)
{
    album->list = calloc(2 * file->count, sizeof *album->list);
    album->sides = calloc(2 * file->count, sizeof *album->sides);
    if (album->list == NULL || album->sides == NULL) {
        return status_fail(STATUS_NO_MEMORY, "no memory for %zu pairs", file->count);
    }
    for (size_t i = 0; i < 2 * file->count; i++) {
        const struct pairs_side *side = &file->lines[i / 2].sides[i % 2];
        album->list[i] = (struct wanted){side->name, side->number, NULL, SIZE_MAX};
    }
    qsort(album->list, 2 * file->count, sizeof *album->list, compare_wanted);
    for (size_t i = 0; i < 2 * file->count; i++) {
        if (i > 0 && compare_wanted(&album->list[i], &album->list[album->count - 1]) == 0) continue;
        album->list[album->count++] = album->list[i];
    }
    for (size_t i = 0; i < 2 * file->count; i++) {
        const struct wanted *found = bsearch(&file->lines[i / 2].sides[i % 2], album->list,
                                             album->count, sizeof *album->list, find_wanted);
        album->sides[i] = (size_t)(found - album->list);
    }
    return STATUS_OK;
}

/* Looks for PERSON/PERSON_0001.jpg or with another extension. */
static enum status look_for(struct wanted *wanted, const char *folder)
{
    static const char *const endings[] = {"jpg", "png", "jpeg", "pgm", "ppm", "pnm",
                                          "JPG", "PNG", "JPEG", "PGM", "PPM", "PNM"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char name[LIMIT_PATH], path[LIMIT_PATH];
        const int length = snprintf(name, sizeof name, "%s/%s_%04u.%s", wanted->person,
                                    wanted->person, wanted->number, endings[i]);
        if (length < 0 || length >= LIMIT_PATH) {
            return status_fail(STATUS_FULL, "%s: name too long, at most %d bytes", wanted->person,
                               LIMIT_PATH / 2);
        }
        const enum status status = files_join(path, folder, name);
        if (status != STATUS_OK) return status;
        if (!files_exists(path)) continue;
        wanted->name = strdup(name);
        if (wanted->name == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for names");
        wanted->place = 0; // for now: it exists
        return STATUS_OK;
    }
    return STATUS_OK;
}

static enum status check_missing(const struct pairs_file *file, const struct album *album,
                                 const char *path, const char *folder)
{
    size_t missing = 0;
    const struct wanted *first = NULL;
    for (size_t i = 0; i < file->count; i++) {
        const struct wanted *sides[2] = {&album->list[album->sides[2 * i]],
                                         &album->list[album->sides[2 * i + 1]]};
        if (sides[0]->place != SIZE_MAX && sides[1]->place != SIZE_MAX) continue;
        if (missing++ == 0) first = sides[0]->place == SIZE_MAX ? sides[0] : sides[1];
    }
    if (missing <= file->count / 2) return STATUS_OK;
    return status_fail(
        STATUS_BAD_INPUT,
        "%s: %zu of %zu pairs name images that %s lacks, the first one is %s/%s_%04u", path,
        missing, file->count, folder, first->person, first->person, first->number);
}

/* Makes the dataset of all images that exist, a label for each person, and reads it. */
static enum status read_album(struct dataset **images, struct album *album, const char *folder,
                              int size, int channels)
{
    size_t count = 0, people = 0;
    const char *last = NULL;
    for (size_t i = 0; i < album->count; i++) {
        if (album->list[i].name == NULL) continue;
        count++;
        if (last == NULL || strcmp(last, album->list[i].person) != 0) people++;
        last = album->list[i].person;
    }
    struct dataset *made = NULL;
    size_t *places = calloc(count + 1, sizeof *places);
    enum status status = dataset_create(&made, size, channels, count, people);
    if (places == NULL) status = status_fail(STATUS_NO_MEMORY, "no memory for %zu images", count);
    size_t next = 0, label = 0;
    for (size_t i = 0; i < album->count && status == STATUS_OK; i++) {
        struct wanted *wanted = &album->list[i];
        if (wanted->name == NULL) continue;
        if (next > 0 && strcmp(made->people_names[label], wanted->person) != 0) label++;
        if (made->people_names[label] == NULL) made->people_names[label] = strdup(wanted->person);
        if (made->people_names[label] == NULL) {
            status = status_fail(STATUS_NO_MEMORY, "no memory for names");
        }
        made->labels[next] = (uint32_t)label;
        made->names[next] = wanted->name;
        wanted->name = NULL; // moved
        wanted->place = next++;
    }
    if (status == STATUS_OK) status = dataset_read(made, folder, NULL, places);
    for (size_t i = 0; i < album->count && status == STATUS_OK; i++) {
        struct wanted *wanted = &album->list[i];
        if (wanted->place != SIZE_MAX) wanted->place = places[wanted->place];
    }
    if (status == STATUS_OK) {
        *images = made;
        made = NULL;
    }
    free(places);
    dataset_destroy(&made);
    return status;
}

static enum status make_pairs(struct pairs **pairs, const struct pairs_file *file,
                              const struct album *album, const char *path)
{
    struct pairs *made = calloc(1, sizeof *made);
    if (made != NULL) made->list = calloc(file->count, sizeof *made->list);
    if (made == NULL || made->list == NULL) {
        pairs_destroy(&made);
        return status_fail(STATUS_NO_MEMORY, "no memory for %zu pairs", file->count);
    }
    made->folds = file->folds;
    for (size_t i = 0; i < file->count; i++) {
        const struct wanted *first = &album->list[album->sides[2 * i]];
        const struct wanted *second = &album->list[album->sides[2 * i + 1]];
        if (first->place != SIZE_MAX && second->place != SIZE_MAX) {
            made->list[made->count++] =
                (struct pair){(uint32_t)first->place, (uint32_t)second->place, file->lines[i].same};
            continue;
        }
        const struct wanted *lost = first->place == SIZE_MAX ? first : second;
        made->missing++;
        log_warning("%s:%zu: pair left out: %s_%04u is missing or broken", path,
                    file->lines[i].line, lost->person, lost->number);
    }
    *pairs = made;
    return STATUS_OK;
}

enum status pairs_load(struct pairs **pairs, struct dataset **images, const char *path,
                       const char *folder, int size, int channels)
{
    *pairs = NULL;
    *images = NULL;
    struct pairs_file file;
    struct album album = {0};
    enum status status = pairs_file_read(&file, path);
    if (status != STATUS_OK) return status;
    if (!files_exists(folder)) {
        status = status_fail(STATUS_NOT_FOUND,
                             "%s: no such folder, expected DIR/NAME/NAME_0001.jpg", folder);
    }
    if (status == STATUS_OK) status = collect(&album, &file);
    for (size_t i = 0; i < album.count && status == STATUS_OK; i++) {
        status = look_for(&album.list[i], folder);
    }
    if (status == STATUS_OK) status = check_missing(&file, &album, path, folder);
    if (status == STATUS_OK) status = read_album(images, &album, folder, size, channels);
    if (status == STATUS_OK) status = check_missing(&file, &album, path, folder);
    if (status == STATUS_OK) status = make_pairs(pairs, &file, &album, path);
    if (status != STATUS_OK) dataset_destroy(images);
    destroy_album(&album);
    pairs_file_destroy(&file);
    return status;
}
