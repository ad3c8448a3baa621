// SPDX-License-Identifier: Apache-2.0
// The transform of real numbers, and its gradient: sums over the pixels that a block reads.
#include "frequency/dct_plan.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* What a block reads along an axis, for all coefficients. */
struct axis {
    int base, taps; // base: with the shift of the grid
    float weight[EDGE][DCT_TAPS_MAX];
};

static struct axis axis_of(const struct dct *dct, int block, int shift)
{
    struct axis axis = {0};
    for (int u = 0; u < EDGE; u++) {
        axis.taps = dct_taps(dct, axis.weight[u], &axis.base, block, u);
    }
    axis.base += shift;
    return axis;
}

/* Where what a block reads stands: offsets of its rows, and of pixels in a row; and how much of a
 * component is of each channel. */
struct places {
    int row[EDGE], column[EDGE];
    float weight[3];
};

static struct places places_of(const struct dct *dct, const struct axis axes[2], int channels,
                               int component)
{
    const int size = dct->shape.size;
    struct places places = {.weight = {0}};
    for (int s = 0; s < axes[0].taps; s++) {
        places.row[s] = dct_mirror(axes[0].base + s, size) * size * channels;
    }
    for (int t = 0; t < axes[1].taps; t++) {
        places.column[t] = dct_mirror(axes[1].base + t, size) * channels;
    }
    for (int k = 0; k < channels; k++) {
        places.weight[k] = (float)dct_colour(component, k, channels);
    }
    return places;
}

/* One component of the pixels that a block reads, around 0. */
static void read_window(const struct dct *dct, float window[EDGE][EDGE], const float *pixels,
                        int channels, int component, const struct axis axes[2])
{
    const struct places places = places_of(dct, axes, channels, component);
    const float shift = component == 0 ? 128 : 0;
    for (int s = 0; s < axes[0].taps; s++) {
        for (int t = 0; t < axes[1].taps; t++) {
            const float *at = pixels + places.row[s] + places.column[t];
            float sum = places.weight[0] * at[0] - shift;
            for (int k = 1; k < channels; k++) {
                sum += places.weight[k] * at[k];
            }
            window[s][t] = sum;
        }
    }
}

static void add_window(const struct dct *dct, float *pixels, float window[EDGE][EDGE], int channels,
                       int component, const struct axis axes[2])
{
    const struct places places = places_of(dct, axes, channels, component);
    for (int s = 0; s < axes[0].taps; s++) {
        for (int t = 0; t < axes[1].taps; t++) {
            float *at = pixels + places.row[s] + places.column[t];
            for (int k = 0; k < channels; k++) {
                at[k] += places.weight[k] * window[s][t];
            }
        }
    }
}

/* The size of a coefficient, and its slope. */
static double size_of(float x, double soft)
{
    return sqrt((double)x * (double)x + soft * soft);
}

static double slope_of(float x, double soft)
{
    const double size = size_of(x, soft);
    return size > 0 ? (double)x / size : 0;
}

/* across[s][v]: horizontal frequency v of row s of what a block reads. */
static void read_rows(float across[EDGE][EDGE], float window[EDGE][EDGE], const struct axis axes[2])
{
    for (int s = 0; s < axes[0].taps; s++) {
        for (int v = 0; v < EDGE; v++) {
            float sum = 0;
            for (int t = 0; t < axes[1].taps; t++) {
                sum += axes[1].weight[v][t] * window[s][t];
            }
            across[s][v] = sum;
        }
    }
}

static float read_band(float across[EDGE][EDGE], const struct axis axes[2], int band)
{
    const float *down = axes[0].weight[dct_vertical(band)];
    float sum = 0;
    for (int s = 0; s < axes[0].taps; s++) {
        sum += down[s] * across[s][dct_horizontal(band)];
    }
    return sum;
}

static void add_band(float across[EDGE][EDGE], const struct axis axes[2], int band, float value)
{
    const float *down = axes[0].weight[dct_vertical(band)];
    for (int s = 0; s < axes[0].taps; s++) {
        across[s][dct_horizontal(band)] += down[s] * value;
    }
}

static void write_rows(float window[EDGE][EDGE], float across[EDGE][EDGE],
                       const struct axis axes[2])
{
    for (int s = 0; s < axes[0].taps; s++) {
        for (int t = 0; t < axes[1].taps; t++) {
            float sum = 0;
            for (int v = 0; v < EDGE; v++) {
                sum += axes[1].weight[v][t] * across[s][v];
            }
            window[s][t] = sum;
        }
    }
}

