// SPDX-License-Identifier: Apache-2.0
#include "frequency/view_sheet.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    PANEL_MIN = 208, // holds the longest title
    GAP = 8,         // around panels
    TILE_GAP = 2,
    TITLE = 24, // height of the line of titles
    PAPER = 250,
    FRAME = 225,
    INK = 40,
    LETTER_WIDTH = 5,
    LETTER_HEIGHT = 9,
    LETTER_ZOOM = 2,
};

/* Letters of the titles, a byte a row, the highest of five bits to the left. */
struct letter {
    char name;
    uint8_t rows[LETTER_HEIGHT];
};

static const struct letter letters[] = {
    {'a', {0x00, 0x00, 0x0e, 0x01, 0x0f, 0x11, 0x0f}},
    {'d', {0x01, 0x01, 0x0f, 0x11, 0x11, 0x11, 0x0f}},
    {'e', {0x00, 0x00, 0x0e, 0x11, 0x1f, 0x10, 0x0e}},
    {'f', {0x06, 0x08, 0x1c, 0x08, 0x08, 0x08, 0x08}},
    {'g', {0x00, 0x00, 0x0f, 0x11, 0x11, 0x11, 0x0f, 0x01, 0x0e}},
    {'i', {0x04, 0x00, 0x0c, 0x04, 0x04, 0x04, 0x0e}},
    {'k', {0x10, 0x10, 0x12, 0x14, 0x18, 0x14, 0x12}},
    {'l', {0x0c, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0e}},
    {'m', {0x00, 0x00, 0x1a, 0x15, 0x15, 0x15, 0x15}},
    {'n', {0x00, 0x00, 0x1e, 0x11, 0x11, 0x11, 0x11}},
    {'o', {0x00, 0x00, 0x0e, 0x11, 0x11, 0x11, 0x0e}},
    {'r', {0x00, 0x00, 0x16, 0x19, 0x10, 0x10, 0x10}},
    {'s', {0x00, 0x00, 0x0f, 0x10, 0x0e, 0x01, 0x1e}},
    {'v', {0x00, 0x00, 0x11, 0x11, 0x11, 0x0a, 0x04}},
    {'x', {0x00, 0x00, 0x11, 0x0a, 0x04, 0x0a, 0x11}},
};

int view_sheet_panel(int size)
{
    return size * ((PANEL_MIN + size - 1) / size);
}

size_t view_sheet_height(int panel, size_t rows)
{
    return TITLE + GAP + rows * (size_t)(panel + GAP);
}

float view_sheet_level(double value)
{
    const double level = 127.5 + 42.5 * value;
    return (float)(level < 0 ? 0 : level > 255 ? 255 : level);
}

static void paint(const struct view_sheet *sheet, int y, int x, int side, const float rgb[3])
{
    for (int i = 0; i < side * side; i++) {
        uint8_t *pixel =
            sheet->picture->pixels +
            3 * ((size_t)(y + i / side) * (size_t)sheet->picture->width + (size_t)(x + i % side));
        for (int c = 0; c < 3; c++) {
            pixel[c] = (uint8_t)(rgb[c] + 0.5f);
        }
    }
}

static void write_title(const struct view_sheet *sheet, int x, const char *title)
{
    static const float ink[3] = {INK, INK, INK};
    const int y = (TITLE + GAP - LETTER_HEIGHT * LETTER_ZOOM) / 2;
    for (; *title != '\0'; title++, x += (LETTER_WIDTH + 1) * LETTER_ZOOM) {
        for (size_t n = 0; n < sizeof letters / sizeof *letters; n++) {
            for (int bit = 0; letters[n].name == *title && bit < LETTER_WIDTH * LETTER_HEIGHT;
                 bit++) {
                const int row = bit / LETTER_WIDTH, column = bit % LETTER_WIDTH;
                if (letters[n].rows[row] >> (LETTER_WIDTH - 1 - column) & 1) {
                    paint(sheet, y + row * LETTER_ZOOM, x + column * LETTER_ZOOM, LETTER_ZOOM, ink);
                }
            }
        }
    }
}

