// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/resample.h"
#include "image/image.h"
#include "reference/numbers.h"

enum { CHANNELS = 3, MOST = 40 * 40 * CHANNELS };

static const size_t sides[][2] = {{16, 40}, {40, 16}, {12, 12}, {15, 28}, {28, 15}, {8, 16}};
enum { PAIRS = sizeof sides / sizeof sides[0] };

/* What pictures of bytes become, but for rounding. */
static void it_does_what_is_done_with_pictures(void **state)
{
    (void)state;
    static float in[MOST], out[MOST], room[MOST];
    for (size_t pair = 0; pair < PAIRS; pair++) {
        const size_t from = sides[pair][0], to = sides[pair][1];
        struct image image = {0}, resized = {0};
        struct resample resample;
        struct random random;
        assert_int_equal(image_create(&image, (int)from, (int)from, CHANNELS), STATUS_OK);
        random_start(&random, 1, 0, RANDOM_TEST, 0, 0);
        for (size_t i = 0; i < from * from * CHANNELS; i++) {
            image.pixels[i] = (uint8_t)random_below(&random, 256);
            in[i] = (float)image.pixels[i];
        }
        assert_int_equal(image_square(&resized, &image, (int)to, CHANNELS), STATUS_OK);
        assert_int_equal(resample_create(&resample, from, to), STATUS_OK);
        resample_apply(&resample, out, in, CHANNELS, room);
        for (size_t i = 0; i < to * to * CHANNELS; i++) {
            assert_true(fabsf(out[i] - (float)resized.pixels[i]) < 0.51f);
        }
        resample_destroy(&resample);
        image_destroy(&image);
        image_destroy(&resized);
    }
}

/* <R x, y> = <x, R' y> */
static void its_gradient_is_the_transpose(void **state)
{
    (void)state;
    static float out[MOST], back[MOST], room[MOST];
    for (size_t pair = 0; pair < PAIRS; pair++) {
        const size_t from = sides[pair][0], to = sides[pair][1];
        struct resample resample;
        float *x = numbers_random(from * from * CHANNELS, 1);
        float *y = numbers_random(to * to * CHANNELS, 2);
        double one = 0, two = 0;
        assert_int_equal(resample_create(&resample, from, to), STATUS_OK);
        resample_apply(&resample, out, x, CHANNELS, room);
        resample_gradient(&resample, back, y, CHANNELS, room);
        for (size_t i = 0; i < to * to * CHANNELS; i++) {
            one += (double)out[i] * (double)y[i];
        }
        for (size_t i = 0; i < from * from * CHANNELS; i++) {
            two += (double)x[i] * (double)back[i];
        }
        assert_true(fabs(one - two) < 1e-3);
        resample_destroy(&resample);
        free(x);
        free(y);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_does_what_is_done_with_pictures),
        cmocka_unit_test(its_gradient_is_the_transpose),
    };
    return cmocka_run_group_tests_name("resample", tests, NULL, NULL);
}
