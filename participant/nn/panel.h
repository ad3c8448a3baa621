// SPDX-License-Identifier: Apache-2.0
/* panel - one panel of 16 channels of an image, as kernels read and write it: private to conv*.c,
 * winograd*.c and block*.c. */
#ifndef NN_PANEL_H
#define NN_PANEL_H

#include "nn/conv.h"
#include "nn/kernels.h"

/* Panels of so many channels. */
static inline size_t panel_count(int channels)
{
    return ((size_t)channels + KERNELS_PANEL - 1) / KERNELS_PANEL;
}

/* Channels in panel `panel`. */
static inline int panel_lanes(int channels, size_t panel)
{
    const int left = channels - (int)panel * KERNELS_PANEL;
    return left < KERNELS_PANEL ? left : KERNELS_PANEL;
}

/* Lines of an image and what stands around them. */
struct panel_lines {
    int top, rows; // may lie outside of the map
    int halo;      // pixels left and right
    bool halved;   // see panel_view()
};

/* The view of panel `panel` of image `image` of a map. A halved map has each square of 2x2 pixels
 * as one, with the channels of all four, (0, 0), (0, 1), (1, 0) and (1, 1), one after the other.
 * Its `shape` is that; in memory it is as it was, and so are the factors of `x`. */
struct kernels_view panel_view(const struct conv_view *x, struct net_shape shape, size_t image,
                               size_t panel, struct panel_lines lines);

/* The place of `pixels` pixels from `first` on of image `image`, whose sums are number `part`. */
struct panel_pixels {
    size_t image, first, pixels, part;
    bool halved; // see panel_view(): pixels of one line
};

struct kernels_sink panel_sink(const struct conv_sink *y, struct net_shape shape, size_t panel,
                               struct panel_pixels place);

#endif
