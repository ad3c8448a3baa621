// SPDX-License-Identifier: Apache-2.0
/* graph_parts - what the files of graph share. */
#ifndef MEASURES_GRAPH_PARTS_H
#define MEASURES_GRAPH_PARTS_H

#include "measures/graph.h"
#include "nn/conv.h"

struct graph_step {
    struct graph_node node;
    struct net_shape shape;
    size_t users, last;   // steps that read it, and the last one: SIZE_MAX for a map that is kept
    size_t slot;          // of the maps: one place for steps whose maps are never wanted together
    bool merged;          // the step that it reads does its work
    struct conv conv;     // of a convolution in one group
    const float *weights; // of a convolution (kernel, kernel, inputs / groups, outputs)
    const float *bias, *slope;
};

struct graph_slot {
    size_t values; // of one image
    size_t offset; // from a lane's maps
};

struct graph_lane {
    const struct graph *graph;
    float *maps;         // of a piece
    float *workspace[2]; // conv.h's
    float *line;         // of a map
};

struct graph {
    size_t count; // of steps, the input among them
    size_t piece, threads;
    struct graph_step *steps;
    struct graph_slot *slots;
    struct graph_lane *lanes; // one for each thread
    size_t slot_count;
    size_t scratch, shared, line, channels; // the most that a step needs
    float *memory;
    float *ones, *zeros; // as many as the most channels
};

static inline size_t graph_values(struct net_shape shape)
{
    return (size_t)shape.height * (size_t)shape.width * (size_t)shape.channels;
}

static inline float *graph_place(const struct graph_lane *lane, size_t step)
{
    const struct graph *graph = lane->graph;
    return lane->maps + graph->slots[graph->steps[step].slot].offset;
}

static inline bool graph_depthwise(const struct graph_node *node)
{
    return node->op == GRAPH_CONV && node->groups > 1;
}

/* Merges, slots and memory, after shapes. */
enum status graph_plan(struct graph *graph, const struct weights *weights) CHECKED;

#endif
