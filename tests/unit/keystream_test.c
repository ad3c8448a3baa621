// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "keystream.h"

static void every_width_is_timed_and_its_bytes_are_counted(void **state)
{
    (void)state;
    for (int bits = 16; bits <= 32; bits += 8) {
        const struct keystream_task task = {5000, 3, bits, 1, 3};
        struct keystream_result result = {0};
        assert_int_equal(keystream_measure(&result, &task), STATUS_OK);
        assert_int_equal(result.bytes, 4 * 5000 * bits / 8);
        assert_true(result.wall > 0 && result.processor > 0 && result.bare_wall > 0);
        assert_true(result.bare_processor > 0 && result.share > 0);
    }
}

static void threads_and_no_neighbours_will_do(void **state)
{
    (void)state;
    const struct keystream_task task = {1, 0, 24, 2, 1};
    struct keystream_result result = {0};
    assert_int_equal(keystream_measure(&result, &task), STATUS_OK);
    assert_int_equal(result.bytes, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_width_is_timed_and_its_bytes_are_counted),
        cmocka_unit_test(threads_and_no_neighbours_will_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
