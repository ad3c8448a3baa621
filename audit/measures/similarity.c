// SPDX-License-Identifier: Apache-2.0
#include "measures/similarity.h"

#include <assert.h>
#include <math.h>

double similarity_psnr(const uint8_t *a, const uint8_t *b, size_t values)
{
    assert(values > 0);
    double sum = 0; // of whole numbers: exact
    for (size_t i = 0; i < values; i++) {
        const double difference = (double)a[i] - b[i];
        sum += difference * difference;
    }
    return 10 * log10(255.0 * 255 * (double)values / sum);
}

/* Sums over pixels of two pictures and of their products. */
struct moments {
    int32_t a, b, aa, bb, ab;
};

/* The column of a window that begins at these pixels. */
static struct moments column_sum(const uint8_t *a, const uint8_t *b, size_t row_step)
{
    struct moments sum = {0, 0, 0, 0, 0};
    for (size_t y = 0; y < SIMILARITY_WINDOW; y++) {
        const int32_t p = a[y * row_step], q = b[y * row_step];
        sum.a += p;
        sum.b += q;
        sum.aa += p * p;
        sum.bb += q * q;
        sum.ab += p * q;
    }
    return sum;
}

static void window_move(struct moments *window, const struct moments *in, const struct moments *out)
{
    window->a += in->a - out->a;
    window->b += in->b - out->b;
    window->aa += in->aa - out->aa;
    window->bb += in->bb - out->bb;
    window->ab += in->ab - out->ab;
}

static double window_ssim(const struct moments *sum)
{
    const double pixels = SIMILARITY_WINDOW * SIMILARITY_WINDOW;
    const double c1 = (0.01 * 255) * (0.01 * 255), c2 = (0.03 * 255) * (0.03 * 255);
    const double a = sum->a / pixels, b = sum->b / pixels;
    const double variances = (sum->aa + sum->bb - pixels * (a * a + b * b)) / (pixels - 1);
    const double covariance = (sum->ab - pixels * a * b) / (pixels - 1);
    return (2 * a * b + c1) * (2 * covariance + c2) / ((a * a + b * b + c1) * (variances + c2));
}

double similarity_ssim(const uint8_t *a, const uint8_t *b, int size, int channels)
{
    if (size < SIMILARITY_WINDOW) return (double)NAN;
    const size_t side = (size_t)size, step = (size_t)channels,
                 windows = side - SIMILARITY_WINDOW + 1;
    double sum = 0;
    for (size_t row = 0; row < windows * step; row++) { // of one channel
        const size_t first = row / step * side * step + row % step;
        struct moments column[SIMILARITY_WINDOW] = {{0, 0, 0, 0, 0}}, window = column[0];
        for (size_t x = 0; x < side; x++) {
            const size_t at = first + x * step;
            const struct moments next = column_sum(a + at, b + at, side * step);
            window_move(&window, &next, &column[x % SIMILARITY_WINDOW]);
            column[x % SIMILARITY_WINDOW] = next;
            if (x + 1 >= SIMILARITY_WINDOW) sum += window_ssim(&window);
        }
    }
    return sum / (double)(windows * windows * step);
}
