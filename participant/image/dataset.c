// SPDX-License-Identifier: Apache-2.0
#include "image/dataset.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/stop.h"
#include "image/dataset_parts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t image_bytes(const struct dataset *dataset)
{
    return (size_t)dataset->size * (size_t)dataset->size * (size_t)dataset->channels;
}

const uint8_t *dataset_pixels(const struct dataset *dataset, size_t index)
{
    assert(index < dataset->count);
    return dataset->pixels + index * image_bytes(dataset);
}

char *dataset_join_names(const char *first, const char *second)
{
    const size_t size = strlen(first) + strlen(second) + 2;
    char *joined = malloc(size);
    if (joined != NULL) snprintf(joined, size, "%s/%s", first, second);
    return joined;
}

static enum status fail_memory(const struct dataset *dataset)
{
    return status_fail(STATUS_NO_MEMORY, "no memory for %zu images of %d x %d pixels",
                       dataset->count, dataset->size, dataset->size);
}

enum status dataset_create(struct dataset **dataset, int size, int channels, size_t count,
                           size_t people)
{
    assert(size >= 1 && size <= LIMIT_IMAGE_SIDE && (channels == 1 || channels == 3));
    const struct dataset empty = {
        .size = size, .channels = channels, .count = count, .people = people};
    struct dataset *made = malloc(sizeof *made);
    if (made == NULL) return fail_memory(&empty);
    *made = empty;
    // One more than needed: an empty list is a list, too.
    made->labels = calloc(count + 1, sizeof *made->labels);
    made->names = calloc(count + 1, sizeof *made->names);
    made->people_names = calloc(people + 1, sizeof *made->people_names);
    if (made->labels == NULL || made->names == NULL || made->people_names == NULL) {
        dataset_destroy(&made);
        return fail_memory(&empty);
    }
    *dataset = made;
    return STATUS_OK;
}

void dataset_destroy(struct dataset **dataset)
{
    struct dataset *old = *dataset;
    if (old == NULL) return;
    for (size_t i = 0; i < old->count && old->names != NULL; i++) {
        free(old->names[i]);
    }
    for (size_t i = 0; i < old->people && old->people_names != NULL; i++) {
        free(old->people_names[i]);
    }
    free(old->pixels);
    free(old->labels);
    free(old->names);
    free(old->people_names);
    free(old);
    *dataset = NULL;
}

void dataset_keep(struct dataset *dataset, const bool *kept)
{
    const size_t bytes = image_bytes(dataset);
    size_t count = 0;
    for (size_t i = 0; i < dataset->count; i++) {
        if (!kept[i]) {
            free(dataset->names[i]);
            continue;
        }
        if (count != i) memcpy(dataset->pixels + count * bytes, dataset->pixels + i * bytes, bytes);
        dataset->labels[count] = dataset->labels[i];
        dataset->names[count++] = dataset->names[i];
    }
    dataset->count = count;
}

/* Copies picture `from` of a dataset as picture `to` of one that may be of another form. */
static enum status pick_one(struct dataset *made, size_t to, const struct dataset *dataset,
                            size_t from)
{
    struct image square = {0};
    struct image image = {.height = dataset->size,
                          .width = dataset->size,
                          .channels = dataset->channels,
                          .pixels = dataset->pixels + from * image_bytes(dataset)};
    assert(from < dataset->count);
    made->labels[to] = dataset->labels[from];
    made->names[to] = strdup(dataset->names[from]);
    if (made->names[to] == NULL) return fail_memory(made);
    const enum status status = image_square(&square, &image, made->size, made->channels);
    if (status != STATUS_OK) return status;
    memcpy(made->pixels + to * image_bytes(made), square.pixels, image_bytes(made));
    image_destroy(&square);
    return STATUS_OK;
}

enum status dataset_pick(struct dataset **picked, const struct dataset *dataset, int size,
                         int channels, const uint32_t *index, size_t count)
{
    struct dataset *made = NULL;
    enum status status = dataset_create(&made, size, channels, count, dataset->people);
    if (status != STATUS_OK) return status;
    made->pixels = malloc(count * image_bytes(made) + 1);
    if (made->pixels == NULL) status = fail_memory(made);
    for (size_t p = 0; p < dataset->people && status == STATUS_OK; p++) {
        made->people_names[p] = strdup(dataset->people_names[p]);
        if (made->people_names[p] == NULL) status = fail_memory(made);
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = pick_one(made, i, dataset, index == NULL ? i : index[i]);
    }
    if (status != STATUS_OK) {
        dataset_destroy(&made);
        return status;
    }
    *picked = made;
    return STATUS_OK;
}

/* Gets picture `index` of the source, in the dataset's form, as picture `to`; *broken gets the
 * message of what cannot be read. */
static enum status fill_one(struct dataset *dataset, size_t to, const struct dataset_source *source,
                            size_t index, char **broken)
{
    struct image image = {0}, square = {0};
    enum status status = source->get(source->context, index, &image);
    if (status == STATUS_OK) {
        status = image_square(&square, &image, dataset->size, dataset->channels);
    }
    if (status == STATUS_OK) {
        const size_t bytes = image_bytes(dataset);
        memcpy(dataset->pixels + to * bytes, square.pixels, bytes);
    } else if (status != STATUS_NO_MEMORY) {
        *broken = strdup(status_message());
        status = *broken == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    }
    image_destroy(&image);
    image_destroy(&square);
    return status;
}

