// SPDX-License-Identifier: Apache-2.0
#include "attacks/unmix_bands.h"

#include "attacks/unmix.h"
#include "attacks/unmix_labels.h"
#include "base/sizes.h"

#include <stdlib.h>

enum { COLUMNS = 4096, SIGN_STEPS = 30 }; // values that are un-mixed at a time

struct work {
    size_t images, rows, width; // width: of this part
    struct observe_mix *mixes;  // rows
    float *part;                // images x width
    float *mixed, *room;        // rows x width
};

static void work_destroy(struct work *work)
{
    free(work->mixes);
    free(work->part);
    free(work->mixed);
    free(work->room);
}

static enum status work_create(struct work *work, const struct target *target,
                               const struct dataset *set, size_t epochs, uint64_t seed)
{
    work->images = set->count;
    work->rows = epochs * set->count;
    work->mixes = malloc(work->rows * sizeof *work->mixes);
    work->part = malloc(work->images * COLUMNS * sizeof *work->part);
    work->mixed = malloc(work->rows * COLUMNS * sizeof *work->mixed);
    work->room = malloc(work->rows * COLUMNS * sizeof *work->room);
    if (work->mixes == NULL || work->part == NULL || work->mixed == NULL || work->room == NULL) {
        work_destroy(work);
        return status_fail(STATUS_NO_MEMORY, "out of memory for %zu mixes", work->rows);
    }
    for (size_t epoch = 0; epoch < epochs; epoch++) {
        observe_mixes(work->mixes + epoch * set->count, target, set, NULL, set->count, seed,
                      (uint32_t)epoch);
    }
    return STATUS_OK;
}

/* Mixes the values from `first` on; `part` keeps what they were. */
static void mix_part(struct work *work, const float *bands, size_t values, size_t first)
{
    work->width = sizes_least(values - first, COLUMNS);
    for (size_t i = 0; i < work->images * work->width; i++) {
        work->part[i] = bands[i / work->width * values + first + i % work->width];
    }
    unmix_mix(work->mixed, work->mixes, work->rows, work->part, work->width);
}

static void keep_part(const struct work *work, float *bands, size_t values, size_t first)
{
    for (size_t i = 0; i < work->images * work->width; i++) {
        bands[i / work->width * values + first + i % work->width] = work->part[i];
    }
}

/* Without signs by least squares, else from the mean face by guessing them. */
static enum status solve_known(struct work *work, bool signs, const float *start)
{
    if (signs) {
        for (size_t i = 0; i < work->images * work->width; i++) {
            work->part[i] = start == NULL ? 0 : start[i % work->width];
        }
        return unmix_signed(work->part, work->mixes, work->mixed, work->rows, work->images,
                            work->width, SIGN_STEPS, work->room);
    }
    struct unmix unmix;
    enum status status = unmix_create(&unmix, work->images, work->width);
    if (status != STATUS_OK) return status;
    unmix_add(&unmix, work->mixes, work->mixed, work->rows);
    status = unmix_solve(&unmix, work->part, UNMIX_RIDGE);
    unmix_destroy(&unmix);
    return status;
}

enum status unmix_bands_known(float *bands, const struct target *target, const struct dataset *set,
                              const float *start, uint64_t seed)
{
    const size_t values = target_values(target);
    struct work work;
    enum status status = work_create(&work, target, set, UNMIX_BANDS_EPOCHS, seed);
    if (status != STATUS_OK) return status;
    for (size_t first = 0; first < values && status == STATUS_OK; first += COLUMNS) {
        mix_part(&work, bands, values, first);
        status = solve_known(&work, mask_signs(target->mask), start == NULL ? NULL : start + first);
        keep_part(&work, bands, values, first);
    }
    work_destroy(&work);
    return status;
}

enum status unmix_bands_guessed(float *bands, const struct target *target,
                                const struct dataset *set, const struct observe_mix *guessed,
                                size_t epochs, uint64_t seed)
{
    const size_t values = target_values(target);
    struct work work;
    enum status status = work_create(&work, target, set, epochs, seed);
    if (status != STATUS_OK) return status;
    for (size_t first = 0; first < values && status == STATUS_OK; first += COLUMNS) {
        mix_part(&work, bands, values, first);
        const struct unmix_problem problem = {.mixes = work.mixes,
                                              .mixed = work.mixed,
                                              .count = work.rows,
                                              .values = work.width,
                                              .labels = set->labels,
                                              .images = set->count,
                                              .people = set->people};
        status = unmix_labels_solve(&problem, guessed, work.part);
        keep_part(&work, bands, values, first);
    }
    work_destroy(&work);
    return status;
}
