// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "scores.h"

#include <math.h>

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance)) {
        fail_msg("%.6f instead of %.6f", value, expected);
    }
}

static void mean_deviation_and_interval_are_those_of_a_sample(void **state)
{
    (void)state;
    const double values[] = {1, 2, (double)NAN, 3};
    const struct scores_spread spread = scores_spread(values, 4);
    assert_int_equal(spread.count, 3);
    assert_near(spread.mean, 2, 1e-12);
    assert_near(spread.deviation, 1, 1e-12);
    assert_near(spread.interval, 4.3027 / sqrt(3.0), 1e-4);
}

static void one_value_has_no_deviation_and_none_no_mean(void **state)
{
    (void)state;
    const double value = 5;
    struct scores_spread spread = scores_spread(&value, 1);
    assert_int_equal(spread.count, 1);
    assert_near(spread.mean, 5, 0);
    assert_true(isnan(spread.deviation) && isnan(spread.interval));
    spread = scores_spread(&value, 0);
    assert_int_equal(spread.count, 0);
    assert_true(isnan(spread.mean));
}

static void differences_are_paired_and_want_both_sides(void **state)
{
    (void)state;
    const double a[] = {70, 80, 90, 60}, b[] = {71, 82, (double)NAN, 63};
    const struct scores_spread spread = scores_difference(a, b, 4);
    assert_int_equal(spread.count, 3);
    assert_near(spread.mean, -2, 1e-12);
    assert_near(spread.deviation, 1, 1e-12);
}

/* Quantiles of published tables. */
static void student_quantiles_are_those_of_the_tables(void **state)
{
    (void)state;
    assert_near(scores_student(1), 12.7062, 1e-4);
    assert_near(scores_student(20), 2.0860, 1e-4);
    assert_near(scores_student(21), 2.0796, 2e-4);
    assert_near(scores_student(30), 2.0423, 2e-4);
    assert_near(scores_student(63), 1.9983, 2e-4);
}

static void the_best_of_a_set_scores_one_and_the_worst_a_half(void **state)
{
    (void)state;
    assert_near(scores_normalised(66.53, 66.53, 98.93), 0.5, 1e-12);
    assert_near(scores_normalised(98.93, 66.53, 98.93), 1, 1e-12);
    assert_near(scores_normalised(84.62, 66.53, 98.93), 0.779, 1e-3);
    assert_true(isnan(scores_normalised(1, 1, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_deviation_and_interval_are_those_of_a_sample),
        cmocka_unit_test(one_value_has_no_deviation_and_none_no_mean),
        cmocka_unit_test(differences_are_paired_and_want_both_sides),
        cmocka_unit_test(student_quantiles_are_those_of_the_tables),
        cmocka_unit_test(the_best_of_a_set_scores_one_and_the_worst_a_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
