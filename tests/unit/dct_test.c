// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/random.h"
#include "frequency/dct.h"
#include "reference/slow_dct.h"

#include <math.h>
#include <string.h>

enum { SIZE = 24, SIZE_MAX_TESTED = 40, PIXELS_MAX = SIZE_MAX_TESTED * SIZE_MAX_TESTED * 3 };

static int all_bands[192];
static uint8_t pixels[PIXELS_MAX];
static float values[SIZE_MAX_TESTED * SIZE_MAX_TESTED * 192];
static double wanted[SIZE_MAX_TESTED * SIZE_MAX_TESTED * 192];

static int prepare(void **state)
{
    (void)state;
    struct random random;
    random_start(&random, 11, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < PIXELS_MAX; i++) {
        pixels[i] = (uint8_t)random_below(&random, 256);
    }
    for (int i = 0; i < 192; i++) {
        all_bands[i] = i;
    }
    return 0;
}

static struct dct *plan(struct dct_shape shape)
{
    struct dct *dct = NULL;
    assert_int_equal(dct_create(&dct, shape), STATUS_OK);
    return dct;
}

static void compare(const float *found, const double *right, int count, double tolerance)
{
    for (int i = 0; i < count; i++) {
        if (!(fabs((double)found[i] - right[i]) < tolerance)) {
            fail_msg("value %d is %.7g instead of %.7g", i, (double)found[i], right[i]);
        }
    }
}

static void a_plan_refuses_sides_that_blocks_do_not_fill(void **state)
{
    (void)state;
    static const int sizes[] = {-8, 0, 4, 12, 113, 8200};
    struct dct *dct = NULL;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const struct dct_shape shape = {sizes[i], 1, 0};
        assert_int_equal(dct_create(&dct, shape), STATUS_BAD_CONFIG);
        assert_null(dct);
    }
    const struct dct_shape two_components = {16, 2, 0};
    assert_int_equal(dct_create(&dct, two_components), STATUS_BAD_CONFIG);
    dct_destroy(&dct);
}

static void a_plan_tells_its_maps(void **state)
{
    (void)state;
    struct dct *dct = plan((struct dct_shape){112, 1, 0});
    assert_int_equal(dct_side(dct), 14);
    assert_int_equal(dct_bands(dct), 64);
    dct_destroy(&dct);
    dct = plan((struct dct_shape){112, 3, 1});
    assert_int_equal(dct_side(dct), 112);
    assert_int_equal(dct_bands(dct), 192);
    dct_destroy(&dct);
    assert_null(dct);
}

static void a_flat_image_has_nothing_but_eight_times_its_value_in_dc(void **state)
{
    (void)state;
    static uint8_t flat[SIZE * SIZE];
    memset(flat, 228, sizeof flat);
    for (int up8 = 0; up8 < 2; up8++) {
        struct dct *dct = plan((struct dct_shape){SIZE, 1, up8});
        dct_forward(dct, values, flat, 1, all_bands, 64);
        for (int i = 0; i < dct_side(dct) * dct_side(dct) * 64; i++) {
            assert_true(fabsf(values[i] - (i % 64 == 0 ? 800.0f : 0.0f)) < 1e-3f);
        }
        dct_destroy(&dct);
    }
}

static void bands_are_those_of_the_definition_in_every_layout_and_colour(void **state)
{
    (void)state;
    static const int sizes[] = {8, 24, 40};
    for (int n = 0; n < 3 * 2 * 3; n++) {
        const struct dct_shape shape = {sizes[n % 3], n / 6 == 2 ? 3 : 1, n / 3 % 2};
        const int channels = n / 6 == 0 ? 1 : 3;
        struct dct *dct = plan(shape);
        const int count = dct_bands(dct), side = dct_side(dct);
        dct_forward(dct, values, pixels, channels, all_bands, count);
        slow_dct_forward(wanted, pixels, channels, shape);
        compare(values, wanted, side * side * count, 1e-3);
        dct_destroy(&dct);
    }
}

static void planes_are_those_of_the_definition_in_every_layout(void **state)
{
    (void)state;
    static float planes[SIZE * SIZE * 3];
    static double right[SIZE * SIZE * 3];
    struct random random;
    random_start(&random, 12, 0, RANDOM_TEST, 0, 0);
    for (int n = 0; n < 4; n++) {
        const struct dct_shape shape = {SIZE, n / 2 == 0 ? 1 : 3, n % 2};
        struct dct *dct = plan(shape);
        const int count = dct_bands(dct), side = dct_side(dct);
        for (int i = 0; i < side * side * count; i++) {
            values[i] = 50 * random_normal(&random);
            wanted[i] = (double)values[i];
        }
        dct_inverse(dct, planes, values, all_bands, count);
        slow_dct_inverse(right, wanted, shape);
        compare(planes, right, SIZE * SIZE * shape.components, 1e-3);
        dct_destroy(&dct);
    }
}

