// SPDX-License-Identifier: Apache-2.0
#include "train/supply.h"

#include "base/log.h"
#include "base/stop.h"
#include "train/supply_cache.h"

#include <assert.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* Bands computed between two looks at the world, when their images are that small. */
#define PORTION_BYTES ((size_t)4 << 20)

struct supply {
    const struct mask *mask;
    uint8_t noise[MASK_NOISE_BYTES];
    struct dataset *dataset;
    const float *bands; // of every image, in memory or in the cache; NULL: computed anew
    float *kept;        // in memory, or NULL
    struct supply_cache cache;
    float *scratch; // of bands computed anew, for each thread
    int threads;
};

static enum status fail_memory(const struct supply *supply)
{
    return status_fail(STATUS_NO_MEMORY, "out of memory for the bands of %zu images",
                       supply->dataset->count);
}

/* Computes all bands, to memory or through `portion` images of scratch to the cache. */
static enum status compute_all(struct supply *supply, float *scratch, size_t portion)
{
    const size_t values = mask_values(supply->mask), count = supply->dataset->count;
    enum status status = STATUS_OK;
    for (size_t first = 0; first < count && status == STATUS_OK; first += portion) {
        const size_t now = count - first < portion ? count - first : portion;
        float *to = supply->kept != NULL ? supply->kept + first * values : scratch;
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < now; i++) {
            mask_bands(supply->mask, to + i * values, dataset_pixels(supply->dataset, first + i),
                       supply->dataset->channels);
            mask_perturb(supply->mask, to + i * values, supply->noise, first + i);
        }
        if (supply->kept == NULL) {
            status = supply_cache_write(&supply->cache, to, now * values, first * values);
        }
        if (status == STATUS_OK && stop_requested()) {
            status = status_fail(STATUS_STOPPED, "stopped while computing bands");
        }
        log_progress("computing bands", first + now, count, "images");
    }
    return status;
}

/* Keeps the bands of all images, in memory or in a file of `folder`, and forgets their pixels. */
static enum status keep_all(struct supply *supply, size_t numbers, bool in_memory,
                            const char *folder)
{
    const size_t bytes = mask_values(supply->mask) * sizeof(float);
    size_t portion = PORTION_BYTES / bytes;
    if (portion < (size_t)supply->threads) portion = (size_t)supply->threads;
    float *scratch = NULL;
    enum status status = STATUS_OK;
    if (in_memory) {
        supply->kept = calloc(numbers, sizeof(float));
        if (supply->kept == NULL) return fail_memory(supply);
    } else {
        status = supply_cache_create(&supply->cache, folder, numbers * sizeof(float));
        if (status != STATUS_OK) return status;
        log_info("bands of %zu images take %zu MiB: they go to a file in %s, which is gone when "
                 "this process ends",
                 supply->dataset->count, numbers * sizeof(float) >> 20, folder);
        scratch = calloc(portion, bytes);
        if (scratch == NULL) return fail_memory(supply);
    }
    status = compute_all(supply, scratch, portion);
    free(scratch);
    if (status == STATUS_OK && !in_memory) status = supply_cache_map(&supply->cache);
    if (status != STATUS_OK) return status;
    supply->bands = in_memory ? supply->kept : supply->cache.numbers;
    free(supply->dataset->pixels);
    supply->dataset->pixels = NULL;
    return STATUS_OK;
}

enum status supply_create(struct supply **supply, const struct mask *mask, struct dataset **dataset,
                          struct supply_options options)
{
    struct supply *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for images");
    made->mask = mask;
    memcpy(made->noise, options.noise, sizeof made->noise);
    made->dataset = *dataset;
    made->threads = omp_get_max_threads();
    *dataset = NULL;
    const size_t values = mask_values(mask), count = made->dataset->count;
    const bool countable = count <= SIZE_MAX / sizeof(float) / values;
    const bool in_memory = count <= options.bytes_max / sizeof(float) / values;
    enum status status = STATUS_OK;
    if (count > 0 && (in_memory || (options.folder != NULL && options.folder[0] != '\0'))) {
        status = countable ? keep_all(made, count * values, in_memory, options.folder)
                           : fail_memory(made);
    } else {
        made->scratch = calloc((size_t)made->threads, values * sizeof *made->scratch);
        if (made->scratch == NULL) status = fail_memory(made);
    }
    if (status != STATUS_OK) {
        supply_destroy(&made);
        return status;
    }
    *supply = made;
    return STATUS_OK;
}

void supply_destroy(struct supply **supply)
{
    if (*supply == NULL) return;
    dataset_destroy(&(*supply)->dataset);
    supply_cache_destroy(&(*supply)->cache);
    free((*supply)->kept);
    free((*supply)->scratch);
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

const char *supply_person(const struct supply *supply, size_t label)
{
    return supply->dataset->people_names[label];
}

size_t supply_bytes(const struct supply *supply)
{
    if (supply == NULL || supply->kept == NULL) return 0;
    return supply->dataset->count * mask_values(supply->mask) * sizeof(float);
}

/* One image: its bands as they are kept, or computed into `own`. */
static void mask_one(const struct supply *supply, float *out, float *own, uint32_t index, int flip,
                     struct random *random)
{
    const size_t values = mask_values(supply->mask), first = index * values;
    if (supply->bands == NULL) {
        mask_bands(supply->mask, own, dataset_pixels(supply->dataset, index),
                   supply->dataset->channels);
        mask_perturb(supply->mask, own, supply->noise, index);
        mask_apply(supply->mask, out, own, flip, random);
        return;
    }
    mask_apply(supply->mask, out, supply->bands + first, flip, random);
    // Else the process would seem to use as much memory as the file is long.
    if (supply->kept == NULL) supply_cache_release(&supply->cache, first, values);
}

void supply_masked(const struct supply *supply, float *out, const uint32_t *index,
                   const uint8_t *flip, size_t count, uint64_t seed, uint32_t pass)
{
    const size_t values = mask_values(supply->mask);
    const int most = omp_get_max_threads();
    const int threads = most < supply->threads ? most : supply->threads;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t i = 0; i < count; i++) {
        assert(index[i] < supply->dataset->count);
        float *own =
            supply->bands != NULL ? NULL : supply->scratch + (size_t)omp_get_thread_num() * values;
        struct random random;
        random_start(&random, seed, index[i] & RANDOM_PARTICIPANT_MAX, RANDOM_SHUFFLE, pass, 0);
        mask_one(supply, out + i * values, own, index[i], flip != NULL && flip[i], &random);
    }
}

void supply_expect(const struct supply *supply, const uint32_t *index, size_t count)
{
    if (supply->bands == NULL || supply->kept != NULL) return;
    const size_t values = mask_values(supply->mask);
    for (size_t i = 0; i < count; i++) {
        supply_cache_fetch(&supply->cache, index[i] * values, values);
    }
}
