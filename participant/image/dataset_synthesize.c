// SPDX-License-Identifier: Apache-2.0
#include "image/dataset.h"

#include "base/random.h"
#include "image/dataset_parts.h"
#include "image/portrait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 32 };

struct studio {
    uint64_t seed;
    uint32_t first_person;
    const uint32_t *chosen; // people of this part
    size_t images;
};

static enum status paint(const void *context, size_t index, struct image *image)
{
    const struct studio *studio = context;
    const uint32_t person = studio->first_person + studio->chosen[index / studio->images];
    return portrait_paint(image, studio->seed, person, (uint32_t)(index % studio->images));
}

static enum status name_images(struct dataset *dataset, const struct studio *studio)
{
    char person[NAME_MAX_BYTES], file[NAME_MAX_BYTES];
    for (size_t i = 0; i < dataset->count; i++) {
        const size_t label = i / studio->images;
        const uint32_t number = studio->first_person + studio->chosen[label];
        snprintf(person, sizeof person, "person_%04u", (unsigned)number);
        snprintf(file, sizeof file, "%04zu.png", i % studio->images);
        if (dataset->people_names[label] == NULL) dataset->people_names[label] = strdup(person);
        dataset->labels[i] = (uint32_t)label;
        dataset->names[i] = dataset_join_names(person, file);
        if (dataset->names[i] == NULL || dataset->people_names[label] == NULL) {
            return status_fail(STATUS_NO_MEMORY, "no memory for names of images");
        }
    }
    return STATUS_OK;
}

enum status dataset_synthesize(struct dataset **dataset, uint64_t seed, int first_person,
                               int people, int images, const struct dataset_options *options)
{
    *dataset = NULL;
    if (people < 1 || images < 1 || first_person < 0 ||
        (uint64_t)first_person + (uint64_t)people - 1 > RANDOM_PARTICIPANT_MAX) {
        return status_fail(
            STATUS_BAD_INPUT,
            "synthetic people %d to %lld with %d images each, allowed are people 0 to "
            "%u with at least one image",
            first_person, (long long)first_person + people - 1, images, RANDOM_PARTICIPANT_MAX);
    }
    struct dataset *made = NULL;
    uint32_t *chosen = NULL;
    size_t count = 0;
    enum status status = dataset_split(&chosen, &count, (size_t)people, options);
    if (status != STATUS_OK) return status;
    const struct studio studio = {seed, (uint32_t)first_person, chosen, (size_t)images};
    const struct dataset_source portraits = {paint, &studio};
    status = dataset_create(&made, options->size, options->channels, count * studio.images, count);
    if (status == STATUS_OK) status = name_images(made, &studio);
    if (status == STATUS_OK) {
        status = dataset_fill(made, "painting people", &portraits, &options->sample, NULL);
    }
    if (status == STATUS_OK) {
        *dataset = made;
        made = NULL;
    }
    free(chosen);
    dataset_destroy(&made);
    return status;
}
