// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "measures/frechet.h"
#include "reference/numbers.h"

enum { COUNT = 40, SIZE = 3 };

static double distance(const float *a, size_t count_a, const float *b, size_t count_b)
{
    double found = 0;
    assert_int_equal(frechet_distance(&found, a, count_a, b, count_b, SIZE), STATUS_OK);
    return found;
}

static void a_set_has_no_distance_to_itself(void **state)
{
    (void)state;
    float *a = numbers_random((size_t)COUNT * SIZE, 1);
    assert_true(distance(a, COUNT, a, COUNT) < 1e-9);
    assert_true(isnan(distance(a, 1, a, COUNT)));
    free(a);
}

/* b = 3 a + 2: |2, 2, 2|^2 + tr S + 9 tr S - 6 tr S, as covariances commute. */
static void a_moved_and_stretched_set_is_as_far_as_the_formula_says(void **state)
{
    (void)state;
    float *a = numbers_random((size_t)COUNT * SIZE, 1), b[COUNT * SIZE];
    double trace = 0, apart = 0;
    for (size_t j = 0; j < SIZE; j++) {
        double mean = 0;
        for (size_t i = 0; i < COUNT; i++) {
            mean += (double)a[i * SIZE + j] / COUNT;
        }
        for (size_t i = 0; i < COUNT; i++) {
            b[i * SIZE + j] = 3 * a[i * SIZE + j] + 2;
            trace += pow((double)a[i * SIZE + j] - mean, 2) / (COUNT - 1);
        }
        apart += pow(2 * mean + 2, 2);
    }
    const double expected = apart + 4 * trace;
    assert_true(fabs(distance(a, COUNT, b, COUNT) - expected) < 1e-5 * expected);
    assert_true(fabs(distance(b, COUNT, a, COUNT) - expected) < 1e-5 * expected);
    free(a);
}

/* On the axes of A and B, which differ: diag(4, 1, 0) against diag(1, 9, 0): (2-1)^2 + (1-3)^2. */
static void spreads_are_compared_along_each_axis(void **state)
{
    (void)state;
    float a[4 * SIZE] = {0}, b[4 * SIZE] = {0};
    const float root = sqrtf(1.5f); // 2 rows of +-x among 4 have variance 2 x^2 / 3
    a[0 * SIZE] = 2 * root;
    a[1 * SIZE] = -2 * root;
    a[2 * SIZE + 1] = root;
    a[3 * SIZE + 1] = -root;
    b[0 * SIZE] = root;
    b[1 * SIZE] = -root;
    b[2 * SIZE + 1] = 3 * root;
    b[3 * SIZE + 1] = -3 * root;
    assert_true(fabs(distance(a, 4, b, 4) - 5) < 1e-5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_has_no_distance_to_itself),
        cmocka_unit_test(a_moved_and_stretched_set_is_as_far_as_the_formula_says),
        cmocka_unit_test(spreads_are_compared_along_each_axis),
    };
    return cmocka_run_group_tests_name("frechet", tests, NULL, NULL);
}
