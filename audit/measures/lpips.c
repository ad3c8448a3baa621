// SPDX-License-Identifier: Apache-2.0
#include "measures/lpips.h"
#include "base/limits.h"
#include "base/sizes.h"
#include "measures/lpips_trunk.h"
#include "nn/kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAIRS = 8, CHANNELS = 3, SIDE_FIRST = 112 };

struct lpips {
    struct weights *weights;
    struct lpips_trunk trunk;
    struct graph *graph; // for pictures of `side`, of `a` and `b` in turn
    int side;
    size_t channels; // of the widest tap
    float *sums;     // PAIRS x channels
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
        lpips->channels = sizes_most(lpips->channels, channels);
    }
    lpips->sums = malloc(PAIRS * lpips->channels * sizeof *lpips->sums);
    if (lpips->sums == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for LPIPS");
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
    free((*lpips)->sums);
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

/* One map of two pictures; sums[c] is that of squared differences of channel c. */
static double compare(float *sums, const float *a, const float *b, const float *linear,
                      struct net_shape shape)
{
    const size_t pixels = (size_t)shape.height * (size_t)shape.width;
    const size_t channels = (size_t)shape.channels;
    for (size_t c = 0; c < channels; c++) {
        sums[c] = 0;
    }
    for (size_t i = 0; i < pixels; i++, a += channels, b += channels) {
        const struct kernels *kernels = kernels_get();
        const float p = (float)(1 / (sqrt(kernels->squares(a, channels)) + 1e-10));
        const float q = (float)(1 / (sqrt(kernels->squares(b, channels)) + 1e-10));
        for (size_t c = 0; c < channels; c++) {
            const float difference = a[c] * p - b[c] * q;
            sums[c] += difference * difference;
        }
    }
    double total = 0;
    for (size_t c = 0; c < channels; c++) {
        total += (double)linear[c] * (double)sums[c];
    }
    return total / (double)pixels;
}

static double compare_pair(const struct lpips *lpips, size_t pair)
{
    double sum = 0;
    for (size_t tap = 0; tap < lpips->trunk.taps; tap++) {
        const size_t node = lpips->trunk.tap[tap];
        const struct net_shape shape = graph_shape(lpips->graph, node);
        const size_t values = (size_t)shape.height * (size_t)shape.width * (size_t)shape.channels;
        const float *maps = graph_map(lpips->graph, node) + 2 * pair * values;
        sum += compare(lpips->sums + pair * lpips->channels, maps, maps + values,
                       weights_floats(lpips->weights, lpips->trunk.linear[tap]), shape);
    }
    return sum;
}

enum status lpips_distance(struct lpips *lpips, double *out, const uint8_t *a, const uint8_t *b,
                           size_t count, int size, int channels)
{
    const enum status status = plan(lpips, size);
    if (status != STATUS_OK) return status;
    const size_t pixels = (size_t)size * (size_t)size, step = pixels * (size_t)channels;
    for (size_t first = 0; first < count; first += PAIRS) {
        const size_t now = sizes_least(count - first, PAIRS);
        float *input = graph_input(lpips->graph);
        for (size_t i = 0; i < 2 * now; i++) {
            const uint8_t *from = (i % 2 == 0 ? a : b) + (first + i / 2) * step;
            take_picture(input + i * pixels * CHANNELS, from, pixels, channels);
        }
        graph_run(lpips->graph, 2 * now);
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < now; i++) {
            out[first + i] = compare_pair(lpips, i);
        }
    }
    return STATUS_OK;
}
