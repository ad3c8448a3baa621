// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/net_parts.h"

#include <string.h>

static struct net *start(int height, int width)
{
    struct net *net = NULL;
    assert_int_equal(net_create(&net, (struct net_shape){height, width, 3}, 2, "p."), STATUS_OK);
    return net;
}

static void a_transposed_window_widens_as_pytorch_says(void **state)
{
    (void)state;
    static const struct {
        struct net_window window;
        int output_pad, height, width; // of a map of 7 x 1
    } plans[] = {{{4, 2, 1}, 0, 14, 2},
                 {{3, 2, 1}, 1, 14, 2},
                 {{5, 2, 2}, 1, 14, 2},
                 {{3, 2, 1}, 0, 13, 1},
                 {{2, 3, 0}, 2, 22, 4}};
    struct net *net = start(7, 1);
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        const struct net_shape shape =
            net_parts_widened(net, 0, plans[i].window, plans[i].output_pad, 5);
        assert_int_equal(shape.height, plans[i].height);
        assert_int_equal(shape.width, plans[i].width);
        assert_int_equal(shape.channels, 5);
    }
    const int layer = net_transposed(net, 0, "up", plans[0].window, 0, 5);
    assert_int_equal(net_shape_of(net, layer).height, 14);
    assert_string_equal(net_tensor(net, 0)->name, "p.up.weight");
    assert_int_equal(net_tensor(net, 0)->shape[2], 5); // filters, then the input's channels
    assert_int_equal(net_tensor(net, 0)->shape[3], 3);
    net_destroy(&net);
}

static void a_transposed_window_that_does_not_fit_is_told(void **state)
{
    (void)state;
    static const struct {
        struct net_window window;
        int output_pad;
    } plans[] = {{{4, 2, 4}, 0},  {{256, 2, 1}, 0}, {{4, 256, 1}, 0},
                 {{4, 2, -1}, 0}, {{4, 2, 1}, 2},   {{4, 2, 1}, -1},
                 {{0, 2, 0}, 0},  {{4, 0, 1}, 0},   {{3, 1, 2}, 0}}; // on one pixel nothing is left
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        struct net *net = start(1, 1);
        net_transposed(net, 0, "up", plans[i].window, plans[i].output_pad, 5);
        assert_int_equal(net_finish(net), STATUS_FULL);
        assert_non_null(strstr(status_message(), "transposed window"));
        net_destroy(&net);
    }
}

static void small_starts_are_small(void **state)
{
    (void)state;
    struct net *net = start(4, 4);
    net_norm(net, net_linear(net, 0, "l", 500, true), "n", true);
    net_start_small(net);
    assert_int_equal(net_finish(net), STATUS_OK);
    static float weights[500 * 48 + 500 + 4 * 500];
    assert_int_equal(net_parameters(net), sizeof weights / sizeof weights[0]);
    net_bind(net, weights, NULL);
    net_initialise(net, 1, 0);
    double squares = 0;
    for (int i = 0; i < 500 * 48; i++) {
        squares += (double)weights[i] * (double)weights[i] / (500 * 48);
    }
    assert_true(squares > 0.0196 * 0.0196 && squares < 0.0204 * 0.0204);
    assert_int_equal(net_tensor(net, 1)->start, NET_START_ZERO); // the others as before
    assert_int_equal(net_tensor(net, 2)->start, NET_START_ONE);
    net_destroy(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transposed_window_widens_as_pytorch_says),
        cmocka_unit_test(a_transposed_window_that_does_not_fit_is_told),
        cmocka_unit_test(small_starts_are_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
