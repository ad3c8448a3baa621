// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "unit/net_fixture.h"

enum { SIDE = 4, CHANNELS = 5, BATCH = 3, MAP = SIDE * SIDE * CHANNELS, COUNT = BATCH * MAP };

static const struct net_shape shape = {SIDE, SIDE, CHANNELS};

/* The gate is the mean of the map itself, so that both of its inputs come from one layer. */
static void a_gate_scales_each_channel_of_each_image(void **state)
{
    (void)state;
    struct net_fixture f;
    net_fixture_start(&f, shape, BATCH);
    net_gate(f.net, 0, net_average(f.net, 0));
    net_fixture_finish(&f);
    float mean[BATCH * CHANNELS] = {0}, dmean[BATCH * CHANNELS] = {0};
    float *dy = numbers_random(COUNT, 1), *expected = numbers_random(COUNT, 2);
    for (size_t i = 0; i < COUNT; i++) {
        const size_t gate = i / MAP * CHANNELS + i % CHANNELS;
        mean[gate] += f.input[i] / (SIDE * SIDE);
        dmean[gate] += dy[i] * f.input[i];
    }
    for (size_t i = 0; i < COUNT; i++) {
        expected[i] = f.input[i] * mean[i / MAP * CHANNELS + i % CHANNELS];
    }
    numbers_near(net_fixture_forward(&f), expected, COUNT, 1e-5);
    for (size_t i = 0; i < COUNT; i++) {
        const size_t gate = i / MAP * CHANNELS + i % CHANNELS;
        expected[i] = dy[i] * mean[gate] + dmean[gate] / (SIDE * SIDE);
    }
    numbers_near(net_backward(f.net, dy, true), expected, COUNT, 1e-5);
    free(dy);
    free(expected);
    net_fixture_stop(&f);
}

static void a_sum_hands_its_gradient_to_both(void **state)
{
    (void)state;
    struct net_fixture f;
    net_fixture_start(&f, shape, BATCH);
    const int first = net_norm(f.net, 0, "first", false);
    net_add(f.net, first, net_subsample(f.net, 0, 1));
    net_fixture_finish(&f);
    struct net_fixture alone;
    net_fixture_start(&alone, shape, BATCH);
    net_norm(alone.net, 0, "first", false);
    net_fixture_finish(&alone);
    float *dy = numbers_random(COUNT, 1), *expected = numbers_random(COUNT, 2);
    const float *y = net_fixture_forward(&f), *part = net_fixture_forward(&alone);
    for (size_t i = 0; i < COUNT; i++) {
        expected[i] = part[i] + f.input[i];
    }
    numbers_near(y, expected, COUNT, 1e-6);
    const float *dx = net_backward(f.net, dy, true), *dpart = net_backward(alone.net, dy, true);
    for (size_t i = 0; i < COUNT; i++) {
        expected[i] = dpart[i] + dy[i];
    }
    numbers_near(dx, expected, COUNT, 1e-6);
    free(dy);
    free(expected);
    net_fixture_stop(&f);
    net_fixture_stop(&alone);
}

static void a_layer_added_to_itself_counts_twice(void **state)
{
    (void)state;
    struct net_fixture f;
    net_fixture_start(&f, shape, BATCH);
    const int x = net_subsample(f.net, 0, 1);
    net_add(f.net, x, x);
    net_fixture_finish(&f);
    float *dy = numbers_random(COUNT, 1), *expected = numbers_random(COUNT, 2);
    for (size_t i = 0; i < COUNT; i++) {
        expected[i] = 2 * f.input[i];
    }
    numbers_near(net_fixture_forward(&f), expected, COUNT, 1e-7);
    for (size_t i = 0; i < COUNT; i++) {
        expected[i] = 2 * dy[i];
    }
    numbers_near(net_backward(f.net, dy, true), expected, COUNT, 1e-7);
    free(dy);
    free(expected);
    net_fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gate_scales_each_channel_of_each_image),
        cmocka_unit_test(a_sum_hands_its_gradient_to_both),
        cmocka_unit_test(a_layer_added_to_itself_counts_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
