// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/winograd.h"
#include "reference/numbers.h"
#include "reference/slow_conv.h"

#include <omp.h>

#define TOLERANCE 1e-4 // of the results' size: the transforms cost about a digit

/* All three passes against the definition. */
static void compare(struct net_shape in, int filters, size_t images)
{
    const struct conv conv = {
        .in = in, .out = {in.height, in.width, filters}, .window = {3, 1, 1}, .images = images};
    assert_true(winograd_fits(&conv));
    const size_t pixels = images * (size_t)in.height * (size_t)in.width;
    const size_t inputs = pixels * (size_t)in.channels, outputs = pixels * (size_t)filters;
    const size_t weights = 9 * (size_t)in.channels * (size_t)filters;
    const size_t threads = (size_t)omp_get_max_threads();
    float *x = numbers_random(inputs, 1), *w = numbers_random(weights, 2);
    float *dy = numbers_random(outputs, 3);
    float *workspace[2] = {malloc(threads * winograd_scratch(&conv) * sizeof(float)),
                           malloc(winograd_shared(&conv) * sizeof(float))};
    assert_true(workspace[0] && workspace[1]);
    float *y = numbers_random(outputs, 4), *expected_y = numbers_random(outputs, 5);
    winograd_forward(y, x, w, &conv, workspace);
    slow_conv_forward(expected_y, x, w, &conv);
    numbers_near(y, expected_y, outputs, TOLERANCE);
    float *dx = numbers_random(inputs, 6), *expected_dx = numbers_random(inputs, 7);
    float *dw = numbers_random(weights, 8), *expected_dw = numbers_random(weights, 9);
    slow_conv_backward(expected_dx, expected_dw, dy, x, w, &conv);
    winograd_backward(dx, dw, dy, x, w, &conv, workspace, 0);
    numbers_near(dx, expected_dx, inputs, TOLERANCE);
    numbers_near(dw, expected_dw, weights, TOLERANCE);
    // Once more on top of what is there: twice dx, but dw again.
    winograd_backward(dx, dw, dy, x, w, &conv, workspace, 1);
    for (size_t i = 0; i < inputs; i++) {
        expected_dx[i] *= 2;
    }
    numbers_near(dx, expected_dx, inputs, TOLERANCE);
    numbers_near(dw, expected_dw, weights, TOLERANCE);
    float *const blocks[] = {x,          w,  dy,          workspace[0], workspace[1], y,
                             expected_y, dx, expected_dx, dw,           expected_dw};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
}

static void agrees_with_the_definition_on_maps_of_every_size(void **state)
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
        cmocka_unit_test(agrees_with_the_definition_on_maps_of_every_size),
        cmocka_unit_test(other_windows_and_few_channels_are_left_to_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
