// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/linear_products.h"
#include "reference/numbers.h"
#include "reference/slow_gemm.h"

#include <omp.h>
#include <string.h>

#define TOLERANCE 1e-5 // of the results' size

struct setting {
    struct linear linear;
    float *x, *w, *b, *dy;
};

static void start(struct setting *s, size_t items, size_t inputs, size_t outputs)
{
    s->linear = (struct linear){items, inputs, outputs};
    s->x = numbers_random(items * inputs, 1);
    s->w = numbers_random(outputs * inputs, 2);
    s->b = numbers_random(outputs, 3);
    s->dy = numbers_random(items * outputs, 4);
}

static void stop(struct setting *s)
{
    free(s->x);
    free(s->w);
    free(s->b);
    free(s->dy);
}

static void compare_forward(const struct setting *s, const float *b)
{
    const size_t n = s->linear.items, in = s->linear.inputs, out = s->linear.outputs;
    float *found = numbers_random(n * out, 5), *expected = numbers_random(n * out, 6);
    for (size_t i = 0; i < n * out; i++) {
        expected[i] = b == NULL ? 0 : b[i % out];
    }
    slow_gemm_multiply(expected, s->x, s->w,
                       (struct gemm){n, out, in, 0, 1, .lda = in, .ldb = in, .ldc = out, .add = 1});
    linear_forward(found, s->x, s->w, b, s->linear);
    numbers_near(found, expected, n * out, TOLERANCE);
    free(found);
    free(expected);
}

static void compare_backward(const struct setting *s)
{
    const size_t n = s->linear.items, in = s->linear.inputs, out = s->linear.outputs;
    float *dx = numbers_random(n * in, 7), *dw = numbers_random(out * in, 8);
    float *db = numbers_random(out, 9), *ones = numbers_random(n, 10);
    float *expected_dx = numbers_random(n * in, 11), *expected_dw = numbers_random(out * in, 12);
    float *expected_db = numbers_random(out, 13);
    for (size_t i = 0; i < n; i++) {
        ones[i] = 1;
    }
    slow_gemm_multiply(expected_dx, s->dy, s->w,
                       (struct gemm){n, in, out, .lda = out, .ldb = in, .ldc = in});
    slow_gemm_multiply(expected_dw, s->dy, s->x,
                       (struct gemm){out, in, n, 1, 0, .lda = out, .ldb = in, .ldc = in});
    slow_gemm_multiply(expected_db, ones, s->dy,
                       (struct gemm){1, out, n, .lda = n, .ldb = out, .ldc = out});
    linear_backward(dx, dw, db, s->dy, s->x, s->w, s->linear, 0);
    numbers_near(dx, expected_dx, n * in, TOLERANCE);
    numbers_near(dw, expected_dw, out * in, TOLERANCE);
    numbers_near(db, expected_db, out, TOLERANCE);
    // Once more on top of what is there: twice dx, but dw and db again.
    linear_backward(dx, dw, db, s->dy, s->x, s->w, s->linear, 1);
    for (size_t i = 0; i < n * in; i++) {
        expected_dx[i] *= 2;
    }
    numbers_near(dx, expected_dx, n * in, TOLERANCE);
    numbers_near(dw, expected_dw, out * in, TOLERANCE);
    numbers_near(db, expected_db, out, TOLERANCE);
    float *only = numbers_random(out * in, 14);
    linear_backward(NULL, only, NULL, s->dy, s->x, s->w, s->linear, 0);
    assert_memory_equal(only, dw, out * in * sizeof *dw);
    float *const blocks[] = {dx, dw, db, ones, expected_dx, expected_dw, expected_db, only};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
}

/* Sizes at and around those at which the work is cut into stripes. */
static void agrees_with_the_definition_on_all_sides_of_a_stripe(void **state)
{
    (void)state;
    static const size_t sizes[][3] = {{1, 1, 1},     {3, 5, 2},     {4, 257, 128},
                                      {2, 300, 129}, {5, 1024, 17}, {3, 2100, 3}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct setting s;
        start(&s, sizes[i][0], sizes[i][1], sizes[i][2]);
        compare_forward(&s, s.b);
        compare_forward(&s, NULL);
        compare_backward(&s);
        stop(&s);
    }
}

/* Wide layers by our own products against the stripes above, whatever the number of threads. */
static void wide_layers_agree_with_narrow_ones(void **state)
{
    (void)state;
    static const size_t sizes[][3] = {{16, 1024, 16}, {32, 2096, 48}, {16, 3072, 80}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct setting s;
        start(&s, sizes[i][0], sizes[i][1], sizes[i][2]);
        const size_t n = s.linear.items, in = s.linear.inputs, out = s.linear.outputs;
        const size_t counts[3] = {n * out, n * in, out * in};
        float *expected[3], *found[2][3];
        for (size_t k = 0; k < 3; k++) {
            expected[k] = numbers_random(counts[k], 20);
            found[0][k] = numbers_random(counts[k], 21);
            found[1][k] = numbers_random(counts[k], 22);
        }
        assert_true(linear_products_fit(s.linear));
        linear_forward(expected[0], s.x, s.w, s.b, s.linear);
        linear_backward(expected[1], expected[2], NULL, s.dy, s.x, s.w, s.linear, 0);
        for (int run = 0; run < 2; run++) {
            omp_set_num_threads(run == 0 ? 1 : 3);
            float *workspace[2] = {malloc(3 * linear_products_scratch(s.linear) * sizeof(float)),
                                   malloc(linear_products_shared(s.linear) * sizeof(float))};
            assert_true(workspace[0] && workspace[1]);
            linear_products_forward(found[run][0], s.x, s.w, s.b, s.linear);
            linear_products_backward(found[run][1], found[run][2], s.dy, s.x, s.w, s.linear,
                                     workspace);
            free(workspace[0]);
            free(workspace[1]);
        }
        for (size_t k = 0; k < 3; k++) {
            numbers_near(found[0][k], expected[k], counts[k], TOLERANCE);
            assert_memory_equal(found[0][k], found[1][k], counts[k] * sizeof(float));
            free(expected[k]);
            free(found[0][k]);
            free(found[1][k]);
        }
        stop(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_definition_on_all_sides_of_a_stripe),
        cmocka_unit_test(wide_layers_agree_with_narrow_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
