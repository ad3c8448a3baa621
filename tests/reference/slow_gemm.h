// SPDX-License-Identifier: Apache-2.0
/* slow_gemm - a matrix product by its definition, in doubles: the oracle of nn/gemm and
 * nn/linear. */
#ifndef REFERENCE_SLOW_GEMM_H
#define REFERENCE_SLOW_GEMM_H

#include "nn/gemm.h"

/* As gemm_multiply(). */
void slow_gemm_multiply(float *c, const float *a, const float *b, struct gemm shape);

#endif
