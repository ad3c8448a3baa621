// SPDX-License-Identifier: Apache-2.0
/* lpips_trunk - the three trunks of lpips.h as lists of nodes, from the tensors of a file. How wide
 * their maps are is the file's affair. Private to lpips. */
#ifndef MEASURES_LPIPS_TRUNK_H
#define MEASURES_LPIPS_TRUNK_H

#include "measures/graph.h"

enum { LPIPS_TRUNK_NODES_MAX = 64, LPIPS_TRUNK_TAPS_MAX = 7 };

struct lpips_trunk {
    const char *name; // "squeeze", "alex" or "vgg"
    size_t nodes, taps;
    struct graph_node node[LPIPS_TRUNK_NODES_MAX];
    size_t tap[LPIPS_TRUNK_TAPS_MAX];                  // nodes that are compared
    struct weights_range linear[LPIPS_TRUNK_TAPS_MAX]; // a weight for each channel of a tap
};

/* Reads the table of tensors. STATUS_BAD_INPUT names file and line, or the tensor that is missing;
 * what only graph_create() can check is left to it. */
enum status lpips_trunk_read(struct lpips_trunk *trunk, struct weights *weights) CHECKED;

#endif
