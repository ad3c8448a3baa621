// SPDX-License-Identifier: Apache-2.0
#include "nn/conv.h"
#include "nn/gemm.h"
#include "nn/net_layer.h"
#include "nn/parallel.h"
#include "nn/winograd.h"

#include <omp.h>
#include <string.h>

enum { BLOCK_ROWS = 392, GROUPS_MAX = 8 };

/* A run of output lines of consecutive images: one matrix product. */
struct block {
    size_t first, lines; // output lines, counted over all images
};

static size_t window_size(const struct conv *conv)
{
    const size_t k = (size_t)conv->window.kernel;
    return k * k * (size_t)conv->in.channels;
}

/* Images of one task: enough rows for an efficient product. */
static size_t task_images(const struct conv *conv)
{
    const size_t pixels = (size_t)conv->out.height * (size_t)conv->out.width;
    return pixels >= BLOCK_ROWS ? 1 : (BLOCK_ROWS / 2 + pixels - 1) / pixels;
}

static size_t block_lines(const struct conv *conv)
{
    return (BLOCK_ROWS + (size_t)conv->out.width - 1) / (size_t)conv->out.width;
}

static size_t tasks(const struct conv *conv)
{
    const size_t images = task_images(conv);
    return (conv->images + images - 1) / images;
}

/* Weight gradients are summed in this many groups of tasks, then over the groups in order. */
static size_t groups(const struct conv *conv)
{
    const size_t weights = window_size(conv) * (size_t)conv->out.channels;
    const size_t most = weights > ((size_t)1 << 20) ? GROUPS_MAX / 2 : GROUPS_MAX;
    return tasks(conv) < most ? tasks(conv) : most;
}

size_t conv_columns(const struct conv *conv)
{
    return block_lines(conv) * (size_t)conv->out.width * window_size(conv);
}

size_t conv_partial(const struct conv *conv)
{
    return GROUPS_MAX * window_size(conv) * (size_t)conv->out.channels;
}

/* A 1x1 convolution of stride 1 needs no unrolling. */
static int is_plain(const struct conv *conv)
{
    return conv->window.kernel == 1 && conv->window.stride == 1 && conv->window.pad == 0;
}

/* columns[pixel][ky][kx][c] = x, zero outside the image. */
static void unroll(float *columns, const float *x, const struct conv *conv, struct block block)
{
    const int h = conv->in.height, w = conv->in.width, kernel = conv->window.kernel;
    const size_t c = (size_t)conv->in.channels;
    for (size_t line = block.first; line < block.first + block.lines; line++) {
        const size_t image = line / (size_t)conv->out.height;
        const int oy = (int)(line % (size_t)conv->out.height);
        const float *plane = x + image * (size_t)h * (size_t)w * c;
        for (int ox = 0; ox < conv->out.width; ox++) {
            for (int ky = 0; ky < kernel; ky++) {
                const int iy = oy * conv->window.stride + ky - conv->window.pad;
                for (int kx = 0; kx < kernel; kx++, columns += c) {
                    const int ix = ox * conv->window.stride + kx - conv->window.pad;
                    if (iy < 0 || iy >= h || ix < 0 || ix >= w) {
                        memset(columns, 0, c * sizeof *columns);
                    } else {
                        memcpy(columns, plane + ((size_t)iy * (size_t)w + (size_t)ix) * c,
                               c * sizeof *columns);
                    }
                }
            }
        }
    }
}

/* dx += columns, the transpose of unroll(). */
static void roll(float *dx, const float *columns, const struct conv *conv, struct block block,
                 const struct kernels *kernels)
{
    const int h = conv->in.height, w = conv->in.width, kernel = conv->window.kernel;
    const size_t c = (size_t)conv->in.channels;
    for (size_t line = block.first; line < block.first + block.lines; line++) {
        const size_t image = line / (size_t)conv->out.height;
        const int oy = (int)(line % (size_t)conv->out.height);
        float *plane = dx + image * (size_t)h * (size_t)w * c;
        for (int ox = 0; ox < conv->out.width; ox++) {
            const int left = ox * conv->window.stride - conv->window.pad;
            const int from = left < 0 ? -left : 0;
            const int to = left + kernel > w ? w - left : kernel;
            for (int ky = 0; ky < kernel; ky++, columns += (size_t)kernel * c) {
                const int iy = oy * conv->window.stride + ky - conv->window.pad;
                if (iy < 0 || iy >= h || to <= from) continue;
                // The taps of one line are neighbours both in the image and in the columns.
                kernels->accumulate(plane + ((size_t)iy * (size_t)w + (size_t)(left + from)) * c,
                                    columns + (size_t)from * c, (size_t)(to - from) * c, 1);
            }
        }
    }
}

static size_t task_lines(const struct conv *conv, size_t task, size_t *first)
{
    const size_t images = task_images(conv), height = (size_t)conv->out.height;
    const size_t from = task * images;
    const size_t to = from + images < conv->images ? from + images : conv->images;
    *first = from * height;
    return (to - from) * height;
}

