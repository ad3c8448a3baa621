// SPDX-License-Identifier: Apache-2.0
#include "frequency/mask_parts.h"

#include "secure/identity.h"

#include <assert.h>
#include <math.h>

enum { SIDE = 8, BAND_COUNT = SIDE * SIDE, WORDS = 256 };

#define LARGEST_PIXEL 128.0 // either way, after 128 is subtracted
#define PI            3.14159265358979323846

/* Purposes of a noise key are (image, portion): no two streams are the same. */
#define PORTIONS_MAX ((uint64_t)1 << 24)

_Static_assert((int)MASK_NOISE_BYTES == (int)IDENTITY_KEY_BYTES, "a noise key keys a stream");

/* The sum of |u_i| of a row of the orthonormal 8-point DCT-II. */
static double row_sum(int u)
{
    double sum = 0;
    for (int i = 0; i < SIDE; i++) {
        sum += fabs(cos((2 * i + 1) * u * PI / (2 * SIDE)));
    }
    return sum * sqrt((u == 0 ? 1.0 : 2.0) / SIDE);
}

double mask_band_sensitivity(int band, double clip)
{
    assert(band >= 0 && band < LIMIT_BANDS);
    // An enlarged image is made of means of pixels: its coefficients have the same bound.
    const double range = LARGEST_PIXEL * row_sum(band % BAND_COUNT / SIDE) * row_sum(band % SIDE);
    return 2 * (clip > 0 && clip < range ? clip : range);
}

void mask_plan_noise(struct mask *mask, const struct config_federation *federation)
{
    if (mask->method != MASK_LAPLACE && mask->method != MASK_DCTDP) return;
    mask->epsilon_mean = federation->mask.epsilon;
    for (int c = 0; c < mask->channels; c++) {
        const double share =
            mask->method == MASK_DCTDP ? federation->mask.budgets.values[c] / 1000.0 : 1;
        mask->bound[c] = mask_band_sensitivity(mask->chosen[c], federation->mask.clip) / 2;
        mask->epsilon[c] = federation->mask.epsilon * share;
    }
}

double mask_sensitivity(const struct mask *mask, int channel)
{
    assert(channel >= 0 && channel < mask->channels);
    return 2 * mask->bound[channel];
}

/* A word as a number of Laplace(0, 1), by the inverse of its distribution. */
static double laplace(const uint8_t word[4])
{
    const uint32_t bits = (uint32_t)word[0] | (uint32_t)word[1] << 8 | (uint32_t)word[2] << 16 |
                          (uint32_t)word[3] << 24;
    const double tail = ((double)(bits >> 1) + 0.5) / 2147483648.0; // in (0, 1)
    return (bits & 1u) != 0 ? log(tail) : -log(tail);
}

void mask_perturb(const struct mask *mask, float *bands, const uint8_t key[MASK_NOISE_BYTES],
                  uint64_t image)
{
    if (mask->method != MASK_LAPLACE && mask->method != MASK_DCTDP) return;
    const size_t channels = (size_t)mask->channels, values = mask_values(mask);
    assert(values / WORDS < PORTIONS_MAX && image < UINT64_MAX / PORTIONS_MAX);
    for (size_t first = 0; first < values; first += WORDS) {
        const size_t now = values - first < WORDS ? values - first : WORDS;
        uint8_t bytes[4 * WORDS];
        identity_stream(bytes, sizeof bytes, key, image * PORTIONS_MAX + first / WORDS);
        for (size_t i = 0; i < now; i++) {
            const size_t c = (first + i) % channels;
            const double x = fmin(fmax((double)bands[first + i], -mask->bound[c]), mask->bound[c]);
            bands[first + i] =
                (float)(x + 2 * mask->bound[c] / mask->epsilon[c] * laplace(bytes + 4 * i));
        }
    }
}
