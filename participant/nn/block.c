// SPDX-License-Identifier: Apache-2.0
#include "nn/block.h"
#include "base/sizes.h"
#include "nn/arena.h"
#include "nn/linear.h"
#include "nn/panel.h"

#include <math.h>
#include <omp.h>
#include <string.h>

/* Pixels of an image that are written together, whose panel stays in the cache. */
enum { PART_PIXELS = 512 };

static size_t part_lines(struct net_shape shape)
{
    const size_t lines = PART_PIXELS / (size_t)shape.width;
    return lines > 0 ? lines : 1;
}

size_t block_parts(struct net_shape out)
{
    return ((size_t)out.height + part_lines(out) - 1) / part_lines(out);
}

static size_t pixels_of(struct net_shape shape)
{
    return (size_t)shape.height * (size_t)shape.width;
}

static void set_convolutions(struct block *block, struct net_shape in, struct net_shape out,
                             int stride, size_t images)
{
    const struct net_shape inside = {in.height, in.width, out.channels};
    block->conv1 = (struct conv){.in = in, .out = inside, .window = {3, 1, 1}, .images = images};
    block->conv2 =
        (struct conv){.in = inside, .out = out, .window = {3, stride, 1}, .images = images};
    block->convs = (struct conv){.in = in, .out = out, .window = {1, stride, 0}, .images = images};
    block->projected = in.channels != out.channels;
    block->subsampled = !block->projected && stride > 1;
    block->channels = (size_t)in.channels;
    block->filters = (size_t)out.channels;
    block->items = images;
}

/* Places what is kept of each batch; returns its numbers. */
static size_t place_state(struct block *block, float *next)
{
    const size_t items = block->items, f = block->filters;
    size_t total = 0;
    block->z1 = arena_take(&next, &total, items * pixels_of(block->conv1.out) * f);
    block->z2 = arena_take(&next, &total, items * pixels_of(block->conv2.out) * f);
    const bool apart = block->projected || block->subsampled;
    block->s = arena_take(&next, &total, apart ? items * pixels_of(block->conv2.out) * f : 0);
    block->centred = arena_take(&next, &total, items * f);
    block->pooled = arena_take(&next, &total, items * f);
    block->squeezed = arena_take(&next, &total, items * block_squeezed(f));
    block->gate = arena_take(&next, &total, items * f);
    block->item_p = arena_take(&next, &total, items * f);
    block->item_r = arena_take(&next, &total, items * f);
    block->sums2 = arena_take(&next, &total, items * conv_parts(&block->conv2) * 3 * f);
    struct norm *const norms[4] = {&block->norm1, &block->norm2, &block->norm3, &block->norms};
    for (int i = 0; i < 4; i++) {
        norms[i]->channels = i == 0 ? block->channels : f;
        float *state = arena_take(&next, &total, norm_state(norms[i]->channels));
        if (state != NULL) norm_place(norms[i], state);
    }
    return total;
}

size_t block_place_passing(struct block_passing *passing, const struct block *block, float *next)
{
    const size_t items = block->items, f = block->filters;
    const size_t widest = sizes_most(block->channels, f);
    const size_t parts = sizes_most(conv_parts(&block->conv1), conv_parts(&block->conv2));
    size_t total = 0;
    passing->sums = arena_take(&next, &total, items * parts * 3 * widest);
    passing->total = arena_take(&next, &total, items * f);
    passing->product = arena_take(&next, &total, items * f);
    passing->dgate = arena_take(&next, &total, items * f);
    passing->dsqueezed = arena_take(&next, &total, items * block_squeezed(f));
    passing->dpooled = arena_take(&next, &total, items * f);
    passing->sum = arena_take(&next, &total, widest);
    passing->dot = arena_take(&next, &total, widest);
    for (int i = 0; i < 9; i++) {
        passing->pqr[i / 3][i % 3] = arena_take(&next, &total, widest);
    }
    passing->dn2 = arena_take(&next, &total, items * pixels_of(block->conv1.out) * f);
    return total;
}

void block_plan(const struct net *net, struct node *node)
{
    struct block block = {0};
    set_convolutions(&block, net->nodes[node->from[0]].shape, node->shape, node->window.stride,
                     net->batch_max);
    struct conv *const convs[3] = {&block.conv1, &block.conv2, &block.convs};
    for (int i = 0; i < 3; i++) {
        convs[i]->plan = node->plan[i] = conv_choose(convs[i], net->tuning);
        if (i == 2 && !block.projected) continue;
        node->scratch = sizes_most(node->scratch, conv_scratch(convs[i]));
        node->reduce = sizes_most(node->reduce, conv_shared(convs[i]));
    }
    node->scratch = sizes_most(node->scratch,
                               part_lines(node->shape) * (size_t)node->shape.width * KERNELS_PANEL);
    node->reduce = sizes_most(node->reduce, norm_workspace(block.channels));
    node->constant_count = place_state(&block, NULL);
    node->work = block_place_passing(&(struct block_passing){0}, &block, NULL);
}

