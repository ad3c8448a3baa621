// SPDX-License-Identifier: Apache-2.0
#include "attacks/recover_parts.h"

#include "base/sizes.h"
#include "nn/gemm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PIECES = 4 }; // of a call: each has its own room and may have its own thread

void recover_features(const struct recover *recover, enum recover_way way, float *out,
                      const float *masked, struct unmask_room *room)
{
    const size_t values = recover_values(recover);
    if (way == RECOVER_ALGEBRA) {
        (void)unmask_apply(recover->unmask, out, masked, recover->area, room);
    } else {
        memcpy(out, masked, values * sizeof *out);
    }
}

void recover_window(const struct recover *recover, float *out, const float *features, size_t place)
{
    const int side = recover->side, half = recover->window / 2;
    const int row = (int)place / side, column = (int)place % side;
    const size_t channels = recover->channels;
    for (int y = row - half; y <= row + half; y++) {
        for (int x = column - half; x <= column + half; x++, out += channels) {
            if (y < 0 || y >= side || x < 0 || x >= side) {
                memset(out, 0, channels * sizeof *out);
            } else {
                memcpy(out, features + (size_t)(y * side + x) * channels, channels * sizeof *out);
            }
        }
    }
}

struct room { // of one piece
    struct unmask_room *unmask;
    float *features, *centred, *windows, *bands, *planes;
    double *restore;
};

static size_t restore_most(const struct recover *recover)
{
    size_t most = 1;
    for (int way = 0; way < RECOVER_WAYS; way++) {
        for (int c = 0; c < RECOVER_COMPONENTS; c++) {
            const struct restore *restore = recover->way[way].restore[c];
            if (restore != NULL) most = sizes_most(most, restore_room(restore));
        }
    }
    return most;
}

static void room_destroy(struct room *room)
{
    free(room->unmask);
    free(room->features);
    free(room->centred);
    free(room->windows);
    free(room->bands);
    free(room->planes);
    free(room->restore);
}

static enum status room_create(struct room *room, const struct recover *recover)
{
    const size_t values = recover_values(recover);
    const size_t pixels = recover_pixels(recover);
    room->unmask = calloc(1, sizeof *room->unmask);
    room->features = malloc(values * sizeof *room->features);
    room->centred = malloc(values * sizeof *room->centred);
    room->windows = malloc(recover->area * recover->inputs * sizeof *room->windows);
    room->bands = malloc(recover->area * recover->bands * sizeof *room->bands);
    room->planes = malloc(RECOVER_COMPONENTS * pixels * sizeof *room->planes);
    room->restore = malloc(restore_most(recover) * sizeof *room->restore);
    return room->unmask != NULL && room->features != NULL && room->centred != NULL &&
                   room->windows != NULL && room->bands != NULL && room->planes != NULL &&
                   room->restore != NULL
               ? STATUS_OK
               : status_fail(STATUS_NO_MEMORY, "out of memory for a picture");
}

/* Regression of all bands, in grey levels. */
static void regress(const struct recover *recover, enum recover_way way, struct room *room)
{
    const struct recover_learned *learned = &recover->way[way];
    for (size_t i = 0; i < recover->area * recover->channels; i++) {
        room->centred[i] = room->features[i] - learned->centre[i];
    }
    for (size_t place = 0; place < recover->area; place++) {
        recover_window(recover, room->windows + place * recover->inputs, room->centred, place);
    }
    memcpy(room->bands, recover->mean, recover->area * recover->bands * sizeof *room->bands);
    gemm_multiply(room->bands, room->windows, learned->weights,
                  (struct gemm){.m = recover->area,
                                .n = recover->bands,
                                .k = recover->inputs,
                                .lda = recover->inputs,
                                .ldb = recover->bands,
                                .ldc = recover->bands,
                                .add = 1});
}

/* Bands that were unmasked stand for themselves; pixels get their scale here, bands in restore. */
static void keep_features(const struct recover *recover, struct room *room)
{
    for (size_t i = 0; i < recover->area * recover->channels; i++) {
        const size_t c = i % recover->channels;
        const double z = (double)room->features[i];
        const double value = recover->dct == NULL ? recover->scale[c] * z + recover->shift[c] : z;
        room->bands[i / recover->channels * recover->bands + recover->kept[c]] = (float)value;
    }
}

