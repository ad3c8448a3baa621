// SPDX-License-Identifier: Apache-2.0
#include "nn/gemm.h"

#include <assert.h>
#include <cblas.h>
#include <limits.h>
#include <omp.h>

/* The OpenMP build of OpenBLAS takes as many threads as OpenMP would give it, which outside of a
 * parallel region would change the order of sums with the number of threads. */
void gemm_multiply(float *c, const float *a, const float *b, struct gemm shape)
{
    assert(shape.m <= INT_MAX && shape.n <= INT_MAX && shape.k <= INT_MAX);
    const int threads = omp_in_parallel() ? 0 : omp_get_max_threads();
    if (threads > 1) omp_set_num_threads(1);
    cblas_sgemm(CblasRowMajor, shape.transpose_a ? CblasTrans : CblasNoTrans,
                shape.transpose_b ? CblasTrans : CblasNoTrans, (int)shape.m, (int)shape.n,
                (int)shape.k, 1.0f, a, (int)shape.lda, b, (int)shape.ldb, shape.add ? 1.0f : 0.0f,
                c, (int)shape.ldc);
    if (threads > 1) omp_set_num_threads(threads);
}
