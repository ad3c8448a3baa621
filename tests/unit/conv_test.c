// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/conv.h"
#include "reference/numbers.h"
#include "reference/slow_conv.h"

#include <omp.h>

#define TOLERANCE 2e-5 // of the results' size: sums of up to some thousand products in float32

struct setting {
    struct conv conv;
    size_t inputs, outputs, weights;
    float *x, *w, *dy, *columns, *partial; // workspaces of the very size that is asked for
};

static void start(struct setting *s, struct net_shape in, struct net_window window, int filters,
                  size_t images)
{
    const struct net_shape out = {(in.height + 2 * window.pad - window.kernel) / window.stride + 1,
                                  (in.width + 2 * window.pad - window.kernel) / window.stride + 1,
                                  filters};
    s->conv = (struct conv){.in = in, .out = out, .window = window, .images = images};
    s->inputs = images * (size_t)(in.height * in.width * in.channels);
    s->outputs = images * (size_t)(out.height * out.width * filters);
    s->weights = (size_t)(window.kernel * window.kernel * in.channels * filters);
    s->x = numbers_random(s->inputs, 1);
    s->w = numbers_random(s->weights, 2);
    s->dy = numbers_random(s->outputs, 3);
    s->columns = malloc((size_t)omp_get_max_threads() * conv_columns(&s->conv) * sizeof(float));
    s->partial = malloc(conv_partial(&s->conv) * sizeof(float));
    assert_true(s->columns && s->partial);
}

static void stop(struct setting *s)
{
    float *const blocks[] = {s->x, s->w, s->dy, s->columns, s->partial};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
}

static void compare_forward(const struct setting *s)
{
    float *found = numbers_random(s->outputs, 4), *expected = numbers_random(s->outputs, 5);
    conv_forward(found, s->x, s->w, &s->conv, s->columns);
    slow_conv_forward(expected, s->x, s->w, &s->conv);
    numbers_near(found, expected, s->outputs, TOLERANCE);
    free(found);
    free(expected);
}

static void compare_backward(const struct setting *s)
{
    float *const workspace[2] = {s->columns, s->partial};
    float *expected_dx = numbers_random(s->inputs, 6), *expected_dw = numbers_random(s->weights, 7);
    slow_conv_backward(expected_dx, expected_dw, s->dy, s->x, s->w, &s->conv);
    float *dx = numbers_random(s->inputs, 8), *dw = numbers_random(s->weights, 9);
    conv_backward(dx, dw, s->dy, s->x, s->w, &s->conv, workspace, 0);
    numbers_near(dx, expected_dx, s->inputs, TOLERANCE);
    numbers_near(dw, expected_dw, s->weights, TOLERANCE);
    // Once more on top of what is there: twice dx, but dw again.
    conv_backward(dx, dw, s->dy, s->x, s->w, &s->conv, workspace, 1);
    for (size_t i = 0; i < s->inputs; i++) {
        expected_dx[i] *= 2;
    }
    numbers_near(dx, expected_dx, s->inputs, TOLERANCE);
    numbers_near(dw, expected_dw, s->weights, TOLERANCE);
    float *only = numbers_random(s->weights, 10);
    conv_backward(NULL, only, s->dy, s->x, s->w, &s->conv, workspace, 0);
    assert_memory_equal(only, dw, s->weights * sizeof *dw);
    float *const blocks[] = {expected_dx, expected_dw, dx, dw, only};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
}

static void compare(struct net_shape in, struct net_window window, int filters, size_t images)
{
    struct setting s;
    start(&s, in, window, filters, images);
    compare_forward(&s);
    compare_backward(&s);
    stop(&s);
}

static void agrees_with_the_definition_for_every_window(void **state)
{
    (void)state;
    static const struct net_window windows[] = {{3, 1, 1}, {3, 2, 1}, {1, 1, 0}, {1, 2, 0},
                                                {7, 2, 3}, {2, 2, 0}, {5, 1, 2}, {3, 1, 0}};
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        compare((struct net_shape){9, 8, 3}, windows[i], 5, 4);
    }
}

static void a_window_may_be_larger_than_the_map(void **state)
{
    (void)state;
    compare((struct net_shape){1, 1, 4}, (struct net_window){3, 1, 1}, 3, 5);
    compare((struct net_shape){1, 3, 2}, (struct net_window){7, 2, 3}, 3, 2);
}

/* Small maps are put together until there is enough work for a product, large ones are cut. */
static void many_small_maps_and_few_large_ones_agree(void **state)
{
    (void)state;
    compare((struct net_shape){2, 2, 3}, (struct net_window){3, 1, 1}, 4, 107);
    compare((struct net_shape){7, 7, 6}, (struct net_window){3, 1, 1}, 4, 23);
    compare((struct net_shape){31, 29, 2}, (struct net_window){3, 1, 1}, 3, 2);
    compare((struct net_shape){3, 500, 1}, (struct net_window){3, 1, 1}, 2, 2);
}

/* Above a million weights their gradients are summed in fewer groups. */
static void many_weights_agree(void **state)
{
    (void)state;
    compare((struct net_shape){1, 1, 360}, (struct net_window){3, 1, 1}, 360, 1);
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    float *y[2], *dx[2], *dw[2];
    struct setting s;
    for (int run = 0; run < 2; run++) {
        omp_set_num_threads(run == 0 ? 1 : 4);
        start(&s, (struct net_shape){9, 9, 5}, (struct net_window){3, 2, 1}, 7, 40);
        y[run] = numbers_random(s.outputs, 11);
        dx[run] = numbers_random(s.inputs, 12);
        dw[run] = numbers_random(s.weights, 13);
        conv_forward(y[run], s.x, s.w, &s.conv, s.columns);
        conv_backward(dx[run], dw[run], s.dy, s.x, s.w, &s.conv,
                      (float *const[2]){s.columns, s.partial}, 0);
        stop(&s);
    }
    assert_memory_equal(y[0], y[1], s.outputs * sizeof(float));
    assert_memory_equal(dx[0], dx[1], s.inputs * sizeof(float));
    assert_memory_equal(dw[0], dw[1], s.weights * sizeof(float));
    for (int run = 0; run < 2; run++) {
        free(y[run]);
        free(dx[run]);
        free(dw[run]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_definition_for_every_window),
        cmocka_unit_test(a_window_may_be_larger_than_the_map),
        cmocka_unit_test(many_small_maps_and_few_large_ones_agree),
        cmocka_unit_test(many_weights_agree),
        cmocka_unit_test(threads_change_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
