// SPDX-License-Identifier: Apache-2.0
/* view_sheet - a picture of equal panels in rows, under a line of titles. */
#ifndef FREQUENCY_VIEW_SHEET_H
#define FREQUENCY_VIEW_SHEET_H

#include "base/status.h"
#include "image/image.h"

#include <stddef.h>

struct view_sheet {
    struct image *picture;
    int panel; // side of a panel in pixels
};

/* Side of a panel that shows images of side `size` enlarged by a whole number. */
int view_sheet_panel(int size);

/* Height of a sheet with so many rows. */
size_t view_sheet_height(int panel, size_t rows);

/* Makes the empty sheet with its titles; the caller destroys sheet->picture. */
enum status view_sheet_start(struct view_sheet *sheet, struct image *picture, int panel,
                             size_t rows, const char *const *titles, int columns) CHECKED;

/* Shows a map of side `size` in a panel: rgb points to three values 0..255 for each place. */
void view_sheet_image(const struct view_sheet *sheet, int row, int column, const float *rgb,
                      int size);

/* Shows `channels` maps (NHWC) as tiles, each stretched by its mean and deviation. */
void view_sheet_tiles(const struct view_sheet *sheet, int row, int column, const float *maps,
                      int size, int channels);

/* 0..255 for a value around 0 in units of its deviation: 3 of them each way. */
float view_sheet_level(double value);

#endif
