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
                        float *masked, uint32_t *principal, const uint32_t *index, size_t count)
{
    const struct dataset *known = options->known;
    memcpy(principal, index, count * sizeof *index);
    if (options->one == NULL && options->mixed) {
        return observe_faces(options->target, masked, principal, known, index, count, options->seed,
                             0);
    }
    if (options->one == NULL) {
        return observe_masked(options->target, masked, known, index, count, options->seed, 0);
    }
    const size_t values = recover_values(recover);
    float *bands = malloc(recover->area * recover->bands * sizeof *bands);
    float *planes = malloc((size_t)recover->components * recover_pixels(recover) * sizeof *planes);
    float *z = malloc(values * sizeof *z);
    enum status status = STATUS_OK;
    if (bands == NULL || planes == NULL || z == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for a masked image");
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        double scale[LIMIT_BANDS], shift[LIMIT_BANDS];
        recover_look(recover, bands, planes, dataset_pixels(known, index[i]), known->channels);
        recover_score(recover, z, scale, shift, bands);
        for (size_t c = 0; c < recover->channels; c++) {
            (void)recover_pair(recover, masked + i * values, z, c);
        }
    }
    free(bands);
    free(planes);
    free(z);
    return status;
}
