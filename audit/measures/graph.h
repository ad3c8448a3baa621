// SPDX-License-Identifier: Apache-2.0
/* graph - runs somebody else's network, forward only, from a list of its nodes and raw floats.
 *
 * Node 0 is the input; node i of the list has number i + 1 and reads earlier ones. Maps are NHWC;
 * weights are as PyTorch has them, [outputs][inputs / groups][kernel][kernel]. It shares conv.h
 * with our own networks.
 *
 * A list may come from a file, FILE.tsv as refnet.graph.tsv: fields
 *     node op input input2 params weight_offset weight_count bias_offset bias_count
 * where "-" is none, nodes are counted from 1, and ops and their params are
 *     conv      ic=INPUTS,oc=OUTPUTS,k=KERNEL,stride=S,pad=P,group=1 or INPUTS
 *     prelu     c=CHANNELS              one slope (weights) for each channel
 *     relu      -
 *     maxpool   k=KERNEL,stride=S,ceil=0 or 1
 *     add, concat   -                   of the same shape; along channels
 *     reshape   1xCHANNELS              of a map of one pixel
 * A list from anywhere is refused, or it runs: ranges lie within the floats, counts fit shapes, and
 * nothing is larger than LIMIT_GRAPH_NODES, LIMIT_GRAPH_FLOATS and LIMIT_GRAPH_MAP allow. */
#ifndef MEASURES_GRAPH_H
#define MEASURES_GRAPH_H

#include "base/status.h"
#include "measures/weights.h"
#include "nn/net.h"

#include <stdbool.h>
#include <stddef.h>

enum graph_op {
    GRAPH_CONV,
    GRAPH_PRELU,
    GRAPH_RELU,
    GRAPH_MAX_POOL, // without padding
    GRAPH_ADD,
    GRAPH_CONCAT,
    GRAPH_RESHAPE,
};

struct graph_node {
    enum graph_op op;
    size_t input[2];
    size_t channels; // that the input must have; 0: any
    size_t filters;  // conv: outputs
    size_t groups;   // conv: 1, or as many as channels
    size_t kernel, stride, pad;
    bool ceil;                          // max pool: a last window may reach over the edge
    struct weights_range weights, bias; // a bias of no floats is none
    bool kept;                          // its map is wanted by graph_map(), as the last one's is
    size_t line;                        // of the table, for messages
};

struct graph;
struct graph_lane; // what one thread works with

/* What goes in and comes out, called for images first .. first + count - 1 by several threads at
 * once: `fill` writes their inputs, one after the other, `take` reads graph_map(). */
struct graph_work {
    void (*fill)(void *context, float *input, size_t first, size_t count);
    void (*take)(void *context, const struct graph_lane *lane, size_t first, size_t count);
    void *context;
};

/* Reads the rest of a table as nodes; the caller frees *nodes. STATUS_BAD_INPUT names file and
 * line. */
enum status graph_read(struct graph_node **nodes, size_t *count, struct weights *weights) CHECKED;

/* Checks nodes and plans the network for inputs of this shape, on at most as many threads as OpenMP
 * would take now, each with `piece` images at once. `weights` are copied. */
enum status graph_create(struct graph **graph, const struct graph_node *nodes, size_t count,
                         const struct weights *weights, struct net_shape input,
                         size_t piece) CHECKED;
void graph_destroy(struct graph **graph);

/* Runs images through the network in pieces, every one on one thread from its inputs to its
 * outputs: no thread waits for another between layers, and maps stay in its cache. */
void graph_run(struct graph *graph, const struct graph_work *work, size_t images);

/* Maps of the images of a piece: of a node that is kept, or of the last one. */
const float *graph_map(const struct graph_lane *lane, size_t node);
struct net_shape graph_shape(const struct graph *graph, size_t node);

#endif
