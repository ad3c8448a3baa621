// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "base/sizes.h"
#include "measures/graph_parts.h"
#include "nn/arena.h"

#include <stdint.h>
#include <string.h>

/* Who reads what, and for the last time. A bend that alone reads a convolution is merged. */
static void find_users(struct graph *graph)
{
    for (size_t i = 1; i < graph->count; i++) {
        struct graph_step *step = &graph->steps[i];
        const bool two = step->node.op == GRAPH_ADD || step->node.op == GRAPH_CONCAT;
        for (size_t which = 0; which < (two ? 2 : 1); which++) {
            struct graph_step *input = &graph->steps[step->node.input[which]];
            input->users++;
            input->last = i;
        }
        if (step->node.kept || i + 1 == graph->count) step->users = 1; // the caller
    }
    for (size_t i = 1; i < graph->count; i++) {
        struct graph_step *step = &graph->steps[i];
        if (step->node.kept || i + 1 == graph->count) step->last = SIZE_MAX;
    }
    for (size_t i = 1; i < graph->count; i++) {
        struct graph_step *step = &graph->steps[i];
        const struct graph_step *input = &graph->steps[step->node.input[0]];
        const bool bend = step->node.op == GRAPH_PRELU || step->node.op == GRAPH_RELU;
        const bool conv = step->node.input[0] > 0 && input->node.op == GRAPH_CONV;
        step->merged = input->users == 1 && input->last == i &&
                       ((bend && conv) || step->node.op == GRAPH_RESHAPE);
    }
}

/* Whether slot `slot` is free for step `now`: nobody wants what stands in it any more. */
static bool slot_free(const struct graph *graph, size_t slot, size_t now)
{
    for (size_t i = 0; i < now; i++) {
        if (graph->steps[i].slot == slot && graph->steps[i].last >= now) return false;
    }
    return true;
}

static void choose_slots(struct graph *graph)
{
    for (size_t i = 0; i < graph->count; i++) {
        struct graph_step *step = &graph->steps[i];
        size_t slot = 0;
        if (step->merged) {
            slot = graph->steps[step->node.input[0]].slot;
        } else {
            while (slot < graph->slot_count && !slot_free(graph, slot, i)) {
                slot++;
            }
        }
        step->slot = slot;
        graph->slot_count = sizes_most(graph->slot_count, slot + 1);
        graph->slots[slot].values =
            sizes_most(graph->slots[slot].values, graph_values(step->shape));
    }
}

static void plan_conv(struct graph *graph, struct graph_step *step)
{
    const struct graph_node *node = &step->node;
    const struct net_shape in = graph->steps[node->input[0]].shape;
    const size_t channels = (size_t)step->shape.channels;
    graph->line = sizes_most(graph->line, (size_t)step->shape.width * channels);
    if (graph_depthwise(node)) return;
    step->conv =
        (struct conv){.in = in,
                      .out = step->shape,
                      .window = {.kernel = (int)node->kernel, (int)node->stride, (int)node->pad},
                      .images = graph->piece};
    step->conv.plan = conv_choose(&step->conv, NULL);
    graph->scratch = sizes_most(graph->scratch, conv_scratch(&step->conv));
    graph->shared = sizes_most(graph->shared, conv_shared(&step->conv));
}

/* [out][in][taps] as (taps, in, out). A depthwise convolution has one input of each output. */
static void turn_weights(float *to, const float *from, const struct graph_step *step, size_t inputs)
{
    const size_t outputs = (size_t)step->shape.channels;
    const size_t taps = step->node.kernel * step->node.kernel;
    for (size_t out = 0; out < outputs; out++) {
        for (size_t in = 0; in < inputs; in++) {
            for (size_t tap = 0; tap < taps; tap++) {
                to[(tap * inputs + in) * outputs + out] = *from++;
            }
        }
    }
}

