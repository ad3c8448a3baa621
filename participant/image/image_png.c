// SPDX-License-Identifier: Apache-2.0
#include "image/image_parts.h"

#include "base/limits.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIGNATURE_SIZE = 8,
    CHUNK_MAX = 1024 * 1024, // bytes of a text or colour profile, which nobody looks at
    ENCODED_START = 64 * 1024,
};

struct png_reader {
    png_structp codec;
    png_infop info;
    const uint8_t *bytes;
    size_t left;
    const char *name;
    enum status status;
    uint8_t *raw;    // pixels with alpha
    png_bytep *rows; // of raw
    struct image image;
};

struct png_writer {
    png_structp codec;
    png_infop info;
    enum status status;
    uint8_t *bytes;
    size_t size, capacity;
};

bool image_png_matches(const uint8_t *bytes, size_t size)
{
    static const uint8_t signature[SIGNATURE_SIZE] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    return size >= SIGNATURE_SIZE && memcmp(bytes, signature, SIGNATURE_SIZE) == 0;
}

static _Noreturn void fail_reading(png_structp codec, png_const_charp text)
{
    struct png_reader *reader = png_get_error_ptr(codec);
    reader->status = status_fail(STATUS_BAD_INPUT, "%s: broken PNG: %s", reader->name, text);
    png_longjmp(codec, 1);
}

static _Noreturn void fail_writing(png_structp codec, png_const_charp text)
{
    struct png_writer *writer = png_get_error_ptr(codec);
    writer->status = status_fail(STATUS_IO, "encoding a PNG: %s", text);
    png_longjmp(codec, 1);
}

static void hear(png_structp codec, png_const_charp text)
{
    // Remarks about colour profiles and the like; damage to the pixels is an error.
    (void)codec;
    (void)text;
}

static void take(png_structp codec, png_bytep out, size_t size)
{
    struct png_reader *reader = png_get_io_ptr(codec);
    if (size > reader->left) png_error(codec, "the file ends too early");
    memcpy(out, reader->bytes, size);
    reader->bytes += size;
    reader->left -= size;
}

/* Asks for 8-bit grey + alpha or RGB + alpha, whatever the file holds. */
static void choose_form(struct png_reader *reader)
{
    png_set_expand(reader->codec);
    png_set_scale_16(reader->codec);
    png_set_add_alpha(reader->codec, 0xFF, PNG_FILLER_AFTER);
    png_set_interlace_handling(reader->codec);
    png_read_update_info(reader->codec, reader->info);
}

static enum status make_rows(struct png_reader *reader, int channels)
{
    const png_uint_32 height = png_get_image_height(reader->codec, reader->info);
    const png_uint_32 width = png_get_image_width(reader->codec, reader->info);
    const size_t row_size = png_get_rowbytes(reader->codec, reader->info);
    enum status status = image_create(&reader->image, (int)height, (int)width, channels);
    if (status != STATUS_OK) return status;
    reader->raw = malloc(height * row_size);
    reader->rows = malloc(height * sizeof *reader->rows);
    if (reader->raw == NULL || reader->rows == NULL) {
        return status_fail(STATUS_NO_MEMORY, "%s: no memory for %u x %u pixels", reader->name,
                           (unsigned)width, (unsigned)height);
    }
    for (size_t y = 0; y < height; y++) {
        reader->rows[y] = reader->raw + y * row_size;
    }
    return STATUS_OK;
}

/* Alpha over black is a product with alpha. */
static void drop_alpha(struct image *image, const uint8_t *raw)
{
    const size_t count = (size_t)image->height * (size_t)image->width;
    const size_t channels = (size_t)image->channels;
    uint8_t *to = image->pixels;
    for (size_t i = 0; i < count; i++) {
        const unsigned alpha = raw[channels];
        for (size_t c = 0; c < channels; c++) {
            *to++ = (uint8_t)((raw[c] * alpha + 127u) / 255u);
        }
        raw += channels + 1;
    }
}