void conv_forward(float *y, const float *x, const float *w, const struct conv *conv, float *columns)
{
    const size_t k = window_size(conv), f = (size_t)conv->out.channels;
    const size_t width = (size_t)conv->out.width, each = block_lines(conv);
    const size_t count = tasks(conv);
#pragma omp parallel for schedule(static)
    for (size_t task = 0; task < count; task++) {
        float *own = columns + (size_t)omp_get_thread_num() * conv_columns(conv);
        size_t first = 0;
        const size_t lines = task_lines(conv, task, &first);
        for (size_t done = 0; done < lines; done += each) {
            const struct block block = {first + done, lines - done < each ? lines - done : each};
            const float *a = x + block.first * width * k;
            if (!is_plain(conv)) {
                unroll(own, x, conv, block);
                a = own;
            }
            gemm_multiply(
                y + block.first * width * f, a, w,
                (struct gemm){
                    .m = block.lines * width, .n = f, .k = k, .lda = k, .ldb = f, .ldc = f});
        }
    }
}

/* One block's part in both gradients. */
static void backward_block(float *dx, float *dw, const float *dy, const float *x, const float *w,
                           const struct conv *conv, float *columns, struct block block)
{
    const size_t k = window_size(conv), f = (size_t)conv->out.channels;
    const size_t rows = block.lines * (size_t)conv->out.width;
    unroll(columns, x, conv, block);
    gemm_multiply(
        dw, columns, dy,
        (struct gemm){
            .m = k, .n = f, .k = rows, .transpose_a = 1, .lda = k, .ldb = f, .ldc = f, .add = 1});
    if (dx == NULL) return;
    gemm_multiply(
        columns, dy, w,
        (struct gemm){.m = rows, .n = k, .k = f, .transpose_b = 1, .lda = f, .ldb = f, .ldc = k});
    roll(dx, columns, conv, block, kernels_get());
}

static void backward_task(float *dx, float *dw, const float *dy, const float *x, const float *w,
                          const struct conv *conv, float *columns, size_t task)
{
    const size_t width = (size_t)conv->out.width, each = block_lines(conv);
    const size_t f = (size_t)conv->out.channels;
    size_t first = 0;
    const size_t lines = task_lines(conv, task, &first);
    for (size_t done = 0; done < lines; done += each) {
        const struct block block = {first + done, lines - done < each ? lines - done : each};
        backward_block(dx, dw, dy + block.first * width * f, x, w, conv, columns, block);
    }
}

void conv_backward(float *dx, float *dw, const float *dy, const float *x, const float *w,
                   const struct conv *conv, float *const workspace[2], int add)
{
    const size_t weights = window_size(conv) * (size_t)conv->out.channels;
    const size_t parts = groups(conv), count = tasks(conv);
    const size_t in = (size_t)conv->in.height * (size_t)conv->in.width * (size_t)conv->in.channels;
    float *partial = workspace[1];
#pragma omp parallel for schedule(static)
    for (size_t part = 0; part < parts; part++) {
        float *own = workspace[0] + (size_t)omp_get_thread_num() * conv_columns(conv);
        float *sum = partial + part * weights;
        memset(sum, 0, weights * sizeof *sum);
        for (size_t task = count * part / parts; task < count * (part + 1) / parts; task++) {
            const size_t image = task * task_images(conv);
            const size_t left = conv->images - image;
            const size_t images = left < task_images(conv) ? left : task_images(conv);
            if (dx != NULL && !add) memset(dx + image * in, 0, images * in * sizeof *dx);
            backward_task(dx, sum, dy, x, w, conv, own, task);
        }
    }
    const struct kernels *kernels = kernels_get();
    const size_t pieces = PARALLEL_PIECES_MAX;
#pragma omp parallel for schedule(static)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t from = weights * piece / pieces, to = weights * (piece + 1) / pieces;
        for (size_t part = 0; part < parts; part++) {
            kernels->accumulate(dw + from, partial + part * weights + from, to - from, part > 0);
        }
    }
}

static struct conv conv_of(struct net *net, const struct node *node)
{
    const struct node *input = node_input(net, node, 0);
    return (struct conv){.in = input->shape,
                         .out = node->shape,
                         .window = node->window,
                         .images = node_items(net, node)};
}

/* Which algorithm is a matter of the shape alone, so that one seed gives the same bits. */
static void forward(struct net *net, struct node *node)
{
    const struct conv conv = conv_of(net, node);
    const float *x = node_input(net, node, 0)->y, *w = node_weights(net, node, 0);
    if (winograd_fits(&conv)) {
        winograd_forward(node->y, x, w, &conv, (float *const[2]){net->scratch, net->reduce});
    } else {
        conv_forward(node->y, x, w, &conv, net->scratch);
    }
}

static void backward(struct net *net, struct node *node)
{
    const struct conv conv = conv_of(net, node);
    struct node *input = node_input(net, node, 0);
    const bool wanted = node_dx_wanted(net, node, 0);
    const int add = wanted ? node_dx_add(net, node, 0) : 0;
    float *const workspace[2] = {net->scratch, net->reduce};
    (winograd_fits(&conv) ? winograd_backward : conv_backward)(
        wanted ? input->dy : NULL, node_gradients(net, node, 0), node->dy, input->y,
        node_weights(net, node, 0), &conv, workspace, add);
}

const struct layer conv_layer = {"conv", forward, backward};