/* Values of all blocks of a grid that is moved by shift[0] pixels down and shift[1] across. */
static void forward_at(const struct dct *dct, float *values, const float *pixels, int channels,
                       const int *chosen, int count, const int shift[2])
{
    assert(channels == 3 || (channels == 1 && dct->shape.components == 1));
    for (int block = 0; block < dct->side * dct->side; block++) {
        const struct axis axes[2] = {axis_of(dct, block / dct->side, shift[0]),
                                     axis_of(dct, block % dct->side, shift[1])};
        float window[EDGE][EDGE], across[EDGE][EDGE];
        for (int c = 0; c < count; c++) {
            const int component = dct_component(chosen[c]);
            if (c == 0 || component != dct_component(chosen[c - 1])) {
                read_window(dct, window, pixels, channels, component, axes);
                read_rows(across, window, axes);
            }
            values[block * count + c] = read_band(across, axes, chosen[c]);
        }
    }
}

/* Adds the gradient of that to the pixels, or, with coefficients, of their sizes. */
static void add_gradient_at(const struct dct *dct, float *pixels, const float *values,
                            const float *coefficients, double soft, int channels, const int *chosen,
                            int count, const int shift[2])
{
    for (int block = 0; block < dct->side * dct->side; block++) {
        const struct axis axes[2] = {axis_of(dct, block / dct->side, shift[0]),
                                     axis_of(dct, block % dct->side, shift[1])};
        float window[EDGE][EDGE], across[EDGE][EDGE] = {{0}};
        for (int c = 0; c < count; c++) {
            const int component = dct_component(chosen[c]), at = block * count + c;
            const double slope = coefficients == NULL ? 1 : slope_of(coefficients[at], soft);
            add_band(across, axes, chosen[c], (float)(slope * (double)values[at]));
            if (c + 1 == count || component != dct_component(chosen[c + 1])) {
                write_rows(window, across, axes);
                add_window(dct, pixels, window, channels, component, axes);
                memset(across, 0, sizeof across);
            }
        }
    }
}

static const int nowhere[2] = {0, 0};

void dct_forward_real(const struct dct *dct, float *values, const float *pixels, int channels,
                      const int *chosen, int count)
{
    forward_at(dct, values, pixels, channels, chosen, count, nowhere);
}

static void clear(const struct dct *dct, float *pixels, int channels)
{
    const size_t size = (size_t)dct->shape.size;
    assert(channels == 3 || (channels == 1 && dct->shape.components == 1));
    memset(pixels, 0, size * size * (size_t)channels * sizeof *pixels);
}

void dct_gradient(const struct dct *dct, float *pixels, const float *values, int channels,
                  const int *chosen, int count)
{
    clear(dct, pixels, channels);
    add_gradient_at(dct, pixels, values, NULL, 0, channels, chosen, count, nowhere);
}

void dct_sizes_real(const struct dct *dct, float *values, float *coefficients, double soft,
                    const float *pixels, int channels, const int *chosen, int count, int shifts)
{
    const int all = dct->side * dct->side * count, places = shifts * shifts;
    assert(dct_has_shifts(dct, shifts));
    memset(values, 0, (size_t)all * sizeof *values);
    for (int place = 0; place < places; place++) {
        const int shift[2] = {dct_shift(place / shifts, shifts), dct_shift(place % shifts, shifts)};
        float *x = coefficients + (size_t)place * (size_t)all;
        forward_at(dct, x, pixels, channels, chosen, count, shift);
        for (int i = 0; i < all; i++) {
            values[i] += (float)(size_of(x[i], soft) / places);
        }
    }
}

void dct_sizes_gradient(const struct dct *dct, float *pixels, const float *values,
                        const float *coefficients, double soft, int channels, const int *chosen,
                        int count, int shifts)
{
    const size_t size = (size_t)dct->shape.size;
    const int all = dct->side * dct->side * count, places = shifts * shifts;
    clear(dct, pixels, channels);
    for (int place = 0; place < places; place++) {
        const int shift[2] = {dct_shift(place / shifts, shifts), dct_shift(place % shifts, shifts)};
        add_gradient_at(dct, pixels, values, coefficients + (size_t)place * (size_t)all, soft,
                        channels, chosen, count, shift);
    }
    for (size_t i = 0; i < size * size * (size_t)channels; i++) {
        pixels[i] /= (float)places;
    }
}
