// SPDX-License-Identifier: Apache-2.0
// The transform of real numbers, and its gradient: sums over the pixels that a block reads.
#include "frequency/dct_plan.h"

#include <assert.h>
#include <string.h>

/* What a block reads along an axis, for all coefficients. */
struct axis {
    int base, taps;
    float weight[EDGE][DCT_TAPS_MAX];
};

static struct axis axis_of(const struct dct *dct, int block)
{
    struct axis axis = {0};
    for (int u = 0; u < EDGE; u++) {
        axis.taps = dct_taps(dct, axis.weight[u], &axis.base, block, u);
    }
    return axis;
}

/* One component of the pixels that a block reads, around 0. */
static void read_window(const struct dct *dct, float window[EDGE][EDGE], const float *pixels,
                        int channels, int component, const struct axis axes[2])
{
    const double shift = component == 0 ? 128 : 0;
    for (int s = 0; s < axes[0].taps; s++) {
        for (int t = 0; t < axes[1].taps; t++) {
            const int at = (axes[0].base + s) * dct->shape.size + axes[1].base + t;
            double sum = -shift;
            for (int k = 0; k < channels; k++) {
                sum += dct_colour(component, k, channels) * (double)pixels[at * channels + k];
            }
            window[s][t] = (float)sum;
        }
    }
}

static void add_window(const struct dct *dct, float *pixels, float window[EDGE][EDGE], int channels,
                       int component, const struct axis axes[2])
{
    for (int s = 0; s < axes[0].taps; s++) {
        for (int t = 0; t < axes[1].taps; t++) {
            const int at = (axes[0].base + s) * dct->shape.size + axes[1].base + t;
            for (int k = 0; k < channels; k++) {
                pixels[at * channels + k] +=
                    (float)dct_colour(component, k, channels) * window[s][t];
            }
        }
    }
}

static float read_band(float window[EDGE][EDGE], const struct axis axes[2], int band)
{
    const float *down = axes[0].weight[dct_vertical(band)];
    const float *across = axes[1].weight[dct_horizontal(band)];
    float sum = 0;
    for (int s = 0; s < axes[0].taps; s++) {
        for (int t = 0; t < axes[1].taps; t++) {
            sum += down[s] * across[t] * window[s][t];
        }
    }
    return sum;
}

static void add_band(float window[EDGE][EDGE], const struct axis axes[2], int band, float value)
{
    const float *down = axes[0].weight[dct_vertical(band)];
    const float *across = axes[1].weight[dct_horizontal(band)];
    for (int s = 0; s < axes[0].taps; s++) {
        for (int t = 0; t < axes[1].taps; t++) {
            window[s][t] += down[s] * across[t] * value;
        }
    }
}

void dct_forward_real(const struct dct *dct, float *values, const float *pixels, int channels,
                      const int *chosen, int count)
{
    assert(channels == 3 || (channels == 1 && dct->shape.components == 1));
    for (int block = 0; block < dct->side * dct->side; block++) {
        const struct axis axes[2] = {axis_of(dct, block / dct->side),
                                     axis_of(dct, block % dct->side)};
        float window[EDGE][EDGE];
        for (int c = 0; c < count; c++) {
            const int component = dct_component(chosen[c]);
            if (c == 0 || component != dct_component(chosen[c - 1])) {
                read_window(dct, window, pixels, channels, component, axes);
            }
            values[block * count + c] = read_band(window, axes, chosen[c]);
        }
    }
}

void dct_gradient(const struct dct *dct, float *pixels, const float *values, int channels,
                  const int *chosen, int count)
{
    const size_t size = (size_t)dct->shape.size;
    assert(channels == 3 || (channels == 1 && dct->shape.components == 1));
    memset(pixels, 0, size * size * (size_t)channels * sizeof *pixels);
    for (int block = 0; block < dct->side * dct->side; block++) {
        const struct axis axes[2] = {axis_of(dct, block / dct->side),
                                     axis_of(dct, block % dct->side)};
        float window[EDGE][EDGE] = {{0}};
        for (int c = 0; c < count; c++) {
            const int component = dct_component(chosen[c]);
            add_band(window, axes, chosen[c], values[block * count + c]);
            if (c + 1 == count || component != dct_component(chosen[c + 1])) {
                add_window(dct, pixels, window, channels, component, axes);
                memset(window, 0, sizeof window);
            }
        }
    }
}
