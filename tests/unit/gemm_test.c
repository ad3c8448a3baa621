// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/gemm.h"
#include "reference/numbers.h"
#include "reference/slow_gemm.h"

#include <omp.h>

/* Rows are longer than the matrix by this much; what lies there must stay. */
enum { SPARE = 3 };

static struct gemm shape_of(size_t m, size_t n, size_t k, int variant)
{
    struct gemm shape = {.m = m, .n = n, .k = k};
    shape.transpose_a = variant & 1;
    shape.transpose_b = variant >> 1 & 1;
    shape.add = variant >> 2 & 1;
    shape.lda = (shape.transpose_a ? m : k) + SPARE;
    shape.ldb = (shape.transpose_b ? k : n) + SPARE;
    shape.ldc = n + SPARE;
    return shape;
}

static void compare(struct gemm shape)
{
    float *a = numbers_random((shape.transpose_a ? shape.k : shape.m) * shape.lda, 1);
    float *b = numbers_random((shape.transpose_b ? shape.n : shape.k) * shape.ldb, 2);
    const size_t count = shape.m * shape.ldc;
    float *found = numbers_random(count, 3), *expected = numbers_random(count, 3);
    float *before = numbers_random(count, 3);
    gemm_multiply(found, a, b, shape);
    slow_gemm_multiply(expected, a, b, shape);
    numbers_near(found, expected, count, 1e-5);
    for (size_t i = 0; i < shape.m; i++) {
        const size_t end = i * shape.ldc + shape.n;
        assert_memory_equal(found + end, before + end, SPARE * sizeof(float));
    }
    float *const blocks[] = {a, b, found, expected, before};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
}

static void agrees_with_the_definition_in_every_variant(void **state)
{
    (void)state;
    static const size_t sizes[][3] = {{1, 1, 1}, {1, 9, 33}, {17, 1, 5}, {6, 16, 1}, {37, 65, 130}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int variant = 0; variant < 8; variant++) {
            compare(shape_of(sizes[i][0], sizes[i][1], sizes[i][2], variant));
        }
    }
}

/* Large enough for OpenBLAS to share out, were it free to, and long enough to show in the bits. */
static void threads_change_no_bit_and_keep_their_number(void **state)
{
    (void)state;
    enum { M = 33, N = 257, K = 600, COUNT = M * N };
    const struct gemm shape = {.m = M, .n = N, .k = K, .lda = K, .ldb = N, .ldc = N};
    float *a = numbers_random(M * K, 1), *b = numbers_random(K * N, 2);
    float *one = numbers_random(COUNT, 3), *several = numbers_random(COUNT, 4);
    omp_set_num_threads(1);
    gemm_multiply(one, a, b, shape);
    omp_set_num_threads(3);
    gemm_multiply(several, a, b, shape);
    assert_int_equal(omp_get_max_threads(), 3);
    assert_memory_equal(one, several, COUNT * sizeof *one);
    float *inside[2] = {numbers_random(COUNT, 5), numbers_random(COUNT, 6)};
#pragma omp parallel for num_threads(2)
    for (int i = 0; i < 2; i++) {
        gemm_multiply(inside[i], a, b, shape);
    }
    for (int i = 0; i < 2; i++) {
        assert_memory_equal(one, inside[i], COUNT * sizeof *one);
        free(inside[i]);
    }
    free(a);
    free(b);
    free(one);
    free(several);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_definition_in_every_variant),
        cmocka_unit_test(threads_change_no_bit_and_keep_their_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
