// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "unit/net_fixture.h"

enum kind { PRELU, RELU, SIGMOID };

static double value(enum kind kind, double x, double slope)
{
    if (kind == SIGMOID) return 1 / (1 + exp(-x));
    return x > 0 ? x : kind == RELU ? 0 : slope * x;
}

static double derivative(enum kind kind, double x, double slope)
{
    const double y = value(kind, x, slope);
    if (kind == SIGMOID) return y * (1 - y);
    return x > 0 ? 1 : kind == RELU ? 0 : slope;
}

static int add_layer(struct net *net, enum kind kind, int from)
{
    return kind == PRELU  ? net_prelu(net, from, "a")
           : kind == RELU ? net_relu(net, from)
                          : net_sigmoid(net, from);
}

static void start(struct net_fixture *f, enum kind kind, struct net_shape shape, size_t batch)
{
    net_fixture_start(f, shape, batch);
    add_layer(f->net, kind, 0);
    net_fixture_finish(f);
    for (size_t i = 0; i < net_parameters(f->net); i++) {
        f->weights[i] = 0.1f * (float)i - 0.2f;
    }
}

/* Both passes of one layer against the formulas, number by number. */
static void compare(enum kind kind, struct net_shape shape, size_t batch)
{
    struct net_fixture f;
    start(&f, kind, shape, batch);
    const size_t count = f.inputs, channels = (size_t)shape.channels;
    f.input[0] = 0; // where PReLU and ReLU bend
    float *expected = numbers_random(count, 1), *dx = numbers_random(count, 2);
    float *dy = numbers_random(count, 3), *dslope = numbers_random(channels, 4);
    memset(dslope, 0, channels * sizeof *dslope);
    for (size_t i = 0; i < count; i++) {
        const double x = (double)f.input[i];
        const double slope = kind == PRELU ? (double)f.weights[i % channels] : 0;
        expected[i] = (float)value(kind, x, slope);
        dx[i] = (float)((double)dy[i] * derivative(kind, x, slope));
        dslope[i % channels] += x > 0 ? 0 : (float)x * dy[i];
    }
    numbers_near(net_fixture_forward(&f), expected, count, 1e-6);
    numbers_near(net_backward(f.net, dy, true), dx, count, 1e-6);
    if (kind == PRELU) numbers_near(f.gradients, dslope, channels, 1e-4);
    float *const blocks[] = {expected, dx, dy, dslope};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
    net_fixture_stop(&f);
}

static void both_passes_agree_with_the_formulas(void **state)
{
    (void)state;
    for (enum kind kind = PRELU; kind <= SIGMOID; kind++) {
        compare(kind, (struct net_shape){3, 4, 7}, 5);
        compare(kind, (struct net_shape){14, 14, 35}, 9); // several pieces
    }
}

static void sigmoid_of_anything_is_between_zero_and_one(void **state)
{
    (void)state;
    struct net_fixture f;
    start(&f, SIGMOID, (struct net_shape){1, 1, 4}, 1);
    const float ends[4] = {-1e4f, -80, 80, 1e4f};
    memcpy(f.input, ends, sizeof ends);
    const float *y = net_fixture_forward(&f);
    for (int i = 0; i < 4; i++) {
        assert_true(y[i] >= 0 && y[i] <= 1);
    }
    assert_true(y[0] < 1e-30f && y[3] > 0.999999f);
    net_fixture_stop(&f);
}

/* Two users of one layer: each adds its part of the gradient. */
static void gradients_of_two_users_add_up(void **state)
{
    (void)state;
    for (enum kind kind = PRELU; kind <= SIGMOID; kind++) {
        struct net_fixture f;
        net_fixture_start(&f, (struct net_shape){2, 3, 4}, 3);
        const int x = net_subsample(f.net, 0, 1);
        net_add(f.net, add_layer(f.net, kind, x), x);
        net_fixture_finish(&f);
        float *dy = numbers_random(f.inputs, 1), *expected = numbers_random(f.inputs, 2);
        for (size_t i = 0; i < f.inputs; i++) {
            const double slope = derivative(kind, (double)f.input[i], 0.25);
            expected[i] = (float)((double)dy[i] * (1 + slope));
        }
        net_fixture_forward(&f);
        numbers_near(net_backward(f.net, dy, true), expected, f.inputs, 1e-6);
        free(dy);
        free(expected);
        net_fixture_stop(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_passes_agree_with_the_formulas),
        cmocka_unit_test(sigmoid_of_anything_is_between_zero_and_one),
        cmocka_unit_test(gradients_of_two_users_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
