// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/config.h"
#include "frequency/mask.h"

#include <math.h>
#include <string.h>

enum { SIDE = 14, VALUES_MAX = SIDE * SIDE * 64, IMAGES = 20 };

static const uint8_t key[MASK_NOISE_BYTES] = {9, 8, 7};
static float bands[VALUES_MAX], others[VALUES_MAX];

static struct config settings(enum config_mask method)
{
    struct config config;
    config_defaults(&config);
    config.federation.mask.method = method;
    config.federation.mask.bands = 64;
    config.federation.mask.epsilon = 2;
    return config;
}

static struct mask *make(const struct config *config)
{
    struct mask *mask = NULL;
    if (mask_create(&mask, &config->federation, NULL) != STATUS_OK)
        fail_msg("%s", status_message());
    return mask;
}

/* The largest coefficient of band (0,1) is reached by black and white halves: 128 on one side of
 * zero of its cosine, -128 on the other, which a slow sum gives. */
static void sensitivity_is_the_width_of_a_coefficients_range(void **state)
{
    (void)state;
    struct config config = settings(MASK_LAPLACE);
    struct mask *mask = make(&config);
    double sum = 0;
    for (int i = 0; i < 8; i++) {
        sum += 0.5 * fabs(cos((2 * i + 1) * acos(-1) / 16));
    }
    // Channel 0 is band (0,1) as DC is dropped; rows add 8 / sqrt(8).
    assert_true(fabs(mask_sensitivity(mask, 0) - 2 * 128 * sum * sqrt(8)) < 1e-9);
    mask_destroy(&mask);
    config.federation.mask.clip = 10;
    mask = make(&config);
    assert_true(fabs(mask_sensitivity(mask, 5) - 20) < 1e-9);
    mask_destroy(&mask);
    config = settings(MASK_NONE);
    mask = make(&config);
    assert_true(mask_sensitivity(mask, 0) <= 0);
    mask_destroy(&mask);
}

/* DC of a block of 128: 8 * 128. An even cosine has sums below that of DC. */
static void sensitivity_bounds_what_an_image_can_hold(void **state)
{
    (void)state;
    assert_float_equal(mask_band_sensitivity(0, 0), 2048, 1e-9);
    assert_float_equal(mask_band_sensitivity(0, 50), 100, 1e-9);
    assert_float_equal(mask_band_sensitivity(64, 0), 2048, 1e-9);
    assert_float_equal(mask_band_sensitivity(32, 0), 2048, 1e-9); // frequency 4: all of one size
    assert_true(mask_band_sensitivity(9, 0) < 2048 && mask_band_sensitivity(9, 0) > 1500);
}

/* Mean size and square of the noise on a band: b and 2 b^2 of Laplace(0, b). */
static void measure(double *size, double *square, const struct mask *mask, int channel)
{
    const size_t channels = (size_t)mask_channels(mask), values = mask_values(mask);
    *size = *square = 0;
    for (uint64_t image = 0; image < IMAGES; image++) {
        memset(bands, 0, sizeof bands);
        mask_perturb(mask, bands, key, image);
        for (size_t i = (size_t)channel; i < values; i += channels) {
            *size += fabs((double)bands[i]);
            *square += (double)bands[i] * (double)bands[i];
        }
    }
    *size /= IMAGES * SIDE * SIDE;
    *square /= IMAGES * SIDE * SIDE;
}

static void noise_has_the_scale_of_sensitivity_over_epsilon(void **state)
{
    (void)state;
    struct config config = settings(MASK_LAPLACE);
    config.federation.mask.clip = 10;
    struct mask *mask = make(&config);
    double size = 0, square = 0;
    measure(&size, &square, mask, 7);
    assert_true(fabs(size / 10 - 1) < 0.06); // 20 grey levels over epsilon 2
    assert_true(fabs(square / 200 - 1) < 0.15);
    mask_destroy(&mask);
}

