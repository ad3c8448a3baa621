// SPDX-License-Identifier: Apache-2.0
#include "nn/conv_unrolled.h"
#include "nn/conv_columns.h"

#include <omp.h>
#include <string.h>

enum {
    PIXELS = 96,    // of a product, at least, where there are so many
    GROUPS_MAX = 8, // of tasks, whose weight gradients are summed apart, then in order
};

static size_t image_pixels(const struct conv *conv)
{
    return (size_t)conv->out.height * (size_t)conv->out.width;
}

/* Output lines of a block. */
static int block_lines(const struct conv *conv)
{
    const int lines = (PIXELS + conv->out.width - 1) / conv->out.width;
    return lines < conv->out.height ? lines : conv->out.height;
}

/* Images of a task: more than one where they are so small that all go into one block. */
static size_t task_images(const struct conv *conv)
{
    const size_t images = (PIXELS + image_pixels(conv) - 1) / image_pixels(conv);
    return images < conv->images ? images : conv->images;
}

static size_t task_count(const struct conv *conv)
{
    return (conv->images + task_images(conv) - 1) / task_images(conv);
}

/* The first block of task number `index`; it has images, but no lines yet. */
static struct conv_block task_of(const struct conv *conv, size_t index)
{
    const size_t images = task_images(conv), left = conv->images - index * images;
    return (struct conv_block){.image = index * images, .images = left < images ? left : images};
}

/* Moves on to the next lines; false at the end. */
static bool next_block(struct conv_block *block, const struct conv *conv)
{
    block->line += block->lines;
    const int left = conv->out.height - block->line, most = block_lines(conv);
    block->lines = left < most ? left : most;
    block->pixels = block->images * (size_t)block->lines * (size_t)conv->out.width;
    return block->lines > 0;
}

static size_t block_pixels(const struct conv *conv)
{
    return task_images(conv) * (size_t)block_lines(conv) * (size_t)conv->out.width;
}

static size_t columns_numbers(const struct conv *conv)
{
    return conv_columns_panels(conv) * block_pixels(conv) * KERNELS_PANEL;
}

/* Outputs of all images of a task. */
static size_t outputs_numbers(const struct conv *conv)
{
    return panel_count(conv->out.channels) * task_images(conv) * image_pixels(conv) * KERNELS_PANEL;
}

/* Weights in panels, as w[panel of out][k][16], or turned, as w[panel of k][out][16]. */
static size_t weights_numbers(const struct conv *conv)
{
    return conv_columns_panels(conv) * panel_count(conv->out.channels) * KERNELS_PANEL *
           KERNELS_PANEL;
}

static size_t maps_numbers(const struct conv *conv)
{
    return panel_count(conv->in.channels) * conv_columns_map(conv);
}

double conv_unrolled_cost(const struct conv *conv)
{
    enum { COPY = 12, PACK = 60 };
    const double columns = (double)conv_columns_panels(conv);
    const double outs = (double)panel_count(conv->out.channels);
    const double pixels = (double)conv->images * (double)image_pixels(conv);
    return pixels * columns * (3.0 * outs * KERNELS_PANEL + COPY) +
           columns * outs * KERNELS_PANEL * PACK;
}

size_t conv_unrolled_scratch(const struct conv *conv)
{
    return columns_numbers(conv) + outputs_numbers(conv) + maps_numbers(conv);
}

static size_t groups(const struct conv *conv)
{
    return task_count(conv) < GROUPS_MAX ? task_count(conv) : GROUPS_MAX;
}

size_t conv_unrolled_shared(const struct conv *conv)
{
    return GROUPS_MAX * weights_numbers(conv);
}

struct space {
    float *columns, *outputs, *maps;
};

static struct space space_of(const struct conv *conv, float *scratch)
{
    float *own = scratch + (size_t)omp_get_thread_num() * conv_unrolled_scratch(conv);
    return (struct space){own, own + columns_numbers(conv),
                          own + columns_numbers(conv) + outputs_numbers(conv)};
}

/* packed[panel of out][k][16]. */
static void pack_weights(float *packed, const float *w, const struct conv *conv)
{
    const size_t f = (size_t)conv->out.channels, rows = conv_columns_count(conv);
    const size_t panels = panel_count(conv->out.channels);
    const size_t panel_step = conv_columns_panels(conv) * KERNELS_PANEL * KERNELS_PANEL;
#pragma omp parallel for schedule(static)
    for (size_t panel = 0; panel < panels; panel++) {
        const size_t lanes = (size_t)panel_lanes(conv->out.channels, panel);
        float *to = packed + panel * panel_step;
        memset(to, 0, panel_step * sizeof *to);
        for (size_t k = 0; k < rows; k++) {
            memcpy(to + k * KERNELS_PANEL, w + k * f + panel * KERNELS_PANEL, lanes * sizeof *to);
        }
    }
}

