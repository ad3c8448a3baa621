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

enum { SIZE = 112, CELLS = 14 * 14, CHANNELS = 35, PIXELS = SIZE * SIZE * 3 };

static uint8_t pixels[PIXELS];

static void assert_near(float found, double wanted, double tolerance)
{
    if (!(fabs((double)found - wanted) <= tolerance)) {
        fail_msg("%.7g instead of %.7g", (double)found, wanted);
    }
}

static int prepare(void **state)
{
    (void)state;
    struct random random;
    random_start(&random, 31, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < PIXELS; i++) {
        pixels[i] = (uint8_t)random_below(&random, 256);
    }
    return 0;
}

static struct config_federation settings(enum config_mask method)
{
    struct config config;
    config_defaults(&config);
    config.federation.mask.method = method;
    return config.federation;
}

static struct mask *make(const struct config_federation *federation)
{
    struct mask *mask = NULL;
    if (mask_create(&mask, federation, NULL) != STATUS_OK) fail_msg("%s", status_message());
    return mask;
}

/* Bands are sizes then, and a mirrored face is a mirrored map whatever the band. */
static void without_signs_only_sizes_are_kept(void **state)
{
    (void)state;
    static uint8_t picture[SIZE * SIZE];
    static float signed_bands[14 * 14 * CHANNELS], sizes[14 * 14 * CHANNELS];
    static float plain[14 * 14 * CHANNELS], mirrored[14 * 14 * CHANNELS];
    struct config_federation federation = settings(MASK_NONE);
    federation.mask.normalise = false;
    for (size_t i = 0; i < sizeof picture; i++) {
        picture[i] = (uint8_t)(i * i % 251);
    }
    struct mask *mask = make(&federation);
    mask_bands(mask, signed_bands, picture, 1);
    mask_destroy(&mask);
    federation.mask.drop_signs = true;
    mask = make(&federation);
    mask_bands(mask, sizes, picture, 1);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_float_equal(sizes[i], fabsf(signed_bands[i]), 0);
    }
    mask_apply(mask, plain, sizes, 0, NULL);
    mask_apply(mask, mirrored, sizes, 1, NULL);
    for (size_t y = 0; y < 14; y++) {
        for (size_t x = 0; x < 14; x++) {
            assert_memory_equal(plain + (y * 14 + x) * CHANNELS,
                                mirrored + (y * 14 + 13 - x) * CHANNELS, CHANNELS * sizeof *plain);
        }
    }
    char text[LIMIT_MASK_INPUT];
    mask_input(mask, text);
    assert_non_null(strstr(text, "without signs"));
    mask_destroy(&mask);
    federation.mask.method = MASK_LAPLACE;
    assert_int_equal(mask_create(&mask, &federation, NULL), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "federation.mask.drop_signs"));
    federation.mask.method = MASK_NONE;
    federation.input.kind = INPUT_PIXELS;
    assert_int_equal(mask_create(&mask, &federation, NULL), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "federation.mask.drop_signs"));
}

/* Each block of a cell has the mean size of its cell. */
static void sizes_are_averaged_over_cells(void **state)
{
    (void)state;
    static float sizes[CELLS * CHANNELS], pooled[CELLS * CHANNELS];
    struct config_federation federation = settings(MASK_NONE);
    federation.mask.drop_signs = true;
    struct mask *mask = make(&federation);
    mask_bands(mask, sizes, pixels, 3);
    mask_destroy(&mask);
    federation.mask.pool = 2;
    mask = make(&federation);
    mask_bands(mask, pooled, pixels, 3);
    for (size_t y = 0; y < 14; y++) {
        for (size_t x = 0; x < 14; x++) {
            for (size_t c = 0; c < CHANNELS; c++) {
                const size_t row = 14 * CHANNELS,
                             first = (y - y % 2) * row + (x - x % 2) * CHANNELS;
                const float *cell = sizes + first + c;
                const double mean = ((double)cell[0] + (double)cell[CHANNELS] + (double)cell[row] +
                                     (double)cell[row + CHANNELS]) /
                                    4;
                assert_near(pooled[y * row + x * CHANNELS + c], mean, 1e-4);
            }
        }
    }
    char text[LIMIT_MASK_INPUT];
    mask_input(mask, text);
    assert_non_null(strstr(text, "without signs, means of 1 grids and 2 x 2 blocks:"));
    mask_describe(mask, text, sizeof text);
    assert_non_null(strstr(text, "sizes without signs, means of 1 grids and 2 x 2 blocks"));
    mask_destroy(&mask);
}

