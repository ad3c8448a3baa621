// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/group_norm.h"
#include "unit/net_fixture.h"

enum { SIDE = 3, CHANNELS = 37, BATCH = 4, PIXELS = SIDE * SIDE, ITEM = PIXELS * CHANNELS };

static const struct net_shape shape = {SIDE, SIDE, CHANNELS};

static void start(struct net_fixture *f)
{
    net_fixture_start(f, shape, BATCH);
    net_group_norm(f->net, 0, "n");
    net_fixture_finish(f);
    float *noise = numbers_random(2 * CHANNELS, 1);
    memcpy(net_fixture_tensor(f, f->weights, "n.weight"), noise, sizeof(float) * CHANNELS);
    memcpy(net_fixture_tensor(f, f->weights, "n.bias"), noise + CHANNELS, sizeof(float) * CHANNELS);
    free(noise);
}

static void groups_are_of_sixteen_channels_or_nearly(void **state)
{
    (void)state;
    assert_int_equal(group_norm_groups(1), 1);
    assert_int_equal(group_norm_groups(16), 1);
    assert_int_equal(group_norm_groups(17), 2);
    assert_int_equal(group_norm_groups(512), 32);
    for (size_t channels = 1; channels < 600; channels++) {
        const size_t groups = group_norm_groups(channels);
        assert_int_equal(group_norm_first(channels, 0), 0);
        assert_int_equal(group_norm_first(channels, groups), channels);
        for (size_t group = 0; group < groups; group++) {
            const size_t size =
                group_norm_first(channels, group + 1) - group_norm_first(channels, group);
            assert_in_range(size, channels < 9 ? channels : 8, 16);
        }
    }
}

/* y = w n(x) + b by its definition, in doubles, and n(x). */
static void define(float *y, double *normal, const float *x, const float *weight, const float *bias)
{
    for (size_t item = 0; item < BATCH; item++) {
        for (size_t group = 0; group < group_norm_groups(CHANNELS); group++) {
            const size_t first = group_norm_first(CHANNELS, group);
            const size_t end = group_norm_first(CHANNELS, group + 1);
            const double count = (double)(PIXELS * (end - first));
            double mean = 0, variance = 0;
            for (int pass = 0; pass < 3; pass++) {
                for (size_t i = 0; i < PIXELS * (end - first); i++) {
                    const size_t c = first + i % (end - first);
                    const size_t at = item * ITEM + i / (end - first) * CHANNELS + c;
                    const double d = (double)x[at] - mean;
                    if (pass == 0) mean += (double)x[at] / count;
                    if (pass == 1) variance += d * d / count;
                    if (pass < 2) continue;
                    normal[at] = d / sqrt(variance + 1e-5);
                    y[at] = (float)(normal[at] * (double)weight[c] + (double)bias[c]);
                }
            }
        }
    }
}

static void it_gives_what_the_definition_gives_in_training_and_evaluation(void **state)
{
    (void)state;
    struct net_fixture f;
    start(&f);
    for (size_t i = 0; i < f.inputs; i++) {
        f.input[i] = 3 * f.input[i] + 20; // a mean far from zero
    }
    static float expected[BATCH * ITEM];
    static double normal[BATCH * ITEM];
    define(expected, normal, f.input, net_fixture_tensor(&f, f.weights, "n.weight"),
           net_fixture_tensor(&f, f.weights, "n.bias"));
    float *before = numbers_copy(f.weights, net_parameters(f.net));
    numbers_near(net_fixture_forward(&f), expected, BATCH * ITEM, 1e-4);
    numbers_near(net_forward(f.net, f.input, BATCH, NET_EVALUATE, NULL), expected, BATCH * ITEM,
                 1e-4);
    assert_memory_equal(before, f.weights, net_parameters(f.net) * sizeof(float));
    assert_int_equal(net_tensors(f.net), 2); // nothing is kept from batch to batch
    free(before);
    net_fixture_stop(&f);
}

/* Gradients of the weights are sums over dy and dy n(x); those of the input are found by
 * differences in tests/gradients. */
static void gradients_of_the_weights_are_sums_over_maps_and_items(void **state)
{
    (void)state;
    struct net_fixture f;
    start(&f);
    static float y[BATCH * ITEM];
    static double normal[BATCH * ITEM];
    define(y, normal, f.input, net_fixture_tensor(&f, f.weights, "n.weight"),
           net_fixture_tensor(&f, f.weights, "n.bias"));
    float *dy = numbers_random(BATCH * ITEM, 2), dweight[CHANNELS] = {0}, dbias[CHANNELS] = {0};
    for (size_t i = 0; i < BATCH * ITEM; i++) {
        dweight[i % CHANNELS] += (float)((double)dy[i] * normal[i]);
        dbias[i % CHANNELS] += dy[i];
    }
    net_fixture_forward(&f);
    assert_null(net_backward(f.net, dy, false));
    numbers_near(net_fixture_tensor(&f, f.gradients, "n.weight"), dweight, CHANNELS, 1e-4);
    numbers_near(net_fixture_tensor(&f, f.gradients, "n.bias"), dbias, CHANNELS, 1e-4);
    free(dy);
    net_fixture_stop(&f);
}

static void an_item_does_not_depend_on_the_others(void **state)
{
    (void)state;
    struct net_fixture f;
    start(&f);
    float *dy = numbers_random(BATCH * ITEM, 2);
    float *y = numbers_copy(net_fixture_forward(&f), BATCH * ITEM);
    float *dx = numbers_copy(net_backward(f.net, dy, true), BATCH * ITEM);
    for (size_t item = 0; item < BATCH; item++) {
        const float *alone = net_forward(f.net, f.input + item * ITEM, 1, NET_TRAIN, NULL);
        assert_memory_equal(alone, y + item * ITEM, ITEM * sizeof(float));
        alone = net_backward(f.net, dy + item * ITEM, true);
        assert_memory_equal(alone, dx + item * ITEM, ITEM * sizeof(float));
    }
    free(y);
    free(dx);
    free(dy);
    net_fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_are_of_sixteen_channels_or_nearly),
        cmocka_unit_test(it_gives_what_the_definition_gives_in_training_and_evaluation),
        cmocka_unit_test(gradients_of_the_weights_are_sums_over_maps_and_items),
        cmocka_unit_test(an_item_does_not_depend_on_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
