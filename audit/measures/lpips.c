// SPDX-License-Identifier: Apache-2.0
#include "measures/lpips.h"
#include "base/limits.h"
#include "measures/lpips_trunk.h"
#include "nn/kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAIRS = 4, CHANNELS = 3, SIDE_FIRST = 112, LANES = 8 };

struct lpips {
    struct weights *weights;
    struct lpips_trunk trunk;
    struct graph *graph; // for pictures of `side`, of `a` and `b` in turn
    int side;
};

/* A call of lpips_distance(). */
struct comparison {
    const struct lpips *lpips;
    double *out;
    const uint8_t *a, *b;
    size_t pixels;
    int channels;
};

static size_t tap_channels(const struct lpips *lpips, size_t tap)
{
    return (size_t)graph_shape(lpips->graph, lpips->trunk.tap[tap]).channels;
}

static enum status plan(struct lpips *lpips, int side)
{
    if (lpips->side == side) return STATUS_OK;
    const struct net_shape input = {side, side, CHANNELS};
    graph_destroy(&lpips->graph);
    lpips->side = 0;
    const enum status status = graph_create(&lpips->graph, lpips->trunk.node, lpips->trunk.nodes,
                                            lpips->weights, input, (size_t)2 * PAIRS);
    if (status == STATUS_OK) lpips->side = side;
    return status;
}

static enum status check_linear(struct lpips *lpips)
{
    for (size_t tap = 0; tap < lpips->trunk.taps; tap++) {
        const size_t count = lpips->trunk.linear[tap].count, channels = tap_channels(lpips, tap);
        if (count != channels) {
            return weights_wrong(lpips->weights, 1, "lpips.%s.lin%zu has %zu floats, allowed: %zu",
                                 lpips->trunk.name, tap, count, channels);
        }
    }
    return STATUS_OK;
}

enum status lpips_open(struct lpips **lpips, const char *path)
{
    char table[LIMIT_PATH + 4], floats[LIMIT_PATH + 4];
    *lpips = NULL;
    struct lpips *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "%s: no memory", path);
    snprintf(table, sizeof table, "%s.tsv", path);
    snprintf(floats, sizeof floats, "%s.f32", path);
    enum status status = weights_open(&made->weights, table, floats);
    if (status == STATUS_OK) status = lpips_trunk_read(&made->trunk, made->weights);
    if (status == STATUS_OK) status = plan(made, SIDE_FIRST);
    if (status == STATUS_OK) status = check_linear(made);
    if (status != STATUS_OK) lpips_close(&made);
    *lpips = made;
    return status;
}

void lpips_close(struct lpips **lpips)
{
    if (*lpips == NULL) return;
    graph_destroy(&(*lpips)->graph);
    weights_close(&(*lpips)->weights);
    free(*lpips);
    *lpips = NULL;
}

const char *lpips_name(const struct lpips *lpips)
{
    return lpips->trunk.name;
}

static void take_picture(float *to, const uint8_t *pixels, size_t count, int channels)
{
    static const double shift[CHANNELS] = {-.030, -.088, -.188}, scale[] = {.458, .448, .450};
    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; c < CHANNELS; c++) {
            const uint8_t value = channels == 1 ? pixels[i] : pixels[i * CHANNELS + c];
            to[i * CHANNELS + c] = (float)((value / 127.5 - 1 - shift[c]) / scale[c]);
        }
    }
}

static void fill(void *context, float *input, size_t first, size_t count)
{
    const struct comparison *call = context;
    const size_t step = call->pixels * (size_t)call->channels;
    for (size_t i = first; i < first + count; i++) {
        take_picture(input + (i - first) * call->pixels * CHANNELS,
                     (i % 2 == 0 ? call->a : call->b) + i / 2 * step, call->pixels, call->channels);
    }
}

/* One map of two pictures. */
static double compare(const float *a, const float *b, const float *linear, struct net_shape shape)
{
    const size_t pixels = (size_t)shape.height * (size_t)shape.width;
    const size_t channels = (size_t)shape.channels;
    double total = 0;
    for (size_t i = 0; i < pixels; i++, a += channels, b += channels) {
        const struct kernels *kernels = kernels_get();
        const float p = (float)(1 / (sqrt(kernels->squares(a, channels)) + 1e-10));
        const float q = (float)(1 / (sqrt(kernels->squares(b, channels)) + 1e-10));
        float sum[LANES] = {0}; // several, so that they can be taken at once
        for (size_t c = 0; c < channels; c++) {
            const float difference = a[c] * p - b[c] * q;
            sum[c % LANES] += linear[c] * difference * difference;
        }
        for (size_t lane = 0; lane < LANES; lane++) {
            total += (double)sum[lane];
        }
    }
    return total / (double)pixels;
}

static double compare_pair(const struct lpips *lpips, const struct graph_lane *lane, size_t pair)
{
    double sum = 0;
    for (size_t tap = 0; tap < lpips->trunk.taps; tap++) {
        const size_t node = lpips->trunk.tap[tap];
        const struct net_shape shape = graph_shape(lpips->graph, node);
        const size_t values = (size_t)shape.height * (size_t)shape.width * (size_t)shape.channels;
        const float *maps = graph_map(lane, node) + 2 * pair * values;
        sum += compare(maps, maps + values,
                       weights_floats(lpips->weights, lpips->trunk.linear[tap]), shape);
    }
    return sum;
}

static void take(void *context, const struct graph_lane *lane, size_t first, size_t count)
{
    const struct comparison *call = context;
    for (size_t i = 0; i < count / 2; i++) {
        call->out[first / 2 + i] = compare_pair(call->lpips, lane, i);
    }
}

enum status lpips_distance(struct lpips *lpips, double *out, const uint8_t *a, const uint8_t *b,
                           size_t count, int size, int channels)
{
    const enum status status = plan(lpips, size);
    if (status != STATUS_OK) return status;
    struct comparison call = {lpips, out, a, b, (size_t)size * (size_t)size, channels};
    graph_run(lpips->graph, &(struct graph_work){fill, take, &call}, 2 * count);
    return STATUS_OK;
}
