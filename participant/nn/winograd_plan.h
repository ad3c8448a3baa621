// SPDX-License-Identifier: Apache-2.0
/* winograd_plan - how a map is cut into tiles and tiles into tasks: private to winograd*.c. */
#ifndef NN_WINOGRAD_PLAN_H
#define NN_WINOGRAD_PLAN_H

#include "nn/panel.h"
#include "nn/winograd.h"

enum {
    WINOGRAD_TILE = 4,
    WINOGRAD_PLANES = KERNELS_POINTS * KERNELS_POINTS,
};

/* Where tap `t` of 9 of a panel of inputs begins in w[kernel][kernel][C][F], or WINOGRAD_NO_TAP
 * where a halved window reaches less far. */
#define WINOGRAD_NO_TAP SIZE_MAX
size_t winograd_tap(const struct conv *conv, size_t t, size_t panel);

/* How a batch is cut into tasks. */
struct winograd_cut {
    size_t parts; // of each image; 1: a task has whole images
    size_t tasks;
    size_t tiles; // of the largest task
};

/* Tiles that one product takes together: some rows of tiles of one image, or whole images. */
struct winograd_task {
    size_t image, images;
    size_t part;   // of an image that is cut
    int row, rows; // of tiles
    size_t tiles;
    size_t bound[5]; // of the four kinds of tiles, see winograd_list()
};

/* Rows or columns of tiles of a map. */
size_t winograd_across(int side);

/* Tasks of at most so many tiles, or of one row of tiles. */
struct winograd_cut winograd_cut(const struct conv *conv, size_t tiles);
struct winograd_task winograd_task(const struct conv *conv, const struct winograd_cut *cut,
                                   size_t index);

/* Tiles of image `image` of a task, counted from its first, into `tiles`; returns how many. */
size_t winograd_list(struct kernels_tile *tiles, const struct conv *conv,
                     const struct winograd_task *task, size_t image);

/* The tiles [*first, *end) of a task that have the point of this plane. */
void winograd_points(size_t *first, size_t *end, const struct conv *conv,
                     const struct winograd_task *task, size_t plane);

/* Numbers from one plane of `panels` panels of `rows` rows to the next: an odd number of cache
 * lines, so that the planes of a tile do not fall on each other in a cache. */
static inline size_t winograd_plane(size_t panels, size_t rows)
{
    return (panels * rows | 1) * KERNELS_PANEL;
}

/* The maps of one side of a convolution: what differs between forward and backward. */
struct winograd_side {
    struct net_shape shape;
    bool halved; // see winograd_halved()
    size_t panels;
    size_t plane; // numbers from one point of a task's tiles to the next
};

struct winograd_side winograd_input(const struct conv *conv, size_t tiles);
struct winograd_side winograd_output(const struct conv *conv, size_t tiles);

/* Numbers of one point's weights, in panels of the result's channels. */
size_t winograd_weight_plane(struct net_shape in, struct net_shape out);

/* Tasks of forward and input gradient. */
struct winograd_cut winograd_task_cut(const struct conv *conv);

/* Tasks of the weight gradient, in groups with sums of their own, or (0) all with the same sums. */
struct winograd_blocks {
    struct winograd_cut cut;
    size_t groups;
};

struct winograd_blocks winograd_blocks(const struct conv *conv);

/* Numbers of all points of both sides of so many tiles. */
size_t winograd_spread_numbers(const struct conv *conv, size_t tiles);

/* One thread's workspace: points of two sides, of which the first takes `v` numbers, a panel of a
 * map and a list of its tiles. */
struct winograd_space {
    float *v, *m, *map;
    struct kernels_tile *tiles;
};

struct winograd_space winograd_space(const struct conv *conv, float *scratch, size_t v);

/* The lines that a task reads of a side, with `halo` lines and pixels around them. */
struct panel_lines winograd_lines(const struct winograd_task *task,
                                  const struct winograd_side *side, int halo);

/* Panels of inputs and outputs whose weights' gradients are multiplied together: their sums stay in
 * the cache while all points go by. */
enum { WINOGRAD_BLOCK_IN = 2, WINOGRAD_BLOCK_OUT = 4 };

#endif
