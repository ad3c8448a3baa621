// SPDX-License-Identifier: Apache-2.0
#include "reference/slow_gemm.h"

void slow_gemm_multiply(float *c, const float *a, const float *b, struct gemm shape)
{
    for (size_t i = 0; i < shape.m; i++) {
        for (size_t j = 0; j < shape.n; j++) {
            double sum = shape.add ? (double)c[i * shape.ldc + j] : 0;
            for (size_t k = 0; k < shape.k; k++) {
                const float left = shape.transpose_a ? a[k * shape.lda + i] : a[i * shape.lda + k];
                const float right = shape.transpose_b ? b[j * shape.ldb + k] : b[k * shape.ldb + j];
                sum += (double)left * (double)right;
            }
            c[i * shape.ldc + j] = (float)sum;
        }
    }
}