static void fill_planes(const struct recover *recover, enum recover_way way, struct room *room)
{
    const size_t pixels = recover_pixels(recover);
    for (int c = 0; c < recover->components; c++) {
        float *plane = room->planes + (size_t)c * pixels;
        const struct restore *restore = recover->way[way].restore[c];
        if (restore != NULL) {
            restore_plane(restore, plane, room->bands + recover->first[c], recover->bands,
                          room->restore);
            continue;
        }
        for (size_t p = 0; p < pixels; p++) {
            plane[p] = room->bands[p * recover->bands + (size_t)c];
        }
    }
}

double recover_contrast(const float *plane, size_t pixels)
{
    double sum = 0, square = 0;
    for (size_t p = 0; p < pixels; p++) {
        sum += (double)plane[p];
        square += (double)plane[p] * (double)plane[p];
    }
    const double mean = sum / (double)pixels;
    return sqrt(fmax(square / (double)pixels - mean * mean, 0));
}

/* Where z-scores took the contrast: gives planes that of known faces, which least squares lower. */
static void stretch(const struct recover *recover, float *planes)
{
    const size_t pixels = recover_pixels(recover);
    const double own = recover_contrast(planes, pixels);
    const double gain = own > 0 ? recover->contrast / own : 1;
    for (int c = 0; c < recover->components; c++) {
        float *plane = planes + (size_t)c * pixels;
        double mean = 0;
        for (size_t p = 0; p < pixels; p++) {
            mean += (double)plane[p] / (double)pixels;
        }
        for (size_t p = 0; p < pixels; p++) {
            plane[p] = (float)(mean + gain * ((double)plane[p] - mean));
        }
    }
}

static uint8_t level(double value)
{
    return (uint8_t)lrint(fmin(fmax(value, 0), 255));
}

/* One pixel of planes around 0 as bytes; ITU-T T.871 where they are YCbCr. */
static void write_pixel(const struct recover *recover, uint8_t *out, int channels,
                        const double plane[RECOVER_COMPONENTS])
{
    const double grey = plane[0] + 128;
    double rgb[3] = {grey, grey, grey};
    if (recover->components == 3 && recover->color == COLOR_YCBCR) {
        rgb[0] += 1.402 * plane[2];
        rgb[1] -= 0.344136 * plane[1] + 0.714136 * plane[2];
        rgb[2] += 1.772 * plane[1];
    } else if (recover->components == 3) {
        rgb[1] = plane[1] + 128;
        rgb[2] = plane[2] + 128;
    }
    if (channels == 1) {
        out[0] = level(0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]);
        return;
    }
    for (int c = 0; c < channels; c++) {
        out[c] = level(rgb[c]);
    }
}

static void recover_one(const struct recover *recover, enum recover_way way, uint8_t *picture,
                        int channels, const float *masked, struct room *room)
{
    const size_t pixels = recover_pixels(recover);
    recover_features(recover, way, room->features, masked, room->unmask);
    regress(recover, way, room);
    if (way == RECOVER_ALGEBRA) keep_features(recover, room);
    fill_planes(recover, way, room);
    if (recover->normalise) stretch(recover, room->planes);
    for (size_t p = 0; p < pixels; p++) {
        double plane[RECOVER_COMPONENTS] = {0};
        for (int c = 0; c < recover->components; c++) {
            plane[c] = (double)room->planes[(size_t)c * pixels + p];
        }
        write_pixel(recover, picture + p * (size_t)channels, channels, plane);
    }
}

enum status recover_faces(const struct recover *recover, enum recover_way way, uint8_t *pictures,
                          int channels, const float *masked, size_t count)
{
    const size_t values = recover_values(recover), pieces = sizes_least(count, PIECES);
    const size_t bytes = (size_t)recover->size * (size_t)recover->size * (size_t)channels;
    struct room room[PIECES] = {{0}};
    enum status status = STATUS_OK;
    for (size_t p = 0; p < pieces && status == STATUS_OK; p++) {
        status = room_create(&room[p], recover);
    }
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t p = 0; p < pieces; p++) {
        for (size_t i = p; i < count && status == STATUS_OK; i += pieces) {
            recover_one(recover, way, pictures + i * bytes, channels, masked + i * values,
                        &room[p]);
        }
    }
    for (size_t p = 0; p < pieces; p++) {
        room_destroy(&room[p]);
    }
    return status;
}