static void chosen_bands_come_in_the_order_of_the_list_and_missing_ones_count_as_zero(void **state)
{
    (void)state;
    static const int chosen[] = {130, 3, 64, 2, 191, 65, 0};
    enum { COUNT = sizeof chosen / sizeof *chosen };
    static float few[SIZE * SIZE * COUNT], from_few[SIZE * SIZE * 3], from_all[SIZE * SIZE * 3];
    for (int up8 = 0; up8 < 2; up8++) {
        struct dct *dct = plan((struct dct_shape){SIZE, 3, up8});
        const int cells = dct_side(dct) * dct_side(dct);
        dct_forward(dct, values, pixels, 3, all_bands, 192);
        dct_forward(dct, few, pixels, 3, chosen, COUNT);
        static float padded[SIZE * SIZE * 192];
        memset(padded, 0, sizeof padded);
        for (int i = 0; i < cells * COUNT; i++) {
            const int whole = i / COUNT * 192 + chosen[i % COUNT];
            assert_memory_equal(&few[i], &values[whole], sizeof *few);
            padded[whole] = few[i];
        }
        dct_inverse(dct, from_few, few, chosen, COUNT);
        dct_inverse(dct, from_all, padded, all_bands, 192);
        for (int i = 0; i < SIZE * SIZE * 3; i++) {
            assert_float_equal(from_few[i], from_all[i], 1e-3f);
        }
        dct_destroy(&dct);
    }
}

/* Bands by the weights of both axes are those of the transform. */
static void the_weights_of_an_axis_make_the_bands(void **state)
{
    (void)state;
    for (int up8 = 0; up8 < 2; up8++) {
        struct dct *dct = plan((struct dct_shape){SIZE, 1, up8});
        dct_forward(dct, values, pixels, 1, all_bands, 64);
        const int side = dct_side(dct);
        for (int i = 0; i < side * side * 64; i += 7) {
            float down[DCT_TAPS_MAX], across[DCT_TAPS_MAX];
            int top = 0, left = 0;
            const int taps = dct_taps(dct, down, &top, i / 64 / side, i % 64 / 8);
            assert_int_equal(dct_taps(dct, across, &left, i / 64 % side, i % 8), taps);
            assert_int_equal(taps, up8 ? 3 : 8);
            double sum = 0;
            for (int s = 0; s < taps * taps; s++) {
                const int at = (top + s / taps) * SIZE + left + s % taps;
                sum +=
                    (double)down[s / taps] * (double)across[s % taps] * ((double)pixels[at] - 128);
            }
            assert_float_equal(values[i], sum, 1e-2f);
        }
        dct_destroy(&dct);
    }
}

static void zigzag_walks_the_diagonals_as_jpeg_does(void **state)
{
    (void)state;
    static const int start[] = {0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25};
    for (int n = 0; n < 12; n++) {
        assert_int_equal(dct_zigzag(n), start[n]);
    }
    int seen[64] = {1}, u = 0, v = 0, step = 1; // step 1: up and right, -1: down and left
    for (int n = 1; n < 64; n++) {
        const int next_u = u - step, next_v = v + step;
        if (next_u < 0 || next_v < 0 || next_u > 7 || next_v > 7) {
            // At an edge the walk goes one along it and turns.
            const int along = step == 1 ? v < 7 : u == 7;
            v += along;
            u += !along;
            step = -step;
        } else {
            u = next_u;
            v = next_v;
        }
        assert_int_equal(dct_zigzag(n), 8 * u + v);
        seen[dct_zigzag(n)]++;
    }
    for (int i = 0; i < 64; i++) {
        assert_int_equal(seen[i], 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_refuses_sides_that_blocks_do_not_fill),
        cmocka_unit_test(a_plan_tells_its_maps),
        cmocka_unit_test(a_flat_image_has_nothing_but_eight_times_its_value_in_dc),
        cmocka_unit_test(bands_are_those_of_the_definition_in_every_layout_and_colour),
        cmocka_unit_test(planes_are_those_of_the_definition_in_every_layout),
        cmocka_unit_test(chosen_bands_come_in_the_order_of_the_list_and_missing_ones_count_as_zero),
        cmocka_unit_test(the_weights_of_an_axis_make_the_bands),
        cmocka_unit_test(zigzag_walks_the_diagonals_as_jpeg_does),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
