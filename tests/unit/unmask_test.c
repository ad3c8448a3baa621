// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/unmask.h"
#include "base/config.h"
#include "base/random.h"
#include "frequency/mask.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 56, SIDE = 7, AREA = SIDE * SIDE, CHANNELS = 35, MOST = AREA * 36 };

static const uint8_t key[MASK_KEY_BYTES] = "a key of thirty-two bytes: order";
static float bands[MOST], masked[MOST], z[MOST], wanted[MOST];
static uint32_t one[LIMIT_BANDS], two[LIMIT_BANDS];
static struct unmask_room room;

/* Masks noise with a common part, so that neighbours are correlated and gains differ. */
static size_t mask_noise(bool drop_dc, uint32_t image)
{
    static struct config config;
    struct mask *mask = NULL, *plain = NULL;
    struct random random;
    config_defaults(&config);
    config.federation.input.size = SIZE;
    config.federation.input.layout = LAYOUT_NATIVE;
    config.federation.mask.method = MASK_PPFR_FD;
    config.federation.mask.drop_dc = drop_dc;
    assert_int_equal(mask_create(&mask, &config.federation, key), STATUS_OK);
    config.federation.mask.method = MASK_NONE;
    assert_int_equal(mask_create(&plain, &config.federation, NULL), STATUS_OK);
    const size_t channels = (size_t)mask_channels(mask);
    random_start(&random, 3, 0, RANDOM_TEST, 0, image);
    for (size_t i = 0; i < AREA; i++) {
        const float common = random_normal(&random);
        for (size_t c = 0; c < channels; c++) {
            bands[i * channels + c] = (float)(c + 1) * (random_normal(&random) + 0.3f * common);
        }
    }
    mask_apply(mask, masked, bands, 0, NULL);
    mask_apply(plain, wanted, bands, 0, NULL);
    mask_partners(mask, one, two);
    mask_destroy(&mask);
    mask_destroy(&plain);
    return channels;
}

static double error_of(size_t channels)
{
    double sum = 0;
    for (size_t i = 0; i < AREA * channels; i++) {
        sum += pow((double)(z[i] - wanted[i]), 2);
    }
    return sqrt(sum / (double)(AREA * channels));
}

static void gains(float gain[LIMIT_BANDS], size_t channels)
{
    for (size_t c = 0; c < channels; c++) {
        gain[c] = 0.74f; // sqrt((1 + 0.09) / 2)
    }
}

static void all_z_scores_come_back_exactly(void **state)
{
    (void)state;
    struct unmask *unmask = NULL;
    float gain[LIMIT_BANDS];
    for (uint32_t image = 0; image < 5; image++) {
        assert_int_equal(mask_noise(true, image), CHANNELS);
        gains(gain, CHANNELS);
        assert_int_equal(unmask_create(&unmask, one, two, gain, CHANNELS, true), STATUS_OK);
        assert_true(unmask_invertible(unmask));
        assert_true(unmask_apply(unmask, z, masked, AREA, &room));
        assert_true(error_of(CHANNELS) < 1e-3);
        unmask_destroy(&unmask);
    }
}

static void mean_gains_give_them_nearly(void **state)
{
    (void)state;
    struct unmask *unmask = NULL;
    float gain[LIMIT_BANDS];
    assert_int_equal(mask_noise(true, 0), CHANNELS);
    gains(gain, CHANNELS);
    assert_int_equal(unmask_create(&unmask, one, two, gain, CHANNELS, false), STATUS_OK);
    assert_false(unmask_apply(unmask, z, masked, AREA, &room));
    assert_true(error_of(CHANNELS) < 0.6 && error_of(CHANNELS) > 1e-3);
    unmask_destroy(&unmask);
}

static void an_even_cycle_keeps_what_alternates(void **state)
{
    (void)state;
    struct unmask *unmask = NULL;
    float gain[LIMIT_BANDS];
    const size_t channels = mask_noise(false, 1);
    assert_int_equal(channels, 36);
    gains(gain, channels);
    assert_int_equal(unmask_create(&unmask, one, two, gain, channels, true), STATUS_OK);
    assert_false(unmask_invertible(unmask));
    assert_false(unmask_apply(unmask, z, masked, AREA, &room));
    assert_true(error_of(channels) < 0.6);
    unmask_destroy(&unmask);
}

static void a_mask_that_mixes_nothing_is_undone_by_nothing(void **state)
{
    (void)state;
    struct unmask *unmask = NULL;
    (void)mask_noise(true, 2);
    for (uint32_t c = 0; c < CHANNELS; c++) {
        one[c] = two[c] = c;
    }
    assert_int_equal(unmask_create(&unmask, one, two, NULL, CHANNELS, true), STATUS_OK);
    assert_true(unmask_apply(unmask, z, wanted, AREA, &room));
    assert_true(error_of(CHANNELS) < 1e-3);
    unmask_destroy(&unmask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_z_scores_come_back_exactly),
        cmocka_unit_test(mean_gains_give_them_nearly),
        cmocka_unit_test(an_even_cycle_keeps_what_alternates),
        cmocka_unit_test(a_mask_that_mixes_nothing_is_undone_by_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
