// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "base/sizes.h"
#include "measures/graph_parts.h"

#include <assert.h>
#include <omp.h>
#include <stdint.h>
#include <stdlib.h>

/* A node in the making: what is checked, and where complaints go. */
struct check {
    const struct graph *graph;
    const struct weights *weights;
    struct graph_step *step;
    struct net_shape in; // of its first input
    size_t *floats;      // taken by all nodes so far
};

#define wrong(check, ...) weights_wrong((check)->weights, (check)->step->node.line, __VA_ARGS__)

static enum status check_range(const struct check *check, const char *name,
                               struct weights_range range, size_t wanted)
{
    if (range.count != wanted) {
        return wrong(check, "%s: got %zu floats, allowed: %zu", name, range.count, wanted);
    }
    if (!weights_holds(check->weights, range)) {
        return wrong(check, "%s: %zu floats from %zu on lie beyond the end of the file", name,
                     range.count, range.offset);
    }
    *check->floats += range.count;
    if (*check->floats > LIMIT_GRAPH_FLOATS) {
        return wrong(check, "all weights so far: allowed: %zu floats", LIMIT_GRAPH_FLOATS);
    }
    return STATUS_OK;
}

static enum status check_within(const struct check *check, const char *name, size_t number,
                                size_t least, size_t most)
{
    if (number >= least && number <= most) return STATUS_OK;
    return wrong(check, "%s: got %zu, allowed: %zu to %zu", name, number, least, most);
}

/* One side of what a window makes of a side; at least 1. */
static size_t windows(const struct graph_node *node, size_t side)
{
    const size_t rest = side + 2 * node->pad - node->kernel;
    size_t count = rest / node->stride + 1;
    // As PyTorch: a window that hangs over begins within the map.
    if (node->ceil && rest % node->stride != 0 && count * node->stride < side) count++;
    return count;
}

/* Every window has a pixel of the map. */
static enum status check_window(const struct check *check)
{
    const struct graph_node *node = &check->step->node;
    const size_t height = (size_t)check->in.height, width = (size_t)check->in.width;
    const size_t side = sizes_least(height, width);
    enum status status = check_within(check, "kernel", node->kernel, 1, LIMIT_WINDOW);
    if (status == STATUS_OK) status = check_within(check, "stride", node->stride, 1, LIMIT_WINDOW);
    if (status == STATUS_OK) status = check_within(check, "pad", node->pad, 0, node->kernel - 1);
    if (status == STATUS_OK) {
        status = check_within(check, "kernel", node->kernel, 1, side + 2 * node->pad);
    }
    if (status != STATUS_OK) return status;
    check->step->shape.height = (int)windows(node, height);
    check->step->shape.width = (int)windows(node, width);
    return STATUS_OK;
}

static enum status check_conv(const struct check *check)
{
    const struct graph_node *node = &check->step->node;
    const size_t channels = (size_t)check->in.channels;
    enum status status = check_window(check);
    if (status == STATUS_OK) {
        status = check_within(check, "outputs", node->filters, 1, LIMIT_CHANNELS);
    }
    if (status != STATUS_OK) return status;
    if (node->groups != 1 && (node->groups != channels || node->filters != channels)) {
        return wrong(check, "%zu groups, allowed: 1, or %zu with as many outputs", node->groups,
                     channels);
    }
    check->step->shape.channels = (int)node->filters;
    const size_t wanted = node->kernel * node->kernel * (channels / node->groups) * node->filters;
    status = check_range(check, "weights", node->weights, wanted);
    if (status == STATUS_OK && node->bias.count > 0) {
        status = check_range(check, "bias", node->bias, node->filters);
    }
    return status;
}

/* The second input, of add and concat. */
static enum status check_second(const struct check *check)
{
    const struct net_shape a = check->in, b = check->graph->steps[check->step->node.input[1]].shape;
    if (a.height != b.height || a.width != b.width) {
        return wrong(check, "inputs of %dx%d and %dx%d, allowed: of one size", a.height, a.width,
                     b.height, b.width);
    }
    if (check->step->node.op == GRAPH_CONCAT) {
        check->step->shape.channels += b.channels;
    } else if (a.channels != b.channels) {
        return wrong(check, "inputs of %d and %d channels, allowed: as many", a.channels,
                     b.channels);
    }
    return STATUS_OK;
}

