// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/random.h"
#include "nn/pca.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { COUNT = 20, SIZE = 300, KEPT = COUNT - 1 }; // more columns than a piece

static float rows[COUNT * SIZE], components[KEPT * SIZE], mean[SIZE];
static double variance[KEPT], total;

static void draw_rows(void)
{
    struct random random;
    random_start(&random, 4, 0, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < COUNT * SIZE; i++) {
        rows[i] = random_normal(&random) + (float)(i % SIZE);
    }
}

static double product(const float *a, const float *b)
{
    double sum = 0;
    for (size_t i = 0; i < SIZE; i++) {
        sum += (double)a[i] * (double)b[i];
    }
    return sum;
}

/* Points on a line through (1, 2) along (3, 4) / 5, and a little across it. */
static void a_line_of_points_has_its_direction(void **state)
{
    (void)state;
    const float points[4 * 2] = {1 + 6, 2 + 8, 1 - 6, 2 - 8, 1 - 4, 2 + 3, 1 + 4, 2 - 3};
    float direction[2 * 2], centre[2];
    double spread[2], all;
    assert_int_equal(pca_fit(centre, direction, spread, &all, points, 4, 2, 2), STATUS_OK);
    const float wanted[] = {0.6f, 0.8f, 0.8f, -0.6f};
    for (int i = 0; i < 4; i++) {
        assert_float_equal(direction[i], wanted[i], 1e-6);
    }
    assert_float_equal(centre[0], 1, 1e-6);
    assert_float_equal(centre[1], 2, 1e-6);
    assert_float_equal(spread[0], 50, 1e-9); // twice 10 squared over four points
    assert_float_equal(spread[1], 12.5, 1e-9);
    assert_float_equal(all, 62.5, 1e-9);
}

static void components_are_of_length_1_and_orthogonal_and_their_variance_falls(void **state)
{
    (void)state;
    draw_rows();
    assert_int_equal(pca_fit(mean, components, variance, &total, rows, COUNT, SIZE, KEPT),
                     STATUS_OK);
    double sum = 0;
    for (size_t k = 0; k < KEPT; k++) {
        sum += variance[k];
        if (k > 0) assert_true(variance[k] <= variance[k - 1]);
        for (size_t j = 0; j <= k; j++) {
            const double wanted = j == k ? 1 : 0;
            assert_float_equal(product(components + k * SIZE, components + j * SIZE), wanted, 1e-6);
        }
    }
    assert_float_equal(sum, total, (1e-6 * total)); // no variance is left
}

static void all_components_give_each_row_back(void **state)
{
    (void)state;
    draw_rows();
    assert_int_equal(pca_fit(mean, components, variance, &total, rows, COUNT, SIZE, KEPT),
                     STATUS_OK);
    for (size_t row = 0; row < COUNT; row++) {
        float centred[SIZE];
        double back[SIZE] = {0};
        for (size_t i = 0; i < SIZE; i++) {
            centred[i] = rows[row * SIZE + i] - mean[i];
        }
        for (size_t k = 0; k < KEPT; k++) {
            const double coefficient = product(centred, components + k * SIZE);
            for (size_t i = 0; i < SIZE; i++) {
                back[i] += coefficient * (double)components[k * SIZE + i];
            }
        }
        for (size_t i = 0; i < SIZE; i++) {
            assert_float_equal(back[i], centred[i], 1e-3);
        }
    }
}

static void the_number_of_threads_changes_no_bit(void **state)
{
    (void)state;
    static float again[KEPT * SIZE];
    const int threads = omp_get_max_threads();
    draw_rows();
    for (int n = 1; n <= 4; n += 3) {
        omp_set_num_threads(n);
        assert_int_equal(
            pca_fit(mean, n == 1 ? components : again, variance, &total, rows, COUNT, SIZE, KEPT),
            STATUS_OK);
        assert_int_equal(omp_get_max_threads(), n);
    }
    omp_set_num_threads(threads);
    assert_memory_equal(components, again, sizeof again);
}

static void rows_of_fewer_directions_and_no_numbers_are_refused(void **state)
{
    (void)state;
    draw_rows();
    memcpy(rows + SIZE, rows, SIZE * sizeof *rows); // one direction less
    assert_int_equal(pca_fit(mean, components, variance, &total, rows, COUNT, SIZE, KEPT),
                     STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "fewer than the 19 directions"));
    assert_int_equal(pca_fit(mean, components, variance, &total, rows, COUNT, SIZE, KEPT - 1),
                     STATUS_OK);
    memset(rows, 0, sizeof rows);
    assert_int_equal(pca_fit(mean, components, variance, &total, rows, COUNT, SIZE, 1),
                     STATUS_BAD_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_of_points_has_its_direction),
        cmocka_unit_test(components_are_of_length_1_and_orthogonal_and_their_variance_falls),
        cmocka_unit_test(all_components_give_each_row_back),
        cmocka_unit_test(the_number_of_threads_changes_no_bit),
        cmocka_unit_test(rows_of_fewer_directions_and_no_numbers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
