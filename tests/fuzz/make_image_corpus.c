// SPDX-License-Identifier: Apache-2.0
/* make_image_corpus - writes small pictures of every kind that image_decode() reads into a folder,
 * for image_fuzz and image_test: make_image_corpus tests/fuzz/corpus/image
 *
 * All show the same: red grows to the right, green downwards, blue is 128; grey ones are the red.
 * The libraries that read them make them: tests compare with the formula, not with a decoder. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

enum { WIDTH = 24, HEIGHT = 16, CHANNELS_MAX = 4 };

static const char *folder;

static FILE *open_file(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

static void close_file(FILE *file)
{
    if (fclose(file) != 0) {
        perror("close");
        exit(1);
    }
}

static uint8_t value(int x, int y, int channel)
{
    const int values[CHANNELS_MAX] = {10 * x, 15 * y, 128, x < WIDTH / 2 ? 255 : 128};
    return (uint8_t)values[channel];
}

static void write_jpeg(const char *name, int channels, J_COLOR_SPACE space, boolean progressive)
{
    struct jpeg_compress_struct codec;
    struct jpeg_error_mgr errors;
    FILE *file = open_file(name);
    codec.err = jpeg_std_error(&errors);
    jpeg_create_compress(&codec);
    jpeg_stdio_dest(&codec, file);
    codec.image_width = WIDTH;
    codec.image_height = HEIGHT;
    codec.input_components = channels;
    codec.in_color_space = space;
    jpeg_set_defaults(&codec);
    jpeg_set_quality(&codec, 95, TRUE);
    if (progressive) jpeg_simple_progression(&codec);
    jpeg_start_compress(&codec, TRUE);
    for (int y = 0; y < HEIGHT; y++) {
        JSAMPLE row[WIDTH * CHANNELS_MAX];
        for (int x = 0; x < WIDTH * channels; x++) {
            row[x] = value(x / channels, y, x % channels);
        }
        JSAMPROW rows[1] = {row};
        jpeg_write_scanlines(&codec, rows, 1);
    }
    jpeg_finish_compress(&codec);
    jpeg_destroy_compress(&codec);
    close_file(file);
}

/* Bytes of a row in the form that a PNG of this kind and depth holds. */
static void fill_row(png_bytep row, int y, int kind, int depth)
{
    const int channels = kind == PNG_COLOR_TYPE_GRAY || kind == PNG_COLOR_TYPE_PALETTE ? 1
                         : kind == PNG_COLOR_TYPE_GRAY_ALPHA                           ? 2
                         : kind == PNG_COLOR_TYPE_RGB                                  ? 3
                                                                                       : 4;
    memset(row, 0, WIDTH * CHANNELS_MAX * 2);
    for (int x = 0; x < WIDTH; x++) {
        for (int c = 0; c < channels; c++) {
            const uint8_t byte = value(x, y, kind == PNG_COLOR_TYPE_GRAY_ALPHA && c == 1 ? 3 : c);
            if (depth == 16) {
                row[2 * (x * channels + c)] = row[2 * (x * channels + c) + 1] = byte;
            } else if (depth == 8) {
                row[x * channels + c] = byte;
            } else { // 4 bits: entry x % 16; 1 bit: a chessboard
                const int small = depth == 4 ? x % 16 : (x + y) % 2;
                row[x * depth / 8] |= (png_byte)(small << (8 - depth - x * depth % 8));
            }
        }
    }
}

static void write_png(const char *name, int kind, int depth, int interlace)
{
    FILE *file = open_file(name);
    png_structp codec = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(codec);
    png_init_io(codec, file);
    png_set_IHDR(codec, info, WIDTH, HEIGHT, depth, kind, interlace, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (kind == PNG_COLOR_TYPE_PALETTE) {
        png_color palette[16];
        for (int i = 0; i < 16; i++) {
            palette[i] = (png_color){(png_byte)(17 * i), (png_byte)(255 - 17 * i), 64};
        }
        const png_byte alpha[2] = {0, 128}; // entries 0 and 1
        png_set_PLTE(codec, info, palette, 16);
        png_set_tRNS(codec, info, alpha, 2, NULL);
    }
    png_write_info(codec, info);
    png_byte rows[HEIGHT][WIDTH * CHANNELS_MAX * 2];
    png_bytep list[HEIGHT];
    for (int y = 0; y < HEIGHT; y++) {
        fill_row(rows[y], y, kind, depth);
        list[y] = rows[y];
    }
    png_write_image(codec, list);
    png_write_end(codec, NULL);
    png_destroy_write_struct(&codec, &info);
    close_file(file);
}

static void write_plain(const char *name, int channels, int maxval)
{
    FILE *file = open_file(name);
    fprintf(file, "P%d # plain\n%d %d\n# a comment\n%d\n", channels == 1 ? 2 : 3, WIDTH, HEIGHT,
            maxval);
    for (int i = 0; i < WIDTH * HEIGHT * channels; i++) {
        const int x = i / channels % WIDTH, y = i / channels / WIDTH;
        fprintf(file, "%d%c", value(x, y, i % channels) * maxval / 255, i % 12 == 11 ? '\n' : ' ');
    }
    close_file(file);
}

static void write_binary(const char *name, int channels, int maxval)
{
    FILE *file = open_file(name);
    fprintf(file, "P%d\n%d %d\n%d\n", channels == 1 ? 5 : 6, WIDTH, HEIGHT, maxval);
    for (int i = 0; i < WIDTH * HEIGHT * channels; i++) {
        const int byte = value(i / channels % WIDTH, i / channels / WIDTH, i % channels);
        if (maxval == 65535) fputc(byte, file);
        fputc(byte, file);
    }
    close_file(file);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    write_jpeg("grey.jpg", 1, JCS_GRAYSCALE, FALSE);
    write_jpeg("colour.jpg", 3, JCS_RGB, FALSE);
    write_jpeg("progressive.jpg", 3, JCS_RGB, TRUE);
    write_jpeg("cmyk.jpg", 4, JCS_CMYK, FALSE);
    write_png("grey8.png", PNG_COLOR_TYPE_GRAY, 8, PNG_INTERLACE_NONE);
    write_png("grey1.png", PNG_COLOR_TYPE_GRAY, 1, PNG_INTERLACE_NONE);
    write_png("grey_alpha16.png", PNG_COLOR_TYPE_GRAY_ALPHA, 16, PNG_INTERLACE_ADAM7);
    write_png("rgb16.png", PNG_COLOR_TYPE_RGB, 16, PNG_INTERLACE_NONE);
    write_png("rgb_alpha8.png", PNG_COLOR_TYPE_RGB_ALPHA, 8, PNG_INTERLACE_NONE);
    write_png("palette4.png", PNG_COLOR_TYPE_PALETTE, 4, PNG_INTERLACE_NONE);
    write_plain("plain.pgm", 1, 255);
    write_plain("plain.ppm", 3, 65535);
    write_binary("binary.pgm", 1, 255);
    write_binary("binary.ppm", 3, 255);
    write_binary("binary16.ppm", 3, 65535);
    return 0;
}
