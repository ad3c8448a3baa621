// SPDX-License-Identifier: Apache-2.0
#include "nn/winograd_plan.h"
#include "base/sizes.h"

#include <omp.h>

/* Whether a convolution of stride 2 becomes one of windows of 3x3 at most when it is halved. */
static bool halves(const struct conv *conv)
{
    const struct net_window window = conv->window;
    return window.stride == 2 && (window.kernel == 4 || window.kernel == 5) &&
           window.pad == window.kernel - 3 && conv->in.height == 2 * conv->out.height &&
           conv->in.width == 2 * conv->out.width && conv->in.channels % KERNELS_PANEL == 0;
}

bool winograd_fits(const struct conv *conv)
{
    return halves(conv) ||
           (conv->window.kernel == 3 && conv->window.stride == 1 && conv->window.pad == 1);
}

struct conv winograd_halved(const struct conv *conv)
{
    struct conv halved = *conv;
    if (halves(conv)) {
        halved.in =
            (struct net_shape){conv->in.height / 2, conv->in.width / 2, 4 * conv->in.channels};
    }
    return halved;
}

size_t winograd_tap(const struct conv *conv, size_t t, size_t panel)
{
    const size_t c = (size_t)conv->in.channels, f = (size_t)conv->out.channels;
    if (conv->window.stride == 1) return (t * c + panel * KERNELS_PANEL) * f;
    const size_t own = c / 4, square = panel * KERNELS_PANEL / own;
    const int kernel = conv->window.kernel, first = conv->window.pad - 2;
    const int y = 2 * (int)(t / 3) + (int)(square / 2) + first;
    const int x = 2 * (int)(t % 3) + (int)(square % 2) + first;
    if (y < 0 || x < 0 || y >= kernel || x >= kernel) return WINOGRAD_NO_TAP;
    return ((size_t)(y * kernel + x) * own + panel * KERNELS_PANEL % own) * f;
}

size_t winograd_across(int side)
{
    return ((size_t)side + WINOGRAD_TILE - 1) / WINOGRAD_TILE;
}

/* Images whose tiles are taken together, or parts of one image. */
struct winograd_cut winograd_cut(const struct conv *conv, size_t tiles)
{
    const size_t rows = winograd_across(conv->in.height), columns = winograd_across(conv->in.width);
    const size_t most = (tiles + columns - 1) / columns; // rows of tiles
    struct winograd_cut cut = {.parts = (rows + most - 1) / most};
    if (cut.parts > 1) {
        cut.tiles = (rows + cut.parts - 1) / cut.parts * columns;
        cut.tasks = conv->images * cut.parts;
        return cut;
    }
    const size_t images = most / rows < conv->images ? most / rows : conv->images;
    cut.tiles = images * rows * columns;
    cut.tasks = (conv->images + images - 1) / images;
    return cut;
}

static void set_bounds(struct winograd_task *task, const struct conv *conv)
{
    const int edge_row = conv->in.height / WINOGRAD_TILE; // the row that is not full, if any
    const size_t edges = conv->in.height % WINOGRAD_TILE != 0 && task->row + task->rows > edge_row;
    const size_t full = (size_t)task->rows - edges;
    const size_t full_columns = (size_t)(conv->in.width / WINOGRAD_TILE);
    const size_t edge_columns = conv->in.width % WINOGRAD_TILE != 0;
    task->bound[0] = 0;
    task->bound[1] = task->images * full * edge_columns;
    task->bound[2] = task->bound[1] + task->images * full * full_columns;
    task->bound[3] = task->bound[2] + task->images * edges * full_columns;
    task->bound[4] = task->bound[3] + task->images * edges * edge_columns;
    task->tiles = task->bound[4];
}

struct winograd_task winograd_task(const struct conv *conv, const struct winograd_cut *cut,
                                   size_t index)
{
    struct winograd_task task = {.images = 1, .rows = (int)winograd_across(conv->in.height)};
    if (cut->parts == 1) {
        task.image = conv->images * index / cut->tasks;
        task.images = conv->images * (index + 1) / cut->tasks - task.image;
    } else {
        const size_t rows = winograd_across(conv->in.height);
        task.image = index / cut->parts;
        task.part = index % cut->parts;
        task.row = (int)(rows * task.part / cut->parts);
        task.rows = (int)(rows * (task.part + 1) / cut->parts) - task.row;
    }
    set_bounds(&task, conv);
    return task;
}

static int pixels(int side, int first)
{
    return side - first < WINOGRAD_TILE ? side - first : WINOGRAD_TILE;
}

/* Kinds of tiles in this order: full in height only, full, full in width only, in neither. Those
 * that are full in height stand together then, and so do those that are full in width. */
