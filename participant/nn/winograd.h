// SPDX-License-Identifier: Apache-2.0
/* winograd - 3x3 convolutions of stride 1 and pad 1 by minimal filtering, F(4x4, 3x3).
 *
 * Winograd (1980), Lavin and Gray (2016): an output tile of 4x4 pixels costs 36 products a channel
 * pair instead of 144. Tiles become rows of 36 matrix products between transforms of inputs and
 * weights; the gradient to the input is the same with weights turned around, the gradient to the
 * weights sums the products of transformed inputs and transformed output gradients (F(3x3, 4x4)).
 * The same sums as conv.h describes, in another order: results differ by rounding, about 1e-5 of
 * their size. */
#ifndef NN_WINOGRAD_H
#define NN_WINOGRAD_H

#include "nn/conv.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether a convolution has the right window and enough channels to gain. */
bool winograd_fits(const struct conv *conv);

/* Numbers of workspace: for each thread, and shared. */
size_t winograd_scratch(const struct conv *conv);
size_t winograd_shared(const struct conv *conv);

void winograd_forward(float *y, const float *x, const float *w, const struct conv *conv,
                      float *const workspace[2]);

/* As conv_backward(). */
void winograd_backward(float *dx, float *dw, const float *dy, const float *x, const float *w,
                       const struct conv *conv, float *const workspace[2], int add);

#endif
