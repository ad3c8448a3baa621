// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "flops.h"
#include "lone_conv.h"

static void a_layer_is_timed(void **state)
{
    (void)state;
    static const struct lone_conv shapes[] = {
        {6, 8, 8, 3, 1, 2}, {7, 3, 5, 1, 2, 2}, {9, 2, 4, 5, 3, 1}};
    static const int sides[] = {6, 4, 3};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct lone_conv_result result = {.forward = 0};
        assert_int_equal(lone_conv_run(&result, &shapes[i], 2), STATUS_OK);
        const double flops =
            shapes[i].batch * flops_conv(sides[i], shapes[i].kernel, shapes[i].in, shapes[i].out);
        assert_int_equal((int)result.flops, (int)flops);
        assert_true(result.forward > 0 && result.weights > 0);
    }
}

static void a_layer_that_is_too_large_says_so(void **state)
{
    (void)state;
    const struct lone_conv conv = {1024, 4096, 4096, 15, 1, 4096};
    struct lone_conv_result result;
    assert_int_not_equal(lone_conv_run(&result, &conv, 1), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_layer_is_timed),
        cmocka_unit_test(a_layer_that_is_too_large_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