/* Fills `count` pictures on all cores; the result does not depend on their order. */
static enum status fill_all(struct dataset *dataset, const char *what,
                            const struct dataset_source *source, const uint32_t *drawn,
                            size_t count, char **broken)
{
    enum status status = STATUS_OK;
    size_t done = 0;
#pragma omp parallel for schedule(dynamic, 4)
    for (size_t i = 0; i < count; i++) {
        enum status seen;
#pragma omp atomic read
        seen = status;
        if (seen != STATUS_OK) continue;
        const enum status own =
            stop_requested() ? STATUS_STOPPED : fill_one(dataset, i, source, drawn[i], &broken[i]);
#pragma omp critical(dataset_progress)
        {
            if (own == STATUS_OK) log_progress(what, ++done, count, "images");
        }
        if (own != STATUS_OK) {
#pragma omp atomic write
            status = own;
        }
    }
    // A sentence is kept by the thread that failed, which is not always this one.
    if (status == STATUS_NO_MEMORY) return fail_memory(dataset);
    if (status == STATUS_STOPPED) return status_fail(STATUS_STOPPED, "%s: stopped", what);
    return status;
}

/* Leaves the names and labels of the images that are drawn. */
static void thin(struct dataset *dataset, const uint32_t *drawn, size_t count)
{
    size_t next = 0;
    for (size_t i = 0; i < dataset->count; i++) {
        if (next == count || drawn[next] != i) {
            free(dataset->names[i]);
            continue;
        }
        dataset->labels[next] = dataset->labels[i];
        dataset->names[next++] = dataset->names[i];
    }
    dataset->count = count;
}

enum status dataset_fill(struct dataset *dataset, const char *what,
                         const struct dataset_source *source, const struct dataset_sample *sample,
                         size_t *places)
{
    assert(dataset->pixels == NULL && dataset->count > 0);
    size_t count = dataset->count, next = 0;
    uint32_t *drawn = NULL;
    enum status status = dataset_draw(&drawn, &count, sample);
    if (status != STATUS_OK) return status;
    dataset->pixels = calloc(count, image_bytes(dataset));
    char **broken = calloc(count, sizeof *broken);
    bool *kept = calloc(count, sizeof *kept);
    if (dataset->pixels == NULL || broken == NULL || kept == NULL) {
        status = fail_memory(dataset);
        goto done;
    }
    status = fill_all(dataset, what, source, drawn, count, broken);
    if (status != STATUS_OK) goto done;
    for (size_t i = 0; i < dataset->count && places != NULL; i++) {
        places[i] = SIZE_MAX;
    }
    for (size_t i = 0; i < count; i++) {
        kept[i] = broken[i] == NULL;
        if (places != NULL && kept[i]) places[drawn[i]] = next++;
        if (!kept[i]) log_warning("skipped: %s", broken[i]);
    }
    thin(dataset, drawn, count);
    dataset_keep(dataset, kept);
    dataset->skipped += count - dataset->count;
done:
    for (size_t i = 0; i < count && broken != NULL; i++) {
        free(broken[i]);
    }
    free(drawn);
    free(broken);
    free(kept);
    return status;
}

/* Marks the last `holdout` images of each person, but never the first one. */
static enum status mark_held(bool *kept, size_t *held_count, const struct dataset *dataset,
                             size_t holdout)
{
    size_t *left = calloc(dataset->people + 1, sizeof *left);
    if (left == NULL) return fail_memory(dataset);
    for (size_t i = 0; i < dataset->count; i++) {
        left[dataset->labels[i]]++;
    }
    // What is left of a person from here on, turned into how many of the first stay.
    for (size_t i = 0; i < dataset->people; i++) {
        left[i] = left[i] > holdout ? left[i] - holdout : left[i] > 0;
    }
    *held_count = 0;
    for (size_t i = 0; i < dataset->count; i++) {
        size_t *stays = &left[dataset->labels[i]];
        kept[i] = *stays > 0;
        *stays -= kept[i];
        *held_count += !kept[i];
    }
    free(left);
    return STATUS_OK;
}

static enum status copy_people(struct dataset *held, const struct dataset *dataset)
{
    for (size_t i = 0; i < dataset->people; i++) {
        held->people_names[i] = strdup(dataset->people_names[i]);
        if (held->people_names[i] == NULL) return fail_memory(held);
    }
    return STATUS_OK;
}

/* Moves the images that are not kept to `held`, which has room for them. */
static void move_images(struct dataset *held, struct dataset *dataset, const bool *kept)
{
    const size_t bytes = image_bytes(dataset);
    size_t next = 0;
    for (size_t i = 0; i < dataset->count; i++) {
        if (kept[i]) continue;
        memcpy(held->pixels + next * bytes, dataset->pixels + i * bytes, bytes);
        held->labels[next] = dataset->labels[i];
        held->names[next++] = dataset->names[i];
        dataset->names[i] = NULL;
    }
    dataset_keep(dataset, kept);
}

enum status dataset_hold_out(struct dataset **held, struct dataset *dataset, int holdout)
{
    assert(holdout >= 0);
    *held = NULL;
    struct dataset *made = NULL;
    size_t count = 0;
    bool *kept = calloc(dataset->count + 1, sizeof *kept);
    enum status status = kept == NULL ? fail_memory(dataset) : STATUS_OK;
    if (status == STATUS_OK) status = mark_held(kept, &count, dataset, (size_t)holdout);
    if (status == STATUS_OK) {
        status = dataset_create(&made, dataset->size, dataset->channels, count, dataset->people);
    }
    if (status == STATUS_OK) status = copy_people(made, dataset);
    if (status == STATUS_OK) {
        made->pixels = calloc(count + 1, image_bytes(dataset));
        if (made->pixels == NULL) status = fail_memory(made);
    }
    if (status == STATUS_OK) {
        move_images(made, dataset, kept);
        *held = made;
        made = NULL;
    }
    free(kept);
    dataset_destroy(&made);
    return status;
}
