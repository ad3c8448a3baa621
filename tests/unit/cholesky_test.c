// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/cholesky.h"
#include "base/random.h"

#include <math.h>

enum { SIZE = 37, COLUMNS = 50, BAND = 5 };

static double full[SIZE * SIZE];
static float wanted[SIZE * COLUMNS], found[SIZE * COLUMNS];

/* A matrix whose elements further than `width` from the diagonal are zero, and right sides. */
static void draw(struct cholesky *matrix, size_t width)
{
    struct random random;
    random_start(&random, 1, 0, RANDOM_TEST, 0, 0);
    assert_int_equal(cholesky_create(matrix, SIZE, width), STATUS_OK);
    for (size_t i = 0; i < SIZE; i++) {
        for (size_t j = 0; j <= i; j++) {
            const double value = i == j ? 40 : (double)random_normal(&random);
            full[i * SIZE + j] = full[j * SIZE + i] = i - j <= width ? value : 0;
            if (i - j <= width) *cholesky_at(matrix, i, j) = value;
        }
    }
    for (size_t i = 0; i < SIZE * COLUMNS; i++) {
        wanted[i] = random_normal(&random);
    }
    for (size_t i = 0; i < SIZE * COLUMNS; i++) {
        double sum = 0;
        for (size_t k = 0; k < SIZE; k++) {
            sum += full[i / COLUMNS * SIZE + k] * (double)wanted[k * COLUMNS + i % COLUMNS];
        }
        found[i] = (float)sum;
    }
}

static void check_width(size_t width)
{
    struct cholesky matrix;
    draw(&matrix, width);
    assert_int_equal(cholesky_factor(&matrix), STATUS_OK);
    assert_int_equal(cholesky_solve(&matrix, found, COLUMNS), STATUS_OK);
    for (int i = 0; i < SIZE * COLUMNS; i++) {
        assert_true(fabsf(found[i] - wanted[i]) < 1e-5f);
    }
    cholesky_destroy(&matrix);
    cholesky_destroy(&matrix);
}

static void a_dense_system_is_solved_for_all_right_sides(void **state)
{
    (void)state;
    check_width(SIZE - 1);
}

static void so_is_one_in_a_band(void **state)
{
    (void)state;
    check_width(BAND);
    check_width(0);
}

static void a_matrix_that_is_not_positive_has_no_factor(void **state)
{
    (void)state;
    struct cholesky matrix;
    draw(&matrix, BAND);
    *cholesky_at(&matrix, 20, 20) = 0;
    assert_int_equal(cholesky_factor(&matrix), STATUS_NOT_FINITE);
    cholesky_destroy(&matrix);
    assert_int_equal(cholesky_create(&matrix, 2, 1), STATUS_OK);
    for (size_t i = 0; i < 4; i++) {
        matrix.rows[i] = 1; // two equal equations
    }
    assert_int_equal(cholesky_factor(&matrix), STATUS_NOT_FINITE);
    cholesky_destroy(&matrix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dense_system_is_solved_for_all_right_sides),
        cmocka_unit_test(so_is_one_in_a_band),
        cmocka_unit_test(a_matrix_that_is_not_positive_has_no_factor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
