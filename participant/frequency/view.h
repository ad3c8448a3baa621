// SPDX-License-Identifier: Apache-2.0
/* view - a picture for people of what a mask hides: for each face a row with the original, the
 * masked channels, the mixed channels, and the zero-padded inverse of both.
 *
 * Channels are tiles, each stretched to its own mean and deviation. Inverses are stretched
 * likewise, as a z-scored channel has lost its scale. */
#ifndef FREQUENCY_VIEW_H
#define FREQUENCY_VIEW_H

#include "base/config.h"
#include "base/status.h"
#include "frequency/mask.h"
#include "image/image.h"

#include <stddef.h>
#include <stdint.h>

struct view_options {
    enum config_color color; // of the mask: how the planes of an inverse are shown
    int k;                   // images in each mix, 1..LIMIT_MIX
    double weight_max;       // above 1/k for k > 1
    uint64_t seed;           // of the mix, of a mask's noise and of per-image orders
    double budget_min;       // beside the mean: bands with less are left out of the inverses
};

/* How much of a face an inverse shows, as correlations with the original, -1 to 1, and 0 for a flat
 * picture. `brightness` compares pixels: low where block means are gone, although eyes may still
 * recognise the face. `outline` compares how much detail lies where: deviations of 4x4 pixels. */
struct view_likeness {
    double brightness, outline;
};

struct view_row {
    struct view_likeness masked, mixed;
};

/* Most faces of one picture of images of side `size`. */
size_t view_capacity(int size);

/* Draws the picture (the caller destroys it) and fills a row of figures for each face. Faces are
 * squares of the mask's image side, all with 1 or all with 3 channels as mask_bands() takes them,
 * 1 to view_capacity() of them. */
enum status view_draw(struct image *picture, struct view_row *rows, const struct mask *mask,
                      const struct image *faces, size_t count,
                      const struct view_options *options) CHECKED;

#endif
