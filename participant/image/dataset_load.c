// SPDX-License-Identifier: Apache-2.0
#include "image/dataset.h"

#include "base/files.h"
#include "base/limits.h"
#include "base/log.h"
#include "image/dataset_parts.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMED_MAX = 20 }; // people left out that the log names one by one

/* People left out because they have too few images. */
struct left_out {
    int images_min;
    size_t people;
};

static void leave_out(struct left_out *left_out, const char *person, size_t images)
{
    if (++left_out->people > NAMED_MAX) return;
    log_warning("left out: %s has %zu readable images, at least %d are needed", person, images,
                left_out->images_min);
}

static void sum_up(const struct left_out *left_out)
{
    if (left_out->people <= NAMED_MAX) return;
    log_warning("left out: %zu more people with fewer than %d readable images",
                left_out->people - NAMED_MAX, left_out->images_min);
}

static size_t files_used(const struct dataset_person *person, int images_max)
{
    const size_t most = (size_t)images_max;
    return most > 0 && person->count > most ? most : person->count;
}

/* The people of the wanted part: indices of the listing, rising. */
static enum status choose_people(uint32_t **chosen, size_t *count,
                                 const struct dataset_listing *listing, const char *folder,
                                 const struct dataset_options *options)
{
    uint32_t *enough = calloc(listing->count, sizeof *enough);
    if (enough == NULL) return status_fail(STATUS_NO_MEMORY, "no memory to list people");
    const size_t most = options->people_max > 0 ? (size_t)options->people_max : listing->count;
    size_t skip = (size_t)options->people_skip;
    struct left_out left_out = {.images_min = options->images_min};
    size_t enough_count = 0;
    for (size_t i = 0; i < listing->count && enough_count < most; i++) {
        const size_t images = files_used(&listing->people[i], options->images_max);
        if (images < (size_t)options->images_min) {
            leave_out(&left_out, listing->people[i].name, images);
        } else if (skip > 0) {
            skip--;
        } else {
            enough[enough_count++] = (uint32_t)i;
        }
    }
    sum_up(&left_out);
    enum status status = STATUS_OK;
    if (enough_count == 0) {
        status = status_fail(STATUS_BAD_INPUT, "%s: none of its %zu people has %d images%s", folder,
                             listing->count, options->images_min,
                             options->people_skip > 0 ? ", apart from those skipped" : "");
    } else {
        status = dataset_split(chosen, count, enough_count, options);
        if (status != STATUS_OK) status = status_fail(status, "%s: %s", folder, status_message());
    }
    for (size_t i = 0; status == STATUS_OK && i < *count; i++) {
        (*chosen)[i] = enough[(*chosen)[i]];
    }
    free(enough);
    return status;
}

/* A dataset with the names and labels of the chosen people, without pixels. */
static enum status name_images(struct dataset **dataset, const struct dataset_listing *listing,
                               const uint32_t *chosen, size_t people,
                               const struct dataset_options *options)
{
    size_t count = 0;
    for (size_t i = 0; i < people; i++) {
        count += files_used(&listing->people[chosen[i]], options->images_max);
    }
    struct dataset *made = NULL;
    enum status status = dataset_create(&made, options->size, options->channels, count, people);
    size_t next = 0;
    for (size_t i = 0; i < people && status == STATUS_OK; i++) {
        const struct dataset_person *person = &listing->people[chosen[i]];
        const size_t images = files_used(person, options->images_max);
        bool whole = (made->people_names[i] = strdup(person->name)) != NULL;
        for (size_t j = 0; j < images && whole; j++) {
            made->labels[next] = (uint32_t)i;
            made->names[next] = listing->records != NULL
                                    ? dataset_records_name(listing, person, j)
                                    : dataset_join_names(person->name, person->files[j]);
            whole = made->names[next++] != NULL;
        }
        if (!whole) status = status_fail(STATUS_NO_MEMORY, "no memory for names of images");
    }
    if (status != STATUS_OK) dataset_destroy(&made);
    *dataset = made;
    return status;
}