size_t winograd_list(struct kernels_tile *tiles, const struct conv *conv,
                     const struct winograd_task *task, size_t image)
{
    size_t next[4], count = 0;
    for (int kind = 0; kind < 4; kind++) {
        const size_t all = task->bound[kind + 1] - task->bound[kind];
        next[kind] = task->bound[kind] + all / task->images * image;
    }
    for (int row = task->row; row < task->row + task->rows; row++) {
        for (int x = 0; x < conv->in.width; x += WINOGRAD_TILE) {
            const int height = pixels(conv->in.height, row * WINOGRAD_TILE);
            const int width = pixels(conv->in.width, x);
            const int kind = height == WINOGRAD_TILE ? (width == WINOGRAD_TILE ? 1 : 0)
                                                     : (width == WINOGRAD_TILE ? 2 : 3);
            tiles[count++] = (struct kernels_tile){.y = (row - task->row) * WINOGRAD_TILE,
                                                   .x = x,
                                                   .rows = height,
                                                   .columns = width,
                                                   .place = next[kind]++};
        }
    }
    return count;
}

/* Whether the tiles at the edge of a side of so many pixels lack a point. */
static bool lacks(int side, size_t point)
{
    const size_t n = (size_t)side % WINOGRAD_TILE;
    return n != 0 && point > n && point != KERNELS_POINTS - 1;
}

void winograd_points(size_t *first, size_t *end, const struct conv *conv,
                     const struct winograd_task *task, size_t plane)
{
    const bool full_height = lacks(conv->in.height, plane / KERNELS_POINTS);
    const bool full_width = lacks(conv->in.width, plane % KERNELS_POINTS);
    *first = task->bound[full_width ? 1 : 0];
    *end = task->bound[full_height ? 2 : full_width ? 3 : 4];
}

static struct winograd_side side_of(struct net_shape shape, bool halved, size_t tiles)
{
    const size_t panels = panel_count(shape.channels);
    return (struct winograd_side){shape, halved, panels, winograd_plane(panels, tiles)};
}

struct winograd_side winograd_input(const struct conv *conv, size_t tiles)
{
    return side_of(conv->in, conv->window.stride == 2, tiles);
}

struct winograd_side winograd_output(const struct conv *conv, size_t tiles)
{
    return side_of(conv->out, false, tiles);
}

static size_t padded(struct net_shape shape)
{
    return panel_count(shape.channels) * KERNELS_PANEL;
}

size_t winograd_weight_plane(struct net_shape in, struct net_shape out)
{
    return winograd_plane(panel_count(out.channels), padded(in));
}

/* Pixels of one panel of a whole image, the most that a task has, and of what windows reach. */
static size_t map_numbers(const struct conv *conv)
{
    const size_t rows = winograd_across(conv->in.height) * WINOGRAD_TILE + 2;
    return rows * (size_t)(conv->in.width + 2) * KERNELS_PANEL;
}

/* Tiles are listed in the place of numbers. */
static size_t list_numbers(const struct conv *conv)
{
    const size_t tiles = winograd_across(conv->in.height) * winograd_across(conv->in.width);
    return sizes_rounded(tiles * (sizeof(struct kernels_tile) / sizeof(float)), KERNELS_PANEL);
}

enum {
    SMALL_PAIRS = 128 * 128, // of channels
    MEDIUM_PAIRS = 256 * 256,
    SMALL_POINTS = 3 << 16,  // numbers: 0.75 MiB
    MEDIUM_POINTS = 3 << 19, // 6 MiB
    LARGE_POINTS = 3 << 22,  // 48 MiB
    GROUPS_MIN = 2,
    GROUPS_MAX = 8,
    GROUP_TILES = 512,
};

/* Points of all tiles along a side: 6 of a full tile, n + 2 of one of n pixels. */
static double side_points(int side)
{
    const int edge = side % WINOGRAD_TILE;
    return side / WINOGRAD_TILE * KERNELS_POINTS + (edge > 0 ? edge + 2 : 0);
}

/* Constants as measured on one core: cycles to transform a panel of a tile, and a panel of weights
 * by a row of channels for all points, which is a matter of memory. */
double winograd_cost(const struct conv *conv)
{
    enum { INPUT = 250, GRADIENT = 150, OUTPUT = 200, WEIGHTS = 2300 };
    const double in = (double)panel_count(conv->in.channels);
    const double out = (double)panel_count(conv->out.channels);
    const double images = (double)conv->images;
    const double tiles =
        (double)winograd_across(conv->in.height) * (double)winograd_across(conv->in.width);
    const double points = side_points(conv->in.height) * side_points(conv->in.width);
    const double transforms = in * (2 * INPUT + OUTPUT) + out * (INPUT + GRADIENT + OUTPUT);
    return images * (3.0 * points * in * out * KERNELS_PANEL + tiles * transforms) +
           in * out * KERNELS_PANEL * WEIGHTS;
}

