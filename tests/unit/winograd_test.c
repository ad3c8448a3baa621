// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/winograd.h"
#define ALGORITHM CONV_WINOGRAD
#define TILES     32
#include "unit/conv_fixture.h"

/* Of the results' root mean square, for numbers of one size: the transforms cost about a digit. The
 * largest error seen is 4e-5, their root mean square 2e-6. */
#define TOLERANCE 6e-5

/* Of gradients to inputs that have a fourth of the products of what they are filtered as: the
 * largest error seen is 7.4e-5. */
#define HALVING_TOLERANCE 1e-4

static const struct net_window window = {3, 1, 1};

static void agrees_with_the_definition_on_maps_of_every_size(void **state)
{
    (void)state;
    compare((struct net_shape){14, 14, 35}, window, 32, 3, TOLERANCE);
    compare((struct net_shape){7, 7, 48}, window, 16, 9, TOLERANCE);
    compare((struct net_shape){8, 8, 16}, window, 64, 1, TOLERANCE);
    compare((struct net_shape){1, 1, 16}, window, 16, 4, TOLERANCE);
    compare((struct net_shape){3, 2, 33}, window, 16, 70, TOLERANCE);
    // Every number of pixels that can be left at an edge, in both directions.
    for (int height = 1; height <= 9; height++) {
        compare((struct net_shape){height, 10 - height, 17}, window, 19, 2, TOLERANCE);
    }
}

/* Maps of more tiles than one task takes are cut; so are batches. */
static void large_maps_and_batches_agree(void **state)
{
    (void)state;
    compare((struct net_shape){29, 31, 20}, window, 18, 2, TOLERANCE);
    compare((struct net_shape){14, 14, 16}, window, 16, 40, TOLERANCE);
    compare_fewer((struct net_shape){7, 7, 16}, window, 20, 70, 3, TOLERANCE);
    compare((struct net_shape){5, 67, 16}, window, 32, 1, TOLERANCE);
    compare((struct net_shape){5, 140, 16}, window, 16, 1, TOLERANCE);
}

/* Weight gradients of few channels are summed by groups, those of many by all threads together:
 * with tasks that share sums, and with one that needs none. */
static void many_channels_agree(void **state)
{
    (void)state;
    compare((struct net_shape){4, 5, 272}, window, 256, 1, TOLERANCE);
    compare((struct net_shape){1, 1, 144}, window, 144, 160, TOLERANCE);
}

static void what_stands_around_a_convolution_may_be_done_with_it(void **state)
{
    (void)state;
    compare_fused((struct net_shape){14, 14, 35}, window, 32, 3, TOLERANCE);
    compare_fused((struct net_shape){7, 6, 16}, window, 50, 11, TOLERANCE);
    compare_fused((struct net_shape){33, 31, 16}, window, 16, 2, TOLERANCE);
}

/* The windows of stride 2 that are 3x3 at most when the input is halved. */
static const struct net_window halving[] = {{4, 2, 1}, {5, 2, 2}};

static void strides_of_two_agree_with_the_definition(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        for (int height = 2; height <= 10; height += 2) {
            compare((struct net_shape){height, 12 - height, 16}, halving[i], 3, 2,
                    HALVING_TOLERANCE);
        }
        compare((struct net_shape){8, 8, 32}, halving[i], 19, 5, HALVING_TOLERANCE);
        compare((struct net_shape){90, 18, 16}, halving[i], 5, 1, HALVING_TOLERANCE); // is cut
        compare((struct net_shape){2, 2, 48}, halving[i], 96, 1, HALVING_TOLERANCE);
    }
}

static void what_stands_around_strides_of_two_may_be_done_with_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct setting s;
        start(&s, (struct net_shape){90, 18, 16}, halving[i], 5, 2);
        compare_statistics(&s, HALVING_TOLERANCE);
        assert_int_equal(conv_input_parts(&s.conv), 0);
        stop(&s);
    }
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    compare_threads((struct net_shape){9, 9, 20}, window, 17, 40);
    compare_threads((struct net_shape){7, 7, 272}, window, 256, 2);
    compare_threads((struct net_shape){2, 4, 48}, halving[1], 96, 5);
}

static void other_windows_are_left_to_others(void **state)
{
    (void)state;
    const struct conv strided = {.in = {8, 8, 32}, .out = {4, 4, 32}, .window = {3, 2, 1}};
    const struct conv pointwise = {.in = {8, 8, 32}, .out = {8, 8, 32}, .window = {1, 1, 0}};
    const struct conv fitting = {.in = {8, 8, 16}, .out = {8, 8, 16}, .window = {3, 1, 1}};
    assert_false(winograd_fits(&strided));
    assert_false(winograd_fits(&pointwise));
    assert_true(winograd_fits(&fitting));
    struct conv halved = {.in = {8, 6, 16}, .out = {4, 3, 16}, .window = {5, 2, 2}};
    assert_true(winograd_fits(&halved));
    halved.in.channels = 20; // panels that are not full
    assert_false(winograd_fits(&halved));
    const struct conv odd = {.in = {7, 6, 16}, .out = {4, 3, 16}, .window = {5, 2, 2}};
    assert_false(winograd_fits(&odd));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_definition_on_maps_of_every_size),
        cmocka_unit_test(large_maps_and_batches_agree),
        cmocka_unit_test(many_channels_agree),
        cmocka_unit_test(what_stands_around_a_convolution_may_be_done_with_it),
        cmocka_unit_test(strides_of_two_agree_with_the_definition),
        cmocka_unit_test(what_stands_around_strides_of_two_may_be_done_with_them),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(other_windows_are_left_to_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
