// SPDX-License-Identifier: Apache-2.0
/* conv - two-dimensional convolution (cross-correlation, as PyTorch's Conv2d without bias).
 *
 * x (N, H, W, C), w (kernel, kernel, C, F), y (N, H', W', F),
 *     H' = (H + 2 pad - kernel) / stride + 1.
 * Which algorithm is best is planned once, from the shape, the largest batch and a tuning file
 * where there is one, never from a measurement of the run, so that one seed gives the same bits.
 *
 * What stands before and behind a convolution is done on the way in and out, see struct conv_view
 * and struct conv_sink: neither takes a pass over memory of its own. Workspaces are the caller's,
 * on a cache line: workspace[0] holds conv_scratch() numbers for each thread, workspace[1]
 * conv_shared() numbers. */
#ifndef NN_CONV_H
#define NN_CONV_H

#include "nn/kernels.h"
#include "nn/net.h"

#include <stddef.h>

enum conv_algorithm {
    CONV_UNROLLED, // matrix products on unrolled windows: any convolution
    CONV_WINOGRAD, // minimal filtering, see winograd.h: windows for which winograd_fits()
};

/* How a convolution is computed. */
struct conv_plan {
    enum conv_algorithm algorithm;
    size_t tiles; // of a task of winograd.h, at least 1; where images are cut, sums depend on it
};

struct conv {
    struct net_shape in, out; // of one image
    struct net_window window;
    size_t images;
    struct conv_plan plan;
};

/* A map as it is read: a p[c] + b q[c] + r[c], then PReLU with slope[c]. Parts may be NULL and are
 * left out then: p and r together; b and slope need both; q needs b. A norm is (x, scale, shift);
 * the gradient through a norm is (dy, x, p, q, r). Pixels outside of the map are zero. */
struct conv_view {
    const float *a, *b, *p, *q, *r, *slope;
    size_t item_step; // of p and r: 0, or the numbers from one image's to the next
};

/* A map as it is written: see enum kernels_write. Sums are taken for each part of each image, in
 * image order: sums[(image * conv_parts() + part) * 3 + which][channels]; NULL where none are
 * taken, as they must be for statistics and gradients. */
struct conv_sink {
    float *y;
    enum kernels_write kind;
    const float *x, *p, *r, *slope, *center;
    float *sums;
};

struct tuning; // tuning.h

/* The plan that `tuning` (may be NULL) has for this shape; else that of least cost by a model of
 * the work: products, transforms, and what is read and written of weights for each batch. */
struct conv_plan conv_choose(const struct conv *conv, const struct tuning *tuning);

size_t conv_scratch(const struct conv *conv);
size_t conv_shared(const struct conv *conv);

/* Parts of an image with sums of their own, of the outputs and of the inputs; of these 0 where no
 * sums can be taken: a stride of 2 by minimal filtering. */
size_t conv_parts(const struct conv *conv);
size_t conv_input_parts(const struct conv *conv);

void conv_forward(const struct conv *conv, const struct conv_sink *y, const struct conv_view *x,
                  const float *w, float *const workspace[2]);

/* Both gradients from the gradient to the output; dw is assigned. */
void conv_input_gradient(const struct conv *conv, const struct conv_sink *dx,
                         const struct conv_view *dy, const float *w, float *const workspace[2]);
void conv_weight_gradient(const struct conv *conv, float *dw, const struct conv_view *dy,
                          const struct conv_view *x, float *const workspace[2]);

#endif
