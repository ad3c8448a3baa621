// SPDX-License-Identifier: Apache-2.0
#include "nn/gemm.h"

#include <assert.h>
#include <cblas.h>
#include <limits.h>

void gemm_multiply(float *c, const float *a, const float *b, struct gemm shape)
{
    assert(shape.m <= INT_MAX && shape.n <= INT_MAX && shape.k <= INT_MAX);
    cblas_sgemm(CblasRowMajor, shape.transpose_a ? CblasTrans : CblasNoTrans,
                shape.transpose_b ? CblasTrans : CblasNoTrans, (int)shape.m, (int)shape.n,
                (int)shape.k, 1.0f, a, (int)shape.lda, b, (int)shape.ldb, shape.add ? 1.0f : 0.0f,
                c, (int)shape.ldc);
}

void gemm_start(void)
{
    openblas_set_num_threads(1);
}
