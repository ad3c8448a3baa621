// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/norm.h"
#include "reference/slow_norm.h"
#include "unit/net_fixture.h"

enum { SIDE = 3, CHANNELS = 5, BATCH = 7, ROWS = BATCH * SIDE * SIDE };

static const struct net_shape shape = {SIDE, SIDE, CHANNELS};

static void compare_statistics(size_t rows, size_t channels, float shift, double tolerance)
{
    float *x = numbers_random(rows * channels, 1);
    for (size_t i = 0; i < rows * channels; i++) {
        x[i] += shift * (float)(1 + i % channels);
    }
    float *mean = numbers_random(channels, 2), *variance = numbers_random(channels, 3);
    float *expected_mean = numbers_random(channels, 4);
    float *expected_variance = numbers_random(channels, 5);
    float *workspace = numbers_random(norm_workspace(channels), 6);
    norm_statistics(mean, variance, x, rows, channels, workspace);
    slow_norm_statistics(expected_mean, expected_variance, x,
                         (struct slow_norm){rows, channels, NULL, NULL});
    numbers_near(mean, expected_mean, channels, tolerance);
    numbers_near(variance, expected_variance, channels, tolerance);
    float *const blocks[] = {x, mean, variance, expected_mean, expected_variance, workspace};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
}

static void statistics_of_few_and_of_many_rows_are_those_of_two_passes(void **state)
{
    (void)state;
    compare_statistics(1, 3, 0, 1e-5);
    compare_statistics(2, 1, 0, 1e-5);
    compare_statistics(63, 35, 0, 1e-5);
    compare_statistics(3000, 11, 0, 1e-5);  // two pieces
    compare_statistics(9000, 120, 0, 1e-5); // as many pieces as there may be
}

/* The mean of squares minus the square of the mean would have no digit left. */
static void a_mean_far_from_zero_costs_the_variance_no_digits(void **state)
{
    (void)state;
    compare_statistics(3000, 11, 30, 1e-4);
}

static void both_passes_agree_with_the_definition(void **state)
{
    (void)state;
    for (int affine = 0; affine < 2; affine++) {
        struct net_fixture f;
        net_fixture_start(&f, shape, BATCH);
        net_norm(f.net, 0, "n", affine);
        net_fixture_finish(&f);
        struct slow_norm norm = {ROWS, CHANNELS, NULL, NULL};
        float *noise = numbers_random(2 * CHANNELS, 1);
        if (affine) {
            memcpy(net_fixture_tensor(&f, f.weights, "n.weight"), noise, sizeof(float) * CHANNELS);
            memcpy(net_fixture_tensor(&f, f.weights, "n.bias"), noise + CHANNELS,
                   sizeof(float) * CHANNELS);
            norm.weight = noise;
            norm.bias = noise + CHANNELS;
        }
        float expected[ROWS * CHANNELS], dweight[CHANNELS], dbias[CHANNELS];
        slow_norm_forward(expected, f.input, norm);
        numbers_near(net_fixture_forward(&f), expected, ROWS * CHANNELS, 1e-5);
        float *dy = numbers_random(ROWS * CHANNELS, 2);
        slow_norm_backward(expected, dweight, dbias, dy, f.input, norm);
        numbers_near(net_backward(f.net, dy, true), expected, ROWS * CHANNELS, 1e-5);
        if (affine) {
            numbers_near(net_fixture_tensor(&f, f.gradients, "n.weight"), dweight, CHANNELS, 1e-5);
            numbers_near(net_fixture_tensor(&f, f.gradients, "n.bias"), dbias, CHANNELS, 1e-5);
        }
        free(noise);
        free(dy);
        net_fixture_stop(&f);
    }
}

static void running_statistics_go_a_tenth_of_the_way_with_each_batch(void **state)
{
    (void)state;
    struct net_fixture f;
    net_fixture_start(&f, shape, BATCH);
    net_norm(f.net, 0, "n", false);
    net_fixture_finish(&f);
    float mean[CHANNELS], variance[CHANNELS], expected_mean[CHANNELS], expected[CHANNELS];
    slow_norm_statistics(mean, variance, f.input, (struct slow_norm){ROWS, CHANNELS, NULL, NULL});
    net_fixture_forward(&f);
    net_fixture_forward(&f);
    for (size_t c = 0; c < CHANNELS; c++) {
        // Begun at 0 and 1, two steps of a tenth towards the batch; its variance without bias.
        expected_mean[c] = 0.19f * mean[c];
        expected[c] = 0.81f + 0.19f * variance[c] * (float)ROWS / (float)(ROWS - 1);
    }
    numbers_near(net_fixture_tensor(&f, f.weights, "n.running_mean"), expected_mean, CHANNELS,
                 1e-5);
    numbers_near(net_fixture_tensor(&f, f.weights, "n.running_var"), expected, CHANNELS, 1e-5);
    net_fixture_stop(&f);
}

static void evaluation_uses_the_running_statistics_and_leaves_them(void **state)
{
    (void)state;
    struct net_fixture f;
    net_fixture_start(&f, shape, BATCH);
    net_norm(f.net, 0, "n", true);
    net_fixture_finish(&f);
    float expected[ROWS * CHANNELS];
    float *mean = net_fixture_tensor(&f, f.weights, "n.running_mean");
    float *variance = net_fixture_tensor(&f, f.weights, "n.running_var");
    for (size_t c = 0; c < CHANNELS; c++) {
        mean[c] = (float)c - 2;
        variance[c] = 0.5f + (float)c;
    }
    for (size_t i = 0; i < ROWS * CHANNELS; i++) {
        const size_t c = i % CHANNELS;
        expected[i] = (f.input[i] - mean[c]) / sqrtf(variance[c] + 1e-5f);
    }
    float *before = numbers_copy(f.weights, net_parameters(f.net));
    numbers_near(net_forward(f.net, f.input, BATCH, NET_EVALUATE, NULL), expected, ROWS * CHANNELS,
                 1e-5);
    assert_memory_equal(before, f.weights, net_parameters(f.net) * sizeof(float));
    free(before);
    net_fixture_stop(&f);
}

/* One row has no deviation: what it gives is its bias, and nothing is divided by zero. */
static void one_row_gives_its_bias(void **state)
{
    (void)state;
    struct net_fixture f;
    net_fixture_start(&f, (struct net_shape){1, 1, CHANNELS}, 1);
    net_norm(f.net, 0, "n", true);
    net_fixture_finish(&f);
    float *bias = net_fixture_tensor(&f, f.weights, "n.bias");
    for (size_t c = 0; c < CHANNELS; c++) {
        bias[c] = 1 + (float)c;
    }
    const float *y = net_fixture_forward(&f);
    numbers_near(y, bias, CHANNELS, 1e-3);
    const float dy[CHANNELS] = {1, 2, 3, 4, 5};
    const float *dx = net_backward(f.net, dy, true);
    for (size_t c = 0; c < CHANNELS; c++) {
        assert_true(fabsf(dx[c]) < 1e-2f);
        assert_true(isfinite(net_fixture_tensor(&f, f.weights, "n.running_var")[c]));
    }
    net_fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statistics_of_few_and_of_many_rows_are_those_of_two_passes),
        cmocka_unit_test(a_mean_far_from_zero_costs_the_variance_no_digits),
        cmocka_unit_test(both_passes_agree_with_the_definition),
        cmocka_unit_test(running_statistics_go_a_tenth_of_the_way_with_each_batch),
        cmocka_unit_test(evaluation_uses_the_running_statistics_and_leaves_them),
        cmocka_unit_test(one_row_gives_its_bias),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
