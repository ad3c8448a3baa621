// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/ridge.h"
#include "base/random.h"

#include <math.h>

enum { ROWS = 3000, INPUTS = 5, OUTPUTS = 2 };

static float x[ROWS * INPUTS], y[ROWS * OUTPUTS], weights[INPUTS * OUTPUTS];
static const float truth[INPUTS * OUTPUTS] = {1, 0, -2, 3, 0.5f, 0, 0, 1, 4, -1};

/* y = x truth, and noise of deviation 0.5 on the second output. */
static void draw(void)
{
    struct random random;
    random_start(&random, 2, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < ROWS * INPUTS; i++) {
        x[i] = random_normal(&random);
    }
    for (int i = 0; i < ROWS * OUTPUTS; i++) {
        const int output = i % OUTPUTS;
        y[i] = output == 1 ? 0.5f * random_normal(&random) : 0;
        for (int k = 0; k < INPUTS; k++) {
            y[i] += x[i / OUTPUTS * INPUTS + k] * truth[k * OUTPUTS + output];
        }
    }
}

static void a_linear_map_is_learned_with_what_it_leaves(void **state)
{
    (void)state;
    struct ridge ridge;
    double error[OUTPUTS];
    draw();
    assert_int_equal(ridge_create(&ridge, INPUTS, OUTPUTS), STATUS_OK);
    ridge_add(&ridge, x, y, 700);
    ridge_add(&ridge, x + 700 * INPUTS, y + 700 * OUTPUTS, ROWS - 700);
    assert_int_equal(ridge_solve(&ridge, weights, error, 1e-6), STATUS_OK);
    for (int i = 0; i < INPUTS * OUTPUTS; i++) {
        assert_true(fabsf(weights[i] - truth[i]) < 0.05f);
    }
    assert_true(error[0] < 0.01 && fabs(error[1] - 0.5) < 0.02);
    ridge_destroy(&ridge);
}

static void more_ridge_gives_smaller_weights(void **state)
{
    (void)state;
    struct ridge ridge;
    double error[OUTPUTS];
    draw();
    assert_int_equal(ridge_create(&ridge, INPUTS, OUTPUTS), STATUS_OK);
    ridge_add(&ridge, x, y, ROWS);
    assert_int_equal(ridge_solve(&ridge, weights, error, 1), STATUS_OK);
    assert_true(fabsf(weights[8] - 2) < 0.1f); // x'x / n = 1: half of 4
    assert_true(error[0] > 1);
    ridge_destroy(&ridge);
}

static void too_few_examples_are_refused_without_a_ridge(void **state)
{
    (void)state;
    struct ridge ridge;
    double error[OUTPUTS];
    draw();
    assert_int_equal(ridge_create(&ridge, INPUTS, OUTPUTS), STATUS_OK);
    ridge_add(&ridge, x, y, INPUTS - 2);
    assert_int_equal(ridge_solve(&ridge, weights, error, 0), STATUS_NOT_FINITE);
    ridge_destroy(&ridge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_linear_map_is_learned_with_what_it_leaves),
        cmocka_unit_test(more_ridge_gives_smaller_weights),
        cmocka_unit_test(too_few_examples_are_refused_without_a_ridge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
