// SPDX-License-Identifier: Apache-2.0
/* gemm - matrix products on one thread; with pca the only user of OpenBLAS.
 *
 * Row-major matrices with row strides ld*, in floats. Callers split work over threads in fixed
 * pieces, so that a product gives the same bits whatever the number of threads. */
#ifndef NN_GEMM_H
#define NN_GEMM_H

#include <stddef.h>

struct gemm {
    size_t m, n, k;               // c is m x n
    int transpose_a, transpose_b; // a is stored k x m, b is stored n x k
    size_t lda, ldb, ldc;
    int add; // c += instead of c =
};

void gemm_multiply(float *c, const float *a, const float *b, struct gemm shape);

#endif
