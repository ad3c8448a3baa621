// SPDX-License-Identifier: Apache-2.0
/* winograd - 3x3 convolutions of stride 1 and pad 1, and some of stride 2, by minimal filtering,
 * F(4x4, 3x3).
 *
 * Winograd (1980), Lavin and Gray (2016): an output tile of 4x4 pixels costs 36 products a channel
 * pair instead of 144. Tiles at the right and lower edge that are smaller than that leave points
 * out, and cost less: see kernels_winograd.h. The gradient to the input is the same with weights
 * turned around; the gradient to the weights sums the products of transformed inputs and
 * transformed output gradients (F(3x3, 4x4)). The same sums as conv.h describes, in another order:
 * results differ by rounding, see winograd_test.c for how much.
 *
 * A convolution of stride 2 is one of stride 1 on a halved input, see panel_view(): half the side,
 * four times the channels. Its window of 4x4 or 5x5 is one of 3x3 then, with taps of zero where it
 * reaches less far: 9 products for a pixel instead of 16 or 25.
 *
 * Forward and input gradient go in tasks of some tiles, each by one thread from reading to writing.
 * The weight gradient of few channels goes in groups of tasks, each by one thread with sums of its
 * own: 2 to 8 groups, by the number of tiles, so that no more threads share that work. For many
 * channels all threads transform many tiles together, then multiply block by block. No result
 * depends on the number of threads. */
#ifndef NN_WINOGRAD_H
#define NN_WINOGRAD_H

#include "nn/conv.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether a convolution has the right window: 3x3 of stride 1 and pad 1; or, on sides that are even
 * and channels that fill panels, 4x4 of stride 2 and pad 1 or 5x5 of stride 2 and pad 2. */
bool winograd_fits(const struct conv *conv);

/* The convolution as the functions below take it: one of stride 2 has the shape of its halved input
 * and keeps its window. */
struct conv winograd_halved(const struct conv *conv);

/* Estimated work of the three passes, in cycles of a core that takes one for 16 products. */
double winograd_cost(const struct conv *conv);

/* Tiles of a task of forward and input gradient that suit the numbers of channels. */
size_t winograd_tiles(const struct conv *conv);

/* Numbers of workspace: for each thread, and shared. */
size_t winograd_scratch(const struct conv *conv);
size_t winograd_shared(const struct conv *conv);

/* Parts of an image that write sums of their own, see struct conv_sink. A halved input has none. */
size_t winograd_parts(const struct conv *conv);

/* As conv_forward(), conv_input_gradient() and conv_weight_gradient(). */
void winograd_forward(const struct conv *conv, const struct conv_sink *y, const struct conv_view *x,
                      const float *w, float *const workspace[2]);
void winograd_input_gradient(const struct conv *conv, const struct conv_sink *dx,
                             const struct conv_view *dy, const float *w, float *const workspace[2]);
void winograd_weight_gradient(const struct conv *conv, float *dw, const struct conv_view *dy,
                              const struct conv_view *x, float *const workspace[2]);

#endif
