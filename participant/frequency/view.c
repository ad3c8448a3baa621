// SPDX-License-Identifier: Apache-2.0
#include "frequency/view.h"

#include "base/random.h"
#include "frequency/mix.h"
#include "frequency/view_sheet.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ORIGINAL, MASKED, MIXED, MASKED_INVERSE, MIXED_INVERSE, COLUMNS };

enum { CELL = 4 }; // side of what an outline is measured over

static const char *const titles[COLUMNS] = {"original", "masked", "mixed", "inverse of masked",
                                            "inverse of mixed"};

/* What is worked with; planes and picture are those of one face. */
struct work {
    float *bands;
    float *masked, *mixed;         // of all faces
    float *planes;                 // size * size for each component
    float *rgb;                    // size * size * 3
    double *original, *brightness; // of the face and of an inverse
    double *outline[2];
};

static void work_destroy(struct work *work)
{
    free(work->bands);
    free(work->masked);
    free(work->mixed);
    free(work->planes);
    free(work->rgb);
    free(work->original);
    free(work->brightness);
    free(work->outline[0]);
    free(work->outline[1]);
}

static enum status work_create(struct work *work, const struct mask *mask, size_t area,
                               size_t count)
{
    const size_t values = mask_values(mask);
    work->bands = calloc(values, sizeof *work->bands);
    work->masked = calloc(count, values * sizeof *work->masked);
    work->mixed = calloc(count, values * sizeof *work->mixed);
    work->planes = calloc(area, 3 * sizeof *work->planes);
    work->rgb = calloc(area, 3 * sizeof *work->rgb);
    work->original = calloc(area, sizeof *work->original);
    work->brightness = calloc(area, sizeof *work->brightness);
    work->outline[0] = calloc(area, sizeof *work->outline[0]);
    work->outline[1] = calloc(area, sizeof *work->outline[1]);
    if (work->bands == NULL || work->masked == NULL || work->mixed == NULL ||
        work->planes == NULL || work->rgb == NULL || work->original == NULL ||
        work->brightness == NULL || work->outline[0] == NULL || work->outline[1] == NULL) {
        return status_fail(STATUS_NO_MEMORY, "view of %zu images: out of memory", count);
    }
    return STATUS_OK;
}

static enum status mask_and_mix(const struct work *work, const struct mask *mask,
                                const struct image *faces, size_t count,
                                const struct view_options *options)
{
    const size_t values = mask_values(mask);
    uint8_t noise[MASK_NOISE_BYTES] = {0}; // one that everybody knows
    memcpy(noise, &options->seed, sizeof options->seed);
    for (size_t i = 0; i < count; i++) {
        struct random random;
        random_start(&random, options->seed, 0, RANDOM_SHUFFLE, 0, (uint32_t)i);
        mask_bands(mask, work->bands, faces[i].pixels, faces[i].channels);
        mask_perturb(mask, work->bands, noise, i);
        mask_apply(mask, work->masked + i * values, work->bands, 0, &random);
    }
    struct mix mix;
    const enum status status = mix_create(&mix, count);
    if (status != STATUS_OK) return status;
    struct random random;
    random_start(&random, options->seed, 0, RANDOM_MIX, 0, 0);
    mix_draw(&mix, &random, options->k, count, options->weight_max);
    mix_apply(&mix, work->mixed, work->masked, values);
    mix_destroy(&mix);
    return STATUS_OK;
}

static void load_original(const struct work *work, const struct image *face)
{
    const int channels = face->channels;
    for (size_t i = 0; i < (size_t)face->height * (size_t)face->width; i++) {
        const uint8_t *pixel = face->pixels + i * (size_t)channels;
        for (int c = 0; c < 3; c++) {
            work->rgb[3 * i + (size_t)c] = (float)pixel[channels == 1 ? 0 : c];
        }
        work->original[i] =
            channels == 1 ? pixel[0] : 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
    }
}

/* Mean and deviation. */
static double measure(double *mean, const double *values, size_t count)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        sum += values[i];
    }
    *mean = sum / (double)count;
    for (size_t i = 0; i < count; i++) {
        squares += (values[i] - *mean) * (values[i] - *mean);
    }
    return sqrt(squares / (double)count);
}

static double correlate(const double *first, const double *second, size_t count)
{
    double mean[2], sum = 0;
    const double scale = measure(&mean[0], first, count) * measure(&mean[1], second, count);
    for (size_t i = 0; i < count; i++) {
        sum += (first[i] - mean[0]) * (second[i] - mean[1]);
    }
    return scale > 0 ? sum / (double)count / scale : 0;
}

