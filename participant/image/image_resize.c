// SPDX-License-Identifier: Apache-2.0
/* Both ways to resize are a weighted sum over some source pixels with integer weights of one total,
 * so every result is exact and rounded once, the same on every machine. */
#include "image/image_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct taps {
    uint32_t total;   // sum of the weights of one target pixel
    int per_target;   // places kept for a target pixel
    int *first;       // its first source pixel
    uint32_t *weight; // per_target for each target pixel, unused ones zero
};

static void destroy_taps(struct taps *taps)
{
    free(taps->first);
    free(taps->weight);
}

/* Target i covers [i*side, (i+1)*side) where source j covers [j*size, (j+1)*size). */
static void fill_areas(struct taps *taps, int side, int size)
{
    for (int i = 0; i < size; i++) {
        const int start = i * side;
        const int stop = start + side;
        const int first = start / size;
        uint32_t *weight = taps->weight + (size_t)i * (size_t)taps->per_target;
        for (int j = first; j * size < stop; j++) {
            const int from = j * size > start ? j * size : start;
            const int to = (j + 1) * size < stop ? (j + 1) * size : stop;
            weight[j - first] = (uint32_t)(to - from);
        }
        taps->first[i] = first;
    }
    taps->total = (uint32_t)side;
}

/* The middle of target i lies at ((2i+1)*side - size) / (2*size) between the middles of sources. */
static void fill_neighbours(struct taps *taps, int side, int size)
{
    const int last = 2 * size * (side - 1);
    for (int i = 0; i < size; i++) {
        int place = (2 * i + 1) * side - size;
        if (place < 0) place = 0;
        if (place > last) place = last;
        uint32_t *weight = taps->weight + (size_t)i * (size_t)taps->per_target;
        weight[1] = (uint32_t)(place % (2 * size));
        weight[0] = (uint32_t)(2 * size) - weight[1];
        taps->first[i] = place / (2 * size);
    }
    taps->total = 2u * (uint32_t)size;
}

static enum status make_taps(struct taps *taps, int side, int size)
{
    const bool shrinks = size <= side;
    taps->per_target = shrinks ? side / size + 2 : 2;
    taps->first = calloc((size_t)size, sizeof *taps->first);
    taps->weight = calloc((size_t)size * (size_t)taps->per_target, sizeof *taps->weight);
    if (taps->first == NULL || taps->weight == NULL) {
        return status_fail(STATUS_NO_MEMORY, "no memory to resize a picture");
    }
    if (shrinks) {
        fill_areas(taps, side, size);
    } else {
        fill_neighbours(taps, side, size);
    }
    return STATUS_OK;
}

/* Adds one source row, resized across and times `factor`, to the sums of a target row. */
static void add_row(uint64_t *sums, const uint8_t *row, const struct taps *taps, int size,
                    int channels, uint32_t factor)
{
    for (int x = 0; x < size; x++) {
        const uint32_t *weight = taps->weight + (size_t)x * (size_t)taps->per_target;
        const uint8_t *from = row + (size_t)taps->first[x] * (size_t)channels;
        for (int c = 0; c < channels; c++) {
            uint32_t sum = 0;
            // Unused places have weight 0 and may lie beyond the row: stop there.
            for (int j = 0; j < taps->per_target && weight[j] > 0; j++) {
                sum += weight[j] * from[(size_t)(j * channels + c)];
            }
            sums[x * channels + c] += (uint64_t)factor * sum;
        }
    }
}

/* Resizes one target row from the source rows that it covers. */
static void make_row(uint8_t *to, uint64_t *sums, const struct image *image, size_t start,
                     const struct taps *taps, int y, int size)
{
    const size_t row_size = (size_t)size * (size_t)image->channels;
    const size_t pitch = (size_t)image->width * (size_t)image->channels;
    const uint32_t *weight = taps->weight + (size_t)y * (size_t)taps->per_target;
    const uint8_t *from = image->pixels + start + (size_t)taps->first[y] * pitch;
    memset(sums, 0, row_size * sizeof *sums);
    for (int j = 0; j < taps->per_target && weight[j] > 0; j++) {
        add_row(sums, from + (size_t)j * pitch, taps, size, image->channels, weight[j]);
    }
    const uint64_t total = (uint64_t)taps->total * taps->total;
    for (size_t i = 0; i < row_size; i++) {
        to[i] = (uint8_t)((sums[i] + total / 2) / total);
    }
}

enum status image_resize(struct image *out, const struct image *image, int top, int left, int side)
{
    assert(out->channels == image->channels && out->height == out->width);
    assert(top >= 0 && left >= 0 && top + side <= image->height && left + side <= image->width);
    const int size = out->width;
    const size_t row_size = (size_t)size * (size_t)out->channels;
    const size_t start =
        ((size_t)top * (size_t)image->width + (size_t)left) * (size_t)image->channels;
    struct taps taps = {0};
    uint64_t *sums = calloc(row_size, sizeof *sums);
    enum status status = make_taps(&taps, side, size);
    if (sums == NULL) status = status_fail(STATUS_NO_MEMORY, "no memory to resize a picture");
    for (int y = 0; y < size && status == STATUS_OK; y++) {
        make_row(out->pixels + (size_t)y * row_size, sums, image, start, &taps, y, size);
    }
    destroy_taps(&taps);
    free(sums);
    return status;
}
