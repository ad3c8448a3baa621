// SPDX-License-Identifier: Apache-2.0
/* sizes - arithmetic of counts. */
#ifndef BASE_SIZES_H
#define BASE_SIZES_H

#include <stddef.h>

static inline size_t sizes_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t sizes_most(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* The least multiple of `step` that is not below `count`. */
static inline size_t sizes_rounded(size_t count, size_t step)
{
    return (count + step - 1) / step * step;
}

#endif
