// SPDX-License-Identifier: Apache-2.0
/* conv - two-dimensional convolution (cross-correlation, as PyTorch's Conv2d without bias).
 *
 * x (N, H, W, C), w (kernel, kernel, C, F), y (N, H', W', F),
 *     H' = (H + 2 pad - kernel) / stride + 1.
 * By matrix products on unrolled windows: blocks of output pixels small enough for the cache, each
 * image by one thread. Workspaces are the caller's: `columns` conv_columns() numbers for each
 * thread, `partial` conv_partial() numbers. */
#ifndef NN_CONV_H
#define NN_CONV_H

#include "nn/net.h"

#include <stddef.h>

struct conv {
    struct net_shape in, out; // of one image
    struct net_window window;
    size_t images;
};

size_t conv_columns(const struct conv *conv);
size_t conv_partial(const struct conv *conv);

void conv_forward(float *y, const float *x, const float *w, const struct conv *conv,
                  float *columns);

/* dw is assigned. dx (may be NULL) is assigned, or added to when `add`. */
void conv_backward(float *dx, float *dw, const float *dy, const float *x, const float *w,
                   const struct conv *conv, float *const workspace[2], int add);

#endif
