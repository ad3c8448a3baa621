// SPDX-License-Identifier: Apache-2.0
// The mask of real numbers and its gradient, as plainly as it is defined: for attacks, not for
// training.
#include "frequency/mask_parts.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const double grey[3] = {0.299, 0.587, 0.114};

size_t mask_coefficients(const struct mask *mask)
{
    if (!mask->drops_signs) return 0;
    return (size_t)mask->shifts * (size_t)mask->shifts * mask_values(mask);
}

static size_t area_of(const struct mask *mask)
{
    return (size_t)mask->side * (size_t)mask->side;
}

void mask_bands_real(const struct mask *mask, float *out, float *coefficients, double soft,
                     const float *pixels, int channels)
{
    if (mask->dct != NULL) {
        if (!mask->drops_signs) {
            dct_forward_real(mask->dct, out, pixels, channels, mask->chosen, mask->channels);
            return;
        }
        dct_sizes_real(mask->dct, out, coefficients, soft, pixels, channels, mask->chosen,
                       mask->channels, mask->shifts);
        mask_pool(mask, out);
        return;
    }
    assert(channels == mask->channels || (channels == 3 && mask->channels == 1));
    for (size_t i = 0; i < area_of(mask) * (size_t)mask->channels; i++) {
        double value = (double)pixels[i];
        if (channels != mask->channels) {
            value = grey[0] * (double)pixels[3 * i] + grey[1] * (double)pixels[3 * i + 1] +
                    grey[2] * (double)pixels[3 * i + 2];
        }
        out[i] = (float)((value - 127.5) / 128);
    }
}

void mask_bands_gradient(const struct mask *mask, float *pixels, float *bands,
                         const float *coefficients, double soft, int channels)
{
    if (mask->drops_signs) {
        mask_pool(mask, bands);
        dct_sizes_gradient(mask->dct, pixels, bands, coefficients, soft, channels, mask->chosen,
                           mask->channels, mask->shifts);
        return;
    }
    if (mask->dct != NULL) {
        dct_gradient(mask->dct, pixels, bands, channels, mask->chosen, mask->channels);
        return;
    }
    for (size_t i = 0; i < area_of(mask) * (size_t)channels; i++) {
        pixels[i] = channels == mask->channels ? bands[i] / 128
                                               : (float)(grey[i % 3] * (double)bands[i / 3] / 128);
    }
}

/* The gradient of one channel's z-score y = r (s - mean), r = 1 / (d + epsilon), is
 *     r (g - mean(g)) - r^2 (s - mean) mean(g (s - mean)) / d
 * where g is that to y: gain * g + constant - slope * (s - mean). */
struct back {
    double gain, constant, slope;
};

static struct back back_of(double gain, double deviation, double sum, double product, size_t area)
{
    const double mean = product / (double)area;
    return (struct back){gain, -gain * sum / (double)area,
                         deviation > 0 ? gain * gain * mean / deviation : 0};
}

/* The bands of one image with what z-scores each of them first. */
struct scaled {
    const float *bands;
    size_t area, channels;
    double mean[LIMIT_BANDS], deviation[LIMIT_BANDS], gain[LIMIT_BANDS];
};

static void scale(struct scaled *scaled, const struct mask *mask, const float *bands)
{
    const size_t area = area_of(mask), channels = (size_t)mask->channels;
    *scaled = (struct scaled){.bands = bands, .area = area, .channels = channels};
    for (size_t c = 0; c < channels; c++) {
        double sum = 0, squares = 0;
        scaled->gain[c] = 1;
        for (size_t i = 0; i < area && mask->normalise; i++) {
            sum += (double)bands[i * channels + c];
        }
        scaled->mean[c] = sum / (double)area;
        for (size_t i = 0; i < area && mask->normalise; i++) {
            const double off = (double)bands[i * channels + c] - scaled->mean[c];
            squares += off * off;
        }
        scaled->deviation[c] = sqrt(squares / (double)area);
        if (mask->normalise) scaled->gain[c] = 1 / (scaled->deviation[c] + MASK_EPSILON);
    }
}

static double z_of(const struct scaled *scaled, size_t place, size_t c)
{
    const double band = (double)scaled->bands[place * scaled->channels + c];
    return (band - scaled->mean[c]) * scaled->gain[c];
}

/* Of a sum of two channels, from the gradient g to what the second z-score makes of it. */
static struct back back_of_pair(double *mean, const struct scaled *scaled, const float *g,
                                size_t one, size_t two)
{
    double sum = 0, squares = 0, total = 0, product = 0;
    for (size_t i = 0; i < scaled->area; i++) {
        sum += 0.5 * (z_of(scaled, i, one) + z_of(scaled, i, two));
    }
    *mean = sum / (double)scaled->area;
    for (size_t i = 0; i < scaled->area; i++) {
        const double off = 0.5 * (z_of(scaled, i, one) + z_of(scaled, i, two)) - *mean;
        squares += off * off;
        total += (double)g[i * scaled->channels];
        product += (double)g[i * scaled->channels] * off;
    }
    const double deviation = sqrt(squares / (double)scaled->area);
    return back_of(1 / (deviation + MASK_EPSILON), deviation, total, product, scaled->area);
}

/* gradient = that to the z-scored bands, through the mix of neighbours. */
static void through_mix(float *gradient, const struct mask *mask, const struct scaled *scaled,
                        const float *masked, struct random *image)
{
    const size_t channels = scaled->channels;
    struct mask_partners partners;
    mask_choose_partners(&partners, mask, image);
    memset(gradient, 0, scaled->area * channels * sizeof *gradient);
    for (size_t c = 0; c < channels; c++) {
        const size_t one = partners.first[c], two = partners.second[c];
        struct back back = {1, 0, 0};
        double mean = 0;
        if (mask->normalise) back = back_of_pair(&mean, scaled, masked + c, one, two);
        for (size_t i = 0; i < scaled->area; i++) {
            const double s = 0.5 * (z_of(scaled, i, one) + z_of(scaled, i, two)) - mean;
            const double g = back.gain * (double)masked[i * channels + c] + back.constant;
            const float half = (float)(0.5 * (g - back.slope * s));
            gradient[i * channels + one] += half;
            gradient[i * channels + two] += half;
        }
    }
}

void mask_apply_gradient(const struct mask *mask, float *gradient, const float *masked,
                         const float *bands, struct random *image)
{
    struct scaled scaled;
    scale(&scaled, mask, bands);
    const size_t area = scaled.area, channels = scaled.channels;
    if (mask->method == MASK_PPFR_FD) {
        through_mix(gradient, mask, &scaled, masked, image);
    } else {
        memcpy(gradient, masked, area * channels * sizeof *gradient);
    }
    for (size_t c = 0; c < channels && mask->normalise; c++) {
        double sum = 0, product = 0;
        for (size_t i = 0; i < area; i++) {
            const double off = (double)bands[i * channels + c] - scaled.mean[c];
            sum += (double)gradient[i * channels + c];
            product += (double)gradient[i * channels + c] * off;
        }
        const struct back back = back_of(scaled.gain[c], scaled.deviation[c], sum, product, area);
        for (size_t i = 0; i < area; i++) {
            const double off = (double)bands[i * channels + c] - scaled.mean[c];
            gradient[i * channels + c] = (float)(back.gain * (double)gradient[i * channels + c] +
                                                 back.constant - back.slope * off);
        }
    }
}
