// SPDX-License-Identifier: Apache-2.0
#include "image/image.h"

#include "base/files.h"
#include "base/limits.h"
#include "image/image_parts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((uint64_t)LIMIT_IMAGE_SIDE *LIMIT_IMAGE_SIDE * 4 <= INT32_MAX,
               "the bytes of a picture, even with alpha, can be counted everywhere");

enum status image_create(struct image *image, int height, int width, int channels)
{
    assert(height >= 1 && height <= LIMIT_IMAGE_SIDE);
    assert(width >= 1 && width <= LIMIT_IMAGE_SIDE);
    assert(channels == 1 || channels == 3);
    uint8_t *pixels = calloc((size_t)height * (size_t)width, (size_t)channels);
    if (pixels == NULL) {
        return status_fail(STATUS_NO_MEMORY, "no memory for a picture of %d x %d pixels", width,
                           height);
    }
    *image = (struct image){pixels, height, width, channels};
    return STATUS_OK;
}

void image_destroy(struct image *image)
{
    free(image->pixels);
    *image = (struct image){0};
}

enum status image_check_sides(uint64_t height, uint64_t width, const char *name)
{
    if (height >= 1 && height <= LIMIT_IMAGE_SIDE && width >= 1 && width <= LIMIT_IMAGE_SIDE) {
        return STATUS_OK;
    }
    return status_fail(STATUS_BAD_INPUT,
                       "%s: %" PRIu64 " x %" PRIu64 " pixels, allowed are sides of 1 to %d", name,
                       width, height, LIMIT_IMAGE_SIDE);
}

enum status image_decode(struct image *image, const uint8_t *bytes, size_t size, const char *name)
{
    *image = (struct image){0};
    if (image_jpeg_matches(bytes, size)) return image_jpeg_decode(image, bytes, size, name);
    if (image_png_matches(bytes, size)) return image_png_decode(image, bytes, size, name);
    if (image_pnm_matches(bytes, size)) return image_pnm_decode(image, bytes, size, name);
    return status_fail(STATUS_BAD_INPUT, "%s: %s, allowed are JPEG, PNG, PGM and PPM", name,
                       size == 0 ? "the file is empty" : "not a known picture format");
}

enum status image_read(struct image *image, const char *path)
{
    *image = (struct image){0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum status status = files_read(&bytes, &size, path, LIMIT_FILE_IMAGE);
    if (status != STATUS_OK) return status;
    status = image_decode(image, bytes, size, path);
    free(bytes);
    return status;
}

/* Weights of ITU-R BT.601 in thousandths, so that every machine rounds alike. */
static void make_grey(struct image *grey, const struct image *image, int top, int left)
{
    const size_t count = (size_t)grey->width;
    for (int y = 0; y < grey->height; y++) {
        const size_t start = (size_t)(top + y) * (size_t)image->width + (size_t)left;
        const uint8_t *from = image->pixels + 3 * start;
        uint8_t *to = grey->pixels + (size_t)y * count;
        for (size_t x = 0; x < count; x++) {
            const unsigned sum =
                299u * from[3 * x] + 587u * from[3 * x + 1] + 114u * from[3 * x + 2];
            to[x] = (uint8_t)((sum + 500u) / 1000u);
        }
    }
}

static void spread_grey(struct image *image, const struct image *grey)
{
    const size_t count = (size_t)grey->height * (size_t)grey->width;
    for (size_t i = 0; i < count; i++) {
        memset(image->pixels + 3 * i, grey->pixels[i], 3);
    }
}

enum status image_square(struct image *out, const struct image *image, int size, int channels)
{
    *out = (struct image){0};
    const int side = image->height < image->width ? image->height : image->width;
    const int top = (image->height - side) / 2;
    const int left = (image->width - side) / 2;
    // Grey is resized with one channel: before the resizing from RGB, after it to RGB.
    struct image grey = {0};
    struct image resized = {0};
    enum status status = STATUS_OK;
    const bool from_colour = image->channels == 3 && channels == 1;
    if (from_colour) {
        status = image_create(&grey, side, side, 1);
        if (status != STATUS_OK) goto done;
        make_grey(&grey, image, top, left);
    }
    status = image_create(&resized, size, size, from_colour ? 1 : image->channels);
    if (status != STATUS_OK) goto done;
    status = from_colour ? image_resize(&resized, &grey, 0, 0, side)
                         : image_resize(&resized, image, top, left, side);
    if (status != STATUS_OK) goto done;
    if (resized.channels == channels) {
        *out = resized;
        resized = (struct image){0};
        goto done;
    }
    status = image_create(out, size, size, channels);
    if (status == STATUS_OK) spread_grey(out, &resized);
done:
    image_destroy(&grey);
    image_destroy(&resized);
    return status;
}

enum status image_encode_png(uint8_t **bytes, size_t *size, const struct image *image)
{
    return image_png_encode(bytes, size, image);
}

enum status image_write_png(const struct image *image, const char *path)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum status status = image_png_encode(&bytes, &size, image);
    if (status != STATUS_OK) return status;
    status = files_write(path, bytes, size);
    free(bytes);
    return status;
}
