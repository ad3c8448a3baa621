// SPDX-License-Identifier: Apache-2.0
/* linear_products - a wide linear layer by our own products: private to linear*.c.
 *
 * Weights of tens of thousands of inputs are read once for each pass, in blocks of inputs that stay
 * in the cache beside those of all items. */
#ifndef NN_LINEAR_PRODUCTS_H
#define NN_LINEAR_PRODUCTS_H

#include "nn/linear.h"

#include <stdbool.h>

/* Whether items, inputs and outputs are multiples of 16, and inputs are many. */
bool linear_products_fit(struct linear linear);

/* Numbers of workspace of the backward pass: for each thread, and shared. */
size_t linear_products_scratch(struct linear linear);
size_t linear_products_shared(struct linear linear);

/* As linear_forward(). */
void linear_products_forward(float *y, const float *x, const float *w, const float *b,
                             struct linear linear);

/* dw and (unless it is NULL) dx are assigned. */
void linear_products_backward(float *dx, float *dw, const float *dy, const float *x, const float *w,
                              struct linear linear, float *const workspace[2]);

#endif
