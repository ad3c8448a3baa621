// SPDX-License-Identifier: Apache-2.0
/* kernels_vector - the machine's widest vectors in plain C: a part of kernels.c.
 *
 * A panel of 16 channels is PARTS vectors. The last panel of a map may hold fewer channels than 16:
 * `lanes` counts them, and loads and stores of a part leave the others alone. */
#ifndef NN_KERNELS_VECTOR_H
#define NN_KERNELS_VECTOR_H

#include "nn/kernels.h"

#include <string.h>

#if defined __AVX2__
#include <immintrin.h>
#endif

#if defined __AVX512F__
enum { LANES = 16 };
#elif defined __AVX2__
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif

enum { PANEL = KERNELS_PANEL, PARTS = PANEL / LANES };

typedef float vector __attribute__((vector_size(4 * LANES), may_alias));
typedef float vector_anywhere __attribute__((vector_size(4 * LANES), may_alias, aligned(4)));

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define UNROLL        _Pragma("GCC unroll 16")

ALWAYS_INLINE vector load(const float *x)
{
    return *(const vector_anywhere *)x;
}

ALWAYS_INLINE void store(float *y, vector x)
{
    *(vector_anywhere *)y = x;
}

/* The first `lanes` of LANES numbers; zeros after them. */
ALWAYS_INLINE vector load_part(const float *x, int lanes)
{
    if (lanes >= LANES) return load(x);
    vector part = {0};
    if (lanes > 0) memcpy(&part, x, (size_t)lanes * sizeof *x);
    return part;
}

ALWAYS_INLINE void store_part(float *y, vector x, int lanes)
{
    if (lanes >= LANES) {
        store(y, x);
    } else if (lanes > 0) {
        memcpy(y, &x, (size_t)lanes * sizeof *y);
    }
}

/* A vector of one number. Less zero, and not plus: only that leaves every number as it is. */
ALWAYS_INLINE vector splat(float x)
{
    return x - (vector){0};
}

/* x > 0 ? yes : no. The language has no choice by vectors; compilers miss the instruction. */
ALWAYS_INLINE vector choose(vector x, vector yes, vector no)
{
#if defined __AVX512F__
    return (vector)_mm512_mask_blend_ps(
        _mm512_cmp_ps_mask((__m512)x, _mm512_setzero_ps(), _CMP_GT_OQ), (__m512)no, (__m512)yes);
#elif defined __AVX2__
    return (vector)_mm256_blendv_ps((__m256)no, (__m256)yes,
                                    _mm256_cmp_ps((__m256)x, _mm256_setzero_ps(), _CMP_GT_OQ));
#else
    typedef int bits __attribute__((vector_size(4 * LANES)));
    const bits positive = x > (vector){0};
    return (vector)(((bits)yes & positive) | ((bits)no & ~positive));
#endif
}

#endif
