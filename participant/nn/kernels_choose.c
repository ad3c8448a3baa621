// SPDX-License-Identifier: Apache-2.0
#include "nn/kernels.h"

extern const struct kernels kernels_portable_set;
#ifdef FEDVEIL_X86_KERNELS
extern const struct kernels kernels_avx2, kernels_avx512;
#endif

const struct kernels *kernels_portable(void)
{
    return &kernels_portable_set;
}

const struct kernels *kernels_get(void)
{
#ifdef FEDVEIL_X86_KERNELS
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")) {
        return &kernels_avx512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return &kernels_avx2;
    }
#endif
    return &kernels_portable_set;
}
