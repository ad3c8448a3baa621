// SPDX-License-Identifier: Apache-2.0
/* preparation - what happens to images before a network sees them, timed: decode, mask, mix.
 *
 * Each function times batches of the product's own work on as many threads as OpenMP would take
 * now, an image on one thread, and gives the median seconds of a batch. Masks are those of the
 * default config: grey, 35 bands, PPFR-FD in one deployment's order, z-scores. */
#ifndef BENCH_PREPARATION_H
#define BENCH_PREPARATION_H

#include "base/status.h"
#include "pictures.h"

enum preparation_layout { PREPARATION_NATIVE, PREPARATION_UP8 };
enum { PREPARATION_SIDE = 112 };

/* "native", "up8", NULL. */
extern const char *const preparation_layouts[];

/* Bands and mask of 112x112 RGB images. */
enum status preparation_mask(double *seconds, enum preparation_layout layout, int batch,
                             int steps) CHECKED;

/* Draws and applies the mixes of a batch of masked images, for each k from 2 to `most`:
 * seconds[k - 2]. At most LIMIT_MIX. */
enum status preparation_mix(double *seconds, int most, enum preparation_layout layout, int batch,
                            int steps) CHECKED;

/* Decodes all pictures to 112x112 RGB pixels; each is read once before the clock starts, so that a
 * broken one is named. */
enum status preparation_decode(double *seconds, const struct pictures *pictures, int steps) CHECKED;

#endif
