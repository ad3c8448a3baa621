// SPDX-License-Identifier: Apache-2.0
#include "image/dataset.h"
#include "base/limits.h"
#include "image/dataset_parts.h"
#include "image/portrait.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t dataset_image_bytes(int size, int channels)
{
    return (size_t)size * (size_t)size * (size_t)channels;
}

const uint8_t *dataset_pixels(const struct dataset *dataset, size_t index)
{
    assert(index < dataset->count && dataset->pixels != NULL);
    return dataset->pixels + index * dataset_image_bytes(dataset->size, dataset->channels);
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; texts != NULL && i < count; i++) {
        free(texts[i]);
    }
    free(texts);
}

void dataset_destroy(struct dataset **dataset)
{
    if (*dataset == NULL) return;
    free_texts((*dataset)->names, (*dataset)->count);
    free_texts((*dataset)->people_names, (*dataset)->people);
    free((*dataset)->pixels);
    free((*dataset)->labels);
    free(*dataset);
    *dataset = NULL;
}

enum status dataset_create(struct dataset **dataset, int size, int channels, size_t images_max,
                           size_t people_max)
{
    struct dataset *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for images");
    made->size = size;
    made->channels = channels;
    made->pixels = calloc(images_max > 0 ? images_max : 1, dataset_image_bytes(size, channels));
    made->labels = calloc(images_max + 1, sizeof *made->labels);
    made->names = calloc(images_max + 1, sizeof *made->names);
    made->people_names = calloc(people_max + 1, sizeof *made->people_names);
    if (!made->pixels || !made->labels || !made->names || !made->people_names) {
        dataset_destroy(&made);
        return status_fail(STATUS_NO_MEMORY, "out of memory for %zu images of %dx%d", images_max,
                           size, size);
    }
    *dataset = made;
    return STATUS_OK;
}

/* Where each part begins in the permuted list of people: sizes differ by at most one, or follow
 * exp(-skew * rank), each part holding at least one person. */
static size_t part_first(size_t people, const struct dataset_options *options, int part)
{
    const size_t parts = (size_t)options->split_count;
    if (options->skew <= 0) return people * (size_t)part / parts;
    double total = 0, before = 0;
    for (int rank = 0; rank < options->split_count; rank++) {
        const double share = dataset_skew_share(options->skew, rank);
        total += share;
        before += rank < part ? share : 0;
    }
    // One person each, the others by share.
    const double others = (double)(people - parts);
    return (size_t)part + (size_t)(others * before / total + 0.5);
}

enum status dataset_choose_people(bool **chosen, size_t people,
                                  const struct dataset_options *options)
{
    const int parts = options->split_count > 1 ? options->split_count : 1;
    if (people < (size_t)parts) {
        return status_fail(STATUS_BAD_INPUT, "%zu people cannot be shared out over %d participants",
                           people, parts);
    }
    *chosen = calloc(people, sizeof **chosen);
    uint32_t *order = calloc(people, sizeof *order);
    if (*chosen == NULL || order == NULL) {
        free(*chosen);
        free(order);
        return status_fail(STATUS_NO_MEMORY, "out of memory for %zu people", people);
    }
    struct random random;
    random_start(&random, options->seed, 0, RANDOM_SPLIT, 0, 0);
    random_permutation(&random, order, people);
    const size_t first = parts == 1 ? 0 : part_first(people, options, options->split_index);
    const size_t end = parts == 1 ? people : part_first(people, options, options->split_index + 1);
    for (size_t i = first; i < end; i++) {
        (*chosen)[order[i]] = true;
    }
    free(order);
    return STATUS_OK;
}

static char *copy_text(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy != NULL) memcpy(copy, text, size);
    return copy;
}

/* Entry `to` of one dataset from entry `from` of another (or the same). */
static void move_image(struct dataset *to, size_t at, struct dataset *from, size_t index)
{
    const size_t bytes = dataset_image_bytes(to->size, to->channels);
    memmove(to->pixels + at * bytes, from->pixels + index * bytes, bytes);
    to->labels[at] = from->labels[index];
    char *name = from->names[index];
    from->names[index] = NULL;
    to->names[at] = name;
}

