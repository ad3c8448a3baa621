// SPDX-License-Identifier: Apache-2.0
// The gradient to the weights: F(3x3, 4x4).
#include "base/sizes.h"
#include "nn/winograd.h"
#include "nn/winograd_plan.h"

/* The points of a block of images: inputs, then gradients. */
struct spread {
    struct winograd_task task;
    struct winograd_side in, out;
    float *v, *z;
};

/* Transforms inputs (panels below in.panels) or gradients of one panel of one image. */
static void spread_panel(const struct conv *conv, const struct spread *spread, size_t image,
                         size_t panel, const struct conv_view *dy, const struct conv_view *x,
                         struct winograd_space space)
{
    const struct kernels *kernels = kernels_get();
    const struct winograd_task *task = &spread->task;
    const size_t count = winograd_list(space.tiles, conv, task, image);
    const size_t step = task->tiles * KERNELS_PANEL, width = (size_t)conv->in.width;
    if (panel < spread->in.panels) {
        const struct kernels_view view = panel_view(x, conv->in, task->image + image, panel,
                                                    winograd_lines(task, &spread->in, 1));
        kernels->panel_read(space.map, &view);
        kernels->winograd_input(spread->v + panel * step, spread->in.plane, space.map, width + 2,
                                space.tiles, count);
    } else {
        panel -= spread->in.panels;
        const struct kernels_view view = panel_view(dy, conv->out, task->image + image, panel,
                                                    winograd_lines(task, &spread->out, 0));
        kernels->panel_read(space.map, &view);
        kernels->winograd_gradient(spread->z + panel * step, spread->out.plane, space.map, width,
                                   space.tiles, count);
    }
}

/* Panels of inputs and outputs whose weights are multiplied together. */
struct patch {
    size_t in, ins, out, outs;
};

/* sums[plane][panel of out][in][16] (+)= the products of a block of points. */
static void multiply_block(float *sums, size_t plane_step, size_t panel_step,
                           const struct conv *conv, const struct spread *spread, struct patch block,
                           bool add)
{
    const size_t step = spread->task.tiles * KERNELS_PANEL;
    for (size_t plane = 0; plane < WINOGRAD_PLANES; plane++) {
        size_t first = 0, end = 0;
        winograd_points(&first, &end, conv, &spread->task, plane);
        const float *a = spread->v + plane * spread->in.plane + block.in * step;
        const float *b = spread->z + plane * spread->out.plane + block.out * step;
        const struct kernels_product product = {.c = sums + plane * plane_step,
                                                .a = a + first * KERNELS_PANEL,
                                                .b = b + first * KERNELS_PANEL,
                                                .c_step = panel_step,
                                                .c_row = KERNELS_PANEL,
                                                .a_step = step,
                                                .b_step = step,
                                                .rows = block.ins * KERNELS_PANEL,
                                                .inner = end - first,
                                                .columns = block.outs,
                                                .add = add,
                                                .a_next = a + spread->in.plane,
                                                .b_next = b + spread->out.plane};
        kernels_get()->product_turned(&product);
    }
}

/* The gradients of a block's taps from its sums. */
static void gather_block(float *dw, const float *sums, size_t plane_step, size_t panel_step,
                         const struct conv *conv, struct patch block)
{
    const size_t f = (size_t)conv->out.channels;
    for (size_t out = block.out; out < block.out + block.outs; out++) {
        for (size_t in = block.in; in < block.in + block.ins; in++) {
            float *tap[9];
            for (size_t t = 0; t < 9; t++) {
                const size_t at = winograd_tap(conv, t, in);
                tap[t] = at == WINOGRAD_NO_TAP ? NULL : dw + at + out * KERNELS_PANEL;
            }
            kernels_get()->winograd_taps(tap, f,
                                         sums + (out - block.out) * panel_step +
                                             (in - block.in) * KERNELS_PANEL * KERNELS_PANEL,
                                         plane_step, (size_t)panel_lanes(conv->in.channels, in),
                                         panel_lanes(conv->out.channels, out));
        }
    }
}

/* Block number `index` of those that cover all pairs of panels. */
static struct patch patch_of(const struct spread *spread, size_t index)
{
    const size_t across = (spread->in.panels + WINOGRAD_BLOCK_IN - 1) / WINOGRAD_BLOCK_IN;
    struct patch block = {.in = index % across * WINOGRAD_BLOCK_IN,
                          .out = index / across * WINOGRAD_BLOCK_OUT};
    block.ins = sizes_least(WINOGRAD_BLOCK_IN, spread->in.panels - block.in);
    block.outs = sizes_least(WINOGRAD_BLOCK_OUT, spread->out.panels - block.out);
    return block;
}

static size_t patches_of(const struct spread *spread)
{
    return (spread->in.panels + WINOGRAD_BLOCK_IN - 1) / WINOGRAD_BLOCK_IN *
           ((spread->out.panels + WINOGRAD_BLOCK_OUT - 1) / WINOGRAD_BLOCK_OUT);
}

static struct spread spread_of(const struct conv *conv, const struct winograd_cut *cut, size_t task,
                               float *points)
{
    struct spread spread = {.task = winograd_task(conv, cut, task), .v = points};
    spread.in = winograd_input(conv, spread.task.tiles);
    spread.out = winograd_output(conv, spread.task.tiles);
    spread.z = points + WINOGRAD_PLANES * spread.in.plane;
    return spread;
}

