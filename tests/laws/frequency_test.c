// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/random.h"
#include "frequency/dct.h"
#include "frequency/mask.h"
#include "reference/slow_dct.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SIZE = 40, AREA = SIZE * SIZE };

static int all_bands[192];
static uint8_t pixels[AREA * 3], mirrored[AREA * 3];
static float values[AREA * 192], others[AREA * 192], thirds[AREA * 192];
static double wanted[AREA * 192], planes_wanted[AREA * 3];

static int prepare(void **state)
{
    (void)state;
    struct random random;
    random_start(&random, 21, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < AREA * 3; i++) {
        pixels[i] = (uint8_t)random_below(&random, 256);
    }
    for (int i = 0; i < 192; i++) {
        all_bands[i] = i;
    }
    return 0;
}

static struct dct *plan(int components, int up8)
{
    struct dct *dct = NULL;
    assert_int_equal(dct_create(&dct, (struct dct_shape){SIZE, components, up8}), STATUS_OK);
    return dct;
}

static void all_native_bands_give_the_image_back(void **state)
{
    (void)state;
    static float planes[AREA];
    struct dct *dct = plan(1, 0);
    dct_forward(dct, values, pixels, 1, all_bands, 64);
    dct_inverse(dct, planes, values, all_bands, 64);
    for (int i = 0; i < AREA; i++) {
        assert_true(fabsf(planes[i] - ((float)pixels[i] - 128.0f)) < 1e-3f);
    }
    dct_destroy(&dct);
}

static void all_up8_bands_give_back_the_reduced_enlargement(void **state)
{
    (void)state;
    static float planes[AREA * 3];
    const struct dct_shape shape = {SIZE, 3, 1};
    struct dct *dct = plan(3, 1);
    dct_forward(dct, values, pixels, 3, all_bands, 192);
    dct_inverse(dct, planes, values, all_bands, 192);
    slow_dct_forward(wanted, pixels, 3, shape);
    slow_dct_inverse(planes_wanted, wanted, shape);
    for (int i = 0; i < AREA * 3; i++) {
        assert_true(fabs((double)planes[i] - planes_wanted[i]) < 1e-3);
    }
    dct_destroy(&dct);
}

static void native_bands_keep_the_energy(void **state)
{
    (void)state;
    struct dct *dct = plan(1, 0);
    dct_forward(dct, values, pixels, 1, all_bands, 64);
    double of_bands = 0, of_pixels = 0;
    for (int i = 0; i < AREA; i++) {
        of_bands += (double)values[i] * (double)values[i];
        of_pixels += (pixels[i] - 128.0) * (pixels[i] - 128.0);
    }
    assert_true(fabs(of_bands / of_pixels - 1) < 1e-6);
    dct_destroy(&dct);
}

static void flipping_bands_is_flipping_the_image(void **state)
{
    (void)state;
    for (int n = 0; n < 4; n++) {
        const int components = n / 2 == 0 ? 1 : 3, up8 = n % 2, count = 64 * components;
        struct dct *dct = plan(components, up8);
        slow_dct_mirror(mirrored, pixels, SIZE, 3);
        dct_forward(dct, values, pixels, 3, all_bands, count);
        dct_flip(dct, others, values, all_bands, count);
        dct_forward(dct, values, mirrored, 3, all_bands, count);
        for (int i = 0; i < dct_side(dct) * dct_side(dct) * count; i++) {
            // The native layout promises the very same numbers.
            assert_true(fabsf(values[i] - others[i]) <= (up8 ? 1e-3f : 0.0f));
        }
        dct_destroy(&dct);
    }
}

static void the_transform_is_linear(void **state)
{
    (void)state;
    static uint8_t first[AREA], second[AREA], sum[AREA];
    for (int i = 0; i < AREA; i++) {
        first[i] = (uint8_t)(64 + pixels[i] / 2);
        second[i] = (uint8_t)(64 + pixels[i + AREA] / 2);
        sum[i] = (uint8_t)(first[i] + second[i] - 128); // adds what lies around 128
    }
    for (int up8 = 0; up8 < 2; up8++) {
        struct dct *dct = plan(1, up8);
        dct_forward(dct, values, first, 1, all_bands, 64);
        dct_forward(dct, others, second, 1, all_bands, 64);
        dct_forward(dct, thirds, sum, 1, all_bands, 64);
        for (int i = 0; i < dct_side(dct) * dct_side(dct) * 64; i++) {
            assert_true(fabsf(values[i] + others[i] - thirds[i]) < 1e-3f);
        }
        dct_destroy(&dct);
    }
}