enum status dataset_hold_out(struct dataset **held, struct dataset *dataset, int holdout)
{
    assert(holdout >= 0);
    size_t *left = calloc(dataset->people + 1, sizeof *left);
    if (left == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for held-back images");
    struct dataset *second = NULL;
    enum status status = dataset_create(&second, dataset->size, dataset->channels,
                                        (size_t)holdout * dataset->people, dataset->people);
    for (size_t p = 0; status == STATUS_OK && p < dataset->people; p++) {
        second->people_names[p] = copy_text(dataset->people_names[p]);
        if (second->people_names[p] == NULL) status = STATUS_NO_MEMORY;
        second->people++;
    }
    if (status != STATUS_OK) {
        free(left);
        dataset_destroy(&second);
        return status_fail(STATUS_NO_MEMORY, "out of memory for held-back images");
    }
    for (size_t i = 0; i < dataset->count; i++) {
        left[dataset->labels[i]]++;
    }
    // Images of a person stand together; `left` counts those from here on.
    size_t kept = 0;
    uint32_t person = UINT32_MAX;
    size_t kept_of_person = 0;
    for (size_t i = 0; i < dataset->count; i++) {
        kept_of_person = dataset->labels[i] == person ? kept_of_person : 0;
        person = dataset->labels[i];
        const bool hold = kept_of_person > 0 && left[person] <= (size_t)holdout;
        left[person]--;
        if (hold) {
            move_image(second, second->count++, dataset, i);
        } else {
            kept_of_person++;
            move_image(dataset, kept++, dataset, i);
        }
    }
    dataset->count = kept;
    free(left);
    *held = second;
    return STATUS_OK;
}

/* Paints every image of the chosen people; images are independent of each other. */
static enum status paint_people(struct dataset *dataset, const uint32_t *person, size_t people,
                                int images, uint64_t seed)
{
    const size_t count = people * (size_t)images;
    const size_t bytes = dataset_image_bytes(dataset->size, dataset->channels);
    bool failed = false;
#pragma omp parallel for schedule(dynamic, 8)
    for (size_t i = 0; i < count; i++) {
        struct image portrait = {0}, square = {0};
        const uint32_t shot = (uint32_t)(i % (size_t)images);
        if (portrait_paint(&portrait, seed, person[i / (size_t)images], shot) != STATUS_OK ||
            image_square(&square, &portrait, dataset->size, dataset->channels) != STATUS_OK) {
#pragma omp atomic write
            failed = true;
        } else {
            memcpy(dataset->pixels + i * bytes, square.pixels, bytes);
        }
        image_destroy(&portrait);
        image_destroy(&square);
    }
    return failed ? status_fail(STATUS_NO_MEMORY, "out of memory for synthetic people") : STATUS_OK;
}

static enum status name_synthetic(struct dataset *dataset, const uint32_t *person, size_t people,
                                  int images)
{
    for (size_t p = 0; p < people; p++) {
        char text[64];
        snprintf(text, sizeof text, "person_%04u", (unsigned)person[p]);
        dataset->people_names[dataset->people++] = copy_text(text);
        for (int shot = 0; shot < images; shot++) {
            snprintf(text, sizeof text, "person_%04u/%04d.png", (unsigned)person[p], shot);
            dataset->labels[dataset->count] = (uint32_t)p;
            dataset->names[dataset->count++] = copy_text(text);
            if (dataset->names[dataset->count - 1] == NULL) return STATUS_NO_MEMORY;
        }
    }
    return STATUS_OK;
}

enum status dataset_synthesize(struct dataset **dataset, uint64_t seed, int first_person, int people,
                               int images, const struct dataset_options *options)
{
    assert(first_person >= 0 && people > 0 && images > 0);
    bool *chosen = NULL;
    struct dataset *made = NULL;
    uint32_t *person = calloc((size_t)people, sizeof *person);
    enum status status = dataset_choose_people(&chosen, (size_t)people, options);
    if (status != STATUS_OK || person == NULL) goto done;
    size_t count = 0;
    for (int p = 0; p < people; p++) {
        if (chosen[p]) person[count++] = (uint32_t)(first_person + p);
    }
    status = dataset_create(&made, options->size, options->channels, count * (size_t)images, count);
    if (status == STATUS_OK) status = name_synthetic(made, person, count, images);
    if (status == STATUS_OK) status = paint_people(made, person, count, images, seed);
    if (status == STATUS_OK) {
        *dataset = made;
        made = NULL;
    }
done:
    dataset_destroy(&made);
    free(chosen);
    free(person);
    return status;
}
