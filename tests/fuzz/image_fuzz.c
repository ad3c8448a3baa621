// SPDX-License-Identifier: Apache-2.0
/* image_fuzz - any bytes as a picture: refused with a sentence that names it, or decoded, made
 * square, written as PNG and read again without a change. */
#include "image/image.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIDE = 16 };

static void check_round_trip(const struct image *image)
{
    struct image square, again;
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum status status = image_square(&square, image, SIDE, image->channels);
    assert(status == STATUS_OK);
    status = image_encode_png(&bytes, &size, &square);
    assert(status == STATUS_OK);
    status = image_decode(&again, bytes, size, "again");
    assert(status == STATUS_OK && again.channels == square.channels);
    assert(memcmp(again.pixels, square.pixels, (size_t)(SIDE * SIDE * square.channels)) == 0);
    (void)status;
    free(bytes);
    image_destroy(&square);
    image_destroy(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct image image;
    const enum status status = image_decode(&image, data, size, "fuzz-name");
    if (status == STATUS_OK) {
        check_round_trip(&image);
    } else {
        assert(status == STATUS_BAD_INPUT || status == STATUS_NO_MEMORY);
        assert(image.pixels == NULL);
        assert(status == STATUS_NO_MEMORY || strstr(status_message(), "fuzz-name") != NULL);
    }
    image_destroy(&image);
    return 0;
}
