// SPDX-License-Identifier: Apache-2.0
/* graph_parts - what the files of graph share. */
#ifndef MEASURES_GRAPH_PARTS_H
#define MEASURES_GRAPH_PARTS_H

#include "measures/graph.h"
#include "nn/conv.h"

struct graph_step {
    struct graph_node node;
    struct net_shape shape;
    size_t users, last; // steps that read it, and the last one: SIZE_MAX for a map that is kept
    size_t slot;        // of the maps: one place for steps whose maps are never wanted together
    bool merged;        // the step that it reads does its work
    struct conv conv;   // of a convolution in one group
    float *map;
    const float *weights; // of a convolution (kernel, kernel, inputs / groups, outputs)
    const float *bias, *slope;
};

struct graph {
    size_t count; // of steps, the input among them
    size_t images_max;
    int threads;
    struct graph_step *steps;
    size_t *slots, slot_count; // numbers of each, of one image
    size_t scratch, shared, line, channels;
    float *memory;
    float *workspace[2], *lines; // conv.h's; a line of a map for each thread
    float *ones, *zeros;         // as many as the most channels
};

static inline size_t graph_values(struct net_shape shape)
{
    return (size_t)shape.height * (size_t)shape.width * (size_t)shape.channels;
}

static inline bool graph_depthwise(const struct graph_node *node)
{
    return node->op == GRAPH_CONV && node->groups > 1;
}

/* Merges, slots and memory, after shapes. */
enum status graph_plan(struct graph *graph, const struct weights *weights) CHECKED;

#endif
