// SPDX-License-Identifier: Apache-2.0
#include "attacks/recover_parts.h"

#include "attacks/ridge.h"
#include "base/sizes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 8, ROWS_MAX = 65536 }; // images at a time, examples of a regression

#define EPSILON      1e-5  // frequency/mask.h
#define RIDGE        1e-4  // beside features of variance about 1
#define ERROR_MIN    0.2   // in grey levels: rounding of pixels
#define ERROR_SHARE  0.02  // of a band's own scale
#define WEAK_UP8     100.0 // where bands tell all differences, a prior only lowers the contrast
#define SPREAD_SHARE 4.0   // the gradient says more than the distance from the mean face

struct work {
    struct recover *recover;
    const struct recover_options *options;
    float *masked, *features;   // BATCH x values
    float *bands;               // BATCH x area x bands: of the principal images
    float *planes;              // BATCH x components x pixels: likewise
    float *z;                   // BATCH x values: of the kept bands of these
    float *windows, *wanted;    // examples of one batch
    struct unmask_room *unmask; // BATCH
    uint32_t index[BATCH], principal[BATCH];
    size_t count; // in this batch
    double scale[BATCH][LIMIT_BANDS], shift[BATCH][LIMIT_BANDS];
};

static void work_destroy(struct work *work)
{
    free(work->masked);
    free(work->features);
    free(work->z);
    free(work->bands);
    free(work->planes);
    free(work->windows);
    free(work->wanted);
    free(work->unmask);
}

static enum status work_create(struct work *work)
{
    const struct recover *recover = work->recover;
    const size_t values = recover_values(recover), bands = recover->area * recover->bands;
    work->masked = malloc(BATCH * values * sizeof *work->masked);
    work->features = malloc(BATCH * values * sizeof *work->features);
    work->z = malloc(BATCH * values * sizeof *work->z);
    work->bands = malloc(BATCH * bands * sizeof *work->bands);
    work->planes = malloc(BATCH * (size_t)recover->components * recover_pixels(recover) *
                          sizeof *work->planes);
    work->windows = malloc(BATCH * recover->area * recover->inputs * sizeof *work->windows);
    work->wanted = malloc(BATCH * bands * sizeof *work->wanted);
    work->unmask = malloc(BATCH * sizeof *work->unmask);
    return work->masked != NULL && work->features != NULL && work->z != NULL &&
                   work->bands != NULL && work->planes != NULL && work->windows != NULL &&
                   work->wanted != NULL && work->unmask != NULL
               ? STATUS_OK
               : status_fail(STATUS_NO_MEMORY, "out of memory for masked images");
}

/* The next batch: what is seen of it, and the bands and planes of the faces that it shows. */
static enum status see_batch(struct work *work, size_t first, size_t count)
{
    const struct recover *recover = work->recover;
    const struct dataset *known = work->options->known;
    work->count = sizes_least(count - first, BATCH);
    for (size_t i = 0; i < work->count; i++) {
        work->index[i] = (uint32_t)(first + i);
    }
    const bool signs = mask_signs(work->options->target->mask); // single faces have none
    const enum status status =
        recover_see(recover, work->options, work->masked, work->principal, known, work->index,
                    work->count, work->options->mixed && signs);
    if (status != STATUS_OK) return status;
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t i = 0; i < work->count; i++) {
        float *bands = work->bands + i * recover->area * recover->bands;
        recover_look(recover, bands,
                     work->planes + i * (size_t)recover->components * recover_pixels(recover),
                     dataset_pixels(known, work->principal[i]), known->channels);
        recover_score(recover, work->z + i * recover_values(recover), work->scale[i],
                      work->shift[i], bands);
    }
    return STATUS_OK;
}

/* sum += a row of each image of the batch, over `total` images a mean */
static void add_mean(float *mean, const float *rows, size_t size, size_t count, size_t total)
{
    for (size_t i = 0; i < count * size; i++) {
        mean[i % size] += rows[i] / (float)total;
    }
}

