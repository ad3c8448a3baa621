// SPDX-License-Identifier: Apache-2.0
/* conv_columns - windows unrolled into a matrix, and back: private to conv*.c.
 *
 * A row for each output pixel and a column for each tap and input channel, k = (ky, kx, c), in
 * panels of 16 columns: columns[panel of k][pixel][16]. */
#ifndef NN_CONV_COLUMNS_H
#define NN_CONV_COLUMNS_H

#include "nn/panel.h"

/* Some images, or output lines of one: pixels whose windows are unrolled together. */
struct conv_block {
    size_t image, images;
    int line, lines;
    size_t pixels; // of all images
};

/* Columns: taps times input channels. */
size_t conv_columns_count(const struct conv *conv);

/* Panels of them. */
size_t conv_columns_panels(const struct conv *conv);

/* Numbers of one panel of an input image with what windows reach beyond it. */
size_t conv_columns_map(const struct conv *conv);

/* Columns of a block of x. `maps` holds conv_columns_map() numbers for each panel of the input. */
void conv_columns_unroll(float *columns, float *maps, const struct conv *conv,
                         const struct conv_block *block, const struct conv_view *x);

/* maps += columns, the transpose of unrolling, for a block of one image; maps[panel][pixel][16] are
 * input images without anything around them, `map_step` numbers apart. */
void conv_columns_roll(float *maps, size_t map_step, const float *columns, const struct conv *conv,
                       const struct conv_block *block);

#endif
