// SPDX-License-Identifier: Apache-2.0
// Means over cells of blocks (mask.pool).
#include "frequency/mask_parts.h"

/* Value of channel c at place (y, x). */
static size_t at(const struct mask *mask, int y, int x, int c)
{
    return ((size_t)y * (size_t)mask->side + (size_t)x) * (size_t)mask->channels + (size_t)c;
}

/* Sum over the cell that begins at (y, x). */
static double cell_sum(const struct mask *mask, const float *values, int y, int x, int c)
{
    double sum = 0;
    for (int i = y; i < y + mask->pool; i++) {
        for (int j = x; j < x + mask->pool; j++) {
            sum += (double)values[at(mask, i, j, c)];
        }
    }
    return sum;
}

static void cell_fill(const struct mask *mask, float *values, int y, int x, int c, double value)
{
    for (int i = y; i < y + mask->pool; i++) {
        for (int j = x; j < x + mask->pool; j++) {
            values[at(mask, i, j, c)] = (float)value;
        }
    }
}

void mask_pool(const struct mask *mask, float *values)
{
    const double area = (double)mask->pool * (double)mask->pool;
    if (mask->pool == 1) return;
    for (int y = 0; y < mask->side; y += mask->pool) {
        for (int x = 0; x < mask->side; x += mask->pool) {
            for (int c = 0; c < mask->channels; c++) {
                cell_fill(mask, values, y, x, c, cell_sum(mask, values, y, x, c) / area);
            }
        }
    }
}