/* First pass: the mean face and its bands, the scales that z-scores take. */
static enum status measure(struct work *work, size_t count)
{
    struct recover *recover = work->recover;
    double squares[LIMIT_BANDS] = {0}, gains[LIMIT_BANDS] = {0};
    for (size_t first = 0; first < count; first += BATCH) {
        const enum status status = see_batch(work, first, count);
        if (status != STATUS_OK) return status;
        add_mean(recover->mean, work->bands, recover->area * recover->bands, work->count, count);
        add_mean(recover->face, work->planes, (size_t)recover->components * recover_pixels(recover),
                 work->count, count);
        for (size_t i = 0; i < work->count; i++) {
            const float *z = work->z + i * recover_values(recover);
            for (size_t c = 0; c < recover->channels; c++) {
                recover->scale[c] += work->scale[i][c] / (double)count;
                squares[c] += work->scale[i][c] * work->scale[i][c] / (double)count;
                recover->shift[c] += work->shift[i][c] / (double)count;
                gains[c] += recover_pair(recover, NULL, z, c) / (double)count;
            }
        }
    }
    for (size_t c = 0; c < recover->channels; c++) {
        recover->gains[c] = (float)gains[c];
        recover->scale_deviation[c] =
            sqrt(fmax(squares[c] - recover->scale[c] * recover->scale[c], 0));
    }
    return unmask_create(&recover->unmask, recover->one, recover->two, recover->gains,
                         recover->channels, recover->normalised && !work->options->mixed);
}

static void fill_features(const struct work *work, enum recover_way way)
{
    const size_t values = recover_values(work->recover);
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t i = 0; i < work->count; i++) {
        recover_features(work->recover, way, work->features + i * values, work->masked + i * values,
                         &work->unmask[i]);
    }
}

/* Adds squares of what the first component of a picture differs from the mean face by, and of the
 * differences of neighbours. */
static void add_slopes(const struct recover *recover, double sums[2], const float *plane)
{
    const size_t size = (size_t)recover->size;
    for (size_t p = 0; p < size * size; p++) {
        const double x = (double)(plane[p] - recover->face[p]);
        sums[1] += x * x;
        if (p % size == 0) continue;
        const double slope = x - (double)(plane[p - 1] - recover->face[p - 1]);
        sums[0] += slope * slope;
    }
}

/* Second pass: the mean features of both ways, how steep faces are. */
static enum status centre(struct work *work, size_t count)
{
    struct recover *recover = work->recover;
    const size_t pixels = recover_pixels(recover);
    double sums[2] = {0};
    for (size_t first = 0; first < count; first += BATCH) {
        const enum status status = see_batch(work, first, count);
        if (status != STATUS_OK) return status;
        for (size_t i = 0; i < work->count; i++) {
            const float *plane = work->planes + i * (size_t)recover->components * pixels;
            recover->contrast += recover_contrast(plane, pixels) / (double)count;
        }
        for (int way = 0; way < RECOVER_WAYS; way++) {
            fill_features(work, (enum recover_way)way);
            add_mean(recover->way[way].centre, work->features, recover_values(recover), work->count,
                     count);
        }
        for (size_t i = 0; i < work->count; i++) {
            add_slopes(recover, sums, work->planes + i * (size_t)recover->components * pixels);
        }
    }
    recover->slope = fmax(sqrt(sums[0] / (double)(count * pixels)), 1);
    recover->spread = SPREAD_SHARE * fmax(sqrt(sums[1] / (double)(count * pixels)), 1);
    if (recover->dct != NULL && recover->side == recover->size) {
        recover->slope *= WEAK_UP8;
        recover->spread *= WEAK_UP8;
    }
    return STATUS_OK;
}

/* Gathers examples of the regression from one batch, each `stride`-th place; returns how many. */
static size_t gather(const struct work *work, enum recover_way way, size_t first, size_t stride)
{
    const struct recover *recover = work->recover;
    size_t rows = 0;
    for (size_t i = 0; i < work->count; i++) {
        float *features = work->features + i * recover_values(recover);
        for (size_t v = 0; v < recover_values(recover); v++) {
            features[v] -= recover->way[way].centre[v];
        }
        for (size_t place = (first + i) % stride; place < recover->area; place += stride) {
            const size_t at = (i * recover->area + place) * recover->bands;
            recover_window(recover, work->windows + rows * recover->inputs, features, place);
            for (size_t b = 0; b < recover->bands; b++) {
                work->wanted[rows * recover->bands + b] =
                    work->bands[at + b] - recover->mean[place * recover->bands + b];
            }
            rows++;
        }
    }
    return rows;
}

static bool solves_scales(const struct recover *recover)
{
    return recover->normalise && recover->dct != NULL && recover->side == recover->size;
}

