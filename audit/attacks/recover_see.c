// SPDX-License-Identifier: Apache-2.0
#include "attacks/recover_parts.h"

#include "defence/observe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EPSILON 1e-5 // frequency/mask.h

static float component_of(const struct recover *recover, const uint8_t *pixel, int channels,
                          int component)
{
    static const double weights[3][3] = {
        {0.299, 0.587, 0.114}, {-0.168736, -0.331264, 0.5}, {0.5, -0.418688, -0.081312}};
    if (recover->color == COLOR_RGB) return (float)pixel[channels == 1 ? 0 : component] - 128.0f;
    if (channels == 1) return component == 0 ? (float)pixel[0] - 128.0f : 0.0f;
    double sum = component == 0 ? -128 : 0;
    for (int c = 0; c < 3; c++) {
        sum += weights[component][c] * (double)pixel[c];
    }
    return (float)sum;
}

void recover_look(const struct recover *recover, float *bands, float *planes, const uint8_t *pixels,
                  int channels)
{
    const size_t count = recover_pixels(recover);
    for (int c = 0; c < recover->components; c++) {
        for (size_t p = 0; p < count; p++) {
            planes[(size_t)c * count + p] =
                component_of(recover, pixels + p * (size_t)channels, channels, c);
        }
    }
    if (recover->dct != NULL) {
        dct_forward(recover->dct, bands, pixels, channels, recover->band, (int)recover->bands);
        return;
    }
    for (size_t i = 0; i < count * recover->bands; i++) {
        bands[i] = planes[i % recover->bands * count + i / recover->bands];
    }
}

void recover_score(const struct recover *recover, float *z, double *scale, double *shift,
                   const float *bands)
{
    for (size_t c = 0; c < recover->channels; c++) {
        double sum = 0, square = 0;
        for (size_t i = 0; i < recover->area; i++) {
            const double x = (double)bands[i * recover->bands + recover->kept[c]];
            sum += x;
            square += x * x;
        }
        const double area = (double)recover->area, mean = sum / area;
        shift[c] = recover->normalise ? mean : recover->dct == NULL ? -0.5 : 0;
        scale[c] = recover->normalise ? sqrt(fmax(square / area - mean * mean, 0)) + EPSILON
                                      : (recover->dct == NULL ? 128 : 1);
        for (size_t i = 0; i < recover->area; i++) {
            const double x = (double)bands[i * recover->bands + recover->kept[c]];
            z[i * recover->channels + c] = (float)((x - shift[c]) / scale[c]);
        }
    }
}

double recover_pair(const struct recover *recover, float *out, const float *z, size_t c)
{
    const size_t channels = recover->channels;
    double sum = 0, square = 0;
    for (size_t i = 0; i < recover->area; i++) {
        const double value =
            (double)(z[i * channels + recover->one[c]] + z[i * channels + recover->two[c]]) / 2;
        sum += value;
        square += value * value;
        if (out != NULL) out[i * channels + c] = (float)value;
    }
    const double area = (double)recover->area, mean = sum / area;
    const double gain = sqrt(fmax(square / area - mean * mean, 0)) + EPSILON;
    for (size_t i = 0; i < recover->area && out != NULL && recover->normalised; i++) {
        out[i * channels + c] = (float)(((double)out[i * channels + c] - mean) / gain);
    }
    return recover->normalised ? gain : 1;
}

enum status recover_see(const struct recover *recover, const struct recover_options *options,
                        float *masked, uint32_t *principal, const struct dataset *set,
                        const uint32_t *index, size_t count, bool mixed)
{
    memcpy(principal, index, count * sizeof *index);
    if (!recover->believed && mixed) {
        return observe_faces(options->target, masked, principal, set, index, count, options->seed,
                             0);
    }
    if (!recover->believed) {
        return observe_masked(options->target, masked, set, index, count, options->seed, 0);
    }
    const size_t values = recover_values(recover);
    float *z = malloc(2 * values * sizeof *z);
    if (z == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a masked image");
    for (size_t i = 0; i < count; i++) {
        mask_bands(recover->plain, z + values, dataset_pixels(set, index[i]), set->channels);
        mask_apply(recover->plain, z, z + values, 0, NULL);
        for (size_t c = 0; c < recover->channels; c++) {
            (void)recover_pair(recover, masked + i * values, z, c);
        }
    }
    free(z);
    return STATUS_OK;
}
