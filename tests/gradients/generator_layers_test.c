// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "gradients/check.h"

static const struct check smooth = {1e-3, 0.01, 3, false}, kinked = {1e-4, 0.05, 3, false};

static const struct check fixed = {1e-3, 0.01, 3, true}, fixed_kinked = {1e-4, 0.05, 3, true};

static struct net *start(int side, int channels, size_t batch)
{
    struct net *net = NULL;
    assert_int_equal(net_create(&net, (struct net_shape){side, side, channels}, batch, ""),
                     STATUS_OK);
    return net;
}

static void finish(struct net *net, int side, int channels, size_t batch, struct check check)
{
    assert_int_equal(net_finish(net), STATUS_OK);
    check_net(&net, (size_t)(side * side * channels), batch, check);
}

static void transposed_convolutions_of_every_kind(void **state)
{
    (void)state;
    static const struct {
        struct net_window window;
        int output_pad;
    } plans[] = {{{3, 2, 1}, 1}, {{4, 2, 1}, 0}, {{5, 2, 2}, 1}, {{3, 1, 1}, 0}, {{2, 2, 0}, 0}};
    static const int channels[] = {5, 32};
    for (size_t i = 0; i < 2 * sizeof plans / sizeof plans[0]; i++) {
        struct net *net = start(7, channels[i % 2], 3);
        net_transposed(net, 0, "up", plans[i / 2].window, plans[i / 2].output_pad, 6);
        finish(net, 7, channels[i % 2], 3, smooth);
    }
}

/* It leaves the sums that a norm asks for, and adds where another layer reads its input. */
static void a_transposed_convolution_before_a_norm(void **state)
{
    (void)state;
    struct net *net = start(6, 5, 3);
    const int x = net_conv(net, 0, "conv", (struct net_window){1, 1, 0}, 7);
    const int up = net_transposed(net, x, "up", (struct net_window){4, 2, 1}, 0, 9);
    const int other = net_transposed(net, x, "other", (struct net_window){4, 2, 1}, 0, 9);
    net_add(net, net_norm(net, up, "norm", true), other);
    finish(net, 6, 5, 3, smooth);
}

static void biases(void **state)
{
    (void)state;
    struct net *net = start(5, 7, 3);
    net_bias(net, 0, "alone");
    finish(net, 5, 7, 3, smooth);
    net = start(20, 40, 3); // several pieces
    const int x = net_conv(net, 0, "conv", (struct net_window){1, 1, 0}, 40);
    net_add(net, net_bias(net, x, "bias"), x);
    finish(net, 20, 40, 3, smooth);
}

static void instance_norms_with_and_without_weights(void **state)
{
    (void)state;
    for (int affine = 0; affine < 2; affine++) {
        struct net *net = start(4, 19, 3);
        const int x = net_conv(net, 0, "conv", (struct net_window){1, 1, 0}, 18);
        net_add(net, net_instance_norm(net, x, "norm", affine), x);
        finish(net, 4, 19, 3, smooth);
    }
}

static void activations(void **state)
{
    (void)state;
    struct net *net = start(4, 6, 7);
    net_leaky_relu(net, 0, 0.2);
    finish(net, 4, 6, 7, kinked);
    net = start(4, 6, 7);
    const int x = net_subsample(net, 0, 1);
    net_add(net, net_tanh(net, x), x);
    finish(net, 4, 6, 7, smooth);
}

static void maps_side_by_side_and_cut_apart(void **state)
{
    (void)state;
    struct net *net = start(5, 6, 3);
    const int x = net_conv(net, 0, "conv", (struct net_window){1, 1, 0}, 7);
    net_concat(net, net_concat(net, x, 0), net_tanh(net, x));
    finish(net, 5, 6, 3, smooth);
    net = start(4, 9, 3);
    const int first = net_slice(net, 0, 0, (struct net_shape){2, 2, 8});
    const int second = net_slice(net, 0, 20, (struct net_shape){2, 2, 31});
    const int turned = net_reshape(net, first, (struct net_shape){1, 8, 4});
    net_concat(net, net_concat(net, first, second),
               net_reshape(net, turned, (struct net_shape){2, 2, 8}));
    finish(net, 4, 9, 3, smooth);
}

/* The gradient to the input of a trained net, whose statistics do not follow the batch. */
static void nets_with_fixed_statistics(void **state)
{
    (void)state;
    for (int affine = 0; affine < 2; affine++) {
        struct net *net = start(4, 6, 7);
        const int x = net_conv(net, 0, "conv", (struct net_window){3, 1, 1}, 7);
        net_dropout(net, net_norm(net, x, "norm", affine), 0.4);
        finish(net, 4, 6, 7, fixed);
    }
    static const int plans[][3] = {{16, 16, 1}, {16, 16, 2}, {16, 20, 1}, {5, 7, 2}};
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        struct net *net = start(5, plans[i][0], 4);
        net_norm(net, net_block(net, 0, "block", plans[i][1], plans[i][2]), "norm", true);
        finish(net, 5, plans[i][0], 4, fixed_kinked);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transposed_convolutions_of_every_kind),
        cmocka_unit_test(a_transposed_convolution_before_a_norm),
        cmocka_unit_test(biases),
        cmocka_unit_test(instance_norms_with_and_without_weights),
        cmocka_unit_test(activations),
        cmocka_unit_test(maps_side_by_side_and_cut_apart),
        cmocka_unit_test(nets_with_fixed_statistics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
