// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "unit/net_fixture.h"

enum { SIDE = 20, FIRST = 5, SECOND = 35, BOTH = FIRST + SECOND, BATCH = 3 };

static void channels_stand_side_by_side_and_go_back(void **state)
{
    (void)state;
    struct net_fixture f;
    net_fixture_start(&f, (struct net_shape){1, 1, SIDE * SIDE * BOTH}, BATCH);
    const int a = net_slice(f.net, 0, 0, (struct net_shape){SIDE, SIDE, FIRST});
    const int b =
        net_slice(f.net, 0, (size_t)SIDE * SIDE * FIRST, (struct net_shape){SIDE, SIDE, SECOND});
    const int both = net_concat(f.net, a, b);
    assert_int_equal(net_shape_of(f.net, both).channels, BOTH);
    net_fixture_finish(&f);
    const float *y = net_fixture_forward(&f);
    float *dy = numbers_copy(y, f.inputs);
    for (size_t i = 0; i < f.inputs; i++) {
        const size_t item = i / (SIDE * SIDE * BOTH), pixel = i / BOTH % (SIDE * SIDE);
        const size_t c = i % BOTH;
        const size_t at = c < FIRST ? pixel * FIRST + c
                                    : (size_t)SIDE * SIDE * FIRST + pixel * SECOND + c - FIRST;
        assert_memory_equal(&y[i], &f.input[item * SIDE * SIDE * BOTH + at], sizeof(float));
    }
    // The gradient of y is y: each number goes back to where it came from.
    assert_memory_equal(net_backward(f.net, dy, true), f.input, f.inputs * sizeof(float));
    free(dy);
    net_fixture_stop(&f);
}

static void what_is_in_no_slice_has_no_gradient(void **state)
{
    (void)state;
    struct net_fixture f;
    net_fixture_start(&f, (struct net_shape){1, 1, 10}, 2);
    net_slice(f.net, 0, 3, (struct net_shape){2, 2, 1});
    net_fixture_finish(&f);
    const float dy[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const float dx[20] = {0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 5, 6, 7, 8, 0, 0, 0};
    net_fixture_forward(&f);
    assert_memory_equal(net_backward(f.net, dy, true), dx, sizeof dx);
    net_fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_stand_side_by_side_and_go_back),
        cmocka_unit_test(what_is_in_no_slice_has_no_gradient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
