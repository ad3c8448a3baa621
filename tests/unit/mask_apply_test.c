// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "frequency/mask.h"

#include <math.h>
#include <string.h>

enum { SIZE = 112, CELLS = 14 * 14, CHANNELS = 35, VALUES_MAX = 16 * 16 * 64 };

static float bands[VALUES_MAX], masked[VALUES_MAX];

static void assert_near(float found, double wanted, double tolerance)
{
    if (!(fabs((double)found - wanted) <= tolerance)) {
        fail_msg("%.7g instead of %.7g", (double)found, wanted);
    }
}

/* A mask of the defaults without a key. */
static struct mask *make(enum config_mask method, int size, int first_bands, bool drop_dc)
{
    struct config config;
    config_defaults(&config);
    config.federation.input.size = size;
    config.federation.mask.method = method;
    config.federation.mask.bands = first_bands;
    config.federation.mask.drop_dc = drop_dc;
    config.federation.mask.shuffle = SHUFFLE_NONE;
    struct mask *mask = NULL;
    if (mask_create(&mask, &config.federation, NULL) != STATUS_OK) fail_msg("%s", status_message());
    return mask;
}

/* z-score of each channel of a map in double precision. */
static void z_score(double *map, size_t area, size_t channels)
{
    for (size_t c = 0; c < channels; c++) {
        double mean = 0, squares = 0;
        for (size_t i = 0; i < area; i++) {
            mean += map[i * channels + c] / (double)area;
        }
        for (size_t i = 0; i < area; i++) {
            squares += pow(map[i * channels + c] - mean, 2) / (double)area;
        }
        for (size_t i = 0; i < area; i++) {
            double *at = &map[i * channels + c];
            *at = (*at - mean) / (sqrt(squares) + 1e-5);
        }
    }
}

static void a_map_of_any_size_is_masked_by_the_formula(void **state)
{
    (void)state;
    static uint8_t pixels[128 * 128];
    static double slow[VALUES_MAX], mixed[VALUES_MAX];
    struct random random;
    random_start(&random, 31, 0, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < sizeof pixels; i++) {
        pixels[i] = (uint8_t)random_below(&random, 256);
    }
    for (int cells = 1; cells <= 16; cells++) {
        struct mask *mask = make(MASK_PPFR_FD, 8 * cells, 4 * cells, cells % 2 == 0);
        const size_t area = (size_t)(cells * cells), channels = (size_t)mask_channels(mask);
        mask_bands(mask, bands, pixels, 1);
        mask_apply(mask, masked, bands, 0, NULL);
        for (size_t i = 0; i < area * channels; i++) {
            slow[i] = (double)bands[i];
        }
        z_score(slow, area, channels);
        for (size_t i = 0; i < area * channels; i++) {
            const size_t place = i / channels, c = i % channels;
            mixed[i] = 0.5 * (slow[i] + slow[place * channels + (c + 1) % channels]);
        }
        z_score(mixed, area, channels);
        for (size_t i = 0; i < area * channels; i++) {
            assert_near(masked[i], mixed[i], 2e-4);
        }
        mask_destroy(&mask);
    }
}

static void a_small_deviation_from_a_large_mean_is_found(void **state)
{
    (void)state;
    struct mask *mask = make(MASK_NONE, SIZE, CHANNELS + 1, true);
    for (size_t i = 0; i < CELLS * CHANNELS; i++) {
        // The first rows are far from all others, and the last channel does not change at all.
        const double level = i / CHANNELS < 28 ? -1000 : 1000;
        bands[i] = (float)(i % CHANNELS == CHANNELS - 1 ? 1000.3
                           : i % CHANNELS == 0          ? level
                                               : 1000 + (i / CHANNELS % 2 ? 0.125 : -0.125));
    }
    mask_apply(mask, masked, bands, 0, NULL);
    for (size_t i = 0; i < CELLS * CHANNELS; i++) {
        // Two parts of a and b places stand at -sqrt(b / a) and sqrt(a / b).
        const double wanted = i % CHANNELS == CHANNELS - 1 ? 0
                              : i % CHANNELS == 0 ? (i / CHANNELS < 28 ? -sqrt(6.0) : sqrt(1 / 6.0))
                                                  : (i / CHANNELS % 2 ? 1 : -1);
        assert_near(masked[i], wanted, 1e-3);
    }
    mask_destroy(&mask);
}

static void each_channel_shows_the_two_bands_that_are_told(void **state)
{
    (void)state;
    static const uint8_t key[MASK_KEY_BYTES] = "which bands are in which channel";
    uint32_t one[LIMIT_BANDS], two[LIMIT_BANDS], shown[CHANNELS] = {0};
    struct config config;
    struct mask *mask = NULL;
    config_defaults(&config);
    config.federation.input.size = SIZE;
    config.federation.input.layout = LAYOUT_NATIVE;
    config.federation.mask.method = MASK_PPFR_FD;
    config.federation.mask.normalise = false;
    assert_int_equal(mask_create(&mask, &config.federation, key), STATUS_OK);
    assert_int_equal(mask_channels(mask), CHANNELS);
    for (size_t i = 0; i < CELLS * CHANNELS; i++) {
        bands[i] = (float)((i % CHANNELS + 1) * (i % CHANNELS + 1));
    }
    mask_apply(mask, masked, bands, 0, NULL);
    mask_partners(mask, one, two);
    for (size_t c = 0; c < CHANNELS; c++) {
        assert_near(masked[c], (double)(bands[one[c]] + bands[two[c]]) / 2, 1e-3);
        shown[one[c]]++;
        shown[two[c]]++;
    }
    for (size_t c = 0; c < CHANNELS; c++) {
        assert_int_equal(shown[c], 2);
        assert_int_equal(mask_chosen(mask)[c] > (c == 0 ? 0 : mask_chosen(mask)[c - 1]), 1);
    }
    mask_destroy(&mask);
    mask = make(MASK_NONE, SIZE, 36, true);
    mask_partners(mask, one, two);
    for (uint32_t c = 0; c < CHANNELS; c++) {
        assert_int_equal(one[c], c);
        assert_int_equal(two[c], c);
    }
    mask_destroy(&mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_of_any_size_is_masked_by_the_formula),
        cmocka_unit_test(a_small_deviation_from_a_large_mean_is_found),
        cmocka_unit_test(each_channel_shows_the_two_bands_that_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