/* Upper left corner of a panel. */
static void corner_of(const struct view_sheet *sheet, int row, int column, int *y, int *x)
{
    *y = TITLE + GAP + row * (sheet->panel + GAP);
    *x = GAP + column * (sheet->panel + GAP);
}

enum status view_sheet_start(struct view_sheet *sheet, struct image *picture, int panel,
                             size_t rows, const char *const *titles, int columns)
{
    const enum status status = image_create(picture, (int)view_sheet_height(panel, rows),
                                            GAP + columns * (panel + GAP), 3);
    if (status != STATUS_OK) return status;
    *sheet = (struct view_sheet){picture, panel};
    memset(picture->pixels, PAPER, (size_t)picture->height * (size_t)picture->width * 3);
    static const float frame[3] = {FRAME, FRAME, FRAME};
    for (int column = 0; column < columns; column++) {
        int y, x;
        for (size_t row = 0; row < rows; row++) {
            corner_of(sheet, (int)row, column, &y, &x);
            paint(sheet, y, x, panel, frame);
        }
        corner_of(sheet, 0, column, &y, &x);
        write_title(sheet, x, titles[column]);
    }
    return STATUS_OK;
}

void view_sheet_image(const struct view_sheet *sheet, int row, int column, const float *rgb,
                      int size)
{
    const int zoom = sheet->panel / size;
    int top, left;
    corner_of(sheet, row, column, &top, &left);
    assert(zoom >= 1);
    for (int i = 0; i < size * size; i++) {
        paint(sheet, top + i / size * zoom, left + i % size * zoom, zoom, rgb + 3 * (size_t)i);
    }
}

/* Mean of the rectangle y0..y1-1, x0..x1-1 of one channel's map, and of the squares. */
static double mean_of(double *squares, const float *map, size_t stride, int size, const int y[2],
                      const int x[2])
{
    double sum = 0, sum_squares = 0;
    for (int row = y[0]; row < y[1]; row++) {
        for (int column = x[0]; column < x[1]; column++) {
            const double value =
                (double)map[((size_t)row * (size_t)size + (size_t)column) * stride];
            sum += value;
            sum_squares += value * value;
        }
    }
    const double count = (double)(y[1] - y[0]) * (x[1] - x[0]);
    *squares = sum_squares / count;
    return sum / count;
}

/* The values that pixel `at` of `pixels` along a side stands for: one, or several where they are
 * more than the pixels. */
static void values_of(int range[2], int at, int pixels, int size)
{
    range[0] = at * size / pixels;
    range[1] = (at + 1) * size / pixels;
    if (range[1] == range[0]) range[1]++;
}

/* One channel's map as `tile` x `tile` pixels. */
static void draw_tile(const struct view_sheet *sheet, int top, int left, int tile, const float *map,
                      size_t stride, int size)
{
    const int all[2] = {0, size};
    double squares;
    const double mean = mean_of(&squares, map, stride, size, all, all);
    const double variance = squares - mean * mean;
    const double gain = variance > 0 ? 1 / sqrt(variance) : 0;
    for (int i = 0; i < tile * tile; i++) {
        int y[2], x[2];
        values_of(y, i / tile, tile, size);
        values_of(x, i % tile, tile, size);
        const double value = mean_of(&squares, map, stride, size, y, x);
        const float level = view_sheet_level((value - mean) * gain);
        const float grey[3] = {level, level, level};
        paint(sheet, top + i / tile, left + i % tile, 1, grey);
    }
}

void view_sheet_tiles(const struct view_sheet *sheet, int row, int column, const float *maps,
                      int size, int channels)
{
    int across = 1;
    while (across * across < channels) {
        across++;
    }
    const int tile = (sheet->panel - (across - 1) * TILE_GAP) / across;
    const int step = tile + TILE_GAP;
    int top, left;
    corner_of(sheet, row, column, &top, &left);
    for (int c = 0; c < channels; c++) {
        draw_tile(sheet, top + c / across * step, left + c % across * step, tile, maps + c,
                  (size_t)channels, size);
    }
}
