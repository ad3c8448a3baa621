// SPDX-License-Identifier: Apache-2.0
#include "base/sizes.h"
#include "measures/graph_parts.h"
#include "nn/kernels.h"

#include <omp.h>
#include <string.h>

/* What one step does for the images of a piece. */
struct run {
    const struct graph_lane *lane;
    const struct graph_step *step;
    struct net_shape in;
    const float *x, *second; // maps of its inputs
    float *y;
    size_t images;
};

static void run_conv(const struct run *run)
{
    const struct graph_step *step = run->step;
    struct conv conv = step->conv;
    conv.images = run->images;
    const struct conv_sink sink = {.y = run->y,
                                   .kind = KERNELS_AFFINE,
                                   .p = run->lane->graph->ones,
                                   .r = step->bias,
                                   .slope = step->slope};
    conv_forward(&conv, &sink, &(struct conv_view){.a = run->x}, step->weights,
                 run->lane->workspace);
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

static void run_depthwise(const struct run *run)
{
    const struct graph_step *step = run->step;
    const size_t height = (size_t)step->shape.height, width = (size_t)step->shape.width;
    const size_t channels = (size_t)step->shape.channels, values = width * channels;
    for (size_t row = 0; row < run->images * height; row++) {
        float *y = run->y + row * values;
        depthwise_line(run->lane->line, step, run->in,
                       run->x + row / height * graph_values(run->in), row % height);
        if (step->slope != NULL) {
            kernels_get()->prelu(y, run->lane->line, step->slope, width, channels);
        } else {
            memcpy(y, run->lane->line, values * sizeof *y);
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

static void run_max_pool(const struct run *run)
{
    const struct graph_step *step = run->step;
    const size_t height = (size_t)step->shape.height, width = (size_t)step->shape.width;
    const size_t channels = (size_t)run->in.channels, across = (size_t)run->in.width;
    for (size_t i = 0; i < run->images * height * width; i++) {
        const size_t image = i / (height * width), row = i / width % height;
        const struct taps rows = taps_within(&step->node, row, (size_t)run->in.height);
        const struct taps taps = taps_within(&step->node, i % width, across);
        const float *from =
            run->x + image * graph_values(run->in) + (rows.at * across + taps.at) * channels;
        float *y = run->y + i * channels;
        memcpy(y, from, channels * sizeof *y);
        for (size_t tap = 1; tap < rows.count * taps.count; tap++) {
            const size_t to = tap / taps.count * across + tap % taps.count;
            raise_to(y, from + to * channels, channels);
        }
    }
}

static void run_concat(const struct run *run)
{
    const size_t all = (size_t)run->step->shape.channels, first = (size_t)run->in.channels;
    const size_t second = all - first;
    const size_t pixels = run->images * (size_t)run->in.height * (size_t)run->in.width;
    for (size_t i = 0; i < pixels; i++) {
        float *y = run->y + i * all;
        memcpy(y, run->x + i * first, first * sizeof *y);
        memcpy(y + first, run->second + i * second, second * sizeof *y);
    }
}

static void run_step(const struct graph_lane *lane, const struct graph_step *step, size_t images)
{
    const struct graph *graph = lane->graph;
    const struct run run = {.lane = lane,
                            .step = step,
                            .in = graph->steps[step->node.input[0]].shape,
                            .x = graph_place(lane, step->node.input[0]),
                            .second = graph_place(lane, step->node.input[1]),
                            .y = lane->maps + graph->slots[step->slot].offset,
                            .images = images};
    const size_t values = images * graph_values(step->shape);
    const size_t channels = (size_t)step->shape.channels;
    switch (step->node.op) {
    case GRAPH_CONV:
        (graph_depthwise(&step->node) ? run_depthwise : run_conv)(&run);
        break;
    case GRAPH_PRELU:
    case GRAPH_RELU:
        kernels_get()->prelu(run.y, run.x, step->slope, values / channels, channels);
        break;
    case GRAPH_MAX_POOL:
        run_max_pool(&run);
        break;
    case GRAPH_ADD:
        kernels_get()->sum(run.y, run.x, run.second, values);
        break;
    case GRAPH_CONCAT:
        run_concat(&run);
        break;
    case GRAPH_RESHAPE:
        memcpy(run.y, run.x, values * sizeof *run.y);
        break;
    }
}

static void run_piece(const struct graph_lane *lane, const struct graph_work *work, size_t first,
                      size_t count)
{
    const struct graph *graph = lane->graph;
    work->fill(work->context, graph_place(lane, 0), first, count);
    for (size_t i = 1; i < graph->count; i++) {
        if (!graph->steps[i].merged) run_step(lane, &graph->steps[i], count);
    }
    work->take(work->context, lane, first, count);
}

void graph_run(struct graph *graph, const struct graph_work *work, size_t images)
{
    const size_t pieces = (images + graph->piece - 1) / graph->piece;
#pragma omp parallel num_threads((int)graph->threads)
    {
        omp_set_num_threads(1); // loops within a piece have this thread alone
#pragma omp for schedule(dynamic)
        for (size_t i = 0; i < pieces; i++) {
            const size_t first = i * graph->piece;
            run_piece(&graph->lanes[omp_get_thread_num()], work, first,
                      sizes_least(images - first, graph->piece));
        }
    }
}