/* Deviation within each 4x4 pixels of a square picture; returns how many there are. */
static size_t outline_of(double *outline, const double *picture, size_t size)
{
    const size_t cells = size / CELL;
    for (size_t cell = 0; cell < cells * cells; cell++) {
        double pixels[CELL * CELL], mean;
        for (size_t i = 0; i < CELL * CELL; i++) {
            pixels[i] =
                picture[(cell / cells * CELL + i / CELL) * size + cell % cells * CELL + i % CELL];
        }
        outline[cell] = measure(&mean, pixels, CELL * CELL);
    }
    return cells * cells;
}

/* The inverse in work->brightness against the original. */
static struct view_likeness compare(const struct work *work, size_t size)
{
    outline_of(work->outline[0], work->original, size);
    const size_t cells = outline_of(work->outline[1], work->brightness, size);
    return (struct view_likeness){correlate(work->original, work->brightness, size * size),
                                  correlate(work->outline[0], work->outline[1], cells)};
}

/* Zeroes the channels of small budgets, which hold little but noise, in `masked`. */
static void drop_noisy(float *masked, const struct mask *mask, double budget_min)
{
    const size_t channels = (size_t)mask_channels(mask), values = mask_values(mask);
    for (size_t i = 0; i < values; i++) {
        if (mask_budget(mask, (int)(i % channels)) < budget_min) masked[i] = 0;
    }
}

/* The inverse as colours in work->rgb and as brightness, stretched. Changes `masked`. */
static void load_inverse(const struct work *work, const struct mask *mask, float *masked,
                         size_t area, const struct view_options *options)
{
    const enum config_color color = options->color;
    drop_noisy(masked, mask, options->budget_min);
    mask_look(mask, work->planes, masked);
    const float *first = work->planes, *second = first + area, *third = second + area;
    for (size_t i = 0; i < area; i++) {
        work->brightness[i] = (double)first[i];
        if (color == COLOR_RGB) {
            work->brightness[i] =
                0.299 * (double)first[i] + 0.587 * (double)second[i] + 0.114 * (double)third[i];
        }
    }
    double mean;
    const double deviation = measure(&mean, work->brightness, area);
    const double gain = deviation > 0 ? 1 / deviation : 0;
    for (size_t i = 0; i < area; i++) {
        const double y = (double)first[i];
        double rgb[3] = {y, y, y};
        if (color == COLOR_RGB) {
            rgb[1] = (double)second[i];
            rgb[2] = (double)third[i];
        } else if (color == COLOR_YCBCR) {
            rgb[0] += 1.402 * (double)third[i];
            rgb[1] -= 0.344136 * (double)second[i] + 0.714136 * (double)third[i];
            rgb[2] += 1.772 * (double)second[i];
        }
        for (size_t c = 0; c < 3; c++) {
            work->rgb[3 * i + c] = view_sheet_level((rgb[c] - mean) * gain);
        }
    }
}

size_t view_capacity(int size)
{
    size_t rows = 0;
    while (view_sheet_height(view_sheet_panel(size), rows + 1) <= LIMIT_IMAGE_SIDE) {
        rows++;
    }
    return rows;
}

enum status view_draw(struct image *picture, struct view_row *rows, const struct mask *mask,
                      const struct image *faces, size_t count, const struct view_options *options)
{
    const int size = faces[0].height;
    const size_t area = (size_t)size * (size_t)size, values = mask_values(mask);
    assert(count >= 1 && count <= view_capacity(size));
    *picture = (struct image){0};
    struct work work = {0};
    struct view_sheet sheet;
    enum status status = work_create(&work, mask, area, count);
    if (status == STATUS_OK) status = mask_and_mix(&work, mask, faces, count, options);
    if (status != STATUS_OK) goto done;
    status = view_sheet_start(&sheet, picture, view_sheet_panel(size), count, titles, COLUMNS);
    if (status != STATUS_OK) goto done;
    for (size_t i = 0; i < count; i++) {
        const int row = (int)i, side = mask_side(mask), channels = mask_channels(mask);
        float *masked = work.masked + i * values, *mixed = work.mixed + i * values;
        load_original(&work, &faces[i]);
        view_sheet_image(&sheet, row, ORIGINAL, work.rgb, size);
        view_sheet_tiles(&sheet, row, MASKED, masked, side, channels);
        view_sheet_tiles(&sheet, row, MIXED, mixed, side, channels);
        load_inverse(&work, mask, masked, area, options);
        view_sheet_image(&sheet, row, MASKED_INVERSE, work.rgb, size);
        rows[i].masked = compare(&work, (size_t)size);
        load_inverse(&work, mask, mixed, area, options);
        view_sheet_image(&sheet, row, MIXED_INVERSE, work.rgb, size);
        rows[i].mixed = compare(&work, (size_t)size);
    }
done:
    work_destroy(&work);
    return status;
}