static enum status check_op(const struct check *check)
{
    const struct net_shape in = check->in;
    check->step->shape = in;
    switch (check->step->node.op) {
    case GRAPH_CONV:
        return check_conv(check);
    case GRAPH_PRELU:
        return check_range(check, "slopes", check->step->node.weights, (size_t)in.channels);
    case GRAPH_RELU:
        return STATUS_OK;
    case GRAPH_MAX_POOL:
        return check_window(check);
    case GRAPH_ADD:
    case GRAPH_CONCAT:
        return check_second(check);
    case GRAPH_RESHAPE:
        if (in.height == 1 && in.width == 1) return STATUS_OK;
        return wrong(check, "reshape of a map of %dx%d, allowed: 1x1", in.height, in.width);
    }
    return wrong(check, "no such op");
}

static enum status check_node(const struct check *check, size_t number)
{
    struct graph_node *node = &check->step->node;
    if (node->op != GRAPH_ADD && node->op != GRAPH_CONCAT) node->input[1] = node->input[0];
    for (size_t i = 0; i < 2; i++) {
        if (node->input[i] >= number) {
            return wrong(check, "node %zu reads node %zu, allowed: 0 to %zu", number,
                         node->input[i], number - 1);
        }
    }
    struct check at = *check;
    at.in = check->graph->steps[node->input[0]].shape;
    if (node->channels != 0 && node->channels != (size_t)at.in.channels) {
        return wrong(check, "%zu channels, but the input has %d", node->channels, at.in.channels);
    }
    const enum status status = check_op(&at);
    if (status != STATUS_OK) return status;
    const struct net_shape out = check->step->shape;
    if (out.channels > LIMIT_CHANNELS || graph_values(out) > LIMIT_GRAPH_MAP) {
        return wrong(check, "a map of %dx%dx%d, allowed: %zu numbers and %d channels", out.height,
                     out.width, out.channels, LIMIT_GRAPH_MAP, LIMIT_CHANNELS);
    }
    return STATUS_OK;
}

static enum status check_all(struct graph *graph, const struct graph_node *nodes,
                             const struct weights *weights)
{
    enum status status = STATUS_OK;
    size_t floats = 0;
    for (size_t i = 1; i < graph->count && status == STATUS_OK; i++) {
        graph->steps[i].node = nodes[i - 1];
        const struct check check = {graph, weights, &graph->steps[i], {0, 0, 0}, &floats};
        status = check_node(&check, i);
    }
    return status;
}

enum status graph_create(struct graph **graph, const struct graph_node *nodes, size_t count,
                         const struct weights *weights, struct net_shape input, size_t piece)
{
    *graph = NULL;
    assert(input.height > 0 && input.width > 0 && input.channels > 0 && piece > 0);
    if (count == 0 || count > LIMIT_GRAPH_NODES) {
        return weights_wrong(weights, 1, "%zu nodes, allowed: 1 to %d", count, LIMIT_GRAPH_NODES);
    }
    struct graph *made = calloc(1, sizeof *made);
    if (made != NULL) {
        made->count = count + 1;
        made->piece = piece;
        made->threads = (size_t)omp_get_max_threads();
        made->steps = calloc(made->count, sizeof *made->steps);
        made->slots = calloc(made->count, sizeof *made->slots);
        made->lanes = calloc(made->threads, sizeof *made->lanes);
    }
    enum status status = STATUS_NO_MEMORY;
    if (made == NULL || made->steps == NULL || made->slots == NULL || made->lanes == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for a network of %zu nodes", count);
    } else {
        made->steps[0].shape = input;
        status = check_all(made, nodes, weights);
        if (status == STATUS_OK) status = graph_plan(made, weights);
    }
    if (status != STATUS_OK) graph_destroy(&made);
    *graph = made;
    return status;
}

void graph_destroy(struct graph **graph)
{
    if (*graph == NULL) return;
    free((*graph)->memory);
    free((*graph)->lanes);
    free((*graph)->slots);
    free((*graph)->steps);
    free(*graph);
    *graph = NULL;
}

const float *graph_map(const struct graph_lane *lane, size_t node)
{
    assert(node < lane->graph->count && lane->graph->steps[node].last == SIZE_MAX);
    return graph_place(lane, node);
}

struct net_shape graph_shape(const struct graph *graph, size_t node)
{
    assert(node < graph->count);
    return graph->steps[node].shape;
}
