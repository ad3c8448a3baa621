// SPDX-License-Identifier: Apache-2.0
#include "attacks/channel_order.h"

#include "attacks/unmask.h"
#include "base/limits.h"
#include "base/sizes.h"
#include "nn/gemm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Places of a map that are compared, along a side; maps; images whose gains are solved for. */
enum { PLACES_SIDE = 14, KINDS = 4, IMAGES_MAX = 256 };

enum status channel_order_create(struct channel_order *order, size_t channels, size_t side)
{
    const size_t along = sizes_least(side, PLACES_SIDE);
    *order = (struct channel_order){.channels = channels, .side = side, .places = along * along};
    order->sums = calloc(channels * order->places, KINDS * sizeof *order->sums);
    return order->sums != NULL
               ? STATUS_OK
               : status_fail(STATUS_NO_MEMORY, "out of memory for %zu channels", channels);
}

void channel_order_destroy(struct channel_order *order)
{
    free(order->sums);
    *order = (struct channel_order){0};
}

/* Adds one image's numbers to the maps: mean, square, products with the places right and below. */
static void add_maps(const struct channel_order *order, double *sums, const float *bands)
{
    const size_t channels = order->channels, side = order->side;
    const size_t along = sizes_least(side, PLACES_SIDE);
    for (size_t i = 0; i < order->places; i++) {
        const size_t y = (2 * (i / along) + 1) * side / (2 * along);
        const size_t x = (2 * (i % along) + 1) * side / (2 * along);
        const float *at = bands + (y * side + x) * channels;
        const float *right = x + 1 < side ? at + channels : at;
        const float *below = y + 1 < side ? at + side * channels : at;
        for (size_t c = 0; c < channels; c++) {
            double *to = sums + (c * order->places + i) * KINDS;
            to[0] += (double)at[c];
            to[1] += (double)at[c] * (double)at[c];
            to[2] += (double)at[c] * (double)right[c];
            to[3] += (double)at[c] * (double)below[c];
        }
    }
}

void channel_order_know(struct channel_order *order, const float *bands)
{
    add_maps(order, order->sums, bands);
    order->known++;
}

struct guess {
    double likeness;
    uint32_t one, two;
};

static int liker(const void *a, const void *b)
{
    const struct guess *x = a, *y = b;
    if (x->likeness < y->likeness || x->likeness > y->likeness) {
        return x->likeness < y->likeness ? 1 : -1;
    }
    if (x->one != y->one) return x->one > y->one ? 1 : -1;
    return (x->two > y->two) - (x->two < y->two);
}

/* The pairs of channels that are most alike, each channel in two of them, as one cycle: ring[] gets
 * the channels in its order. `room`: 4 * channels numbers. */
static void close_ring(uint32_t *ring, const struct guess *guesses, size_t count, size_t channels,
                       uint32_t *room)
{
    uint32_t *degree = room, *end = room + channels, *next = room + 2 * channels;
    size_t left = channels;
    memset(degree, 0, channels * sizeof *degree);
    for (size_t c = 0; c < channels; c++) {
        end[c] = (uint32_t)c; // the other end of the piece that ends in c
    }
    for (size_t i = 0; i < count && left > 0; i++) {
        const uint32_t a = guesses[i].one, b = guesses[i].two;
        const bool closes = end[a] == b;
        if (degree[a] == 2 || degree[b] == 2 || (closes && left > 1)) continue;
        next[2 * a + degree[a]++] = b;
        next[2 * b + degree[b]++] = a;
        const uint32_t first = end[a], last = end[b];
        end[first] = last;
        end[last] = first;
        left--;
    }
    uint32_t before = UINT32_MAX, at = 0;
    for (size_t i = 0; i < channels; i++) {
        ring[i] = at;
        const uint32_t to = next[2 * at] == before ? next[2 * at + 1] : next[2 * at];
        before = at;
        at = to;
    }
}

