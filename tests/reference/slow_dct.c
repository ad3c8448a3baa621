// SPDX-License-Identifier: Apache-2.0
#include "reference/slow_dct.h"

#include <math.h>
#include <stdlib.h>

static double basis(size_t u, size_t x)
{
    const double pi = acos(-1.0);
    return (u == 0 ? sqrt(1.0 / 8) : sqrt(2.0 / 8)) *
           cos((2 * (double)x + 1) * (double)u * pi / 16);
}

static double component_of(const uint8_t *pixel, int channels, int component)
{
    if (channels == 1) return pixel[0] - 128.0;
    const double r = pixel[0], g = pixel[1], b = pixel[2];
    if (component == 0) return 0.299 * r + 0.587 * g + 0.114 * b - 128.0;
    if (component == 1) return -0.168736 * r - 0.331264 * g + 0.5 * b;
    return 0.5 * r - 0.418688 * g - 0.081312 * b;
}

/* Square plane of another size, bilinear between samples, corners on corners. */
static void resample(double *out, size_t to, const double *in, size_t from)
{
    const double step = (double)(from - 1) / (double)(to - 1);
    for (size_t y = 0; y < to; y++) {
        for (size_t x = 0; x < to; x++) {
            const double py = (double)y * step, px = (double)x * step;
            const size_t y0 = (size_t)py, x0 = (size_t)px;
            const size_t y1 = y0 + 1 < from ? y0 + 1 : y0, x1 = x0 + 1 < from ? x0 + 1 : x0;
            const double fy = py - (double)y0, fx = px - (double)x0;
            out[y * to + x] = (1 - fy) * ((1 - fx) * in[y0 * from + x0] + fx * in[y0 * from + x1]) +
                              fy * ((1 - fx) * in[y1 * from + x0] + fx * in[y1 * from + x1]);
        }
    }
}

static void plane_forward(double *values, size_t stride, const double *plane, size_t size)
{
    for (size_t cell = 0; cell < size / 8 * (size / 8); cell++) {
        const double *block = plane + cell / (size / 8) * 8 * size + cell % (size / 8) * 8;
        for (size_t band = 0; band < 64; band++) {
            double sum = 0;
            for (size_t y = 0; y < 8; y++) {
                for (size_t x = 0; x < 8; x++) {
                    sum += basis(band / 8, y) * basis(band % 8, x) * block[y * size + x];
                }
            }
            values[cell * stride + band] = sum;
        }
    }
}

static void plane_inverse(double *plane, const double *values, size_t stride, size_t size)
{
    for (size_t y = 0; y < size; y++) {
        for (size_t x = 0; x < size; x++) {
            const double *bands = values + (y / 8 * (size / 8) + x / 8) * stride;
            double sum = 0;
            for (size_t band = 0; band < 64; band++) {
                sum += basis(band / 8, y % 8) * basis(band % 8, x % 8) * bands[band];
            }
            plane[y * size + x] = sum;
        }
    }
}

static double *new_plane(size_t size)
{
    double *plane = calloc(size * size, sizeof *plane);
    if (plane == NULL) abort();
    return plane;
}

void slow_dct_forward(double *values, const uint8_t *pixels, int channels, struct dct_shape shape)
{
    const size_t size = (size_t)shape.size, stride = 64 * (size_t)shape.components;
    double *plane = new_plane(size), *large = new_plane(8 * size);
    for (int component = 0; component < shape.components; component++) {
        for (size_t i = 0; i < size * size; i++) {
            plane[i] = component_of(pixels + i * (size_t)channels, channels, component);
        }
        double *out = values + 64 * (size_t)component;
        if (shape.up8) {
            resample(large, 8 * size, plane, size);
            plane_forward(out, stride, large, 8 * size);
        } else {
            plane_forward(out, stride, plane, size);
        }
    }
    free(plane);
    free(large);
}

void slow_dct_inverse(double *planes, const double *values, struct dct_shape shape)
{
    const size_t size = (size_t)shape.size, stride = 64 * (size_t)shape.components;
    double *large = new_plane(8 * size);
    for (size_t component = 0; component < (size_t)shape.components; component++) {
        double *plane = planes + component * size * size;
        if (shape.up8) {
            plane_inverse(large, values + 64 * component, stride, 8 * size);
            resample(plane, size, large, 8 * size);
        } else {
            plane_inverse(plane, values + 64 * component, stride, size);
        }
    }
    free(large);
}

void slow_dct_mirror(uint8_t *mirrored, const uint8_t *pixels, int size, int channels)
{
    for (int y = 0; y < size; y++) {
        for (int x = 0; x < size; x++) {
            for (int c = 0; c < channels; c++) {
                mirrored[(y * size + x) * channels + c] =
                    pixels[(y * size + size - 1 - x) * channels + c];
            }
        }
    }
}