static struct config_federation settings(enum config_mask method, enum config_shuffle shuffle)
{
    struct config_federation federation;
    memset(&federation, 0, sizeof federation);
    federation.input.kind = INPUT_BANDS;
    federation.input.size = SIZE;
    federation.input.color = COLOR_GREY;
    federation.input.layout = LAYOUT_NATIVE;
    federation.mask.method = method;
    federation.mask.bands = 36;
    federation.mask.shifts = 1;
    federation.mask.pool = 1;
    federation.mask.drop_dc = true;
    federation.mask.normalise = true;
    federation.mask.shuffle = shuffle;
    return federation;
}

static struct mask *make_mask(const struct config_federation *federation)
{
    static const uint8_t key[MASK_KEY_BYTES] = {7, 1, 4};
    struct mask *mask = NULL;
    if (mask_create(&mask, federation, key) != STATUS_OK) fail_msg("%s", status_message());
    return mask;
}

static void masking_a_flipped_image_is_masking_its_mirror_image(void **state)
{
    (void)state;
    for (int n = 0; n < 8; n++) {
        struct config_federation federation =
            settings(n % 2 ? MASK_PPFR_FD : MASK_NONE, SHUFFLE_DEPLOYMENT);
        federation.input.layout = n / 2 % 2 ? LAYOUT_UP8 : LAYOUT_NATIVE;
        if (n < 4) federation.input.color = COLOR_YCBCR;
        if (n == 6) {
            federation.input.kind = INPUT_PIXELS;
            federation.input.color = COLOR_RGB;
        }
        struct mask *mask = make_mask(&federation);
        slow_dct_mirror(mirrored, pixels, SIZE, 3);
        mask_bands(mask, values, pixels, 3);
        mask_apply(mask, others, values, 1, NULL);
        mask_bands(mask, values, mirrored, 3);
        mask_apply(mask, thirds, values, 0, NULL);
        for (size_t i = 0; i < mask_values(mask); i++) {
            assert_float_equal(others[i], thirds[i], 1e-4f);
        }
        mask_destroy(&mask);
    }
}

static void every_channel_of_a_masked_image_is_z_scored(void **state)
{
    (void)state;
    for (int n = 0; n < 4; n++) {
        struct config_federation federation =
            settings(n % 2 ? MASK_PPFR_FD : MASK_NONE, SHUFFLE_DEPLOYMENT);
        federation.input.layout = n / 2 ? LAYOUT_UP8 : LAYOUT_NATIVE;
        federation.mask.drop_dc = false;
        struct mask *mask = make_mask(&federation);
        mask_bands(mask, values, pixels, 3);
        mask_apply(mask, others, values, 0, NULL);
        const int cells = mask_side(mask) * mask_side(mask), channels = mask_channels(mask);
        assert_int_equal(channels, 36);
        for (int c = 0; c < channels; c++) {
            double sum = 0, squares = 0;
            for (int cell = 0; cell < cells; cell++) {
                const double value = (double)others[cell * channels + c];
                sum += value;
                squares += value * value;
            }
            assert_true(fabs(sum / cells) < 1e-5);
            assert_true(fabs(squares / cells - 1) < 1e-4);
        }
        mask_destroy(&mask);
    }
}

/* With neither shuffle nor z-score what is left is the mixing of neighbours. Its alternating sum
 * x_0 - y_1 ... is what an onlooker needs to undo it. */
static void an_odd_number_of_bands_can_be_unmixed_and_an_even_number_cannot(void **state)
{
    (void)state;
    for (int bands = 10; bands <= 11; bands++) {
        struct config_federation federation = settings(MASK_PPFR_FD, SHUFFLE_NONE);
        federation.mask.bands = bands;
        federation.mask.drop_dc = false;
        federation.mask.normalise = false;
        struct mask *mask = make_mask(&federation);
        mask_bands(mask, values, pixels, 3);
        mask_apply(mask, others, values, 0, NULL);
        const int cells = mask_side(mask) * mask_side(mask);
        for (int cell = 0; cell < cells; cell++) {
            float alternating = 0;
            for (int c = 0; c < bands; c++) {
                alternating += (c % 2 == 0 ? 1.0f : -1.0f) * others[cell * bands + c];
            }
            const float right = bands % 2 == 1 ? values[cell * bands] : 0.0f;
            assert_float_equal(alternating, right, 1e-2f);
        }
        char text[160];
        mask_describe(mask, text, sizeof text);
        assert_non_null(strstr(text, bands % 2 == 1 ? "invertible" : "singular"));
        mask_destroy(&mask);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_native_bands_give_the_image_back),
        cmocka_unit_test(all_up8_bands_give_back_the_reduced_enlargement),
        cmocka_unit_test(native_bands_keep_the_energy),
        cmocka_unit_test(flipping_bands_is_flipping_the_image),
        cmocka_unit_test(the_transform_is_linear),
        cmocka_unit_test(masking_a_flipped_image_is_masking_its_mirror_image),
        cmocka_unit_test(every_channel_of_a_masked_image_is_z_scored),
        cmocka_unit_test(an_odd_number_of_bands_can_be_unmixed_and_an_even_number_cannot),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
