// SPDX-License-Identifier: Apache-2.0
#include "nn/pca.h"
#include "reference/vector_file.h"

#include <math.h>
#include <stdlib.h>

enum { COUNT_MAX = 30, SIZE_MAX_HERE = 600, KEPT_MAX = 12, STEP = 7, CASES = 3 };

/* The rows that make_pca.py describes. */
static void draw(float *rows, size_t count, size_t size)
{
    for (size_t row = 0; row < count; row++) {
        for (size_t i = 0; i < size; i++) {
            const size_t mixed = row * row * 31 + i * 17 + row * i * (i % 5 + 1);
            rows[row * size + i] = ((float)(mixed % 101) - 50) / 8;
        }
    }
}

static double next(FILE *file)
{
    double number = 0;
    assert_int_equal(fscanf(file, "%lf", &number), 1);
    return number;
}

static void compare_every(FILE *file, const float *ours, size_t size)
{
    for (size_t i = 0; i < size; i += STEP) {
        assert_float_equal(ours[i], next(file), 2e-6);
    }
}

static void compare_case(FILE *file)
{
    static float rows[COUNT_MAX * SIZE_MAX_HERE], components[KEPT_MAX * SIZE_MAX_HERE];
    static float mean[SIZE_MAX_HERE];
    double variance[KEPT_MAX], total = 0;
    size_t count = 0, size = 0, kept = 0;
    assert_int_equal(fscanf(file, " case %zu %zu %zu", &count, &size, &kept), 3);
    assert_true(count <= COUNT_MAX && size <= SIZE_MAX_HERE && kept <= KEPT_MAX);
    draw(rows, count, size);
    assert_int_equal(pca_fit(mean, components, variance, &total, rows, count, size, kept),
                     STATUS_OK);
    assert_float_equal(total, next(file), (1e-6 * total));
    for (size_t k = 0; k < kept; k++) {
        assert_float_equal(variance[k], next(file), (1e-6 * total));
        compare_every(file, components + k * size, size);
    }
    compare_every(file, mean, size);
}

static void components_are_those_of_numpy(void **state)
{
    (void)state;
    vector_file_each("pca.txt", NULL, compare_case, CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(components_are_those_of_numpy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
