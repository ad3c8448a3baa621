// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/random.h"
#include "nn/winograd.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static float *numbers(size_t count, uint32_t step)
{
    float *values = malloc((count + 1) * sizeof *values);
    assert_non_null(values);
    struct random random;
    random_start(&random, 17, 0, RANDOM_TEST, 0, step);
    for (size_t i = 0; i < count; i++) {
        values[i] = random_normal(&random);
    }
    return values;
}

static void near(const float *found, const float *expected, size_t count)
{
    double scale = 0;
    for (size_t i = 0; i < count; i++) {
        scale += (double)expected[i] * (double)expected[i] / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        assert_true(fabs((double)found[i] - (double)expected[i]) < 1e-4 * sqrt(scale));
    }
}

/* All three passes against the plain convolution. */
static void compare(struct net_shape in, int filters, size_t images)
{
    const struct conv conv = {
        .in = in, .out = {in.height, in.width, filters}, .window = {3, 1, 1}, .images = images};
    assert_true(winograd_fits(&conv));
    const size_t pixels = images * (size_t)in.height * (size_t)in.width;
    const size_t inputs = pixels * (size_t)in.channels, outputs = pixels * (size_t)filters;
    const size_t weights = 9 * (size_t)in.channels * (size_t)filters;
    const size_t threads = (size_t)omp_get_max_threads();
    float *x = numbers(inputs, 1), *w = numbers(weights, 2), *dy = numbers(outputs, 3);
    float *fast[2] = {numbers(threads * winograd_scratch(&conv), 4),
                      numbers(winograd_shared(&conv), 5)};
    float *slow[2] = {numbers(threads * conv_columns(&conv), 6), numbers(conv_partial(&conv), 7)};
    float *y = numbers(outputs, 8), *expected_y = numbers(outputs, 9);
    winograd_forward(y, x, w, &conv, fast);
    conv_forward(expected_y, x, w, &conv, slow[0]);
    near(y, expected_y, outputs);
    for (int add = 0; add < 2; add++) {
        float *dx = numbers(inputs, 10), *expected_dx = numbers(inputs, 10);
        float *dw = numbers(weights, 11), *expected_dw = numbers(weights, 12);
        winograd_backward(dx, dw, dy, x, w, &conv, fast, add);
        conv_backward(expected_dx, expected_dw, dy, x, w, &conv, slow, add);
        near(dx, expected_dx, inputs);
        near(dw, expected_dw, weights);
        free(dx);
        free(expected_dx);
        free(dw);
        free(expected_dw);
    }
    float *const blocks[] = {x, w, dy, fast[0], fast[1], slow[0], slow[1], y, expected_y};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
}

static void agrees_with_the_plain_convolution_on_maps_of_every_size(void **state)
{
    (void)state;
    compare((struct net_shape){14, 14, 35}, 32, 3);
    compare((struct net_shape){7, 7, 48}, 16, 9);
    compare((struct net_shape){8, 8, 16}, 64, 1);
    compare((struct net_shape){5, 9, 17}, 19, 2);
    compare((struct net_shape){1, 1, 16}, 16, 4);
    compare((struct net_shape){3, 2, 33}, 16, 70);
}

static void other_windows_and_few_channels_are_left_to_others(void **state)
{
    (void)state;
    const struct conv strided = {.in = {8, 8, 32}, .out = {4, 4, 32}, .window = {3, 2, 1}};
    const struct conv pointwise = {.in = {8, 8, 32}, .out = {8, 8, 32}, .window = {1, 1, 0}};
    const struct conv narrow = {.in = {8, 8, 3}, .out = {8, 8, 32}, .window = {3, 1, 1}};
    assert_false(winograd_fits(&strided));
    assert_false(winograd_fits(&pointwise));
    assert_false(winograd_fits(&narrow));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_plain_convolution_on_maps_of_every_size),
        cmocka_unit_test(other_windows_and_few_channels_are_left_to_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
