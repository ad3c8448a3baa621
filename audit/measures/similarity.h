// SPDX-License-Identifier: Apache-2.0
/* similarity - two classical distances of pictures, PSNR and SSIM.
 *
 * Pictures are bytes, `size` x `size` x `channels`. Both equal the defaults of scikit-image's
 * metrics (peak_signal_noise_ratio, structural_similarity) with data_range 255. */
#ifndef MEASURES_SIMILARITY_H
#define MEASURES_SIMILARITY_H

#include <stddef.h>
#include <stdint.h>

enum { SIMILARITY_WINDOW = 7 };

/* Peak signal to noise ratio in dB, 10 log10(255^2 / mean squared difference) of `values` bytes, at
 * least one; infinite for equal pictures. */
double similarity_psnr(const uint8_t *a, const uint8_t *b, size_t values);

/* Structural similarity in [-1,1] (Wang, Bovik, Sheikh, Simoncelli 2004): the mean over all windows
 * of 7x7 equally weighted pixels that lie in the picture, and over the channels, of
 *     (2 ma mb + c1) (2 cab + c2) / ((ma^2 + mb^2 + c1) (va + vb + c2)),
 * variances and covariance over 48, c1 = (0.01 x 255)^2, c2 = (0.03 x 255)^2. NaN for pictures
 * smaller than the window. */
double similarity_ssim(const uint8_t *a, const uint8_t *b, int size, int channels);

#endif
