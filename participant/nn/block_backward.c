// SPDX-License-Identifier: Apache-2.0
// The backward pass of block.h, from the output to the input.
#include "nn/block.h"
#include "nn/linear.h"
#include "nn/panel.h"
#include "nn/parallel.h"

#include <assert.h>
#include <string.h>

/* total[item][c] = the sum of dy over the map, product[item][c] = that of dy (x - center). */
static void add_maps(float *total, float *product, const struct block *block, const float *x,
                     const float *center)
{
    const struct net_shape shape = block->node->shape;
    const size_t panels = panel_count(shape.channels), f = block->filters;
    const struct conv_view view = {.a = block->node->dy, .b = x, .r = center};
#pragma omp parallel for schedule(static) collapse(2)
    for (size_t item = 0; item < block->items; item++) {
        for (size_t panel = 0; panel < panels; panel++) {
            const struct kernels_view from =
                panel_view(&view, shape, item, panel, (struct panel_lines){.rows = shape.height});
            const size_t at = item * f + panel * KERNELS_PANEL;
            block->net->kernels->panel_dots(total + at, product + at, &from,
                                            (size_t)(shape.height * shape.width));
        }
    }
}

/* Gradients of the gate's weights, and to the pooled map. */
static void excite_backward(const struct block *block, const struct block_passing *passing)
{
    const size_t items = block->items, f = block->filters, squeezed = block_squeezed(f);
    for (size_t i = 0; i < items * f; i++) {
        const float gate = block->gate[i];
        const float slope = passing->product[i] * block->norm3.scale[i % f] +
                            passing->total[i] * block->norm3.bias[i % f];
        passing->dgate[i] = slope * gate * (1.0f - gate);
    }
    linear_backward(passing->dsqueezed, block_gradients(block, BLOCK_UP), NULL, passing->dgate,
                    block->squeezed, block_weights(block, BLOCK_UP),
                    (struct linear){items, squeezed, f}, 0);
    for (size_t i = 0; i < items * squeezed; i++) {
        if (block->squeezed[i] <= 0) passing->dsqueezed[i] = 0;
    }
    linear_backward(passing->dpooled, block_gradients(block, BLOCK_DOWN), NULL, passing->dsqueezed,
                    block->pooled, block_weights(block, BLOCK_DOWN),
                    (struct linear){items, f, squeezed}, 0);
}

/* The gradient to z2, as a view of dy: through the gate, the pooled map and norm 3. */
static struct conv_view through_norm3(const struct block *block,
                                      const struct block_passing *passing)
{
    const size_t f = block->filters, items = block->items;
    const size_t pixels = (size_t)(block->node->shape.height * block->node->shape.width);
    memset(passing->sum, 0, f * sizeof *passing->sum);
    memset(passing->dot, 0, f * sizeof *passing->dot);
    for (size_t i = 0; i < items * f; i++) {
        const float gate = block->gate[i], pooled = passing->dpooled[i];
        passing->sum[i % f] += gate * passing->total[i] + pooled;
        passing->dot[i % f] += gate * passing->product[i] + pooled * block->centred[i];
    }
    float *const *pqr = passing->pqr[2];
    norm_gradient(pqr, block_gradients(block, BLOCK_NORM3), block_gradients(block, BLOCK_NORM3 + 1),
                  passing->sum, passing->dot, &block->norm3, items * pixels);
    for (size_t i = 0; i < items * f; i++) {
        block->item_p[i] = pqr[0][i % f] * block->gate[i];
        block->item_r[i] = pqr[0][i % f] * passing->dpooled[i] / (float)pixels + pqr[2][i % f];
    }
    return (struct conv_view){.a = block->node->dy,
                              .b = block->z2,
                              .p = block->item_p,
                              .q = pqr[1],
                              .r = block->item_r,
                              .item_step = f};
}

/* Gradients of a convolution's weights and to what stands before it, whose sums are taken; then the
 * gradient through the norm there, as a view. dn is written. */
static struct conv_view through_conv(const struct block *block, const struct block_passing *passing,
                                     const struct conv *conv, size_t tensor,
                                     const struct conv_view *dy, const struct conv_view *x,
                                     float *dn, const struct norm *norm)
{
    float *const workspace[2] = {block->net->scratch, block->net->reduce};
    const bool first = tensor == BLOCK_CONV1;
    const struct conv_sink sink = {.y = dn,
                                   .kind = KERNELS_GRADIENT,
                                   .x = x->a,
                                   .p = x->p,
                                   .r = x->r,
                                   .slope = x->slope,
                                   .center = norm->mean,
                                   .sums = passing->sums};
    conv_weight_gradient(conv, block_gradients(block, tensor), dy, x, workspace);
    conv_input_gradient(conv, &sink, dy, block_weights(block, tensor), workspace);
    const size_t parts = block->items * conv_parts(conv);
    norm_add_parts(passing->sum, passing->sums, 0, parts, norm->channels);
    norm_add_parts(passing->dot, passing->sums, 1, parts, norm->channels);
    if (x->slope != NULL) {
        norm_add_parts(block_gradients(block, BLOCK_PRELU), passing->sums, 2, parts,
                       norm->channels);
    }
    float *const *pqr = passing->pqr[first ? 0 : 1];
    const size_t of_norm = first ? BLOCK_NORM1 : BLOCK_NORM2;
    norm_gradient(pqr, block_gradients(block, of_norm), block_gradients(block, of_norm + 1),
                  passing->sum, passing->dot, norm,
                  block->items * (size_t)(conv->in.height * conv->in.width));
    return (struct conv_view){.a = dn, .b = x->a, .p = pqr[0], .q = pqr[1], .r = pqr[2]};
}

