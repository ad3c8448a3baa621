// SPDX-License-Identifier: Apache-2.0
/* PGM and PPM: "P5 WIDTH HEIGHT MAXVAL" and one blank, then bytes (P5, P6) or decimal numbers
 * (P2, P3); '#' begins a comment that ends with its line. With a MAXVAL above 255 values take two
 * bytes, the high one first. */
#include "image/image_parts.h"

struct pnm_reader {
    const uint8_t *bytes;
    size_t size, place;
};

bool image_pnm_matches(const uint8_t *bytes, size_t size)
{
    return size >= 2 && bytes[0] == 'P' &&
           (bytes[1] == '2' || bytes[1] == '3' || bytes[1] == '5' || bytes[1] == '6');
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static void skip_blanks(struct pnm_reader *reader)
{
    bool comment = false;
    for (; reader->place < reader->size; reader->place++) {
        const uint8_t byte = reader->bytes[reader->place];
        if (comment) {
            comment = byte != '\n' && byte != '\r';
        } else if (byte == '#') {
            comment = true;
        } else if (!is_blank(byte)) {
            return;
        }
    }
}

/* Reads a decimal number of at most 65535. */
static bool read_number(struct pnm_reader *reader, unsigned *number)
{
    skip_blanks(reader);
    const size_t start = reader->place;
    *number = 0;
    while (reader->place < reader->size && is_digit(reader->bytes[reader->place])) {
        *number = *number * 10 + (unsigned)(reader->bytes[reader->place++] - '0');
        if (*number > 65535) return false;
    }
    return reader->place > start;
}

static bool read_binary(struct pnm_reader *reader, unsigned maxval, unsigned *value)
{
    const size_t wide = maxval > 255 ? 2 : 1;
    if (reader->size - reader->place < wide) return false;
    *value = reader->bytes[reader->place++];
    if (wide == 2) *value = *value << 8 | reader->bytes[reader->place++];
    return true;
}

/* Number of the pixels' values that could be read. */
static size_t read_values(struct pnm_reader *reader, uint8_t *out, size_t count, unsigned maxval,
                          bool plain)
{
    for (size_t i = 0; i < count; i++) {
        unsigned value = 0;
        const bool got = plain ? read_number(reader, &value) : read_binary(reader, maxval, &value);
        if (!got || value > maxval) return i;
        out[i] = (uint8_t)((value * 255u + maxval / 2) / maxval);
    }
    return count;
}

enum status image_pnm_decode(struct image *image, const uint8_t *bytes, size_t size,
                             const char *name)
{
    struct pnm_reader reader = {bytes, size, 2};
    const bool plain = bytes[1] == '2' || bytes[1] == '3';
    const int channels = bytes[1] == '2' || bytes[1] == '5' ? 1 : 3;
    unsigned width = 0, height = 0, maxval = 0;
    if (!read_number(&reader, &width) || !read_number(&reader, &height) ||
        !read_number(&reader, &maxval) || maxval == 0 || reader.place == reader.size ||
        !is_blank(reader.bytes[reader.place])) {
        return status_fail(STATUS_BAD_INPUT,
                           "%s: broken P%c header, allowed is WIDTH HEIGHT MAXVAL", name, bytes[1]);
    }
    reader.place++;
    enum status status = image_check_sides(height, width, name);
    if (status != STATUS_OK) return status;
    const size_t count = (size_t)height * width * (size_t)channels;
    // Every value takes at least one byte: a short file must not claim a large picture.
    if (size - reader.place < count) {
        return status_fail(STATUS_BAD_INPUT, "%s: P%c file ends too early", name, bytes[1]);
    }
    status = image_create(image, (int)height, (int)width, channels);
    if (status != STATUS_OK) return status;
    const size_t got = read_values(&reader, image->pixels, count, maxval, plain);
    if (got == count) return STATUS_OK;
    image_destroy(image);
    return status_fail(STATUS_BAD_INPUT,
                       "%s: P%c file is broken or too short after %zu of %zu values", name,
                       bytes[1], got, count);
}
