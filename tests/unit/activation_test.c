// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "unit/net_fixture.h"

enum kind { PRELU, RELU, LEAKY, SIGMOID, TANH };

static double value(enum kind kind, double x, double slope)
{
    if (kind == SIGMOID) return 1 / (1 + exp(-x));
    if (kind == TANH) return tanh(x);
    return x > 0 ? x : slope * x;
}

static double derivative(enum kind kind, double x, double slope)
{
    const double y = value(kind, x, slope);
    if (kind == SIGMOID) return y * (1 - y);
    if (kind == TANH) return 1 - y * y;
    return x > 0 ? 1 : slope;
}

static int add_layer(struct net *net, enum kind kind, int from)
{
    return kind == PRELU   ? net_prelu(net, from, "a")
           : kind == RELU  ? net_relu(net, from)
           : kind == LEAKY ? net_leaky_relu(net, from, 0.25)
           : kind == TANH  ? net_tanh(net, from)
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
        const double slope = kind == PRELU   ? (double)f.weights[i % channels]
                             : kind == LEAKY ? 0.25
                                             : 0;
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
    for (enum kind kind = PRELU; kind <= TANH; kind++) {
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
    for (enum kind kind = PRELU; kind <= TANH; kind++) {
        struct net_fixture f;
        net_fixture_start(&f, (struct net_shape){2, 3, 4}, 3);
        const int x = net_subsample(f.net, 0, 1);
        net_add(f.net, add_layer(f.net, kind, x), x);
        net_fixture_finish(&f);
        float *dy = numbers_random(f.inputs, 1), *expected = numbers_random(f.inputs, 2);
        for (size_t i = 0; i < f.inputs; i++) {
            const double slope = derivative(kind, (double)f.input[i], kind == RELU ? 0 : 0.25);
            expected[i] = (float)((double)dy[i] * (1 + slope));
        }
        net_fixture_forward(&f);
        numbers_near(net_backward(f.net, dy, true), expected, f.inputs, 1e-6);
        free(dy);
        free(expected);
        net_fixture_stop(&f);
    }
}

/* With kept bends a ReLU is the same, and linear near the inputs before. */
static void kept_bends_stay_where_they_were(void **state)
{
    (void)state;
    struct net_fixture f;
    net_fixture_start(&f, (struct net_shape){2, 3, 4}, 6);
    net_keep_bends(f.net);
    const int x = net_leaky_relu(f.net, 0, 0.2);
    net_add(f.net, net_relu(f.net, x), x);
    net_fixture_finish(&f);
    const size_t half = f.inputs / 2;
    float *y = numbers_random(f.inputs, 1), *dy = numbers_random(f.inputs, 2);
    float *slope = numbers_random(half, 3);
    for (size_t i = 0; i < half; i++) {
        slope[i] = f.input[i] > 0 ? 2 : 0.2f;
        y[i] = slope[i] * f.input[i];
    }
    numbers_near(net_forward(f.net, f.input, 3, NET_TRAIN, NULL), y, half, 1e-6);
    for (size_t i = 0; i < f.inputs; i++) {
        f.input[i] = -f.input[i]; // all on the other side
        y[i] = slope[i % half] * f.input[i];
    }
    numbers_near(net_forward_bent(f.net, f.input, 6, 3), y, f.inputs, 1e-6);
    for (size_t i = 0; i < f.inputs; i++) {
        y[i] = slope[i % half] * dy[i];
    }
    numbers_near(net_backward(f.net, dy, true), y, f.inputs, 1e-6);
    free(y);
    free(dy);
    free(slope);
    net_fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_passes_agree_with_the_formulas),
        cmocka_unit_test(sigmoid_of_anything_is_between_zero_and_one),
        cmocka_unit_test(gradients_of_two_users_add_up),
        cmocka_unit_test(kept_bends_stay_where_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