/* Places of one step's weights, and, where there is memory, the weights. */
static void place_weights(struct graph_step *step, const struct graph *graph, float **next,
                          size_t *total, const struct weights *weights)
{
    const struct graph_node *node = &step->node;
    const bool taken = node->op == GRAPH_CONV || node->op == GRAPH_PRELU;
    float *w = taken ? arena_take(next, total, node->weights.count) : NULL;
    float *bias = node->op == GRAPH_CONV && node->bias.count > 0
                      ? arena_take(next, total, node->bias.count)
                      : NULL;
    if (graph->memory == NULL) return;
    step->bias = graph->zeros;
    step->slope = graph->zeros;
    if (node->op == GRAPH_CONV) {
        const size_t inputs = (size_t)graph->steps[node->input[0]].shape.channels;
        turn_weights(w, weights_floats(weights, node->weights), step, inputs / node->groups);
        step->weights = w;
        step->slope = NULL;
    } else if (node->op == GRAPH_PRELU) {
        memcpy(w, weights_floats(weights, node->weights), node->weights.count * sizeof *w);
        step->slope = w;
    }
    if (bias != NULL) {
        memcpy(bias, weights_floats(weights, node->bias), node->bias.count * sizeof *bias);
        step->bias = bias;
    }
}

/* The one list of places. Counts them where there is no memory yet. */
static size_t place_all(struct graph *graph, const struct weights *weights)
{
    float *next = graph->memory;
    size_t total = 0, maps = 0;
    for (size_t slot = 0; slot < graph->slot_count; slot++) {
        graph->slots[slot].offset = maps;
        maps += sizes_rounded(graph->piece * graph->slots[slot].values, KERNELS_PANEL);
    }
    for (size_t i = 0; i < graph->threads; i++) {
        struct graph_lane *lane = &graph->lanes[i];
        lane->graph = graph;
        lane->maps = arena_take(&next, &total, maps);
        lane->workspace[0] = arena_take(&next, &total, graph->scratch);
        lane->workspace[1] = arena_take(&next, &total, graph->shared);
        lane->line = arena_take(&next, &total, graph->line);
    }
    graph->ones = arena_take(&next, &total, graph->channels);
    graph->zeros = arena_take(&next, &total, graph->channels);
    for (size_t i = 1; i < graph->count; i++) {
        place_weights(&graph->steps[i], graph, &next, &total, weights);
    }
    return total;
}

/* A merged step's slopes go to the convolution that does its work. */
static void hand_over(struct graph *graph)
{
    for (size_t i = 1; i < graph->count; i++) {
        const struct graph_step *step = &graph->steps[i];
        if (step->merged && step->node.op != GRAPH_RESHAPE) {
            graph->steps[step->node.input[0]].slope = step->slope;
        }
    }
    for (size_t c = 0; c < graph->channels; c++) {
        graph->ones[c] = 1;
        graph->zeros[c] = 0;
    }
}

enum status graph_plan(struct graph *graph, const struct weights *weights)
{
    find_users(graph);
    choose_slots(graph);
    for (size_t i = 0; i < graph->count; i++) {
        struct graph_step *step = &graph->steps[i];
        graph->channels = sizes_most(graph->channels, (size_t)step->shape.channels);
        if (i > 0 && step->node.op == GRAPH_CONV) plan_conv(graph, step);
    }
    const size_t numbers = place_all(graph, weights), there = memory_available();
    const size_t mib = ((size_t)1 << 20) / sizeof(float);
    if (numbers / mib >= there / mib / sizeof(float)) {
        return status_fail(STATUS_NO_MEMORY,
                           "a network wants %zu MiB on %zu threads, of which %zu are free",
                           numbers / mib, graph->threads, there / mib / sizeof(float));
    }
    graph->memory = arena_create(numbers);
    if (graph->memory == NULL) {
        return status_fail(STATUS_NO_MEMORY, "out of memory for a network of %zu MiB",
                           numbers / mib);
    }
    (void)place_all(graph, weights);
    hand_over(graph);
    return STATUS_OK;
}