/* Removes people with too few images and numbers the others anew. */
static enum status drop_people(struct dataset *dataset, int images_min)
{
    size_t *images = calloc(dataset->people, sizeof *images);
    uint32_t *numbers = calloc(dataset->people, sizeof *numbers);
    bool *kept = calloc(dataset->count + 1, sizeof *kept);
    struct left_out left_out = {.images_min = images_min};
    uint32_t people = 0;
    enum status status = STATUS_OK;
    if (images == NULL || numbers == NULL || kept == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "no memory to count images");
        goto done;
    }
    for (size_t i = 0; i < dataset->count; i++) {
        images[dataset->labels[i]]++;
    }
    for (size_t i = 0; i < dataset->people; i++) {
        numbers[i] = people;
        if (images[i] >= (size_t)images_min) {
            dataset->people_names[people++] = dataset->people_names[i];
        } else {
            leave_out(&left_out, dataset->people_names[i], images[i]);
            free(dataset->people_names[i]);
        }
    }
    sum_up(&left_out);
    for (size_t i = 0; i < dataset->count; i++) {
        const uint32_t old = dataset->labels[i];
        kept[i] = images[old] >= (size_t)images_min;
        dataset->labels[i] = numbers[old];
    }
    dataset->people = people;
    dataset_keep(dataset, kept);
done:
    free(images);
    free(numbers);
    free(kept);
    return status;
}

struct place {
    const char *folder;
    const struct dataset *dataset;
};

static enum status read_image(const void *context, size_t index, struct image *image)
{
    const struct place *place = context;
    char path[LIMIT_PATH];
    const enum status status = files_join(path, place->folder, place->dataset->names[index]);
    return status == STATUS_OK ? image_read(image, path) : status;
}

enum status dataset_read(struct dataset *dataset, const char *folder,
                         const struct dataset_sample *sample, size_t *places)
{
    const struct place place = {folder, dataset};
    const struct dataset_source files = {read_image, &place};
    return dataset_fill(dataset, "reading images", &files, sample, places);
}

/* Whether the files of a person can be opened; records are one file, which was. */
static enum status check_files(const char *folder, const struct dataset_person *person,
                               size_t images)
{
    char path[LIMIT_PATH];
    enum status status = files_join(path, folder, person->name);
    const size_t length = status == STATUS_OK ? strlen(path) : 0;
    for (size_t i = 0; i < images && status == STATUS_OK && person->files != NULL; i++) {
        if (snprintf(path + length, sizeof path - length, "/%s", person->files[i]) >=
            (int)(sizeof path - length)) {
            status = status_fail(STATUS_FULL, "%.200s..: path too long", path);
        } else if (access(path, R_OK) != 0) {
            status = status_fail(STATUS_IO, "%s: %s", path, strerror(errno));
        }
    }
    return status;
}

enum status dataset_count(size_t *people, size_t *images, const char *path,
                          const struct dataset_options *options)
{
    struct dataset_listing listing = {0};
    uint32_t *chosen = NULL;
    *people = *images = 0;
    enum status status = dataset_list(&listing, path);
    if (status == STATUS_OK) status = choose_people(&chosen, people, &listing, path, options);
    for (size_t i = 0; status == STATUS_OK && i < *people; i++) {
        const struct dataset_person *person = &listing.people[chosen[i]];
        const size_t used = files_used(person, options->images_max);
        *images += used;
        status = check_files(path, person, used);
    }
    free(chosen);
    dataset_list_destroy(&listing);
    return status;
}

enum status dataset_load(struct dataset **dataset, const char *path,
                         const struct dataset_options *options)
{
    assert(options->images_min >= 1 && options->images_max >= 0);
    assert(options->people_max >= 0 && options->people_skip >= 0);
    *dataset = NULL;
    struct dataset *made = NULL;
    struct dataset_listing listing = {0};
    uint32_t *chosen = NULL;
    size_t people = 0;
    bool all = true;
    enum status status = dataset_list(&listing, path);
    if (status != STATUS_OK) goto done;
    status = choose_people(&chosen, &people, &listing, path, options);
    if (status != STATUS_OK) goto done;
    status = name_images(&made, &listing, chosen, people, options);
    if (status != STATUS_OK) goto done;
    all = options->sample.count == 0 || options->sample.count >= made->count;
    status = listing.records != NULL
                 ? dataset_records_read(made, &listing, chosen, &options->sample)
                 : dataset_read(made, path, &options->sample, NULL);
    if (status == STATUS_OK && all) status = drop_people(made, options->images_min);
    if (status != STATUS_OK) goto done;
    if (made->skipped > 0) log_warning("%s: %zu broken images skipped", path, made->skipped);
    if (made->count == 0) {
        status = status_fail(STATUS_BAD_INPUT, "%s: nobody has %d readable images", path,
                             options->images_min);
        goto done;
    }
    *dataset = made;
    made = NULL;
done:
    free(chosen);
    dataset_list_destroy(&listing);
    dataset_destroy(&made);
    return status;
}
