// SPDX-License-Identifier: Apache-2.0
#include "attacks/unmix.h"

#include "base/sizes.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 2048 }; // values of a row that one thread works on

enum status unmix_create(struct unmix *unmix, size_t images, size_t values)
{
    *unmix = (struct unmix){.images = images, .values = values};
    unmix->normal = calloc(images, images * sizeof *unmix->normal);
    unmix->right = calloc(images, values * sizeof *unmix->right);
    if (unmix->normal == NULL || unmix->right == NULL) {
        unmix_destroy(unmix);
        return status_fail(STATUS_NO_MEMORY, "out of memory for %zu un-mixed images", images);
    }
    return STATUS_OK;
}

void unmix_destroy(struct unmix *unmix)
{
    free(unmix->normal);
    free(unmix->right);
    *unmix = (struct unmix){0};
}

void unmix_forget(struct unmix *unmix)
{
    memset(unmix->normal, 0, unmix->images * unmix->images * sizeof *unmix->normal);
    memset(unmix->right, 0, unmix->images * unmix->values * sizeof *unmix->right);
}

/* out += weight * in */
static void add_scaled(float *restrict out, const float *restrict in, float weight, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out[i] += weight * in[i];
    }
}

void unmix_add(struct unmix *unmix, const struct observe_mix *mixes, const float *mixed,
               size_t count)
{
    const size_t values = unmix->values;
    for (size_t i = 0; i < count; i++) {
        for (int a = 0; a < mixes[i].k; a++) {
            for (int b = 0; b < mixes[i].k; b++) {
                unmix->normal[mixes[i].image[a] * unmix->images + mixes[i].image[b]] +=
                    (double)mixes[i].weight[a] * (double)mixes[i].weight[b];
            }
        }
    }
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < values; first += PIECE) {
        const size_t width = sizes_least(values - first, PIECE);
        for (size_t i = 0; i < count; i++) {
            for (int a = 0; a < mixes[i].k; a++) {
                add_scaled(unmix->right + mixes[i].image[a] * values + first,
                           mixed + i * values + first, mixes[i].weight[a], width);
            }
        }
    }
}

enum status unmix_solve(const struct unmix *unmix, float *out, double ridge)
{
    const size_t n = unmix->images;
    struct cholesky system;
    double trace = 0;
    enum status status = cholesky_create(&system, n, n - 1);
    if (status != STATUS_OK) return status;
    for (size_t i = 0; i < n; i++) {
        trace += unmix->normal[i * (n + 1)];
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            *cholesky_at(&system, i, j) = unmix->normal[i * n + j];
        }
        *cholesky_at(&system, i, i) += ridge * fmax(trace / (double)n, 1e-3);
    }
    memcpy(out, unmix->right, n * unmix->values * sizeof *out);
    status = cholesky_factor(&system);
    if (status == STATUS_OK) status = cholesky_solve(&system, out, unmix->values);
    cholesky_destroy(&system);
    return status;
}

void unmix_mix(float *mixed, const struct observe_mix *mixes, size_t count, const float *images,
               size_t values)
{
    memset(mixed, 0, count * values * sizeof *mixed);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < count; i++) {
        for (int a = 0; a < mixes[i].k; a++) {
            add_scaled(mixed + i * values, images + mixes[i].image[a] * values, mixes[i].weight[a],
                       values);
        }
    }
}

enum status unmix_signed(float *out, const struct observe_mix *mixes, const float *mixed,
                         size_t count, size_t images, size_t values, int steps, float *room)
{
    struct unmix unmix;
    enum status status = unmix_create(&unmix, images, values);
    for (int step = 0; step < steps && status == STATUS_OK; step++) {
        unmix_mix(room, mixes, count, out, values);
        for (size_t i = 0; i < count * values; i++) {
            room[i] = room[i] < 0 ? -fabsf(mixed[i]) : fabsf(mixed[i]);
        }
        unmix_forget(&unmix);
        unmix_add(&unmix, mixes, room, count);
        status = unmix_solve(&unmix, out, UNMIX_RIDGE);
    }
    unmix_destroy(&unmix);
    return status;
}

double unmix_error(const float *a, const float *b, size_t count)
{
    double off = 0, size = 0;
    for (size_t i = 0; i < count; i++) {
        const double difference = (double)a[i] - (double)b[i];
        off += difference * difference;
        size += (double)b[i] * (double)b[i];
    }
    return sqrt(off / fmax(size, 1e-30));
}
