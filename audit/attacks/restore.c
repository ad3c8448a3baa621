// SPDX-License-Identifier: Apache-2.0
#include "attacks/restore.h"

#include "attacks/cholesky.h"
#include "base/limits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { EDGE = 8, WINDOW_MAX = DCT_TAPS_MAX * DCT_TAPS_MAX };

struct axis { // how a block along one side reads pixels
    int base;
    float weight[EDGE][DCT_TAPS_MAX]; // by frequency
};

struct restore {
    int size, side, taps;
    size_t count, pixels;
    size_t unknown; // scales
    struct restore_band *bands;
    struct axis *axes;      // side
    struct cholesky system; // of the pixels, factored
    double *right;          // pixels: what is known of it before there is a picture
    double *face;           // pixels
};

static double weight_of(const struct restore_band *band)
{
    return 1 / (band->error * band->error);
}

static enum status plan_axes(struct restore *restore, struct dct_shape shape)
{
    struct dct *dct = NULL;
    shape.components = 1;
    const enum status status = dct_create(&dct, shape);
    if (status != STATUS_OK) return status;
    restore->side = dct_side(dct);
    restore->axes = calloc((size_t)restore->side, sizeof *restore->axes);
    for (int i = 0; restore->axes != NULL && i < restore->side; i++) {
        for (int u = 0; u < EDGE; u++) {
            restore->taps = dct_taps(dct, restore->axes[i].weight[u], &restore->axes[i].base, i, u);
        }
    }
    dct_destroy(&dct);
    return restore->axes != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "out of memory");
}

/* How band c of block (i, j) reads its window of pixels. */
static void read_window(const struct restore *restore, double window[WINDOW_MAX], int i, int j,
                        size_t c)
{
    const int band = restore->bands[c].band, taps = restore->taps;
    const float *down = restore->axes[i].weight[band / EDGE % EDGE];
    const float *across = restore->axes[j].weight[band % EDGE];
    for (int s = 0; s < taps; s++) {
        for (int t = 0; t < taps; t++) {
            window[s * taps + t] = (double)down[s] * (double)across[t];
        }
    }
}

/* The place of number `at` of the window of block (i, j). */
static size_t place(const struct restore *restore, int i, int j, int at)
{
    const int y = restore->axes[i].base + at / restore->taps;
    const int x = restore->axes[j].base + at % restore->taps;
    return (size_t)(y * restore->size + x);
}

/* Adds what the bands of one block say: their products to the system, and to the right side what
 * shifts and the mean face leave. */
static void add_block(struct restore *restore, int i, int j)
{
    const int window = restore->taps * restore->taps;
    for (size_t c = 0; c < restore->count; c++) {
        const struct restore_band *band = &restore->bands[c];
        double row[WINDOW_MAX], left = band->shift;
        read_window(restore, row, i, j, c);
        for (int a = 0; a < window; a++) {
            left -= row[a] * restore->face[place(restore, i, j, a)];
        }
        for (int a = 0; a < window; a++) {
            const double value = weight_of(band) * row[a];
            const size_t p = place(restore, i, j, a);
            restore->right[p] += value * left;
            for (int b = 0; b <= a; b++) {
                *cholesky_at(&restore->system, p, place(restore, i, j, b)) += value * row[b];
            }
        }
    }
}

static enum status plan_system(struct restore *restore, double slope, double spread)
{
    const size_t size = (size_t)restore->size;
    const double steep = 1 / (slope * slope);
    struct cholesky *system = &restore->system;
    const enum status status =
        cholesky_create(system, restore->pixels, ((size_t)restore->taps - 1) * (size + 1));
    if (status != STATUS_OK) return status;
    for (size_t p = 0; p < restore->pixels; p++) {
        const size_t i = p / size, j = p % size;
        const int neighbours = (i > 0) + (j > 0) + (i + 1 < size) + (j + 1 < size);
        *cholesky_at(system, p, p) = steep * neighbours + 1 / (spread * spread);
        if (j > 0) *cholesky_at(system, p, p - 1) = -steep;
        if (i > 0) *cholesky_at(system, p, p - size) = -steep;
    }
    for (int block = 0; block < restore->side * restore->side; block++) {
        add_block(restore, block / restore->side, block % restore->side);
    }
    return cholesky_factor(system);
}

enum status restore_create(struct restore **restore, struct dct_shape shape,
                           const struct restore_band *bands, size_t count,
                           const struct restore_prior *prior)
{
    assert(count >= 1 && count <= LIMIT_BANDS);
    struct restore *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a picture");
    made->size = shape.size;
    made->count = count;
    made->pixels = (size_t)shape.size * (size_t)shape.size;
    made->bands = calloc(count, sizeof *made->bands);
    made->right = calloc(made->pixels, sizeof *made->right);
    made->face = calloc(made->pixels, sizeof *made->face);
    enum status status = STATUS_NO_MEMORY;
    if (made->bands == NULL || made->right == NULL || made->face == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %zu pixels", made->pixels);
        goto done;
    }
    memcpy(made->bands, bands, count * sizeof *bands);
    for (size_t p = 0; p < made->pixels; p++) {
        made->face[p] = (double)prior->face[p];
    }
    for (size_t c = 0; c < count; c++) {
        made->unknown += bands[c].scale_deviation > 0;
    }
    status = plan_axes(made, shape);
    if (status == STATUS_OK) status = plan_system(made, prior->slope, prior->spread);
    if (status != STATUS_OK) goto done;
    *restore = made;
    made = NULL;
done:
    restore_destroy(&made);
    return status;
}

