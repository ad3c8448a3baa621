// SPDX-License-Identifier: Apache-2.0
#include "base/sizes.h"
#include "measures/graph_parts.h"
#include "nn/kernels.h"

#include <assert.h>
#include <omp.h>
#include <string.h>

static void run_conv(const struct graph *graph, const struct graph_step *step, const float *x,
                     size_t images)
{
    struct conv conv = step->conv;
    conv.images = images;
    const struct conv_sink sink = {.y = step->map,
                                   .kind = KERNELS_AFFINE,
                                   .p = graph->ones,
                                   .r = step->bias,
                                   .slope = step->slope};
    conv_forward(&conv, &sink, &(struct conv_view){.a = x}, step->weights, graph->workspace);
}

/* Taps of a line of a window, from `start` of the map's line on, that lie within the map. */
struct taps {
    size_t first, count, at;
};

static struct taps taps_within(const struct graph_node *node, size_t place, size_t side)
{
    const size_t start = place * node->stride; // node->pad further left
    const size_t first = start < node->pad ? node->pad - start : 0;
    const size_t end =
        sizes_least(node->kernel, side + node->pad - sizes_least(start, side + node->pad));
    return (struct taps){first, end > first ? end - first : 0, start + first - node->pad};
}

/* One line of a map, every channel by itself; column_dots takes a line of a window at once. */
static void depthwise_line(float *line, const struct graph_step *step, struct net_shape in,
                           const float *x, size_t row)
{
    const struct kernels *kernels = kernels_get();
    const size_t channels = (size_t)in.channels, width = (size_t)in.width;
    const struct taps rows = taps_within(&step->node, row, (size_t)in.height);
    for (size_t column = 0; column < (size_t)step->shape.width; column++) {
        const struct taps taps = taps_within(&step->node, column, width);
        float *y = line + column * channels;
        memcpy(y, step->bias, channels * sizeof *y);
        for (size_t i = 0; i < rows.count; i++) {
            const size_t tap = (rows.first + i) * step->node.kernel + taps.first;
            kernels->column_dots(y, x + ((rows.at + i) * width + taps.at) * channels,
                                 step->weights + tap * channels, taps.count, channels);
        }
    }
}

static void run_depthwise(const struct graph *graph, const struct graph_step *step,
                          struct net_shape in, const float *x, size_t images)
{
    const size_t height = (size_t)step->shape.height, width = (size_t)step->shape.width;
    const size_t channels = (size_t)in.channels, values = width * channels;
#pragma omp parallel for schedule(static)
    for (size_t row = 0; row < images * height; row++) {
        float *line = graph->lines + (size_t)omp_get_thread_num() * graph->line;
        float *y = step->map + row * values;
        depthwise_line(line, step, in, x + row / height * graph_values(in), row % height);
        if (step->slope != NULL) {
            kernels_get()->prelu(y, line, step->slope, width, channels);
        } else {
            memcpy(y, line, values * sizeof *y);
        }
    }
}

/* y = the larger, channel by channel. */
static void raise_to(float *restrict y, const float *restrict x, size_t channels)
{
    for (size_t c = 0; c < channels; c++) {
        y[c] = x[c] > y[c] ? x[c] : y[c];
    }
}

static void run_max_pool(const struct graph_step *step, struct net_shape in, const float *x,
                         size_t images)
{
    const size_t height = (size_t)step->shape.height, width = (size_t)step->shape.width;
    const size_t channels = (size_t)in.channels, pixel = channels * sizeof(float);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < images * height * width; i++) {
        const size_t image = i / (height * width), row = i / width % height;
        const struct taps rows = taps_within(&step->node, row, (size_t)in.height);
        const struct taps taps = taps_within(&step->node, i % width, (size_t)in.width);
        const float *from =
            x + image * graph_values(in) + (rows.at * (size_t)in.width + taps.at) * channels;
        float *y = step->map + i * channels;
        memcpy(y, from, pixel);
        for (size_t tap = 1; tap < rows.count * taps.count; tap++) {
            const size_t to = tap / taps.count * (size_t)in.width + tap % taps.count;
            raise_to(y, from + to * channels, channels);
        }
    }
}

static void run_concat(const struct graph_step *step, const struct graph_step *a,
                       const struct graph_step *b, size_t images)
{
    const size_t first = (size_t)a->shape.channels, second = (size_t)b->shape.channels;
    const size_t pixels = images * (size_t)a->shape.height * (size_t)a->shape.width;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < pixels; i++) {
        float *y = step->map + i * (first + second);
        memcpy(y, a->map + i * first, first * sizeof *y);
        memcpy(y + first, b->map + i * second, second * sizeof *y);
    }
}

static void run_step(const struct graph *graph, const struct graph_step *step, size_t images)
{
    const struct graph_step *a = &graph->steps[step->node.input[0]];
    const struct graph_step *b = &graph->steps[step->node.input[1]];
    const size_t values = images * graph_values(step->shape);
    switch (step->node.op) {
    case GRAPH_CONV:
        if (graph_depthwise(&step->node)) {
            run_depthwise(graph, step, a->shape, a->map, images);
        } else {
            run_conv(graph, step, a->map, images);
        }
        break;
    case GRAPH_PRELU:
    case GRAPH_RELU: {
        const size_t channels = (size_t)step->shape.channels;
        kernels_get()->prelu(step->map, a->map, step->slope, values / channels, channels);
        break;
    }
    case GRAPH_MAX_POOL:
        run_max_pool(step, a->shape, a->map, images);
        break;
    case GRAPH_ADD:
        kernels_get()->sum(step->map, a->map, b->map, values);
        break;
    case GRAPH_CONCAT:
        run_concat(step, a, b, images);
        break;
    case GRAPH_RESHAPE:
        memcpy(step->map, a->map, values * sizeof *step->map);
        break;
    }
}

void graph_run(struct graph *graph, size_t images)
{
    assert(images > 0 && images <= graph->images_max);
    assert(omp_get_max_threads() <= graph->threads);
    for (size_t i = 1; i < graph->count; i++) {
        if (!graph->steps[i].merged) run_step(graph, &graph->steps[i], images);
    }
}
