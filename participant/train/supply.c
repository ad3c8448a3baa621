// SPDX-License-Identifier: Apache-2.0
#include "train/supply.h"

#include <stdlib.h>

struct supply {
    const struct mask *mask;
    struct dataset *dataset;
    float *bands; // of every image, or NULL
};

enum status supply_create(struct supply **supply, const struct mask *mask, struct dataset **dataset)
{
    struct supply *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for images");
    made->mask = mask;
    made->dataset = *dataset;
    *dataset = NULL;
    const size_t values = mask_values(mask), count = made->dataset->count;
    if (count <= SUPPLY_BYTES_MAX / sizeof(float) / values) {
        made->bands = malloc(count * values * sizeof *made->bands);
        if (made->bands == NULL) {
            supply_destroy(&made);
            return status_fail(STATUS_NO_MEMORY, "out of memory for %zu images", count);
        }
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < count; i++) {
            mask_bands(mask, made->bands + i * values, dataset_pixels(made->dataset, i),
                       made->dataset->channels);
        }
        free(made->dataset->pixels);
        made->dataset->pixels = NULL;
    }
    *supply = made;
    return STATUS_OK;
}

void supply_destroy(struct supply **supply)
{
    if (*supply == NULL) return;
    dataset_destroy(&(*supply)->dataset);
    free((*supply)->bands);
    free(*supply);
    *supply = NULL;
}

size_t supply_count(const struct supply *supply)
{
    return supply->dataset->count;
}

size_t supply_people(const struct supply *supply)
{
    return supply->dataset->people;
}

const uint32_t *supply_labels(const struct supply *supply)
{
    return supply->dataset->labels;
}

/* One image: its bands from memory, or computed into `own`. */
static void mask_one(const struct supply *supply, float *out, float *own, uint32_t index, int flip,
                     struct random *random)
{
    const float *bands = own;
    if (supply->bands != NULL) {
        bands = supply->bands + index * mask_values(supply->mask);
    } else {
        mask_bands(supply->mask, own, dataset_pixels(supply->dataset, index),
                   supply->dataset->channels);
    }
    mask_apply(supply->mask, out, bands, flip, random);
}

void supply_masked(const struct supply *supply, float *out, const uint32_t *index,
                   const uint8_t *flip, size_t count, uint64_t seed, uint32_t pass)
{
    const size_t values = mask_values(supply->mask);
#pragma omp parallel
    {
        float *own = supply->bands == NULL ? malloc(values * sizeof *own) : NULL;
        if (supply->bands == NULL && own == NULL) abort();
#pragma omp for schedule(static)
        for (size_t i = 0; i < count; i++) {
            struct random random;
            random_start(&random, seed, index[i] & RANDOM_PARTICIPANT_MAX, RANDOM_SHUFFLE, pass, 0);
            mask_one(supply, out + i * values, own, index[i], flip != NULL && flip[i], &random);
        }
        free(own);
    }
}
