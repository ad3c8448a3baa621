// SPDX-License-Identifier: Apache-2.0
/* slow_dct - block DCT by its definition, in doubles: the enlarged image is really built. The
 * oracle of frequency/dct, which it resembles in nothing but the layout of its results. */
#ifndef REFERENCE_SLOW_DCT_H
#define REFERENCE_SLOW_DCT_H

#include "frequency/dct.h"

/* All 64 bands of each component; values: side*side*64*components, NHWC. */
void slow_dct_forward(double *values, const uint8_t *pixels, int channels, struct dct_shape shape);

/* Planes from all bands, one component after the other, around 0. */
void slow_dct_inverse(double *planes, const double *values, struct dct_shape shape);

/* The image mirrored left to right. */
void slow_dct_mirror(uint8_t *mirrored, const uint8_t *pixels, int size, int channels);

#endif