int block_convolutions(struct conv convolutions[3], const struct net *net, const struct node *node)
{
    struct block block = {0};
    set_convolutions(&block, net->nodes[node->from[0]].shape, node->shape, node->window.stride,
                     net->batch_max);
    const struct conv *const convs[3] = {&block.conv1, &block.conv2, &block.convs};
    const int count = block.projected ? 3 : 2;
    for (int i = 0; i < count; i++) {
        convolutions[i] = *convs[i];
        convolutions[i].plan = node->plan[i];
    }
    return count;
}

static void set_norm(struct norm *norm, const struct net *net, size_t tensor)
{
    norm->fixed = net->mode == NET_FIXED;
    norm->weight = net->weights + net->tensors[tensor].offset;
    norm->bias = net->weights + net->tensors[tensor + 1].offset;
    norm->running_mean = net->weights + net->tensors[tensor + 2].offset;
    norm->running_variance = net->weights + net->tensors[tensor + 3].offset;
}

struct block block_of(struct net *net, struct node *node)
{
    struct block block = {.net = net, .node = node, .input = node_input(net, node, 0)};
    set_convolutions(&block, block.input->shape, node->shape, node->window.stride,
                     node_items(net, node));
    block.conv1.plan = node->plan[0];
    block.conv2.plan = node->plan[1];
    block.convs.plan = node->plan[2];
    block.tensor = node->tensor + (block.projected ? BLOCK_SHORTCUT_TENSORS : 0);
    place_state(&block, node->constant);
    block_place_passing(&block.passing, &block, net->work);
    set_norm(&block.norm1, net, block.tensor + BLOCK_NORM1);
    set_norm(&block.norm2, net, block.tensor + BLOCK_NORM2);
    set_norm(&block.norm3, net, block.tensor + BLOCK_NORM3);
    if (block.projected) set_norm(&block.norms, net, node->tensor + 1);
    return block;
}

float *block_weights(const struct block *block, size_t tensor)
{
    return block->net->weights + block->net->tensors[block->tensor + tensor].offset;
}

float *block_gradients(const struct block *block, size_t tensor)
{
    return block->net->gradients + block->net->tensors[block->tensor + tensor].offset;
}

/* y = the convolution of a view; a norm is made ready for y, or applied to it. */
static void convolve(struct block *block, const struct conv *conv, float *y,
                     const struct conv_view *x, const float *w, struct norm *norm,
                     const float *slope, float *sums)
{
    float *const workspace[2] = {block->net->scratch, block->net->reduce};
    struct conv_sink sink = {.y = y, .sums = sums};
    if (block->net->mode == NET_EVALUATE) {
        norm_evaluate(norm);
        sink.kind = KERNELS_AFFINE;
        sink.p = norm->scale;
        sink.r = norm->shift;
        sink.slope = slope;
        conv_forward(conv, &sink, x, w, workspace);
        return;
    }
    sink.kind = KERNELS_STATISTICS;
    sink.center = norm->running_mean;
    conv_forward(conv, &sink, x, w, workspace);
    const size_t rows = conv->images * pixels_of(conv->out);
    norm_from_sums(norm->mean, norm->inverse, sums, conv->images * conv_parts(conv), sink.center,
                   rows, (size_t)conv->out.channels);
    norm_train(norm, rows);
}

/* pooled[item][c]: the mean over the map of what norm 3 makes of z2. Sums were taken from `before`,
 * the running mean that has moved since. */
static void pool(const struct block *block, const float *before)
{
    const size_t f = block->filters, parts = conv_parts(&block->conv2);
    const float pixels = (float)pixels_of(block->conv2.out);
    const bool training = block->net->mode != NET_EVALUATE;
#pragma omp parallel for schedule(static)
    for (size_t item = 0; item < block->items; item++) {
        for (size_t c = 0; c < f; c++) {
            float sum = 0;
            for (size_t part = 0; part < parts; part++) {
                sum += block->sums2[(item * parts + part) * 3 * f + c];
            }
            const float mean = sum / pixels;
            if (!training) {
                block->pooled[item * f + c] = mean;
                continue;
            }
            const float centred = before[c] - block->norm3.mean[c] + mean;
            block->centred[item * f + c] = centred;
            block->pooled[item * f + c] = centred * block->norm3.scale[c] + block->norm3.bias[c];
        }
    }
}

/* The gate of squeeze-and-excitation from the pooled map. */
static void excite(const struct block *block)
{
    const size_t items = block->items, f = block->filters, squeezed = block_squeezed(f);
    linear_forward(block->squeezed, block->pooled, block_weights(block, BLOCK_DOWN), NULL,
                   (struct linear){items, f, squeezed});
    for (size_t i = 0; i < items * squeezed; i++) {
        block->squeezed[i] = fmaxf(block->squeezed[i], 0);
    }
    linear_forward(block->gate, block->squeezed, block_weights(block, BLOCK_UP), NULL,
                   (struct linear){items, squeezed, f});
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < items * f; i++) {
        block->gate[i] = 1.0f / (1.0f + expf(-block->gate[i]));
    }
}