static void decode(struct png_reader *reader)
{
    png_structp codec = reader->codec;
    png_set_user_limits(codec, LIMIT_IMAGE_SIDE, LIMIT_IMAGE_SIDE);
    png_set_chunk_malloc_max(codec, CHUNK_MAX);
    png_set_read_fn(codec, reader, take);
    png_read_info(codec, reader->info);
    choose_form(reader);
    const int channels = png_get_channels(codec, reader->info) - 1;
    if (channels != 1 && channels != 3) png_error(codec, "unknown kind of pixels");
    reader->status = make_rows(reader, channels);
    if (reader->status != STATUS_OK) return;
    png_read_image(codec, reader->rows);
    png_read_end(codec, NULL);
    drop_alpha(&reader->image, reader->raw);
}

/* Alone with setjmp, so that no local variable is lost by a jump. */
static void decode_guarded(struct png_reader *reader)
{
    if (setjmp(png_jmpbuf(reader->codec)) == 0) decode(reader);
}

enum status image_png_decode(struct image *image, const uint8_t *bytes, size_t size,
                             const char *name)
{
    struct png_reader reader = {.bytes = bytes, .left = size, .name = name};
    reader.codec = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, fail_reading, hear);
    if (reader.codec != NULL) reader.info = png_create_info_struct(reader.codec);
    if (reader.info == NULL) {
        reader.status = status_fail(STATUS_NO_MEMORY, "%s: no memory to decode", name);
    } else {
        decode_guarded(&reader);
    }
    png_destroy_read_struct(&reader.codec, &reader.info, NULL);
    free(reader.raw);
    free(reader.rows);
    if (reader.status != STATUS_OK) image_destroy(&reader.image);
    *image = reader.image;
    return reader.status;
}

static void give(png_structp codec, png_bytep from, size_t size)
{
    struct png_writer *writer = png_get_io_ptr(codec);
    if (size > writer->capacity - writer->size) {
        // A picture has less than 2^31 bytes, so that doubling cannot wrap.
        const size_t capacity = 2 * (writer->capacity + size) + ENCODED_START;
        uint8_t *grown = realloc(writer->bytes, capacity);
        if (grown == NULL) png_error(codec, "out of memory");
        writer->bytes = grown;
        writer->capacity = capacity;
    }
    memcpy(writer->bytes + writer->size, from, size);
    writer->size += size;
}

static void encode(struct png_writer *writer, const struct image *image)
{
    png_set_write_fn(writer->codec, writer, give, NULL);
    png_set_IHDR(writer->codec, writer->info, (png_uint_32)image->width, (png_uint_32)image->height,
                 8, image->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(writer->codec, writer->info);
    const size_t row_size = (size_t)image->width * (size_t)image->channels;
    for (int y = 0; y < image->height; y++) {
        png_write_row(writer->codec, image->pixels + (size_t)y * row_size);
    }
    png_write_end(writer->codec, NULL);
}

static void encode_guarded(struct png_writer *writer, const struct image *image)
{
    if (setjmp(png_jmpbuf(writer->codec)) == 0) encode(writer, image);
}

enum status image_png_encode(uint8_t **bytes, size_t *size, const struct image *image)
{
    struct png_writer writer = {0};
    writer.codec = png_create_write_struct(PNG_LIBPNG_VER_STRING, &writer, fail_writing, hear);
    if (writer.codec != NULL) writer.info = png_create_info_struct(writer.codec);
    if (writer.info == NULL) {
        writer.status = status_fail(STATUS_NO_MEMORY, "no memory to encode a PNG");
    } else {
        encode_guarded(&writer, image);
    }
    png_destroy_write_struct(&writer.codec, &writer.info);
    if (writer.status != STATUS_OK) {
        free(writer.bytes);
        return writer.status;
    }
    *bytes = writer.bytes;
    *size = writer.size;
    return STATUS_OK;
}