/* Sums of one group of tasks, by one thread. */
static void sum_group(float *sums, const struct conv *conv, const struct winograd_blocks *blocks,
                      size_t group, const struct conv_view *dy, const struct conv_view *x,
                      struct winograd_space space)
{
    const size_t first = blocks->cut.tasks * group / blocks->groups;
    const size_t end = blocks->cut.tasks * (group + 1) / blocks->groups;
    const size_t plane = winograd_weight_plane(conv->in, conv->out);
    for (size_t task = first; task < end; task++) {
        const struct spread spread = spread_of(conv, &blocks->cut, task, space.v);
        const size_t panels = spread.in.panels + spread.out.panels;
        for (size_t job = 0; job < spread.task.images * panels; job++) {
            spread_panel(conv, &spread, job / panels, job % panels, dy, x, space);
        }
        const struct patch all = {.ins = spread.in.panels, .outs = spread.out.panels};
        multiply_block(sums, plane, spread.in.panels * KERNELS_PANEL * KERNELS_PANEL, conv, &spread,
                       all, task > first);
    }
}

/* The sums of a block of all groups, into those of the first. */
static void add_groups(float *sums, const struct conv *conv, size_t groups, struct patch block)
{
    const size_t plane_step = winograd_weight_plane(conv->in, conv->out);
    const size_t panel_step = panel_count(conv->in.channels) * KERNELS_PANEL * KERNELS_PANEL;
    for (size_t plane = 0; plane < WINOGRAD_PLANES; plane++) {
        for (size_t out = block.out; out < block.out + block.outs; out++) {
            float *own = sums + plane * plane_step + out * panel_step +
                         block.in * KERNELS_PANEL * KERNELS_PANEL;
            for (size_t group = 1; group < groups; group++) {
                kernels_get()->accumulate(own, own + group * WINOGRAD_PLANES * plane_step,
                                          block.ins * KERNELS_PANEL * KERNELS_PANEL, 1);
            }
        }
    }
}

static void gradient_by_groups(const struct conv *conv, const struct winograd_blocks *blocks,
                               float *dw, const struct conv_view *dy, const struct conv_view *x,
                               float *const workspace[2])
{
    const size_t plane = winograd_weight_plane(conv->in, conv->out);
    const size_t step = panel_count(conv->in.channels) * KERNELS_PANEL * KERNELS_PANEL;
    const struct spread whole = {.in.panels = panel_count(conv->in.channels),
                                 .out.panels = panel_count(conv->out.channels)};
#pragma omp parallel
    {
#pragma omp for schedule(static)
        for (size_t group = 0; group < blocks->groups; group++) {
            sum_group(workspace[1] + group * WINOGRAD_PLANES * plane, conv, blocks, group, dy, x,
                      winograd_space(conv, workspace[0], 0));
        }
#pragma omp for schedule(static)
        for (size_t index = 0; index < patches_of(&whole); index++) {
            const struct patch block = patch_of(&whole, index);
            add_groups(workspace[1], conv, blocks->groups, block);
            gather_block(dw,
                         workspace[1] + block.out * step + block.in * KERNELS_PANEL * KERNELS_PANEL,
                         plane, step, conv, block);
        }
    }
}

/* One block of a task that all threads share: its products are added to the sums, or, when it is
 * the only task, stay with the thread. */
static void gradient_of_block(const struct conv *conv, const struct spread *spread,
                              struct patch block, float *dw, float *sums, float *own, bool first,
                              bool last)
{
    const bool only = first && last;
    const size_t all = (only ? block.ins : spread->in.panels) * KERNELS_PANEL * KERNELS_PANEL;
    const size_t plane = only ? winograd_plane(block.outs, block.ins * KERNELS_PANEL)
                              : winograd_weight_plane(conv->in, conv->out);
    float *to = own;
    if (!only) to = sums + block.out * all + block.in * KERNELS_PANEL * KERNELS_PANEL;
    multiply_block(to, plane, all, conv, spread, block, !first);
    if (last) gather_block(dw, to, plane, all, conv, block);
}

static void gradient_together(const struct conv *conv, const struct winograd_cut *cut, float *dw,
                              const struct conv_view *dy, const struct conv_view *x,
                              float *const workspace[2])
{
    float *sums = workspace[1] + winograd_spread_numbers(conv, cut->tiles);
    for (size_t task = 0; task < cut->tasks; task++) {
        const struct spread spread = spread_of(conv, cut, task, workspace[1]);
        const size_t panels = spread.in.panels + spread.out.panels;
#pragma omp parallel
        {
            const struct winograd_space space = winograd_space(conv, workspace[0], 0);
#pragma omp for schedule(static)
            for (size_t job = 0; job < spread.task.images * panels; job++) {
                spread_panel(conv, &spread, job / panels, job % panels, dy, x, space);
            }
#pragma omp for schedule(static)
            for (size_t index = 0; index < patches_of(&spread); index++) {
                gradient_of_block(conv, &spread, patch_of(&spread, index), dw, sums, space.v,
                                  task == 0, task + 1 == cut->tasks);
            }
        }
    }
}

void winograd_weight_gradient(const struct conv *conv, float *dw, const struct conv_view *dy,
                              const struct conv_view *x, float *const workspace[2])
{
    const struct winograd_blocks blocks = winograd_blocks(conv);
    if (blocks.groups > 0) {
        gradient_by_groups(conv, &blocks, dw, dy, x, workspace);
    } else {
        gradient_together(conv, &blocks.cut, dw, dy, x, workspace);
    }
}
