// SPDX-License-Identifier: Apache-2.0
#include "nn/linear_products.h"
#include "base/sizes.h"
#include "nn/kernels.h"

#include <omp.h>
#include <string.h>

enum {
    INPUTS_MIN = 1024,
    INPUTS_BLOCK = 1024, // of all items they stay in a core's cache
    OUTPUTS_BLOCK = 32,  // of a thread's turn
    PANELS = 4,          // of inputs whose gradients are formed together
};

bool linear_products_fit(struct linear linear)
{
    const size_t panel = KERNELS_PANEL;
    return linear.items > 0 && linear.inputs >= INPUTS_MIN && linear.inputs % panel == 0 &&
           linear.outputs % panel == 0 && linear.items % panel == 0;
}

/* Panels of items and of weights. */
size_t linear_products_scratch(struct linear linear)
{
    return (linear.items + linear.outputs) * PANELS * KERNELS_PANEL;
}

/* dy in panels of outputs, and turned, in panels of items. */
size_t linear_products_shared(struct linear linear)
{
    return 2 * linear.items * linear.outputs;
}

void linear_products_forward(float *y, const float *x, const float *w, const float *b,
                             struct linear linear)
{
    const size_t in = linear.inputs, out = linear.outputs;
    const size_t turns = (out + OUTPUTS_BLOCK - 1) / OUTPUTS_BLOCK;
    for (size_t i = 0; i < linear.items; i++) {
        memset(y + i * out, 0, out * sizeof *y);
        if (b != NULL) memcpy(y + i * out, b, out * sizeof *y);
    }
#pragma omp parallel
    for (size_t first = 0; first < in; first += INPUTS_BLOCK) {
        // The same thread takes the same turn of each block, so that none waits for another.
#pragma omp for schedule(static) nowait
        for (size_t turn = 0; turn < turns; turn++) {
            const size_t o = turn * OUTPUTS_BLOCK;
            const struct kernels_rows rows = {.c = y + o,
                                              .a = x + first,
                                              .b = w + o * in + first,
                                              .c_row = out,
                                              .a_row = in,
                                              .b_row = in,
                                              .rows = linear.items,
                                              .columns = sizes_least(OUTPUTS_BLOCK, out - o),
                                              .inner = sizes_least(INPUTS_BLOCK, in - first),
                                              .add = true};
            kernels_get()->dot_rows(&rows);
        }
    }
}

/* panels[panel][row][16] of `count` panels of a matrix with rows `step` numbers apart. */
static void take_panels(float *panels, const float *matrix, size_t rows, size_t step, size_t count)
{
    for (size_t panel = 0; panel < count; panel++) {
        kernels_get()->panel_copy(panels + panel * rows * KERNELS_PANEL, KERNELS_PANEL,
                                  matrix + panel * KERNELS_PANEL, step, rows);
    }
}

/* turned[panel of items][output][16] from dy[item][output]. */
static void turn_gradients(float *turned, const float *dy, struct linear linear)
{
    for (size_t i = 0; i < linear.items; i++) {
        float *to = turned + i / KERNELS_PANEL * linear.outputs * KERNELS_PANEL + i % KERNELS_PANEL;
        for (size_t o = 0; o < linear.outputs; o++) {
            to[o * KERNELS_PANEL] = dy[i * linear.outputs + o];
        }
    }
}

void linear_products_backward(float *dx, float *dw, const float *dy, const float *x, const float *w,
                              struct linear linear, float *const workspace[2])
{
    const size_t in = linear.inputs, out = linear.outputs, items = linear.items;
    const size_t panels = in / KERNELS_PANEL, turns = (panels + PANELS - 1) / PANELS;
    float *by_output = workspace[1], *by_item = by_output + items * out;
    take_panels(by_output, dy, items, out, out / KERNELS_PANEL);
    turn_gradients(by_item, dy, linear);
#pragma omp parallel for schedule(static)
    for (size_t turn = 0; turn < turns; turn++) {
        float *own = workspace[0] + (size_t)omp_get_thread_num() * linear_products_scratch(linear);
        const size_t first = turn * PANELS, count = sizes_least(PANELS, panels - first);
        float *some_x = own, *some_w = own + items * PANELS * KERNELS_PANEL;
        take_panels(some_x, x + first * KERNELS_PANEL, items, in, count);
        struct kernels_product product = {.c = dw + first * KERNELS_PANEL,
                                          .a = by_output,
                                          .b = some_x,
                                          .c_step = KERNELS_PANEL,
                                          .c_row = in,
                                          .a_step = items * KERNELS_PANEL,
                                          .b_step = items * KERNELS_PANEL,
                                          .rows = out,
                                          .inner = items,
                                          .columns = count};
        kernels_get()->product_turned(&product);
        if (dx == NULL) continue;
        take_panels(some_w, w + first * KERNELS_PANEL, out, in, count);
        product.c = dx + first * KERNELS_PANEL;
        product.a = by_item;
        product.b = some_w;
        product.a_step = product.b_step = out * KERNELS_PANEL;
        product.rows = items;
        product.inner = out;
        kernels_get()->product_turned(&product);
    }
}