/* packed[panel of k][out][16]. */
static void pack_turned(float *packed, const float *w, const struct conv *conv)
{
    const size_t f = (size_t)conv->out.channels, rows = conv_columns_count(conv);
    const size_t step = panel_count(conv->out.channels) * KERNELS_PANEL * KERNELS_PANEL;
#pragma omp parallel for schedule(static)
    for (size_t panel = 0; panel < conv_columns_panels(conv); panel++) {
        float *to = packed + panel * step;
        memset(to, 0, step * sizeof *to);
        for (size_t l = 0; l < KERNELS_PANEL && panel * KERNELS_PANEL + l < rows; l++) {
            for (size_t i = 0; i < f; i++) {
                to[i * KERNELS_PANEL + l] = w[(panel * KERNELS_PANEL + l) * f + i];
            }
        }
    }
}

/* outputs[panel][pixel][16] of a task to the sink, image by image. */
static void write_outputs(const struct conv *conv, const struct conv_block *task,
                          const struct conv_sink *y, const float *outputs)
{
    const size_t pixels = image_pixels(conv);
    for (size_t image = 0; image < task->images; image++) {
        const struct panel_pixels place = {
            .image = task->image + image, .pixels = pixels, .part = task->image + image};
        for (size_t panel = 0; panel < panel_count(conv->out.channels); panel++) {
            const struct kernels_sink sink = panel_sink(y, conv->out, panel, place);
            kernels_get()->panel_write(&sink, outputs + (panel * task->images + image) * pixels *
                                                            KERNELS_PANEL);
        }
    }
}

static void forward_blocks(const struct conv *conv, const struct conv_sink *y,
                           const struct conv_view *x, const float *packed, float *scratch)
{
    const size_t count = task_count(conv), panels = conv_columns_panels(conv);
#pragma omp parallel for schedule(static)
    for (size_t index = 0; index < count; index++) {
        const struct space space = space_of(conv, scratch);
        struct conv_block block = task_of(conv, index);
        while (next_block(&block, conv)) {
            conv_columns_unroll(space.columns, space.maps, conv, &block, x);
            const size_t first = (size_t)block.line * (size_t)conv->out.width;
            const struct kernels_product product = {
                .c = space.outputs + first * KERNELS_PANEL,
                .a = space.columns,
                .b = packed,
                .c_step = block.images * image_pixels(conv) * KERNELS_PANEL,
                .a_step = block.pixels * KERNELS_PANEL,
                .b_step = panels * KERNELS_PANEL * KERNELS_PANEL,
                .rows = block.pixels,
                .inner = panels,
                .columns = panel_count(conv->out.channels)};
            kernels_get()->product(&product);
        }
        write_outputs(conv, &block, y, space.outputs);
    }
}

/* The gradient to the inputs of the images of one task. */
static void input_gradient_task(const struct conv *conv, const struct conv_block *task,
                                const struct conv_sink *dx, const struct conv_view *dy,
                                const float *packed, struct space space)
{
    const size_t panels = panel_count(conv->in.channels), outs = panel_count(conv->out.channels);
    const size_t pixels = (size_t)conv->in.height * (size_t)conv->in.width;
    const size_t map_step = pixels * KERNELS_PANEL;
    for (size_t image = task->image; image < task->image + task->images; image++) {
        struct conv_block block = {.image = image, .images = 1};
        memset(space.maps, 0, panels * map_step * sizeof *space.maps);
        while (next_block(&block, conv)) {
            for (size_t panel = 0; panel < outs; panel++) {
                const struct kernels_view view =
                    panel_view(dy, conv->out, image, panel,
                               (struct panel_lines){.top = block.line, .rows = block.lines});
                kernels_get()->panel_read(space.outputs + panel * block.pixels * KERNELS_PANEL,
                                          &view);
            }
            const struct kernels_product product = {.c = space.columns,
                                                    .a = space.outputs,
                                                    .b = packed,
                                                    .c_step = block.pixels * KERNELS_PANEL,
                                                    .a_step = block.pixels * KERNELS_PANEL,
                                                    .b_step = outs * KERNELS_PANEL * KERNELS_PANEL,
                                                    .rows = block.pixels,
                                                    .inner = outs,
                                                    .columns = conv_columns_panels(conv)};
            kernels_get()->product(&product);
            conv_columns_roll(space.maps, map_step, space.columns, conv, &block);
        }
        const struct panel_pixels place = {.image = image, .pixels = pixels, .part = image};
        for (size_t panel = 0; panel < panels; panel++) {
            const struct kernels_sink sink = panel_sink(dx, conv->in, panel, place);
            kernels_get()->panel_write(&sink, space.maps + panel * map_step);
        }
    }
}

