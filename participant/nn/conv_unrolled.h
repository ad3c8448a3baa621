// SPDX-License-Identifier: Apache-2.0
/* conv_unrolled - convolutions of any window by matrix products on unrolled windows: what conv.h
 * uses where winograd.h does not fit or costs more. Weight gradients are summed in at most 8 groups
 * of images, so that no more threads share that work. Private to conv*.c. */
#ifndef NN_CONV_UNROLLED_H
#define NN_CONV_UNROLLED_H

#include "nn/conv.h"

/* Numbers of workspace: for each thread, and shared. */
size_t conv_unrolled_scratch(const struct conv *conv);
size_t conv_unrolled_shared(const struct conv *conv);

/* Estimated work of the three passes, in the unit of winograd_cost(). */
double conv_unrolled_cost(const struct conv *conv);

/* As conv_forward() and so on. */
void conv_unrolled_forward(const struct conv *conv, const struct conv_sink *y,
                           const struct conv_view *x, const float *w, float *const workspace[2]);
void conv_unrolled_input_gradient(const struct conv *conv, const struct conv_sink *dx,
                                  const struct conv_view *dy, const float *w,
                                  float *const workspace[2]);
void conv_unrolled_weight_gradient(const struct conv *conv, float *dw, const struct conv_view *dy,
                                   const struct conv_view *x, float *const workspace[2]);

#endif
