// SPDX-License-Identifier: Apache-2.0
/* image - pictures as bytes: read from JPEG, PNG and PGM/PPM, resize, flip, write PNG.
 *
 * A picture is height x width x channels bytes, row by row, 1 channel (grey) or 3 (RGB). */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct image {
    uint8_t *pixels; // height * width * channels bytes, owned
    int height, width, channels;
};

/* Makes a black image; sides 1..LIMIT_IMAGE_SIDE, channels 1 or 3. */
enum status image_create(struct image *image, int height, int width, int channels) CHECKED;

/* Frees the pixels and zeroes the structure. Safe to call again. */
void image_destroy(struct image *image);

/* Decodes a JPEG, PNG (8 or 16 bit, alpha over black), PGM or PPM (binary or plain) held in memory;
 * `name` is for messages. A truncated or broken file gives STATUS_BAD_INPUT and names it. */
enum status image_decode(struct image *image, const uint8_t *bytes, size_t size,
                         const char *name) CHECKED;

/* Reads a file and decodes it. */
enum status image_read(struct image *image, const char *path) CHECKED;

/* Square of side `size` with `channels` channels: the centre square of the image, resized by area
 * averaging when it shrinks and bilinearly when it grows; the same bytes when it has that side and
 * those channels. Grey = 0.299 R + 0.587 G + 0.114 B, rounded. */
enum status image_square(struct image *out, const struct image *image, int size,
                         int channels) CHECKED;

/* Encodes as PNG; the caller frees *bytes. */
enum status image_encode_png(uint8_t **bytes, size_t *size, const struct image *image) CHECKED;

/* Writes a PNG file, whole or not at all. */
enum status image_write_png(const struct image *image, const char *path) CHECKED;

#endif
