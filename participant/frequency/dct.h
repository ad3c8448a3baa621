// SPDX-License-Identifier: Apache-2.0
/* dct - an image as 8x8 block DCT bands and back.
 *
 * Orthonormal DCT-II on 8x8 blocks, stride 8. Band 8u+v of component c has index 64c + 8u + v (u is
 * the vertical frequency). A band is a map with one value per block. Layout NHWC:
 * values[(y * W + x) * bands + band].
 *
 * Colour: grey on [0,255] minus 128; or full-range JPEG YCbCr minus 128 (ITU-T T.871).
 *
 * native: the image as it is, (size/8) x (size/8) maps. up8: the image enlarged 8 times
 * bilinearly (align_corners as in TFace), size x size maps. The enlarged image is never built: a
 * block of it is a bilinear function of at most 3x3 pixels, so block (i,j) = U_i X U_j^T with an
 * 8x3 matrix per block row and column. */
#ifndef FREQUENCY_DCT_H
#define FREQUENCY_DCT_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dct; // plan: size, layout, colour; read-only once made, shared by threads

struct dct_shape {
    int size;       // side of the image, a multiple of 8
    int components; // 1 grey or 3 YCbCr
    int up8;        // 0 native, 1 up8
};

enum status dct_create(struct dct **dct, struct dct_shape shape) CHECKED;
void dct_destroy(struct dct **dct);

int dct_side(const struct dct *dct);  // blocks along a side
int dct_bands(const struct dct *dct); // 64 * components

/* Bands of one image: pixels are size*size*channels bytes with channels 1 (components 1) or 3
 * (either). `chosen` lists `count` band indices to keep, in the order of the output's channels. */
void dct_forward(const struct dct *dct, float *values, const uint8_t *pixels, int channels,
                 const int *chosen, int count);

/* The same of pixels that are numbers in [0,255], by the sums as they stand: slow. */
void dct_forward_real(const struct dct *dct, float *values, const float *pixels, int channels,
                      const int *chosen, int count);

/* Its gradient: from that to the values, that to the pixels, size*size*channels numbers, assigned.
 */
void dct_gradient(const struct dct *dct, float *pixels, const float *values, int channels,
                  const int *chosen, int count);

/* Sizes of bands instead: the mean of |x| over shifts x shifts places of the grid of blocks, a
 * moved block reading what is mirrored at the border. Along an axis the grid stands where it is
 * (shifts 1), 2 pixels either way (2), or 1 and 3 pixels either way (4); 2 and 4 native only. Such
 * means change little where a face moves by a pixel: it is cycle spinning (Coifman and Donoho
 * 1995), of sizes. */
enum { DCT_SHIFTS_MAX = 4 };
bool dct_has_shifts(const struct dct *dct, int shifts);
void dct_sizes(const struct dct *dct, float *values, const uint8_t *pixels, int channels,
               const int *chosen, int count, int shifts);

/* The same of pixels that are numbers, slowly, of sqrt(x^2 + soft^2) for |x|. `coefficients` gets
 * the x of each place, shifts^2 times the values. And its gradient, assigned. */
void dct_sizes_real(const struct dct *dct, float *values, float *coefficients, double soft,
                    const float *pixels, int channels, const int *chosen, int count, int shifts);
void dct_sizes_gradient(const struct dct *dct, float *pixels, const float *values,
                        const float *coefficients, double soft, int channels, const int *chosen,
                        int count, int shifts);

/* Inverse, with missing bands as zeros: planes holds size*size floats for each component, one
 * after the other, around 0 (add 128 to look at). For up8: inverse of each block, then the
 * bilinear reduction by 8 with corners aligned, as TFace does; it reads between samples of the
 * enlarged image, so that all 64 bands give the image back only nearly. */
void dct_inverse(const struct dct *dct, float *planes, const float *values, const int *chosen,
                 int count);

/* Mirrors the image left to right in the DCT domain: block columns reverse, bands with odd v
 * change sign. The result is that of the mirrored image: bit for bit in the native layout, up to
 * rounding in up8. In and out may not overlap. */
void dct_flip(const struct dct *dct, float *flipped, const float *values, const int *chosen,
              int count);

/* One axis of the transform: coefficient u of block `block` is the sum over t of weight[t] times
 * pixel *base + t along that axis. Returns how many pixels a block reads: 8 native, 3 up8. So band
 * 8u+v of block (i,j) is the sum over s and t of the weights of (i,u) and (j,v) and the pixels. */
enum { DCT_TAPS_MAX = 8 };
int dct_taps(const struct dct *dct, float weight[DCT_TAPS_MAX], int *base, int block, int u);

/* Index 8u+v of the n-th coefficient in JPEG's zig-zag order, n in 0..63. */
int dct_zigzag(int n);

#endif