/* sums[panel of out][k][16] += the products of one task's windows and gradients. */
static void weight_gradient_task(float *sums, const struct conv *conv, struct conv_block task,
                                 const struct conv_view *dy, const struct conv_view *x,
                                 struct space space)
{
    const size_t panels = conv_columns_panels(conv), outs = panel_count(conv->out.channels);
    struct conv_block block = task;
    while (next_block(&block, conv)) {
        conv_columns_unroll(space.columns, space.maps, conv, &block, x);
        const size_t each = block.pixels / block.images * KERNELS_PANEL;
        for (size_t panel = 0; panel < outs; panel++) {
            for (size_t image = 0; image < block.images; image++) {
                const struct kernels_view view =
                    panel_view(dy, conv->out, block.image + image, panel,
                               (struct panel_lines){.top = block.line, .rows = block.lines});
                kernels_get()->panel_read(
                    space.outputs + panel * block.pixels * KERNELS_PANEL + image * each, &view);
            }
        }
        const struct kernels_product product = {.c = sums,
                                                .a = space.columns,
                                                .b = space.outputs,
                                                .c_step = panels * KERNELS_PANEL * KERNELS_PANEL,
                                                .a_step = block.pixels * KERNELS_PANEL,
                                                .b_step = block.pixels * KERNELS_PANEL,
                                                .rows = panels * KERNELS_PANEL,
                                                .inner = block.pixels,
                                                .columns = outs,
                                                .c_row = KERNELS_PANEL,
                                                .add = true};
        kernels_get()->product_turned(&product);
    }
}

/* dw from the sums of all groups, in their order. */
static void gather_groups(float *dw, const float *sums, const struct conv *conv)
{
    const struct kernels *kernels = kernels_get();
    const size_t rows = conv_columns_count(conv), f = (size_t)conv->out.channels;
    const size_t size = weights_numbers(conv);
    const size_t step = conv_columns_panels(conv) * KERNELS_PANEL * KERNELS_PANEL;
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < rows; k++) {
        for (size_t panel = 0; panel < panel_count(conv->out.channels); panel++) {
            const size_t lanes = (size_t)panel_lanes(conv->out.channels, panel);
            for (size_t group = 0; group < groups(conv); group++) {
                kernels->accumulate(dw + k * f + panel * KERNELS_PANEL,
                                    sums + group * size + panel * step + k * KERNELS_PANEL, lanes,
                                    group > 0);
            }
        }
    }
}

void conv_unrolled_forward(const struct conv *conv, const struct conv_sink *y,
                           const struct conv_view *x, const float *w, float *const workspace[2])
{
    pack_weights(workspace[1], w, conv);
    forward_blocks(conv, y, x, workspace[1], workspace[0]);
}

void conv_unrolled_input_gradient(const struct conv *conv, const struct conv_sink *dx,
                                  const struct conv_view *dy, const float *w,
                                  float *const workspace[2])
{
    pack_turned(workspace[1], w, conv);
    const size_t count = task_count(conv);
#pragma omp parallel for schedule(static)
    for (size_t index = 0; index < count; index++) {
        const struct conv_block task = task_of(conv, index);
        input_gradient_task(conv, &task, dx, dy, workspace[1], space_of(conv, workspace[0]));
    }
}

void conv_unrolled_weight_gradient(const struct conv *conv, float *dw, const struct conv_view *dy,
                                   const struct conv_view *x, float *const workspace[2])
{
    const size_t parts = groups(conv), count = task_count(conv), size = weights_numbers(conv);
#pragma omp parallel for schedule(static)
    for (size_t part = 0; part < parts; part++) {
        float *sums = workspace[1] + part * size;
        memset(sums, 0, size * sizeof *sums);
        for (size_t task = count * part / parts; task < count * (part + 1) / parts; task++) {
            weight_gradient_task(sums, conv, task_of(conv, task), dy, x,
                                 space_of(conv, workspace[0]));
        }
    }
    gather_groups(dw, workspace[1], conv);
}