void restore_destroy(struct restore **restore)
{
    if (*restore == NULL) return;
    cholesky_destroy(&(*restore)->system);
    free((*restore)->bands);
    free((*restore)->axes);
    free((*restore)->right);
    free((*restore)->face);
    free(*restore);
    *restore = NULL;
}

struct image {              // one picture's part of the system, in the caller's room
    size_t columns;         // 1 and the unknown scales
    double *planes;         // rows of columns: right side of the pixels, couplings to scales
    double *solved;         // the system's inverse times these
    struct cholesky scales; // of the scales alone, in units of their deviations
    double *right;          // its right side, then the scales
};

size_t restore_room(const struct restore *restore)
{
    return 2 * restore->pixels * (1 + restore->unknown) + restore->unknown * (restore->unknown + 1);
}

static struct image lay_out(const struct restore *restore, double *room)
{
    struct image image = {.columns = 1 + restore->unknown, .planes = room};
    const size_t n = restore->unknown, whole = restore->pixels * image.columns;
    memset(room, 0, restore_room(restore) * sizeof *room);
    image.solved = room + whole;
    image.scales = (struct cholesky){n, n > 0 ? n - 1 : 0, image.solved + whole};
    image.right = image.scales.rows + n * n;
    return image;
}

/* Column `column` of `planes` += factor A_c^T z_c */
static void transpose(const struct restore *restore, double *planes, size_t columns, size_t column,
                      const float *maps, size_t step, size_t c, double factor)
{
    const int side = restore->side, taps = restore->taps, band = restore->bands[c].band;
    for (int block = 0; block < side * side; block++) {
        const struct axis *down = &restore->axes[block / side];
        const struct axis *across = &restore->axes[block % side];
        const double value = factor * (double)maps[(size_t)block * step + c];
        double *to =
            planes + (size_t)(down->base * restore->size + across->base) * columns + column;
        for (int s = 0; s < taps; s++) {
            const double part = value * (double)down->weight[band / EDGE % EDGE][s];
            for (int t = 0; t < taps; t++) {
                to[(size_t)(s * restore->size + t) * columns] +=
                    part * (double)across->weight[band % EDGE][t];
            }
        }
    }
}

static void load(const struct restore *restore, struct image *image, const float *maps, size_t step)
{
    const size_t columns = image->columns;
    const size_t area = (size_t)restore->side * (size_t)restore->side;
    for (size_t p = 0; p < restore->pixels; p++) {
        image->planes[p * columns] = restore->right[p];
    }
    for (size_t c = 0, n = 0; c < restore->count; c++) {
        const struct restore_band *band = &restore->bands[c];
        const double factor = weight_of(band) * band->scale_deviation;
        transpose(restore, image->planes, columns, 0, maps, step, c, weight_of(band) * band->scale);
        if (!(band->scale_deviation > 0)) continue;
        double squares = 0, sum = 0;
        for (size_t i = 0; i < area; i++) {
            const double z = (double)maps[i * step + c];
            squares += z * z;
            sum += z;
        }
        transpose(restore, image->planes, columns, 1 + n, maps, step, c, -factor);
        *cholesky_at(&image->scales, n, n) = 1 + factor * band->scale_deviation * squares;
        image->right[n++] = -factor * (band->scale * squares + band->shift * sum);
    }
}

/* Takes the pixels out of the system of the scales. */
static void eliminate(const struct restore *restore, struct image *image)
{
    for (size_t p = 0; p < restore->pixels; p++) {
        const double *row = image->planes + p * image->columns;
        const double *solved = image->solved + p * image->columns;
        for (size_t n = 0; n < restore->unknown; n++) {
            double *to = cholesky_at(&image->scales, n, 0);
            for (size_t m = 0; m <= n; m++) {
                to[m] -= row[1 + n] * solved[1 + m];
            }
            image->right[n] -= row[1 + n] * (solved[0] + restore->face[p]);
        }
    }
}

void restore_plane(const struct restore *restore, float *plane, const float *maps, size_t step,
                   double *room)
{
    struct image image = lay_out(restore, room);
    load(restore, &image, maps, step);
    memcpy(image.solved, image.planes, restore->pixels * image.columns * sizeof *image.solved);
    cholesky_substitute(&restore->system, image.solved, image.columns);
    eliminate(restore, &image);
    if (restore->unknown > 0 && cholesky_factor(&image.scales) == STATUS_OK) {
        cholesky_substitute(&image.scales, image.right, 1);
    } else {
        memset(image.right, 0, restore->unknown * sizeof *image.right); // the expected ones
    }
    for (size_t p = 0; p < restore->pixels; p++) {
        const double *solved = image.solved + p * image.columns;
        double sum = restore->face[p] + solved[0];
        for (size_t n = 0; n < restore->unknown; n++) {
            sum -= image.right[n] * solved[1 + n];
        }
        plane[p] = (float)sum;
    }
}