/* Weights are read once for each task, so that many of them want many tiles; the points of few
 * tiles stay in the cache beside few weights. */
size_t winograd_tiles(const struct conv *conv)
{
    const size_t pairs = panel_count(conv->in.channels) * panel_count(conv->out.channels);
    return pairs <= 64 ? 32 : pairs <= 256 ? 64 : 128;
}

/* Tasks of forward and input gradient: a multiple of the number of threads, where images are not
 * cut. No result depends on which images go together. */
struct winograd_cut winograd_task_cut(const struct conv *conv)
{
    struct winograd_cut cut = winograd_cut(conv, conv->plan.tiles);
    const size_t threads = (size_t)omp_get_max_threads();
    const size_t even = (cut.tasks + threads - 1) / threads * threads;
    if (cut.parts == 1) cut.tasks = even < conv->images ? even : conv->images;
    return cut;
}

/* Where the sums of the weight gradient stay in a core's cache, each thread takes whole groups of
 * tasks, with points that stay beside the sums; groups are added in their order. A group more costs
 * another pass over the sums, so that few tiles make few groups. Where sums are large, all threads
 * share them, and as many tiles as can be, since sums are read and written for each block. */
struct winograd_blocks winograd_blocks(const struct conv *conv)
{
    const size_t in = padded(conv->in), out = padded(conv->out);
    const bool small = in * out <= SMALL_PAIRS, large = in * out > MEDIUM_PAIRS;
    const size_t numbers = small ? SMALL_POINTS : large ? LARGE_POINTS : MEDIUM_POINTS;
    const size_t tiles = numbers / WINOGRAD_PLANES / (in + out);
    struct winograd_blocks blocks = {.cut = winograd_cut(conv, tiles > 0 ? tiles : 1)};
    if (!small) return blocks;
    const size_t all =
        conv->images * winograd_across(conv->in.height) * winograd_across(conv->in.width);
    blocks.groups = GROUPS_MIN;
    while (blocks.groups < GROUPS_MAX && blocks.groups * GROUP_TILES < all) {
        blocks.groups *= 2;
    }
    if (blocks.groups > blocks.cut.tasks) blocks.groups = blocks.cut.tasks;
    return blocks;
}

size_t winograd_spread_numbers(const struct conv *conv, size_t tiles)
{
    return WINOGRAD_PLANES *
           (winograd_input(conv, tiles).plane + winograd_output(conv, tiles).plane);
}

size_t winograd_scratch(const struct conv *conv)
{
    const struct winograd_blocks blocks = winograd_blocks(conv);
    const size_t products =
        winograd_spread_numbers(conv, winograd_cut(conv, conv->plan.tiles).tiles);
    const size_t gradients =
        blocks.groups > 0 ? winograd_spread_numbers(conv, blocks.cut.tiles)
                          : WINOGRAD_PLANES * winograd_plane(WINOGRAD_BLOCK_OUT,
                                                             WINOGRAD_BLOCK_IN * KERNELS_PANEL);
    return sizes_most(products, gradients) + map_numbers(conv) + list_numbers(conv);
}

size_t winograd_shared(const struct conv *conv)
{
    const size_t forward = WINOGRAD_PLANES * winograd_weight_plane(conv->in, conv->out);
    const size_t backward = WINOGRAD_PLANES * winograd_weight_plane(conv->out, conv->in);
    const struct winograd_blocks blocks = winograd_blocks(conv);
    const size_t gradients = blocks.groups > 0 ? blocks.groups * forward
                                               : winograd_spread_numbers(conv, blocks.cut.tiles) +
                                                     (blocks.cut.tasks > 1 ? forward : 0);
    return sizes_most(sizes_most(forward, backward), gradients);
}

size_t winograd_parts(const struct conv *conv)
{
    return winograd_cut(conv, conv->plan.tiles).parts;
}

struct winograd_space winograd_space(const struct conv *conv, float *scratch, size_t v)
{
    float *own = scratch + (size_t)omp_get_thread_num() * winograd_scratch(conv);
    struct winograd_space space = {.map = own};
    own += map_numbers(conv);
    space.tiles = (struct kernels_tile *)(void *)own;
    space.v = own + list_numbers(conv);
    space.m = space.v + v;
    return space;
}

struct panel_lines winograd_lines(const struct winograd_task *task,
                                  const struct winograd_side *side, int halo)
{
    return (struct panel_lines){.top = task->row * WINOGRAD_TILE - halo,
                                .rows = task->rows * WINOGRAD_TILE + 2 * halo,
                                .halo = halo,
                                .halved = side->halved};
}