/* dx from the gradient that norm 1 gives, plus dy where the shortcut is x itself. */
static void finish_dx(const struct block *block, const struct conv_view *view, float *dx)
{
    const size_t rows = node_rows(block->net, block->input), channels = block->channels;
    const bool same = !block->projected && !block->subsampled;
    const size_t pieces = parallel_pieces(rows, channels);
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t first = parallel_first(rows, piece, pieces);
        const size_t count = parallel_first(rows, piece + 1, pieces) - first;
        block->net->kernels->affine_in_place(dx + first * channels, view->b + first * channels,
                                             same ? block->node->dy + first * channels : NULL,
                                             (const float *const[3]){view->p, view->q, view->r},
                                             count, channels);
    }
}

/* dx += the gradient through a shortcut of every stride-th pixel. */
static void spread_dy(const struct block *block, float *dx)
{
    const size_t f = block->filters, stride = (size_t)block->node->window.stride;
    const size_t height = (size_t)block->conv2.out.height, width = (size_t)block->conv2.out.width;
#pragma omp parallel for schedule(static)
    for (size_t line = 0; line < block->items * height; line++) {
        const size_t to =
            (line / height * (size_t)block->conv2.in.height + line % height * stride) *
            (size_t)block->conv2.in.width;
        for (size_t column = 0; column < width; column++) {
            block->net->kernels->accumulate(dx + (to + column * stride) * f,
                                            block->node->dy + (line * width + column) * f, f, 1);
        }
    }
}

/* Gradients of the shortcut's convolution and norm; dx is added to. */
static void project_dy(const struct block *block, const struct block_passing *passing, float *dx)
{
    struct net *net = block->net;
    float *const workspace[2] = {net->scratch, net->reduce};
    const size_t f = block->filters;
    add_maps(passing->total, passing->product, block, block->s, block->norms.mean);
    memset(passing->sum, 0, f * sizeof *passing->sum);
    memset(passing->dot, 0, f * sizeof *passing->dot);
    for (size_t i = 0; i < block->items * f; i++) {
        passing->sum[i % f] += passing->total[i];
        passing->dot[i % f] += passing->product[i];
    }
    float *const *pqr = passing->pqr[0];
    norm_gradient(pqr, node_gradients(net, block->node, 1), node_gradients(net, block->node, 2),
                  passing->sum, passing->dot, &block->norms, node_rows(block->net, block->node));
    const struct conv_view dy = {
        .a = block->node->dy, .b = block->s, .p = pqr[0], .q = pqr[1], .r = pqr[2]};
    conv_weight_gradient(&block->convs, node_gradients(net, block->node, 0), &dy,
                         &(struct conv_view){.a = block->input->y}, workspace);
    conv_input_gradient(&block->convs, &(struct conv_sink){.y = dx, .kind = KERNELS_ADD}, &dy,
                        node_weights(net, block->node, 0), workspace);
}

void block_backward(struct net *net, struct node *node)
{
    const struct block block = block_of(net, node);
    const struct block_passing *passing = &block.passing;
    // A block is the only reader of its input, so that the gradient is assigned.
    const int add = node_dx_add(net, node, 0);
    assert(!add);
    (void)add;
    float *dx = block.input->dy;
    add_maps(passing->total, passing->product, &block, block.z2, block.norm3.mean);
    excite_backward(&block, passing);
    const struct conv_view dz2 = through_norm3(&block, passing);
    const struct conv_view inside = {.a = block.z1,
                                     .p = block.norm2.scale,
                                     .r = block.norm2.shift,
                                     .slope = block_weights(&block, BLOCK_PRELU)};
    const struct conv_view dz1 = through_conv(&block, passing, &block.conv2, BLOCK_CONV2, &dz2,
                                              &inside, passing->dn2, &block.norm2);
    const struct conv_view x = {
        .a = block.input->y, .p = block.norm1.scale, .r = block.norm1.shift};
    const struct conv_view dn1 =
        through_conv(&block, passing, &block.conv1, BLOCK_CONV1, &dz1, &x, dx, &block.norm1);
    finish_dx(&block, &dn1, dx);
    if (block.subsampled) spread_dy(&block, dx);
    if (block.projected) project_dy(&block, passing, dx);
}
