// SPDX-License-Identifier: Apache-2.0
#include "nn/conv_columns.h"
#include "base/sizes.h"

#include <string.h>

size_t conv_columns_count(const struct conv *conv)
{
    const size_t k = (size_t)conv->window.kernel;
    return k * k * (size_t)conv->in.channels;
}

size_t conv_columns_panels(const struct conv *conv)
{
    return (conv_columns_count(conv) + KERNELS_PANEL - 1) / KERNELS_PANEL;
}

size_t conv_columns_map(const struct conv *conv)
{
    const size_t pad = 2 * (size_t)conv->window.pad;
    return ((size_t)conv->in.height + pad) * ((size_t)conv->in.width + pad) * KERNELS_PANEL;
}

/* Input lines under a block's output lines. */
static struct panel_lines lines_under(const struct conv *conv, const struct conv_block *block)
{
    return (struct panel_lines){.top = block->line * conv->window.stride - conv->window.pad,
                                .rows =
                                    (block->lines - 1) * conv->window.stride + conv->window.kernel,
                                .halo = conv->window.pad};
}

/* Channels from number i on whose columns, from number k on, stand in one panel as they do. */
static size_t run_length(size_t i, size_t k, size_t channels)
{
    const size_t most = KERNELS_PANEL - sizes_most(i % KERNELS_PANEL, k % KERNELS_PANEL);
    return channels - i < most ? channels - i : most;
}

static inline void copy_run(float *to, const float *from, size_t count)
{
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        memcpy(to + i, from + i, 4 * sizeof *to);
    }
    for (; i < count; i++) {
        to[i] = from[i];
    }
}

static inline void add_run(float *to, const float *from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        to[i] += from[i];
    }
}

/* Columns of one output line from maps of its input lines, panel after panel. `columns` is the
 * line's first pixel, maps the line's first input pixel. */
static void unroll_line(float *columns, const float *maps, size_t map_step, const struct conv *conv,
                        const struct conv_block *block)
{
    const struct kernels *kernels = kernels_get();
    const size_t line = (size_t)(conv->in.width + 2 * conv->window.pad) * KERNELS_PANEL;
    const size_t step = (size_t)conv->window.stride * KERNELS_PANEL;
    const size_t width = (size_t)conv->out.width, c = (size_t)conv->in.channels;
    const size_t panel_step = block->pixels * KERNELS_PANEL;
    size_t k = 0;
    for (int ky = 0; ky < conv->window.kernel; ky++) {
        for (int kx = 0; kx < conv->window.kernel; kx++) {
            const float *from = maps + (size_t)ky * line + (size_t)kx * KERNELS_PANEL;
            if (c % KERNELS_PANEL == 0) {
                for (size_t i = 0; i < c; i += KERNELS_PANEL, k += KERNELS_PANEL) {
                    kernels->panel_copy(columns + k / KERNELS_PANEL * panel_step, KERNELS_PANEL,
                                        from + i / KERNELS_PANEL * map_step, step, width);
                }
                continue;
            }
            for (size_t i = 0, count; i < c; i += count, k += count) {
                float *to = columns + k / KERNELS_PANEL * panel_step + k % KERNELS_PANEL;
                const float *pixel = from + i / KERNELS_PANEL * map_step + i % KERNELS_PANEL;
                count = run_length(i, k, c);
                for (size_t x = 0; x < width; x++) {
                    copy_run(to + x * KERNELS_PANEL, pixel + x * step, count);
                }
            }
        }
    }
    for (; k % KERNELS_PANEL != 0; k++) {
        for (size_t x = 0; x < width; x++) {
            columns[k / KERNELS_PANEL * panel_step + k % KERNELS_PANEL + x * KERNELS_PANEL] = 0;
        }
    }
}

void conv_columns_unroll(float *columns, float *maps, const struct conv *conv,
                         const struct conv_block *block, const struct conv_view *x)
{
    const size_t panels = panel_count(conv->in.channels), map_step = conv_columns_map(conv);
    const size_t width = (size_t)conv->out.width;
    const size_t line = (size_t)(conv->in.width + 2 * conv->window.pad) * KERNELS_PANEL;
    for (size_t image = 0; image < block->images; image++) {
        for (size_t panel = 0; panel < panels; panel++) {
            const struct kernels_view view =
                panel_view(x, conv->in, block->image + image, panel, lines_under(conv, block));
            kernels_get()->panel_read(maps + panel * map_step, &view);
        }
        for (int y = 0; y < block->lines; y++, columns += width * KERNELS_PANEL) {
            unroll_line(columns, maps + (size_t)(y * conv->window.stride) * line, map_step, conv,
                        block);
        }
    }
}

/* maps += columns, the transpose of unroll_line(); maps have no halo, `y` is the output line. */
static void roll_line(float *maps, size_t map_step, const float *columns, int y,
                      const struct conv *conv, const struct conv_block *block)
{
    const struct kernels *kernels = kernels_get();
    const int stride = conv->window.stride;
    const size_t c = (size_t)conv->in.channels, panel_step = block->pixels * KERNELS_PANEL;
    const size_t step = (size_t)stride * KERNELS_PANEL;
    size_t k = 0;
    for (int ky = 0; ky < conv->window.kernel; ky++) {
        const int iy = y * stride + ky - conv->window.pad;
        for (int kx = 0; kx < conv->window.kernel; kx++) {
            const int left = kx - conv->window.pad; // input column of output column 0
            const int first = left < 0 ? (-left + stride - 1) / stride : 0;
            const int end = (conv->in.width - left + stride - 1) / stride;
            const int last = end < conv->out.width ? end : conv->out.width;
            if (iy < 0 || iy >= conv->in.height || last <= first) {
                k += c;
                continue;
            }
            const size_t pixel = (size_t)(iy * conv->in.width + left + first * stride);
            const size_t count = (size_t)(last - first);
            for (size_t i = 0; i < c;) {
                float *to = maps + i / KERNELS_PANEL * map_step + pixel * KERNELS_PANEL;
                const float *from =
                    columns + k / KERNELS_PANEL * panel_step + (size_t)first * KERNELS_PANEL;
                if (c % KERNELS_PANEL == 0) {
                    kernels->panel_add(to, step, from, KERNELS_PANEL, count);
                    i += KERNELS_PANEL;
                    k += KERNELS_PANEL;
                    continue;
                }
                const size_t run = run_length(i, k, c);
                for (size_t x = 0; x < count; x++) {
                    add_run(to + x * step + i % KERNELS_PANEL,
                            from + x * KERNELS_PANEL + k % KERNELS_PANEL, run);
                }
                i += run;
                k += run;
            }
        }
    }
}

void conv_columns_roll(float *maps, size_t map_step, const float *columns, const struct conv *conv,
                       const struct conv_block *block)
{
    for (int y = 0; y < block->lines; y++) {
        roll_line(maps, map_step, columns + (size_t)(y * conv->out.width) * KERNELS_PANEL,
                  block->line + y, conv, block);
    }
}
