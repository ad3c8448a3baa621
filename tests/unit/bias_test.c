// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "unit/net_fixture.h"

static void compare(struct net_shape shape, size_t batch)
{
    struct net_fixture f;
    net_fixture_start(&f, shape, batch);
    net_bias(f.net, 0, "b");
    net_fixture_finish(&f);
    const size_t channels = (size_t)shape.channels;
    assert_int_equal(net_parameters(f.net), channels);
    float *sums = calloc(channels, sizeof *sums), *y = numbers_copy(f.input, f.inputs);
    float *dy = numbers_random(f.inputs, 1);
    assert_non_null(sums);
    for (size_t c = 0; c < channels; c++) {
        assert_true(fabsf(f.weights[c]) < 1e-30f); // the start
        f.weights[c] = 0.5f + (float)c;
    }
    for (size_t i = 0; i < f.inputs; i++) {
        y[i] += f.weights[i % channels];
        sums[i % channels] += dy[i];
    }
    numbers_near(net_fixture_forward(&f), y, f.inputs, 1e-7);
    numbers_near(net_backward(f.net, dy, true), dy, f.inputs, 1e-7);
    numbers_near(f.gradients, sums, channels, 1e-5);
    free(sums);
    free(y);
    free(dy);
    net_fixture_stop(&f);
}

static void both_passes_agree_with_the_formulas(void **state)
{
    (void)state;
    compare((struct net_shape){3, 4, 7}, 5);
    compare((struct net_shape){14, 14, 35}, 9); // several pieces
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_passes_agree_with_the_formulas)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
