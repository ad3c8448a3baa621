// SPDX-License-Identifier: Apache-2.0
/* restore - one component of a picture from some of its bands, by least squares.
 *
 * Given are maps z_c of bands whose scale s_c may be unknown, as a z-score took it. What is known
 * of faces beforehand is a mean face f and deviations of normal distributions. Wanted are the most
 * likely pixels p, with all scales, in one linear system:
 *
 *     min  sum_c |A_c p - s_c z_c - shift_c|^2 / error_c^2
 *        + sum_c (s_c - scale_c)^2 / scale_deviation_c^2
 *        + |gradient of (p - f)|^2 / slope^2 + |p - f|^2 / spread^2
 *
 * A_c is band c of all blocks (frequency/dct.h). The gradient fills in what was dropped: block
 * means in the native layout by the continuity between blocks (as Uehara, Safavi-Naini and
 * Ogunbona, "Recovering DC coefficients in block-based DCT", IEEE Trans. Image Processing 15, 2006,
 * did for encrypted pictures). In up8 blocks share pixels: all differences of neighbours, and all
 * scales but for one common factor, are in the bands, a slow tilt of the grey is in their lost
 * shifts, and the mean grey alone is nowhere. The system is a narrow band of the pixels, factored
 * once for all pictures, with the scales of each picture eliminated last. */
#ifndef ATTACKS_RESTORE_H
#define ATTACKS_RESTORE_H

#include "base/status.h"
#include "frequency/dct.h"

#include <stddef.h>

struct restore_band {
    int band;                      // 8u+v
    double error;                  // > 0: deviation of what the map has wrong, in grey levels
    double scale, scale_deviation; // deviation 0: the scale is known
    double shift;
};

struct restore_prior {
    const float *face;    // size * size: mean of faces, around 0
    double slope, spread; // > 0: see above
};

struct restore; // one component; read-only once made, shared by threads

/* Bands: at most LIMIT_BANDS. Copies what it is given. */
enum status restore_create(struct restore **restore, struct dct_shape shape,
                           const struct restore_band *bands, size_t count,
                           const struct restore_prior *prior) CHECKED;
void restore_destroy(struct restore **restore);

/* Doubles of room that restore_plane() needs. */
size_t restore_room(const struct restore *restore);

/* plane: size * size floats around 0. maps: side * side rows of `step` numbers, the first `count`
 * of each being those of the bands, in their order. */
void restore_plane(const struct restore *restore, float *plane, const float *maps, size_t step,
                   double *room);

#endif
