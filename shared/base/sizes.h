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

/* What a share in [0, 1] of `count` comes to, rounded down; one that was rounded to just below a
 * whole number loses none. */
static inline size_t sizes_share(double share, size_t count)
{
    return (size_t)((share + 1e-14) * (double)count);
}

#endif