/* A grid that is moved sees what the grid itself sees of a picture that is moved the other way. */
static void sizes_are_averaged_over_places_of_the_grid(void **state)
{
    (void)state;
    static uint8_t picture[SIZE * SIZE], moved[SIZE * SIZE];
    static float sizes[CELLS * CHANNELS], sum[CELLS * CHANNELS], means[CELLS * CHANNELS];
    static const int places[4] = {-3, -1, 1, 3};
    struct config_federation federation = settings(MASK_NONE);
    for (size_t i = 0; i < sizeof picture; i++) {
        picture[i] = (uint8_t)(i * i % 251);
    }
    federation.mask.drop_signs = true;
    federation.mask.shifts = 4;
    struct mask *mask = make(&federation);
    mask_bands(mask, means, picture, 1);
    mask_destroy(&mask);
    federation.mask.shifts = 1;
    mask = make(&federation);
    for (int place = 0; place < 16; place++) {
        for (int i = 0; i < SIZE * SIZE; i++) {
            const int y = (i / SIZE + places[place / 4] + SIZE) % SIZE;
            const int x = (i % SIZE + places[place % 4] + SIZE) % SIZE;
            moved[i] = picture[y * SIZE + x];
        }
        mask_bands(mask, sizes, moved, 1);
        for (size_t i = 0; i < CELLS * CHANNELS; i++) {
            sum[i] += sizes[i] / 16;
        }
    }
    for (size_t i = 0; i < CELLS * CHANNELS; i++) {
        const size_t y = i / CHANNELS / 14, x = i / CHANNELS % 14;
        if (y > 0 && y < 13 && x > 0 && x < 13) assert_near(means[i], (double)sum[i], 1e-3);
    }
    mask_destroy(&mask);
}

static void cells_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    struct mask *mask = NULL;
    struct config_federation federation = settings(MASK_NONE);
    federation.mask.pool = 2;
    assert_int_equal(mask_create(&mask, &federation, NULL), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "need federation.mask.drop_signs true"));
    federation.mask.drop_signs = true;
    federation.mask.pool = 4;
    assert_int_equal(mask_create(&mask, &federation, NULL), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "4 does not divide the 14 blocks of a side"));
    federation.mask.pool = 0;
    assert_int_equal(mask_create(&mask, &federation, NULL), STATUS_BAD_CONFIG);
    federation.mask.pool = 1;
    federation.mask.shifts = 3;
    assert_int_equal(mask_create(&mask, &federation, NULL), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "federation.mask.shifts: 3, allowed: 1, or 2 or 4"));
    federation.mask.shifts = 2;
    federation.input.layout = LAYOUT_UP8;
    assert_int_equal(mask_create(&mask, &federation, NULL), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "federation.input.layout native"));
    federation.mask.drop_signs = false;
    federation.mask.pool = 2;
    federation.input.kind = INPUT_PIXELS;
    assert_int_equal(mask_create(&mask, &federation, NULL), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "federation.mask.pool"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_signs_only_sizes_are_kept),
        cmocka_unit_test(sizes_are_averaged_over_cells),
        cmocka_unit_test(sizes_are_averaged_over_places_of_the_grid),
        cmocka_unit_test(cells_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests_name("mask_sizes", tests, prepare, NULL);
}
