// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "frequency/dct.h"
#include "frequency/mask.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SOFT 2.0 // of sizes, so that a step of the pixels crosses no bend

enum { SIZE = 24, PIXELS = SIZE * SIZE * 3, VALUES_MAX = SIZE * SIZE * 192 };

static const uint8_t key[MASK_KEY_BYTES] = {7};

struct work {
    struct mask *mask;
    int channels; // of the pixels
    float *pixels, *bands, *sizes_of, *masked, *coefficients, *gradient, *back;
};

static float *numbers(size_t count)
{
    float *made = calloc(count, sizeof *made);
    assert_non_null(made);
    return made;
}

static void open_work(struct work *work, const struct config *config, int channels)
{
    struct random random;
    *work = (struct work){.channels = channels,
                          .pixels = numbers(PIXELS),
                          .bands = numbers(VALUES_MAX),
                          .sizes_of = numbers(DCT_SHIFTS_MAX * DCT_SHIFTS_MAX * VALUES_MAX),
                          .masked = numbers(VALUES_MAX),
                          .coefficients = numbers(VALUES_MAX),
                          .gradient = numbers(VALUES_MAX),
                          .back = numbers(PIXELS)};
    assert_int_equal(mask_create(&work->mask, &config->federation, key), STATUS_OK);
    random_start(&random, 1, 0, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < PIXELS; i++) {
        work->pixels[i] = floorf(255 * random_uniform(&random));
    }
    for (size_t i = 0; i < VALUES_MAX; i++) {
        work->coefficients[i] = random_normal(&random);
    }
}

static void close_work(struct work *work)
{
    mask_destroy(&work->mask);
    free(work->pixels);
    free(work->bands);
    free(work->sizes_of);
    free(work->masked);
    free(work->coefficients);
    free(work->gradient);
    free(work->back);
}

static void pass(struct work *work)
{
    struct random image;
    random_start(&image, 2, 0, RANDOM_SHUFFLE, 0, 0);
    mask_bands_real(work->mask, work->bands, work->sizes_of, SOFT, work->pixels, work->channels);
    mask_apply(work->mask, work->masked, work->bands, 0, &image);
}

/* A number that follows from the masked image. */
static double loss(struct work *work)
{
    double sum = 0;
    pass(work);
    for (size_t i = 0; i < mask_values(work->mask); i++) {
        sum += (double)work->masked[i] * (double)work->coefficients[i];
    }
    return sum;
}

static void move(struct work *work, const float *direction, double step)
{
    for (size_t i = 0; i < PIXELS; i++) {
        work->pixels[i] += (float)(step * (double)direction[i]);
    }
}

static void check(const struct config *config, int channels)
{
    struct work work;
    struct random image, random;
    float *direction = numbers(PIXELS);
    open_work(&work, config, channels);
    pass(&work);
    random_start(&image, 2, 0, RANDOM_SHUFFLE, 0, 0);
    mask_apply_gradient(work.mask, work.gradient, work.coefficients, work.bands, &image);
    mask_bands_gradient(work.mask, work.back, work.gradient, work.sizes_of, SOFT, channels);
    random_start(&random, 3, 0, RANDOM_TEST, 0, 0);
    for (int d = 0; d < 3; d++) {
        double expected = 0, norm = 0;
        for (size_t i = 0; i < (size_t)(SIZE * SIZE * channels); i++) {
            direction[i] = random_normal(&random);
            expected += (double)direction[i] * (double)work.back[i];
            norm += (double)work.back[i] * (double)work.back[i];
        }
        move(&work, direction, 0.5);
        const double above = loss(&work);
        move(&work, direction, -1);
        const double below = loss(&work);
        move(&work, direction, 0.5);
        if (fabs(above - below - expected) > 0.01 * sqrt(norm)) {
            fail_msg("%g by a difference, %g by the gradient of length %g", above - below, expected,
                     sqrt(norm));
        }
    }
    free(direction);
    close_work(&work);
}

