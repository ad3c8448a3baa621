// SPDX-License-Identifier: Apache-2.0
// What a mask takes and does, in words.
#include "frequency/mask_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RGB = 3 };

static const char *color(const struct mask *mask)
{
    if (mask_components(mask) < RGB) return "grey";
    return mask->dct == NULL ? "rgb" : "ycbcr";
}

/* What sizes are averaged over; empty: nothing. */
static void describe_means(const struct mask *mask, char *text, size_t size)
{
    text[0] = '\0';
    if (mask->shifts == 1 && mask->pool == 1) return;
    (void)snprintf(text, size, ", means of %d grids and %d x %d blocks",
                   mask->shifts * mask->shifts, mask->pool, mask->pool);
}

void mask_input(const struct mask *mask, char text[LIMIT_MASK_INPUT])
{
    const size_t size = LIMIT_MASK_INPUT;
    int used = snprintf(text, size, "%s %s of %d x %d", color(mask),
                        mask->dct == NULL ? "pixels" : "bands", mask->size, mask->size);
    if (mask->dct == NULL) return;
    char means[64];
    describe_means(mask, means, sizeof means);
    used += snprintf(text + used, size - (size_t)used, ", maps of %d x %d%s%s:", mask->side,
                     mask->side, mask->drops_signs ? " without signs" : "", means);
    // At most four bytes for each of LIMIT_BANDS.
    for (int c = 0; c < mask->channels; c++) {
        used += snprintf(text + used, size - (size_t)used, " %d", mask->chosen[c]);
    }
}

static void describe_bands(const struct mask *mask, char *text, size_t size)
{
    char means[64];
    describe_means(mask, means, sizeof means);
    (void)snprintf(text, size, "%d of %d bands %s DC, %d x %d each%s%s", mask->channels,
                   dct_bands(mask->dct), mask->chosen[0] == 0 ? "with" : "without", mask->side,
                   mask->side, mask->drops_signs ? ", sizes without signs" : "", means);
}

static void describe_eigenfaces(const struct mask *mask, const char *input, char *text, size_t size)
{
    if (mask->eigenfaces == NULL) {
        (void)snprintf(text, size, "eigenfaces of %s, not read", input);
        return;
    }
    const double count = (double)mask->eigenfaces->count;
    (void)snprintf(text, size,
                   "eigenfaces: Laplace noise on %g coefficients of %s, epsilon %g for each, %g "
                   "for an image%s",
                   count, input, mask->epsilon_mean, count * mask->epsilon_mean,
                   mask->normalise ? ", z-scored" : "");
}

static void describe_noise(const struct mask *mask, const char *input, char *text, size_t size)
{
    double least = (double)INFINITY, most = 0;
    for (int c = 0; c < mask->channels; c++) {
        least = fmin(least, mask_sensitivity(mask, c));
        most = fmax(most, mask_sensitivity(mask, c));
    }
    (void)snprintf(text, size,
                   "%s: Laplace noise on %s, epsilon %g for each coefficient%s, sensitivity %.0f "
                   "to %.0f grey levels",
                   config_word("federation.mask.method", (int)mask->method), input,
                   mask->epsilon_mean, mask->method == MASK_DCTDP ? " on average" : "", least,
                   most);
}

void mask_describe(const struct mask *mask, char *text, size_t size)
{
    static const char *const orders[] = {"in order", "order from the mask key",
                                         "order drawn for each image"};
    char input[128];
    if (mask->dct == NULL) {
        (void)snprintf(input, sizeof input, "pixels, %d x %d x %d", mask->side, mask->side,
                       mask->channels);
    } else {
        describe_bands(mask, input, sizeof input);
    }
    switch (mask->method) {
    case MASK_NONE:
        (void)snprintf(text, size, mask->dct == NULL ? "%s, not masked%s" : "no mask: %s%s", input,
                       mask->normalise ? ", z-scored" : "");
        break;
    case MASK_LAPLACE:
    case MASK_DCTDP:
        describe_noise(mask, input, text, size);
        break;
    case MASK_EIGENFACES:
        describe_eigenfaces(mask, input, text, size);
        break;
    case MASK_PPFR_FD:
        (void)snprintf(text, size, "ppfr-fd: %s, %s, %s mixing%s", input, orders[mask->shuffle],
                       mask->channels % 2 == 1 ? "invertible" : "singular",
                       mask->normalise ? "" : ", not z-scored");
        break;
    }
}
