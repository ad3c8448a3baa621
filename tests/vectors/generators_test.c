// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/adam.h"
#include "nn/losses.h"
#include "vectors/torch_rows.h"

static const char path[] = TEST_SOURCE_DIR "/vectors/generators.txt";

static struct net *start(int side, int channels, size_t batch)
{
    struct net *net = NULL;
    assert_int_equal(net_create(&net, (struct net_shape){side, side, channels}, batch, ""),
                     STATUS_OK);
    return net;
}

/* Both passes of a whole net. */
static void check(const char *label, struct net *net, size_t item, size_t batch)
{
    assert_int_equal(net_finish(net), STATUS_OK);
    float *weights = calloc(net_parameters(net), sizeof(float));
    float *gradients = calloc(net_parameters(net), sizeof(float));
    assert_non_null(weights);
    assert_non_null(gradients);
    torch_fill(net, weights);
    net_bind(net, weights, gradients);
    float *input = torch_numbers(item * batch, 999);
    const float *y = net_forward(net, input, batch, NET_TRAIN, NULL);
    const size_t outputs = net_outputs(net) * batch;
    torch_compare(path, label, "output", y, outputs);
    float *dy = torch_numbers(outputs, 555);
    torch_compare(path, label, "grad.input", net_backward(net, dy, true), item * batch);
    torch_compare_tensors(path, label, net, weights, gradients);
    torch_compare(path, label, "grad.input", net_input_gradient(net, dy), item * batch);
    net_destroy(&net);
    free(weights);
    free(gradients);
    free(input);
    free(dy);
}

static void maps_that_widen_agree_with_pytorch(void **state)
{
    (void)state;
    struct net *net = start(5, 6, 3);
    int a = net_transposed(net, 0, "a", (struct net_window){3, 2, 1}, 1, 8);
    a = net_leaky_relu(net, net_bias(net, a, "a"), 0.2);
    int c = net_instance_norm(net, a, "norm", true);
    c = net_transposed(net, c, "c", (struct net_window){4, 2, 1}, 0, 5);
    c = net_tanh(net, net_instance_norm(net, c, "plain", false));
    const int d = net_transposed(net, a, "d", (struct net_window){5, 2, 2}, 1, 7);
    const int both = net_concat(net, c, net_relu(net, d));
    net_bias(net, net_conv(net, both, "out", (struct net_window){4, 2, 1}, 3), "out");
    check("maps", net, 5 * 5 * 6, 3);
}

static void a_vector_that_becomes_a_map_agrees_with_pytorch(void **state)
{
    (void)state;
    struct net *net = start(1, 10, 4);
    const int x = net_linear(net, 0, "linear", 4 * 4 * 3, false);
    const int map = net_reshape(net, x, (struct net_shape){4, 4, 3});
    net_sigmoid(net, net_transposed(net, map, "up", (struct net_window){5, 2, 2}, 1, 4));
    check("noise", net, 10, 4);
}

static void losses_agree_with_pytorch(void **state)
{
    (void)state;
    static const double targets[] = {0, 1, 0.9};
    float *y = torch_numbers(60, 1), *target = torch_numbers(60, 2), gradient[60];
    for (int i = 0; i < 60; i++) {
        y[i] *= 20;
        target[i] *= 20;
    }
    for (int t = 0; t < 3; t++) {
        char name[64];
        float loss = (float)losses_logistic(gradient, y, 60, targets[t], 1);
        snprintf(name, sizeof name, "logistic.%g", targets[t]);
        torch_compare(path, "losses", name, &loss, 1);
        snprintf(name, sizeof name, "logistic_gradient.%g", targets[t]);
        torch_compare(path, "losses", name, gradient, 60);
    }
    memset(gradient, 0, sizeof gradient);
    const float loss = (float)losses_absolute(gradient, y, target, 60, 1);
    torch_compare(path, "losses", "absolute", &loss, 1);
    torch_compare(path, "losses", "absolute_gradient", gradient, 60);
    free(y);
    free(target);
}

static void adam_agrees_with_pytorch(void **state)
{
    (void)state;
    struct net *net = start(1, 4, 1);
    net_linear(net, 0, "w", 10, false);
    assert_int_equal(net_finish(net), STATUS_OK);
    struct adam adam;
    assert_int_equal(adam_create(&adam, net), STATUS_OK);
    float *weights = torch_numbers(40, 1);
    for (int step = 0; step < 5; step++) {
        float *gradient = torch_numbers(40, 10 + (uint64_t)step);
        for (int i = 0; i < 40; i++) {
            gradient[i] *= powf(10, (float)(step - 3));
        }
        adam_step(&adam, weights, gradient, (struct adam_rates){2e-2, 0.5, 0.999, 1e-8});
        free(gradient);
    }
    torch_compare(path, "adam", "weights", weights, 40);
    free(weights);
    adam_destroy(&adam);
    net_destroy(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_that_widen_agree_with_pytorch),
        cmocka_unit_test(a_vector_that_becomes_a_map_agrees_with_pytorch),
        cmocka_unit_test(losses_agree_with_pytorch),
        cmocka_unit_test(adam_agrees_with_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
