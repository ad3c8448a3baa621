// SPDX-License-Identifier: Apache-2.0
/* pool - maps made smaller: maximum of a window, every n-th pixel, mean of the map, mean of the
 * batch (the policy's features are averaged over its batch). */
#include "nn/net_layer.h"

#include <float.h>
#include <string.h>

/* Place of the largest number of a window, counted in the input image; padding never wins. */
static size_t best_place(const float *x, const struct node *node, struct net_shape in, int oy,
                         int ox, size_t c)
{
    const struct net_window window = node->window;
    float best = -FLT_MAX;
    size_t place = 0;
    for (int ky = 0; ky < window.kernel; ky++) {
        for (int kx = 0; kx < window.kernel; kx++) {
            const int iy = oy * window.stride + ky - window.pad;
            const int ix = ox * window.stride + kx - window.pad;
            if (iy < 0 || iy >= in.height || ix < 0 || ix >= in.width) continue;
            const size_t at =
                ((size_t)iy * (size_t)in.width + (size_t)ix) * (size_t)in.channels + c;
            if (x[at] > best) {
                best = x[at];
                place = at;
            }
        }
    }
    return place;
}

/* The place of each maximum is kept in the state, as the bits of an integer. */
static void max_pool_forward(struct net *net, struct node *node)
{
    const struct node *input = node_input(net, node, 0);
    const size_t items = node_items(net, node), size = node_size(node), from = node_size(input);
    const size_t channels = (size_t)node->shape.channels;
#pragma omp parallel for schedule(static)
    for (size_t item = 0; item < items; item++) {
        const float *x = input->y + item * from;
        for (size_t i = 0; i < size; i++) {
            const int pixel = (int)(i / channels);
            const uint32_t place =
                (uint32_t)best_place(x, node, input->shape, pixel / node->shape.width,
                                     pixel % node->shape.width, i % channels);
            memcpy(node->state + item * size + i, &place, sizeof place);
            node->y[item * size + i] = x[place];
        }
    }
}

static void max_pool_backward(struct net *net, struct node *node)
{
    struct node *input = node_input(net, node, 0);
    const size_t items = node_items(net, node), size = node_size(node), from = node_size(input);
    if (!node_dx_add(net, node, 0)) memset(input->dy, 0, items * from * sizeof *input->dy);
#pragma omp parallel for schedule(static)
    for (size_t item = 0; item < items; item++) {
        for (size_t i = 0; i < size; i++) {
            uint32_t place = 0;
            memcpy(&place, node->state + item * size + i, sizeof place);
            input->dy[item * from + place] += node->dy[item * size + i];
        }
    }
}

/* Start of an output line's first input pixel. */
static size_t line_start(const struct node *node, struct net_shape in, size_t line)
{
    const size_t height = (size_t)node->shape.height;
    return ((line / height) * (size_t)in.height + (line % height) * (size_t)node->window.stride) *
           (size_t)in.width * (size_t)in.channels;
}

static void subsample_forward(struct net *net, struct node *node)
{
    const struct node *input = node_input(net, node, 0);
    const size_t channels = (size_t)node->shape.channels, width = (size_t)node->shape.width;
    const size_t step = (size_t)node->window.stride * channels;
    const size_t lines = node_items(net, node) * (size_t)node->shape.height;
    for (size_t line = 0; line < lines; line++) {
        const float *x = input->y + line_start(node, input->shape, line);
        for (size_t pixel = 0; pixel < width; pixel++) {
            memcpy(node->y + (line * width + pixel) * channels, x + pixel * step,
                   channels * sizeof *x);
        }
    }
}

static void subsample_backward(struct net *net, struct node *node)
{
    struct node *input = node_input(net, node, 0);
    const size_t channels = (size_t)node->shape.channels, width = (size_t)node->shape.width;
    const size_t step = (size_t)node->window.stride * channels;
    const size_t lines = node_items(net, node) * (size_t)node->shape.height;
    if (!node_dx_add(net, node, 0)) {
        memset(input->dy, 0, node_items(net, input) * node_size(input) * sizeof *input->dy);
    }
    for (size_t line = 0; line < lines; line++) {
        float *dx = input->dy + line_start(node, input->shape, line);
        for (size_t pixel = 0; pixel < width; pixel++) {
            net->kernels->accumulate(dx + pixel * step,
                                     node->dy + (line * width + pixel) * channels, channels, 1);
        }
    }
}

/* Means over groups of rows: the map of each image, or the items of the batch. */
static void mean_forward(struct net *net, struct node *node)
{
    const struct node *input = node_input(net, node, 0);
    const size_t items = node_items(net, node), size = node_size(node);
    const size_t rows = node_items(net, input) * node_size(input) / (items * size);
    memset(node->y, 0, items * size * sizeof *node->y);
    for (size_t item = 0; item < items; item++) {
        float *y = node->y + item * size;
        net->kernels->column_sums(y, input->y + item * rows * size, rows, size);
        for (size_t i = 0; i < size; i++) {
            y[i] /= (float)rows;
        }
    }
}

static void mean_backward(struct net *net, struct node *node)
{
    struct node *input = node_input(net, node, 0);
    const size_t items = node_items(net, node), size = node_size(node);
    const size_t rows = node_items(net, input) * node_size(input) / (items * size);
    const int add = node_dx_add(net, node, 0);
    for (size_t row = 0; row < items * rows; row++) {
        const float *dy = node->dy + row / rows * size;
        float *dx = input->dy + row * size;
        for (size_t i = 0; i < size; i++) {
            const float slope = dy[i] / (float)rows;
            dx[i] = add ? dx[i] + slope : slope;
        }
    }
}

const struct layer max_pool_layer = {"max_pool", max_pool_forward, max_pool_backward};
const struct layer subsample_layer = {"subsample", subsample_forward, subsample_backward};
const struct layer average_layer = {"average", mean_forward, mean_backward};
const struct layer batch_mean_layer = {"batch_mean", mean_forward, mean_backward};
