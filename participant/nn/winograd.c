// SPDX-License-Identifier: Apache-2.0
#include "nn/winograd.h"
#include "nn/winograd_plan.h"

#include <assert.h>
#include <string.h>

/* u[plane][panel of out][in][16] from w[kernel][kernel][C][F]. */
static void transform_weights(float *u, const float *w, const struct conv *conv)
{
    const struct kernels *kernels = kernels_get();
    const size_t f = (size_t)conv->out.channels;
    const size_t plane = winograd_weight_plane(conv->in, conv->out),
                 panels = panel_count(conv->out.channels);
    const size_t rows = panel_count(conv->in.channels);
#pragma omp parallel for schedule(static) collapse(2)
    for (size_t panel = 0; panel < panels; panel++) {
        for (size_t row = 0; row < rows; row++) {
            float *out = u + (panel * rows + row) * KERNELS_PANEL * KERNELS_PANEL;
            const int some = panel_lanes(conv->in.channels, row);
            const float *tap[9];
            for (size_t t = 0; t < 9; t++) {
                const size_t at = winograd_tap(conv, t, row);
                tap[t] = at == WINOGRAD_NO_TAP ? NULL : w + at + panel * KERNELS_PANEL;
            }
            kernels->winograd_weights(out, plane, tap, f, (size_t)some,
                                      panel_lanes(conv->out.channels, panel));
            // Channels that only fill a panel meet inputs of zero, but must be numbers.
            for (size_t p = 0; p < WINOGRAD_PLANES && some < KERNELS_PANEL; p++) {
                memset(out + p * plane + some * KERNELS_PANEL, 0,
                       (size_t)(KERNELS_PANEL - some) * KERNELS_PANEL * sizeof *out);
            }
        }
    }
}

/* u[plane][panel of in][out][16], turned around. */
static void transform_turned(float *u, const float *w, const struct conv *conv)
{
    const struct kernels *kernels = kernels_get();
    const size_t f = (size_t)conv->out.channels;
    const size_t plane = winograd_weight_plane(conv->out, conv->in),
                 panels = panel_count(conv->in.channels);
    const size_t rows = panel_count(conv->out.channels);
#pragma omp parallel for schedule(static) collapse(2)
    for (size_t panel = 0; panel < panels; panel++) {
        for (size_t row = 0; row < rows; row++) {
            float turned[9 * KERNELS_PANEL * KERNELS_PANEL] = {0};
            const size_t lanes = (size_t)panel_lanes(conv->in.channels, panel);
            const size_t some = (size_t)panel_lanes(conv->out.channels, row);
            const float *tap[9] = {NULL};
            for (size_t t = 0; t < 9; t++) {
                const size_t at = winograd_tap(conv, 8 - t, panel);
                if (at == WINOGRAD_NO_TAP) continue;
                float *to = turned + t * KERNELS_PANEL * KERNELS_PANEL;
                const float *from = w + at + row * KERNELS_PANEL;
                for (size_t l = 0; l < lanes; l++) {
                    for (size_t i = 0; i < some; i++) {
                        to[i * KERNELS_PANEL + l] = from[l * f + i];
                    }
                }
                tap[t] = to;
            }
            kernels->winograd_weights(u + (panel * rows + row) * KERNELS_PANEL * KERNELS_PANEL,
                                      plane, tap, KERNELS_PANEL, KERNELS_PANEL, KERNELS_PANEL);
        }
    }
}

/* Points of all tiles of a task. */
static void spread_task(const struct conv *conv, const struct winograd_task *task,
                        const struct winograd_side *in, const struct conv_view *x,
                        struct winograd_space space)
{
    const struct kernels *kernels = kernels_get();
    for (size_t image = 0; image < task->images; image++) {
        const size_t count = winograd_list(space.tiles, conv, task, image);
        for (size_t panel = 0; panel < in->panels; panel++) {
            const struct kernels_view view =
                panel_view(x, in->shape, task->image + image, panel, winograd_lines(task, in, 1));
            kernels->panel_read(space.map, &view);
            kernels->winograd_input(space.v + panel * task->tiles * KERNELS_PANEL, in->plane,
                                    space.map, (size_t)conv->in.width + 2, space.tiles, count);
        }
    }
}