/* What the shortcut adds, before its norm where it has one. */
static const float *shortcut(struct block *block)
{
    if (!block->projected && !block->subsampled) return block->input->y;
    const struct conv_view x = {.a = block->input->y};
    if (block->projected) {
        convolve(block, &block->convs, block->s, &x, node_weights(block->net, block->node, 0),
                 &block->norms, NULL, block->sums);
        return block->s;
    }
    const size_t f = block->filters, stride = (size_t)block->node->window.stride;
    const size_t height = (size_t)block->conv2.out.height, width = (size_t)block->conv2.out.width;
#pragma omp parallel for schedule(static)
    for (size_t line = 0; line < block->items * height; line++) {
        const size_t from =
            (line / height * (size_t)block->conv2.in.height + line % height * stride) *
            (size_t)block->conv2.in.width;
        for (size_t column = 0; column < width; column++) {
            memcpy(block->s + (line * width + column) * f,
                   block->input->y + (from + column * stride) * f, f * sizeof *block->s);
        }
    }
    return block->s;
}

/* y = z2 item_p + s q + item_r, with sums where a norm follows. */
static void merge(const struct block *block, const float *s, const float *q)
{
    struct node *node = block->node;
    const struct net_shape shape = node->shape;
    const size_t parts = block_parts(shape), panels = panel_count(shape.channels);
    const bool counted = node->parts > 0 && block->net->mode != NET_EVALUATE;
    const struct conv_view view = {.a = block->z2,
                                   .b = s,
                                   .p = block->item_p,
                                   .q = q,
                                   .r = block->item_r,
                                   .item_step = block->filters};
    const struct conv_sink sink = {
        .y = node->y,
        .kind = counted ? KERNELS_STATISTICS : KERNELS_ASSIGN,
        .center = counted ? block->net->weights + block->net->tensors[node->center].offset : NULL,
        .sums = counted ? node->sums : NULL};
#pragma omp parallel for schedule(static) collapse(2)
    for (size_t index = 0; index < block->items * parts; index++) {
        for (size_t panel = 0; panel < panels; panel++) {
            float *map =
                block->net->scratch + (size_t)omp_get_thread_num() * block->net->scratch_count;
            const int top = (int)(index % parts * part_lines(shape));
            const int left = shape.height - top, lines = (int)part_lines(shape);
            const int rows = left < lines ? left : lines;
            const struct kernels_view from = panel_view(
                &view, shape, index / parts, panel, (struct panel_lines){.top = top, .rows = rows});
            const struct kernels_sink to =
                panel_sink(&sink, shape, panel,
                           (struct panel_pixels){.image = index / parts,
                                                 .first = (size_t)(top * shape.width),
                                                 .pixels = (size_t)(rows * shape.width),
                                                 .part = index});
            block->net->kernels->panel_read(map, &from);
            block->net->kernels->panel_write(&to, map);
        }
    }
}

/* Factors of the last pass: the gate, over norm 3 and the shortcut's norm when they have not been
 * applied to the maps yet. */
static void set_factors(const struct block *block)
{
    const size_t f = block->filters;
    const bool training = block->net->mode != NET_EVALUATE;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < block->items * f; i++) {
        const float gate = block->gate[i];
        block->item_p[i] = training ? block->norm3.scale[i % f] * gate : gate;
        block->item_r[i] = training ? block->norm3.shift[i % f] * gate : 0.0f;
        if (training && block->projected) block->item_r[i] += block->norms.shift[i % f];
    }
}

static void forward(struct net *net, struct node *node)
{
    struct block block = block_of(net, node);
    const bool training = net->mode != NET_EVALUATE;
    block.sums = training ? block.passing.sums : NULL;
    if (training) {
        norm_of_node(&block.norm1, net, block.input);
        norm_train(&block.norm1, node_rows(net, block.input));
    } else {
        norm_evaluate(&block.norm1);
    }
    const float *slope = block_weights(&block, BLOCK_PRELU);
    const struct conv_view x = {
        .a = block.input->y, .p = block.norm1.scale, .r = block.norm1.shift};
    convolve(&block, &block.conv1, block.z1, &x, block_weights(&block, BLOCK_CONV1), &block.norm2,
             slope, block.sums);
    struct conv_view inside = {.a = block.z1};
    if (training) {
        inside.p = block.norm2.scale;
        inside.r = block.norm2.shift;
        inside.slope = slope;
    }
    float *before = block.passing.sum;
    if (training) memcpy(before, block.norm3.running_mean, block.filters * sizeof *before);
    convolve(&block, &block.conv2, block.z2, &inside, block_weights(&block, BLOCK_CONV2),
             &block.norm3, NULL, block.sums2);
    pool(&block, before);
    excite(&block);
    const float *s = shortcut(&block);
    set_factors(&block);
    merge(&block, s, training && block.projected ? block.norms.scale : NULL);
}

const struct layer block_layer = {"block", forward, block_backward};
