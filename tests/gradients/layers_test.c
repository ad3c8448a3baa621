// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "gradients/check.h"
#include "nn/conv.h"
#include "nn/irse.h"
#include "nn/plain_block.h"
#include "nn/resnet.h"

static const struct check smooth = {1e-3, 0.01, 3, false}, kinked = {1e-4, 0.05, 3, false};

/* In a deep network some unit always bends within a step that float32 can measure, so that even a
 * gradient that is right to six digits is off by a tenth. Errors of a layer are found above, small
 * ones of a network by tests/vectors; here a branch that was forgotten. */
static const struct check deep = {1e-4, 0.2, 1, false};

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

static void convolutions_of_every_kind(void **state)
{
    (void)state;
    static const struct net_window windows[] = {
        {3, 1, 1}, {3, 2, 1}, {1, 1, 0}, {1, 2, 0}, {7, 2, 3}};
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        struct net *net = start(9, 3, 3);
        net_conv(net, 0, "conv", windows[i], 5);
        finish(net, 9, 3, 3, smooth);
    }
}

static void a_convolution_of_many_blocks(void **state)
{
    (void)state;
    struct net *net = start(30, 2, 2);
    net_conv(net, 0, "conv", (struct net_window){3, 1, 1}, 4);
    finish(net, 30, 2, 2, smooth);
}

static void a_convolution_by_minimal_filtering(void **state)
{
    (void)state;
    const struct conv conv = {
        .in = {7, 7, 32}, .out = {7, 7, 33}, .window = {3, 1, 1}, .images = 40};
    assert_int_equal(conv_choose(&conv, NULL).algorithm, CONV_WINOGRAD);
    struct net *net = start(7, 32, 40);
    net_conv(net, 0, "conv", (struct net_window){3, 1, 1}, 33);
    finish(net, 7, 32, 40, smooth);
}

static void linear_with_and_without_bias(void **state)
{
    (void)state;
    struct net *net = start(3, 7, 5);
    net_linear(net, net_linear(net, 0, "first", 300, true), "second", 4, false);
    finish(net, 3, 7, 5, smooth);
}

static void batch_norm_with_and_without_weights(void **state)
{
    (void)state;
    struct net *net = start(4, 6, 7);
    net_norm(net, 0, "norm", true);
    finish(net, 4, 6, 7, smooth);
    net = start(4, 6, 7);
    net_norm(net, 0, "norm", false);
    finish(net, 4, 6, 7, smooth);
}

/* One group, three of unequal sizes, and an input that another layer reads, too. */
static void group_norm(void **state)
{
    (void)state;
    static const int widths[] = {6, 16, 37};
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        struct net *net = start(4, widths[i], 3);
        net_group_norm(net, 0, "norm");
        finish(net, 4, widths[i], 3, smooth);
    }
    struct net *net = start(4, 18, 3);
    const int x = net_conv(net, 0, "conv", (struct net_window){1, 1, 0}, 18);
    net_add(net, net_group_norm(net, x, "norm"), x);
    finish(net, 4, 18, 3, smooth);
}

static void activations(void **state)
{
    (void)state;
    struct net *net = start(4, 6, 7);
    net_prelu(net, 0, "prelu");
    finish(net, 4, 6, 7, kinked);
    net = start(4, 6, 7);
    net_sigmoid(net, net_relu(net, 0));
    finish(net, 4, 6, 7, kinked);
}

static void dropout_passes_what_it_kept(void **state)
{
    (void)state;
    struct net *net = start(4, 6, 7);
    net_dropout(net, 0, 0.4);
    finish(net, 4, 6, 7, smooth);
}

static void pools(void **state)
{
    (void)state;
    struct net *net = start(9, 4, 3);
    net_max_pool(net, 0, (struct net_window){3, 2, 1});
    finish(net, 9, 4, 3, smooth);
    net = start(9, 4, 3);
    net_average(net, net_subsample(net, 0, 2));
    finish(net, 9, 4, 3, smooth);
    net = start(3, 4, 5);
    net_batch_mean(net, 0);
    finish(net, 3, 4, 5, smooth);
}

static void gates_and_sums_where_branches_meet(void **state)
{
    (void)state;
    struct net *net = start(5, 6, 4);
    const int x = net_prelu(net, 0, "prelu");
    const int gate = net_sigmoid(net, net_linear(net, net_average(net, x), "gate", 6, false));
    const int gated = net_gate(net, x, gate);
    net_add(net, net_add(net, gated, x), 0);
    finish(net, 5, 6, 4, smooth);
}

/* Channels that minimal filtering takes, and others; a stride leaves a line of pixels over. */
static void residual_blocks_of_every_shortcut(void **state)
{
    (void)state;
    static const int plans[][3] = {{16, 16, 1}, {16, 16, 2}, {16, 20, 1}, {16, 20, 2},
                                   {5, 5, 1},   {5, 5, 2},   {5, 7, 2}};
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        struct net *net = start(5, plans[i][0], 4);
        net_block(net, 0, "block", plans[i][1], plans[i][2]);
        finish(net, 5, plans[i][0], 4, kinked);
    }
}

static void residual_blocks_with_group_norms(void **state)
{
    (void)state;
    static const int plans[][3] = {{16, 16, 1}, {16, 16, 2}, {16, 20, 2}, {5, 7, 2}};
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        struct net *net = start(5, plans[i][0], 4);
        plain_block(net, 0, "block", plans[i][1], plans[i][2], true);
        finish(net, 5, plans[i][0], 4, kinked);
    }
}

static void the_whole_recogniser(void **state)
{
    (void)state;
    for (int group = 0; group < 2; group++) {
        struct net *net = NULL;
        const struct irse irse = {.depth = 18,
                                  .width = 0.0625,
                                  .input = {14, 14, 5},
                                  .embedding = 16,
                                  .dropout = 0.4,
                                  .group = group};
        assert_int_equal(irse_create(&net, &irse, 6), STATUS_OK);
        check_net(&net, 14 * 14 * 5, 6, deep);
    }
}

static void the_whole_policy(void **state)
{
    (void)state;
    struct net *net = NULL;
    const struct resnet small = {.input = {14, 14, 5}, .width = 0.0625, .outputs = 4};
    assert_int_equal(resnet_create(&net, &small, 6), STATUS_OK);
    check_net(&net, 14 * 14 * 5, 6, deep);
    const struct resnet large = {.input = {56, 56, 3}, .width = 0.0625, .outputs = 3};
    assert_int_equal(resnet_create(&net, &large, 4), STATUS_OK);
    check_net(&net, 56 * 56 * 3, 4, deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions_of_every_kind),
        cmocka_unit_test(a_convolution_of_many_blocks),
        cmocka_unit_test(a_convolution_by_minimal_filtering),
        cmocka_unit_test(linear_with_and_without_bias),
        cmocka_unit_test(batch_norm_with_and_without_weights),
        cmocka_unit_test(group_norm),
        cmocka_unit_test(activations),
        cmocka_unit_test(dropout_passes_what_it_kept),
        cmocka_unit_test(pools),
        cmocka_unit_test(gates_and_sums_where_branches_meet),
        cmocka_unit_test(residual_blocks_of_every_shortcut),
        cmocka_unit_test(residual_blocks_with_group_norms),
        cmocka_unit_test(the_whole_recogniser),
        cmocka_unit_test(the_whole_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
