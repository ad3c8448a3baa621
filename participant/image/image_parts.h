// SPDX-License-Identifier: Apache-2.0
/* image_parts - what image.c is made of: one decoder for each format, and the resizing. Private.
 *
 * A decoder makes *image on success only; what it cannot read is STATUS_BAD_INPUT with `name`. */
#ifndef IMAGE_IMAGE_PARTS_H
#define IMAGE_IMAGE_PARTS_H

#include "image/image.h"

#include <stdbool.h>

bool image_jpeg_matches(const uint8_t *bytes, size_t size);
enum status image_jpeg_decode(struct image *image, const uint8_t *bytes, size_t size,
                              const char *name) CHECKED;

bool image_png_matches(const uint8_t *bytes, size_t size);
enum status image_png_decode(struct image *image, const uint8_t *bytes, size_t size,
                             const char *name) CHECKED;
enum status image_png_encode(uint8_t **bytes, size_t *size, const struct image *image) CHECKED;

bool image_pnm_matches(const uint8_t *bytes, size_t size);
enum status image_pnm_decode(struct image *image, const uint8_t *bytes, size_t size,
                             const char *name) CHECKED;

/* Checks sides that a file claims: STATUS_BAD_INPUT with `name`, else STATUS_OK. */
enum status image_check_sides(uint64_t height, uint64_t width, const char *name) CHECKED;

/* Resizes the square of side `side` at (top, left) to fill `out`, which has as many channels. */
enum status image_resize(struct image *out, const struct image *image, int top, int left,
                         int side) CHECKED;

#endif
