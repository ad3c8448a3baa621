// SPDX-License-Identifier: Apache-2.0
#include "image/image_parts.h"

#include <setjmp.h>
#include <stdio.h>

#include <jerror.h>
#include <jpeglib.h>

/* A small file can ask for thousands of passes over a large picture; cameras write about ten. */
enum { SCANS_MAX = 100 };

struct jpeg_reader {
    struct jpeg_decompress_struct codec;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf failed;
    const char *name;
    enum status status;
    struct image image;
};

bool image_jpeg_matches(const uint8_t *bytes, size_t size)
{
    return size >= 3 && bytes[0] == 0xFF && bytes[1] == 0xD8 && bytes[2] == 0xFF;
}

static struct jpeg_reader *reader_of(j_common_ptr codec)
{
    return codec->client_data;
}

static _Noreturn void fail(j_common_ptr codec)
{
    struct jpeg_reader *reader = reader_of(codec);
    char text[JMSG_LENGTH_MAX];
    codec->err->format_message(codec, text);
    reader->status = status_fail(STATUS_BAD_INPUT, "%s: broken JPEG: %s", reader->name, text);
    longjmp(reader->failed, 1);
}

/* libjpeg paints what it lacks in grey and only warns; a damaged face must not train a network. */
static void hear(j_common_ptr codec, int level)
{
    if (level >= 0) return; // remarks
    switch (codec->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_ICC:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
        return; // the pixels are whole
    default:
        fail(codec);
    }
}

static void count_scans(j_common_ptr codec)
{
    struct jpeg_reader *reader = reader_of(codec);
    if (reader->codec.input_scan_number <= SCANS_MAX) return;
    reader->status = status_fail(STATUS_BAD_INPUT, "%s: broken JPEG: more than %d scans",
                                 reader->name, SCANS_MAX);
    longjmp(reader->failed, 1);
}

/* Grey stays grey and all other colours become RGB, except those of print. */
static enum status choose_colours(struct jpeg_reader *reader)
{
    struct jpeg_decompress_struct *codec = &reader->codec;
    if (codec->jpeg_color_space == JCS_CMYK || codec->jpeg_color_space == JCS_YCCK) {
        return status_fail(STATUS_BAD_INPUT, "%s: JPEG in CMYK colours, allowed are grey and RGB",
                           reader->name);
    }
    if (codec->jpeg_color_space == JCS_UNKNOWN) {
        return status_fail(STATUS_BAD_INPUT, "%s: JPEG with %d channels, allowed are 1 and 3",
                           reader->name, codec->num_components);
    }
    const bool grey = codec->jpeg_color_space == JCS_GRAYSCALE;
    codec->out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
    return image_create(&reader->image, (int)codec->image_height, (int)codec->image_width,
                        grey ? 1 : 3);
}

static enum status decode(struct jpeg_reader *reader, const uint8_t *bytes, size_t size)
{
    struct jpeg_decompress_struct *codec = &reader->codec;
    jpeg_create_decompress(codec);
    codec->progress = &reader->progress;
    jpeg_mem_src(codec, bytes, (unsigned long)size);
    jpeg_read_header(codec, TRUE);
    enum status status = image_check_sides(codec->image_height, codec->image_width, reader->name);
    if (status == STATUS_OK) status = choose_colours(reader);
    if (status != STATUS_OK) return status;
    jpeg_start_decompress(codec);
    const size_t row_size = (size_t)reader->image.width * (size_t)reader->image.channels;
    while (codec->output_scanline < codec->output_height) {
        JSAMPROW row = reader->image.pixels + codec->output_scanline * row_size;
        jpeg_read_scanlines(codec, &row, 1);
    }
    jpeg_finish_decompress(codec);
    return STATUS_OK;
}

/* Alone with setjmp, so that no local variable is lost by a jump. */
static void decode_guarded(struct jpeg_reader *reader, const uint8_t *bytes, size_t size)
{
    if (setjmp(reader->failed) == 0) reader->status = decode(reader, bytes, size);
}

enum status image_jpeg_decode(struct image *image, const uint8_t *bytes, size_t size,
                              const char *name)
{
    struct jpeg_reader reader = {.name = name};
    reader.codec.err = jpeg_std_error(&reader.errors);
    reader.codec.client_data = &reader;
    reader.errors.error_exit = fail;
    reader.errors.emit_message = hear;
    reader.progress.progress_monitor = count_scans;
    decode_guarded(&reader, bytes, size);
    jpeg_destroy_decompress(&reader.codec);
    if (reader.status != STATUS_OK) image_destroy(&reader.image);
    *image = reader.image;
    return reader.status;
}