/* The cycle of channels, from how alike they are in the mean over images. */
static enum status find_ring(uint32_t *ring, const struct channel_order *order, const float *masked,
                             size_t count)
{
    const size_t n = order->channels, area = order->side * order->side;
    struct guess *guesses = malloc(n * n * sizeof *guesses);
    float *products = calloc(n * n, sizeof *products);
    uint32_t *room = malloc(4 * n * sizeof *room);
    enum status status = STATUS_OK;
    size_t pairs = 0;
    if (guesses == NULL || products == NULL || room == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %zu channels", n);
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        gemm_multiply(products, masked + i * area * n, masked + i * area * n,
                      (struct gemm){.m = n,
                                    .n = n,
                                    .k = area,
                                    .transpose_a = 1,
                                    .lda = n,
                                    .ldb = n,
                                    .ldc = n,
                                    .add = 1});
    }
    for (uint32_t b = 1; b < n; b++) {
        for (uint32_t a = 0; a < b; a++) {
            const double size = sqrt((double)products[a * (n + 1)] * (double)products[b * (n + 1)]);
            guesses[pairs++] =
                (struct guess){(double)products[a * n + b] / fmax(size, 1e-12), a, b};
        }
    }
    qsort(guesses, pairs, sizeof *guesses, liker);
    close_ring(ring, guesses, pairs, n, room);
done:
    free(guesses);
    free(products);
    free(room);
    return status;
}

/* Maps of the bands without names, as channel_order_know() makes them of those with names. */
static enum status see(const struct channel_order *order, double *sums, const struct unmask *unmask,
                       const float *masked, size_t count)
{
    const size_t area = order->side * order->side;
    struct unmask_room *room = malloc(sizeof *room);
    float *bands = malloc(area * order->channels * sizeof *bands);
    enum status status = STATUS_OK;
    if (room == NULL || bands == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for a masked image");
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        (void)unmask_apply(unmask, bands, masked + i * area * order->channels, area, room);
        add_maps(order, sums, bands);
    }
    free(room);
    free(bands);
    return status;
}

/* What is compared of one place: mean, size, and correlations with its neighbours. A mix of images
 * has smaller squares: they count beside their mean `level` over the map. */
static void describe(double out[KINDS], const double sums[KINDS], double count, double level)
{
    out[0] = sums[0] / count;
    out[1] = sqrt(sums[1] / count / level);
    out[2] = sums[2] / fmax(sums[1], 1e-12);
    out[3] = sums[3] / fmax(sums[1], 1e-12);
}

static double level_of(const struct channel_order *order, const double *sums, double count)
{
    double sum = 0;
    for (size_t i = 0; i < order->places; i++) {
        sum += sums[i * KINDS + 1];
    }
    return fmax(sum / count / (double)order->places, 1e-12);
}

static double distance_of(const struct channel_order *order, const double *seen, size_t count,
                          const double *known)
{
    const double images = (double)count, faces = (double)order->known;
    const double level = level_of(order, seen, images);
    const double known_level = level_of(order, known, faces);
    double distance = 0;
    for (size_t i = 0; i < order->places; i++) {
        double a[KINDS], b[KINDS];
        describe(a, seen + i * KINDS, images, level);
        describe(b, known + i * KINDS, faces, known_level);
        for (int kind = 0; kind < KINDS; kind++) {
            distance += (a[kind] - b[kind]) * (a[kind] - b[kind]);
        }
    }
    return distance;
}

struct assigning { // of rows to columns, counted from 1; 0 is none
    double row[LIMIT_BANDS + 1], column[LIMIT_BANDS + 1]; // potentials
    double least[LIMIT_BANDS + 1];
    size_t taken[LIMIT_BANDS + 1], way[LIMIT_BANDS + 1]; // row of a column; column before it
    bool used[LIMIT_BANDS + 1];
};

