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

/* Laplace noise on each band by itself, with a bound and a budget of its own. */
static bool is_by_band(enum config_mask method)
{
    return method == MASK_LAPLACE || method == MASK_DCTDP;
}

bool mask_has_noise(const struct config_federation *federation)
{
    return is_by_band(federation->mask.method) || federation->mask.method == MASK_EIGENFACES;
}

void mask_plan_noise(struct mask *mask, const struct config_federation *federation)
{
    mask->epsilon_mean = federation->mask.epsilon;
    if (!is_by_band(mask->method)) return;
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

double mask_budget(const struct mask *mask, int channel)
{
    assert(channel >= 0 && channel < mask->channels);
    return is_by_band(mask->method) ? mask->epsilon[channel] / mask->epsilon_mean : 1;
}

/* A word as a number of Laplace(0, 1), by the inverse of its distribution. */
static double laplace(const uint8_t word[4])
{
    const uint32_t bits = (uint32_t)word[0] | (uint32_t)word[1] << 8 | (uint32_t)word[2] << 16 |
                          (uint32_t)word[3] << 24;
    const double tail = ((double)(bits >> 1) + 0.5) / 2147483648.0; // in (0, 1)
    return (bits & 1u) != 0 ? log(tail) : -log(tail);
}

/* WORDS numbers of Laplace(0, 1), those of one portion of an image's noise. */
static void draw(double noise[WORDS], const uint8_t key[MASK_NOISE_BYTES], uint64_t image,
                 uint64_t portion)
{
    uint8_t bytes[4 * WORDS];
    assert(portion < PORTIONS_MAX && image < UINT64_MAX / PORTIONS_MAX);
    identity_stream(bytes, sizeof bytes, key, image * PORTIONS_MAX + portion);
    for (size_t i = 0; i < WORDS; i++) {
        noise[i] = laplace(bytes + 4 * i);
    }
}

static double clamp(double x, double low, double high)
{
    return fmin(fmax(x, low), high);
}

static void perturb_bands(const struct mask *mask, float *bands,
                          const uint8_t key[MASK_NOISE_BYTES], uint64_t image)
{
    const size_t channels = (size_t)mask->channels, values = mask_values(mask);
    double noise[WORDS];
    for (size_t i = 0; i < values; i++) {
        const size_t c = i % channels;
        if (i % WORDS == 0) draw(noise, key, image, i / WORDS);
        bands[i] = (float)(clamp((double)bands[i], -mask->bound[c], mask->bound[c]) +
                           2 * mask->bound[c] / mask->epsilon[c] * noise[i % WORDS]);
    }
}

static void perturb_eigenfaces(const struct mask *mask, float *values,
                               const uint8_t key[MASK_NOISE_BYTES], uint64_t image)
{
    const struct eigenfaces *faces = mask->eigenfaces;
    assert(faces != NULL && faces->values == mask_values(mask));
    double coefficients[LIMIT_EIGENFACES], noise[WORDS];
    eigenfaces_project(faces, coefficients, values);
    for (size_t k = 0; k < faces->count; k++) {
        const double low = (double)faces->low[k], high = (double)faces->high[k];
        if (k % WORDS == 0) draw(noise, key, image, k / WORDS);
        coefficients[k] = clamp(coefficients[k], low, high) +
                          (high - low) / mask->epsilon_mean * noise[k % WORDS];
    }
    eigenfaces_rebuild(faces, values, coefficients);
}

void mask_perturb(const struct mask *mask, float *bands, const uint8_t key[MASK_NOISE_BYTES],
                  uint64_t image)
{
    if (is_by_band(mask->method)) {
        perturb_bands(mask, bands, key, image);
    } else if (mask->method == MASK_EIGENFACES) {
        perturb_eigenfaces(mask, bands, key, image);
    }
}

enum status mask_use_eigenfaces(struct mask *mask, const char *path)
{
    if (mask->method != MASK_EIGENFACES) return STATUS_OK;
    if (path[0] == '\0') {
        return status_fail(STATUS_BAD_CONFIG,
                           "participant.eigenfaces: is not set, federation.mask.method eigenfaces "
                           "needs it; fedveil participant mask learn CONFIG --eigenfaces N --out "
                           "FILE.yaml makes one");
    }
    char input[LIMIT_MASK_INPUT];
    mask_input(mask, input);
    eigenfaces_destroy(&mask->eigenfaces);
    return eigenfaces_load(&mask->eigenfaces, path, input);
}

enum status mask_check_eigenfaces(const struct config_federation *federation, const char *path)
{
    struct mask *mask = NULL;
    if (federation->mask.method != MASK_EIGENFACES) return STATUS_OK;
    enum status status = mask_create(&mask, federation, NULL);
    if (status == STATUS_OK) status = mask_use_eigenfaces(mask, path);
    mask_destroy(&mask);
    return status;
}