/* Adds squares of what is wrong with unmasked bands, at the mean scale or at the image's own. */
static void add_errors(const struct work *work, double sums[LIMIT_BANDS])
{
    const struct recover *recover = work->recover;
    const bool own = solves_scales(recover);
    for (size_t i = 0; i < work->count; i++) {
        for (size_t v = 0; v < recover_values(recover); v++) {
            const size_t c = v % recover->channels, at = i * recover_values(recover) + v;
            const double scale = own ? work->scale[i][c] : recover->scale[c];
            const double truth = work->scale[i][c] * (double)work->z[at] + work->shift[i][c];
            const double found =
                scale * (double)work->features[at] + (own ? work->shift[i][c] : recover->shift[c]);
            sums[c] += (truth - found) * (truth - found);
        }
    }
}

/* Third pass: the regressions. */
static enum status regress(struct work *work, struct ridge ridge[RECOVER_WAYS], size_t count)
{
    struct recover *recover = work->recover;
    double errors[LIMIT_BANDS] = {0};
    const size_t stride = (count * recover->area + ROWS_MAX - 1) / ROWS_MAX;
    enum status status = STATUS_OK;
    for (size_t first = 0; first < count && status == STATUS_OK; first += BATCH) {
        status = see_batch(work, first, count);
        for (int way = 0; way < RECOVER_WAYS && status == STATUS_OK; way++) {
            fill_features(work, (enum recover_way)way);
            if (way == RECOVER_ALGEBRA) add_errors(work, errors);
            const size_t rows = gather(work, (enum recover_way)way, first, stride);
            ridge_add(&ridge[way], work->windows, work->wanted, rows);
        }
    }
    for (int way = 0; way < RECOVER_WAYS && status == STATUS_OK; way++) {
        status =
            ridge_solve(&ridge[way], recover->way[way].weights, recover->way[way].error, RIDGE);
    }
    for (size_t c = 0; c < recover->channels; c++) {
        recover->own_error[c] =
            sqrt(errors[c] / (double)(count * recover->area)) + ERROR_SHARE * recover->scale[c];
    }
    return status;
}

static enum status make_restores(struct recover *recover, enum recover_way way)
{
    struct recover_learned *learned = &recover->way[way];
    struct restore_band bands[LIMIT_BANDS];
    for (size_t b = 0; b < recover->bands; b++) {
        bands[b] = (struct restore_band){.band = recover->band[b] % RECOVER_COEFFICIENTS,
                                         .error = learned->error[b] + ERROR_MIN,
                                         .scale = 1};
    }
    for (size_t c = 0; c < recover->channels && way == RECOVER_ALGEBRA; c++) {
        struct restore_band *band = &bands[recover->kept[c]];
        band->error = recover->own_error[c] + ERROR_MIN;
        band->scale = recover->scale[c];
        band->scale_deviation = solves_scales(recover) ? recover->scale_deviation[c] : 0;
        band->shift = recover->shift[c];
    }
    const struct dct_shape shape = {recover->size, 1, recover->side == recover->size};
    enum status status = STATUS_OK;
    for (int c = 0; c < recover->components && status == STATUS_OK; c++) {
        const struct restore_prior prior = {recover->face + (size_t)c * recover_pixels(recover),
                                            recover->slope, recover->spread};
        const size_t first = recover->first[c];
        status = restore_create(&learned->restore[c], shape, bands + first,
                                recover->first[c + 1] - first, &prior);
    }
    return status;
}

enum status recover_fit(struct recover *recover, const struct recover_options *options,
                        size_t count)
{
    struct work work = {.recover = recover, .options = options};
    struct ridge ridge[RECOVER_WAYS] = {{0}};
    enum status status = work_create(&work);
    for (int way = 0; way < RECOVER_WAYS && status == STATUS_OK; way++) {
        status = ridge_create(&ridge[way], recover->inputs, recover->bands);
    }
    if (status == STATUS_OK) status = measure(&work, count);
    if (status == STATUS_OK) status = centre(&work, count);
    if (status == STATUS_OK) status = regress(&work, ridge, count);
    enum status made[RECOVER_WAYS] = {STATUS_OK, STATUS_OK};
#pragma omp parallel for schedule(static, 1)
    for (int way = 0; way < RECOVER_WAYS; way++) {
        if (recover->dct == NULL || status != STATUS_OK) continue;
        made[way] = make_restores(recover, (enum recover_way)way);
    }
    for (int way = 0; way < RECOVER_WAYS && status == STATUS_OK; way++) {
        if (made[way] == STATUS_OK) continue;
        status = status_fail(made[way], "the pixels of a picture cannot be solved for");
    }
    for (int way = 0; way < RECOVER_WAYS; way++) {
        ridge_destroy(&ridge[way]);
    }
    work_destroy(&work);
    return status;
}