/* Finds a free column for a row by the shortest path of exchanges; returns it. */
static size_t find_free(struct assigning *work, const double *cost, size_t n)
{
    size_t at = 0;
    for (size_t j = 0; j <= n; j++) {
        work->least[j] = (double)INFINITY;
        work->used[j] = false;
    }
    do {
        size_t next = 0;
        double delta = (double)INFINITY;
        work->used[at] = true;
        const size_t row = work->taken[at];
        for (size_t j = 1; j <= n; j++) {
            if (work->used[j]) continue;
            const double now = cost[(row - 1) * n + j - 1] - work->row[row] - work->column[j];
            if (now < work->least[j]) {
                work->least[j] = now;
                work->way[j] = at;
            }
            if (work->least[j] < delta) {
                delta = work->least[j];
                next = j;
            }
        }
        for (size_t j = 0; j <= n; j++) {
            if (work->used[j]) {
                work->row[work->taken[j]] += delta;
                work->column[j] -= delta;
            } else {
                work->least[j] -= delta;
            }
        }
        at = next;
    } while (work->taken[at] != 0);
    return at;
}

/* column[i]: the column of row i in the assignment of least cost (n x n, finite). */
static void assign(uint32_t *column, struct assigning *work, const double *cost, size_t n)
{
    *work = (struct assigning){.row = {0}};
    for (size_t i = 1; i <= n; i++) {
        work->taken[0] = i;
        size_t at = find_free(work, cost, n);
        while (at != 0) {
            work->taken[at] = work->taken[work->way[at]];
            at = work->way[at];
        }
    }
    for (size_t j = 1; j <= n; j++) {
        column[work->taken[j] - 1] = (uint32_t)(j - 1);
    }
}

/* band[]: the name of each band of the ring. */
static enum status name_bands(uint32_t *band, const struct channel_order *order,
                              const uint32_t *one, const uint32_t *two, const float *masked,
                              size_t count, bool mixed)
{
    const size_t n = order->channels, numbers = order->places * KINDS;
    float gains[LIMIT_BANDS];
    struct unmask *unmask = NULL;
    struct assigning *work = malloc(sizeof *work);
    double *sums = calloc(n, numbers * sizeof *sums);
    double *cost = calloc(n * n, sizeof *cost);
    for (size_t c = 0; c < n; c++) {
        gains[c] = (float)sqrt(0.5); // of bands that are not correlated
    }
    enum status status = STATUS_NO_MEMORY;
    if (work == NULL || sums == NULL || cost == NULL) {
        status = status_fail(status, "out of memory for %zu channels", n);
        goto done;
    }
    status = unmask_create(&unmask, one, two, gains, n, !mixed);
    if (status == STATUS_OK) status = see(order, sums, unmask, masked, count);
    if (status != STATUS_OK) goto done;
    for (size_t i = 0; i < n * n; i++) {
        cost[i] = distance_of(order, sums + i / n * numbers, count, order->sums + i % n * numbers);
    }
    assign(band, work, cost, n);
done:
    unmask_destroy(&unmask);
    free(work);
    free(sums);
    free(cost);
    return status;
}

enum status channel_order_find(const struct channel_order *order, uint32_t *one, uint32_t *two,
                               const float *masked, size_t count, bool mixed)
{
    const size_t n = order->channels;
    uint32_t ring[LIMIT_BANDS], band[LIMIT_BANDS];
    for (uint32_t c = 0; c < n; c++) { // one or two bands leave nothing to find
        one[c] = 0;
        two[c] = (uint32_t)n - 1;
    }
    if (n < 3) return STATUS_OK;
    count = sizes_least(count, IMAGES_MAX);
    enum status status = find_ring(ring, order, masked, count);
    if (status != STATUS_OK) return status;
    for (uint32_t i = 0; i < n; i++) {
        one[ring[i]] = i;
        two[ring[i]] = (i + 1) % (uint32_t)n;
    }
    status = name_bands(band, order, one, two, masked, count, mixed);
    for (size_t c = 0; c < n && status == STATUS_OK; c++) {
        one[c] = band[one[c]];
        two[c] = band[two[c]];
    }
    return status;
}

double channel_order_share(const uint32_t *one, const uint32_t *two, const uint32_t *true_one,
                           const uint32_t *true_two, size_t channels)
{
    size_t right = 0;
    for (size_t c = 0; c < channels; c++) {
        right += (one[c] == true_one[c] && two[c] == true_two[c]) ||
                 (one[c] == true_two[c] && two[c] == true_one[c]);
    }
    return (double)right / (double)channels;
}