static void budgets_of_dctdp_divide_epsilon(void **state)
{
    (void)state;
    struct config config = settings(MASK_DCTDP);
    config.federation.mask.clip = 10;
    config.federation.mask.budgets.count = 63;
    for (int c = 0; c < 63; c++) {
        config.federation.mask.budgets.values[c] = c == 4 ? 4000 : 1000;
    }
    struct mask *mask = make(&config);
    double size = 0, square = 0;
    measure(&size, &square, mask, 4);
    assert_true(fabs(size / 2.5 - 1) < 0.06);
    measure(&size, &square, mask, 5);
    assert_true(fabs(size / 10 - 1) < 0.06);
    mask_destroy(&mask);
}

static void coefficients_are_cut_before_the_noise(void **state)
{
    (void)state;
    struct config config = settings(MASK_LAPLACE);
    config.federation.mask.clip = 10;
    struct mask *mask = make(&config);
    for (size_t i = 0; i < mask_values(mask); i++) {
        bands[i] = 1e6f;
        others[i] = 10.0f;
    }
    mask_perturb(mask, bands, key, 3);
    mask_perturb(mask, others, key, 3);
    assert_memory_equal(bands, others, mask_values(mask) * sizeof *bands);
    mask_destroy(&mask);
}

static void key_and_image_name_the_noise(void **state)
{
    (void)state;
    const uint8_t other_key[MASK_NOISE_BYTES] = {9, 8, 6};
    const struct config config = settings(MASK_LAPLACE);
    struct mask *mask = make(&config);
    const size_t bytes = mask_values(mask) * sizeof *bands;
    memset(bands, 0, sizeof bands);
    mask_perturb(mask, bands, key, 3);
    memset(others, 0, sizeof others);
    mask_perturb(mask, others, key, 3);
    assert_memory_equal(bands, others, bytes);
    memset(others, 0, sizeof others);
    mask_perturb(mask, others, key, 4);
    assert_memory_not_equal(bands, others, bytes);
    memset(others, 0, sizeof others);
    mask_perturb(mask, others, other_key, 3);
    assert_memory_not_equal(bands, others, bytes);
    mask_destroy(&mask);
}

static void the_line_for_people_names_epsilon_and_sensitivity(void **state)
{
    (void)state;
    struct config config = settings(MASK_LAPLACE);
    config.federation.mask.clip = 10;
    struct mask *mask = make(&config);
    char text[256];
    mask_describe(mask, text, sizeof text);
    assert_string_equal(text, "laplace: Laplace noise on 63 of 64 bands without DC, 14 x 14 each, "
                              "epsilon 2 for each coefficient, sensitivity 20 to 20 grey levels");
    mask_destroy(&mask);
}

static void noise_needs_no_mask_key(void **state)
{
    (void)state;
    static const uint8_t none[DIGEST_BYTES];
    uint8_t fingerprint[DIGEST_BYTES];
    struct config config = settings(MASK_PPFR_FD);
    assert_true(mask_has_key(&config.federation));
    config = settings(MASK_LAPLACE); // with shuffle: deployment, which is the default
    assert_false(mask_has_key(&config.federation));
    mask_fingerprint(fingerprint, &config.federation, NULL);
    assert_memory_equal(fingerprint, none, sizeof none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sensitivity_is_the_width_of_a_coefficients_range),
        cmocka_unit_test(sensitivity_bounds_what_an_image_can_hold),
        cmocka_unit_test(noise_has_the_scale_of_sensitivity_over_epsilon),
        cmocka_unit_test(budgets_of_dctdp_divide_epsilon),
        cmocka_unit_test(coefficients_are_cut_before_the_noise),
        cmocka_unit_test(key_and_image_name_the_noise),
        cmocka_unit_test(noise_needs_no_mask_key),
        cmocka_unit_test(the_line_for_people_names_epsilon_and_sensitivity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