static void multiply_task(const struct conv *conv, const struct winograd_task *task,
                          const struct winograd_side *in, const struct winograd_side *out,
                          const float *u, size_t u_plane, struct winograd_space space)
{
    for (size_t plane = 0; plane < WINOGRAD_PLANES; plane++) {
        size_t first = 0, end = 0;
        winograd_points(&first, &end, conv, task, plane);
        if (first == end) continue;
        const struct kernels_product product = {
            .c = space.m + plane * out->plane + first * KERNELS_PANEL,
            .a = space.v + plane * in->plane + first * KERNELS_PANEL,
            .b = u + plane * u_plane,
            .c_step = task->tiles * KERNELS_PANEL,
            .a_step = task->tiles * KERNELS_PANEL,
            .b_step = in->panels * KERNELS_PANEL * KERNELS_PANEL,
            .rows = end - first,
            .inner = in->panels,
            .columns = out->panels};
        kernels_get()->product(&product);
    }
}

/* Pixels of the rows of a task. */
static size_t task_pixels(const struct conv *conv, const struct winograd_task *task)
{
    const int left = conv->in.height - task->row * WINOGRAD_TILE;
    const int rows = task->rows * WINOGRAD_TILE;
    return (size_t)(left < rows ? left : rows) * (size_t)conv->in.width;
}

static void gather_task(const struct conv *conv, const struct winograd_task *task,
                        const struct winograd_side *out, const struct conv_sink *y,
                        struct winograd_space space)
{
    const struct kernels *kernels = kernels_get();
    const size_t parts = winograd_parts(conv), pixels = task_pixels(conv, task);
    const size_t first = (size_t)task->row * WINOGRAD_TILE * (size_t)conv->in.width;
    assert(!out->halved || y->sums == NULL);
    for (size_t image = 0; image < task->images; image++) {
        const size_t count = winograd_list(space.tiles, conv, task, image);
        const size_t number = task->image + image;
        struct panel_pixels place = {.image = number,
                                     .pixels = out->halved ? (size_t)conv->in.width : pixels,
                                     .part = number * parts + task->part,
                                     .halved = out->halved};
        for (size_t panel = 0; panel < out->panels; panel++) {
            kernels->winograd_output(space.map, (size_t)conv->in.width,
                                     space.m + panel * task->tiles * KERNELS_PANEL, out->plane,
                                     space.tiles, count);
            for (size_t pixel = 0; pixel < pixels; pixel += place.pixels) {
                place.first = first + pixel;
                const struct kernels_sink sink = panel_sink(y, out->shape, panel, place);
                kernels->panel_write(&sink, space.map + pixel * KERNELS_PANEL);
            }
        }
    }
}

/* y = x convolved with the weights whose points are u; turned: from the outputs to the inputs. */
static void convolve(const struct conv *conv, const struct conv_sink *y, const struct conv_view *x,
                     bool turned, const float *u, float *scratch)
{
    const struct winograd_cut cut = winograd_task_cut(conv);
#pragma omp parallel for schedule(static)
    for (size_t index = 0; index < cut.tasks; index++) {
        const struct winograd_task task = winograd_task(conv, &cut, index);
        const struct winograd_side inputs = winograd_input(conv, task.tiles),
                                   outputs = winograd_output(conv, task.tiles);
        const struct winograd_side *in = turned ? &outputs : &inputs,
                                   *out = turned ? &inputs : &outputs;
        const struct winograd_space space =
            winograd_space(conv, scratch, WINOGRAD_PLANES * in->plane);
        spread_task(conv, &task, in, x, space);
        multiply_task(conv, &task, in, out, u, winograd_weight_plane(in->shape, out->shape), space);
        gather_task(conv, &task, out, y, space);
    }
}

void winograd_forward(const struct conv *conv, const struct conv_sink *y, const struct conv_view *x,
                      const float *w, float *const workspace[2])
{
    transform_weights(workspace[1], w, conv);
    convolve(conv, y, x, false, workspace[1], workspace[0]);
}

void winograd_input_gradient(const struct conv *conv, const struct conv_sink *dx,
                             const struct conv_view *dy, const float *w, float *const workspace[2])
{
    transform_turned(workspace[1], w, conv);
    convolve(conv, dx, dy, true, workspace[1], workspace[0]);
}
