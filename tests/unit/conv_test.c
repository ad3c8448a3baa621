// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#define ALGORITHM CONV_UNROLLED
#define TILES     1
#include "unit/conv_fixture.h"

#define TOLERANCE 2e-5 // of the results' size: sums of up to some thousand products in float32

static void agrees_with_the_definition_for_every_window(void **state)
{
    (void)state;
    static const struct net_window windows[] = {{3, 1, 1}, {3, 2, 1}, {1, 1, 0}, {1, 2, 0},
                                                {7, 2, 3}, {2, 2, 0}, {5, 1, 2}, {3, 1, 0}};
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        compare((struct net_shape){9, 8, 3}, windows[i], 5, 4, TOLERANCE);
        compare((struct net_shape){9, 8, 32}, windows[i], 19, 2, TOLERANCE);
        compare_fused((struct net_shape){8, 9, 16}, windows[i], 17, 3, TOLERANCE);
    }
}

static void a_window_may_be_larger_than_the_map(void **state)
{
    (void)state;
    compare((struct net_shape){1, 1, 4}, (struct net_window){3, 1, 1}, 3, 5, TOLERANCE);
    compare((struct net_shape){1, 3, 2}, (struct net_window){7, 2, 3}, 3, 2, TOLERANCE);
}

/* Small maps are put together until there is enough work for a product, large ones are cut. */
static void many_small_maps_and_few_large_ones_agree(void **state)
{
    (void)state;
    compare((struct net_shape){2, 2, 3}, (struct net_window){3, 1, 1}, 4, 107, TOLERANCE);
    compare((struct net_shape){7, 7, 6}, (struct net_window){3, 1, 1}, 4, 23, TOLERANCE);
    compare((struct net_shape){31, 29, 2}, (struct net_window){3, 1, 1}, 3, 2, TOLERANCE);
    compare((struct net_shape){3, 500, 1}, (struct net_window){3, 1, 1}, 2, 2, TOLERANCE);
    compare_fused((struct net_shape){3, 300, 5}, (struct net_window){3, 2, 1}, 4, 2, TOLERANCE);
    compare_fewer((struct net_shape){7, 7, 16}, (struct net_window){3, 2, 1}, 20, 11, 3, TOLERANCE);
}

static void many_weights_agree(void **state)
{
    (void)state;
    compare((struct net_shape){2, 2, 300}, (struct net_window){2, 1, 0}, 300, 1, TOLERANCE);
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    compare_threads((struct net_shape){9, 9, 5}, (struct net_window){3, 2, 1}, 7, 40);
}

static enum conv_algorithm chosen(struct net_shape in, int filters, struct net_window window,
                                  size_t images)
{
    const struct conv conv = {.in = in,
                              .out = {in.height / window.stride, in.width / window.stride, filters},
                              .window = window,
                              .images = images};
    const struct conv_plan plan = conv_choose(&conv, NULL);
    assert_true(plan.tiles > 0);
    return plan.algorithm;
}

/* Minimal filtering pays where products outweigh transforms: not for few channels, nor where
 * weights outweigh the pixels that they meet. */
static void the_plan_follows_the_shape(void **state)
{
    (void)state;
    const struct net_window window = {3, 1, 1};
    assert_int_equal(chosen((struct net_shape){14, 14, 64}, 64, window, 64), CONV_WINOGRAD);
    assert_int_equal(chosen((struct net_shape){7, 7, 512}, 512, window, 64), CONV_WINOGRAD);
    assert_int_equal(chosen((struct net_shape){32, 32, 32}, 64, (struct net_window){5, 2, 2}, 64),
                     CONV_WINOGRAD);
    assert_int_equal(chosen((struct net_shape){112, 112, 3}, 64, window, 16), CONV_UNROLLED);
    assert_int_equal(chosen((struct net_shape){1, 1, 512}, 512, window, 1), CONV_UNROLLED);
    assert_int_equal(chosen((struct net_shape){14, 14, 64}, 64, (struct net_window){1, 1, 0}, 64),
                     CONV_UNROLLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_definition_for_every_window),
        cmocka_unit_test(a_window_may_be_larger_than_the_map),
        cmocka_unit_test(many_small_maps_and_few_large_ones_agree),
        cmocka_unit_test(many_weights_agree),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(the_plan_follows_the_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