static struct config start(void)
{
    struct config config;
    config_defaults(&config);
    config.federation.input.size = SIZE;
    config.federation.input.color = COLOR_GREY;
    config.federation.mask.bands = 10;
    return config;
}

static void gradients_agree_with_differences(void **state)
{
    (void)state;
    struct config config = start();
    check(&config, 1);
    check(&config, 3);
    config.federation.input.layout = LAYOUT_UP8;
    check(&config, 1);
    config.federation.mask.shuffle = SHUFFLE_PER_IMAGE;
    config.federation.input.layout = LAYOUT_NATIVE;
    config.federation.input.color = COLOR_YCBCR;
    check(&config, 3);
    config.federation.mask.normalise = false;
    check(&config, 3);
    config.federation.mask.method = MASK_NONE;
    check(&config, 3);
}

static void gradients_of_sizes_agree_too(void **state)
{
    (void)state;
    struct config config = start();
    config.federation.mask.drop_signs = true;
    check(&config, 1);
    config.federation.mask.shifts = 2;
    check(&config, 3);
    config.federation.mask.shifts = 4;
    check(&config, 1);
    config.federation.mask.shifts = 1;
    config.federation.mask.pool = 3;
    config.federation.input.color = COLOR_YCBCR;
    config.federation.input.layout = LAYOUT_UP8;
    check(&config, 3);
    config.federation.mask.method = MASK_NONE;
    config.federation.mask.normalise = false;
    check(&config, 3);
}

static void gradients_of_plain_pixels_agree_too(void **state)
{
    (void)state;
    struct config config = start();
    config.federation.mask.method = MASK_NONE;
    config.federation.input.kind = INPUT_PIXELS;
    check(&config, 1);
    check(&config, 3);
    config.federation.mask.normalise = false;
    config.federation.input.color = COLOR_RGB;
    check(&config, 3);
}

static void a_flat_channel_has_a_gradient_of_no_size(void **state)
{
    (void)state;
    struct work work;
    struct config config = start();
    config.federation.mask.method = MASK_NONE;
    open_work(&work, &config, 1);
    memset(work.pixels, 0, PIXELS * sizeof *work.pixels);
    pass(&work);
    mask_apply_gradient(work.mask, work.gradient, work.coefficients, work.bands, NULL);
    for (size_t i = 0; i < mask_values(work.mask); i++) {
        assert_true(isfinite(work.gradient[i]));
    }
    close_work(&work);
}

/* Whole pixels give what bytes do. */
static void real_bands_are_those_of_bytes(void **state)
{
    (void)state;
    for (int color = 0; color < 6; color++) {
        struct work work;
        struct config config = start();
        config.federation.input.layout = color == 1 ? LAYOUT_UP8 : LAYOUT_NATIVE;
        config.federation.input.color = color == 2 ? COLOR_YCBCR : COLOR_GREY;
        config.federation.mask.drop_signs = color >= 3;
        config.federation.mask.shifts = color >= 4 ? 2 * color - 6 : 1;
        config.federation.mask.pool = color == 3 ? 3 : 1;
        open_work(&work, &config, color == 0 ? 1 : 3);
        uint8_t bytes[PIXELS];
        for (size_t i = 0; i < PIXELS; i++) {
            bytes[i] = (uint8_t)work.pixels[i];
        }
        mask_bands_real(work.mask, work.bands, work.sizes_of, 0, work.pixels, work.channels);
        mask_bands(work.mask, work.masked, bytes, work.channels);
        for (size_t i = 0; i < mask_values(work.mask); i++) {
            assert_true(fabsf(work.bands[i] - work.masked[i]) < 2e-3f);
        }
        close_work(&work);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_agree_with_differences),
        cmocka_unit_test(gradients_of_sizes_agree_too),
        cmocka_unit_test(gradients_of_plain_pixels_agree_too),
        cmocka_unit_test(a_flat_channel_has_a_gradient_of_no_size),
        cmocka_unit_test(real_bands_are_those_of_bytes),
    };
    return cmocka_run_group_tests_name("mask_gradient", tests, NULL, NULL);
}
