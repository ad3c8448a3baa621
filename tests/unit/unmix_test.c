// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/unmix.h"
#include "base/random.h"
#include "frequency/mix.h"

#include <math.h>
#include <string.h>

enum { IMAGES = 40, VALUES = 70, EPOCHS = 4, ROWS = EPOCHS * IMAGES };

static float images[IMAGES * VALUES], found[IMAGES * VALUES];
static float mixed[ROWS * VALUES], room[ROWS * VALUES];
static struct observe_mix mixes[ROWS];

static void draw(int k, float centre)
{
    struct random random;
    random_start(&random, 6, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < IMAGES * VALUES; i++) {
        images[i] = centre + random_normal(&random);
    }
    for (size_t i = 0; i < ROWS; i++) {
        mixes[i].k = k;
        mixes[i].image[0] = (uint32_t)(i % IMAGES);
        for (int j = 1; j < k; j++) {
            mixes[i].image[j] = random_below(&random, IMAGES);
        }
        mix_draw_weights(mixes[i].weight, &random, k, 0.55);
    }
    unmix_mix(mixed, mixes, ROWS, images, VALUES);
}

static double error_after(size_t epochs)
{
    struct unmix unmix;
    assert_int_equal(unmix_create(&unmix, IMAGES, VALUES), STATUS_OK);
    unmix_add(&unmix, mixes, mixed, epochs * IMAGES);
    assert_int_equal(unmix_solve(&unmix, found, UNMIX_RIDGE), STATUS_OK);
    unmix_destroy(&unmix);
    return unmix_error(found, images, IMAGES * VALUES);
}

static void two_epochs_of_mixes_with_known_weights_hide_nothing(void **state)
{
    (void)state;
    for (int k = 2; k <= 5; k++) {
        draw(k, 0);
        assert_true(error_after(2) < 1e-3);
        assert_true(error_after(4) < 1e-3);
    }
}

static void fewer_mixes_than_images_leave_the_rest_open(void **state)
{
    (void)state;
    struct unmix unmix;
    draw(3, 0);
    assert_int_equal(unmix_create(&unmix, IMAGES, VALUES), STATUS_OK);
    unmix_add(&unmix, mixes, mixed, IMAGES / 2);
    assert_int_equal(unmix_solve(&unmix, found, UNMIX_RIDGE), STATUS_OK);
    assert_true(unmix_error(found, images, IMAGES * VALUES) > 0.3);
    unmix_forget(&unmix);
    assert_int_equal(unmix_solve(&unmix, found, UNMIX_RIDGE), STATUS_OK);
    for (int i = 0; i < IMAGES * VALUES; i++) {
        assert_true(fabsf(found[i]) < 1e-30f);
    }
    unmix_destroy(&unmix);
}

static void a_heavy_ridge_shrinks(void **state)
{
    (void)state;
    struct unmix unmix;
    draw(2, 0);
    assert_int_equal(unmix_create(&unmix, IMAGES, VALUES), STATUS_OK);
    unmix_add(&unmix, mixes, mixed, ROWS);
    assert_int_equal(unmix_solve(&unmix, found, 100), STATUS_OK);
    assert_true(unmix_error(found, images, IMAGES * VALUES) > 0.9);
    unmix_destroy(&unmix);
}

static void signs_fall_where_the_mean_tells_them(void **state)
{
    (void)state;
    draw(2, 4); // all mixes positive but a few
    for (int i = 0; i < ROWS * VALUES; i++) {
        mixed[i] = fabsf(mixed[i]);
    }
    for (int i = 0; i < IMAGES * VALUES; i++) {
        found[i] = 4;
    }
    assert_int_equal(unmix_signed(found, mixes, mixed, ROWS, IMAGES, VALUES, 20, room), STATUS_OK);
    assert_true(unmix_error(found, images, IMAGES * VALUES) < 0.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_epochs_of_mixes_with_known_weights_hide_nothing),
        cmocka_unit_test(fewer_mixes_than_images_leave_the_rest_open),
        cmocka_unit_test(a_heavy_ridge_shrinks),
        cmocka_unit_test(signs_fall_where_the_mean_tells_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
