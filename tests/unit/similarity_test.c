// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "measures/similarity.h"

#include <math.h>

enum { SIZE = 9, VALUES = SIZE * SIZE };

static void equal_pictures_are_as_near_as_can_be(void **state)
{
    (void)state;
    uint8_t a[VALUES];
    for (size_t i = 0; i < VALUES; i++) {
        a[i] = (uint8_t)(i * 37);
    }
    assert_true(isinf(similarity_psnr(a, a, VALUES)));
    assert_true(fabs(similarity_ssim(a, a, SIZE, 1) - 1) < 1e-12);
}

static void one_step_everywhere_is_as_the_formula_says(void **state)
{
    (void)state;
    uint8_t black[VALUES] = {0}, white[VALUES];
    for (size_t i = 0; i < VALUES; i++) {
        white[i] = 255;
    }
    assert_true(fabs(similarity_psnr(black, white, VALUES)) < 1e-12);
    const double c1 = 2.55 * 2.55;
    assert_true(fabs(similarity_ssim(black, white, SIZE, 1) - c1 / (255.0 * 255 + c1)) < 1e-12);
}

static void a_picture_smaller_than_the_window_has_no_ssim(void **state)
{
    (void)state;
    const uint8_t a[36] = {0};
    assert_true(isnan(similarity_ssim(a, a, 6, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_pictures_are_as_near_as_can_be),
        cmocka_unit_test(one_step_everywhere_is_as_the_formula_says),
        cmocka_unit_test(a_picture_smaller_than_the_window_has_no_ssim),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
