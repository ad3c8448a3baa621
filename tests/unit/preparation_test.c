// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/limits.h"
#include "preparation.h"

#include <string.h>

static void masks_are_timed_in_both_layouts(void **state)
{
    (void)state;
    double seconds[2] = {0};
    assert_int_equal(preparation_mask(&seconds[0], PREPARATION_NATIVE, 2, 1), STATUS_OK);
    assert_int_equal(preparation_mask(&seconds[1], PREPARATION_UP8, 1, 1), STATUS_OK);
    assert_true(seconds[0] > 0 && seconds[1] > 0);
}

static void every_k_is_mixed(void **state)
{
    (void)state;
    double seconds[LIMIT_MIX - 1] = {0};
    assert_int_equal(preparation_mix(seconds, LIMIT_MIX, PREPARATION_NATIVE, 3, 1), STATUS_OK);
    for (int k = 2; k <= LIMIT_MIX; k++) {
        assert_true(seconds[k - 2] > 0);
    }
}

static void pictures_are_decoded(void **state)
{
    (void)state;
    struct pictures pictures;
    double seconds = 0;
    assert_int_equal(pictures_paint(&pictures, 2), STATUS_OK);
    assert_int_equal(preparation_decode(&seconds, &pictures, 2), STATUS_OK);
    assert_true(seconds > 0);
    pictures.list[1].bytes[0] = 0;
    assert_int_equal(preparation_decode(&seconds, &pictures, 2), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "portrait"));
    pictures_destroy(&pictures);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_are_timed_in_both_layouts),
        cmocka_unit_test(every_k_is_mixed),
        cmocka_unit_test(pictures_are_decoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
