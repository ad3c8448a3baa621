// SPDX-License-Identifier: Apache-2.0
#include "nn/arena.h"
#include "base/sizes.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { LINE = 64, LARGE_PAGE = 2 * 1024 * 1024 };

float *arena_create(size_t count)
{
    if (count > (SIZE_MAX - LARGE_PAGE) / sizeof(float)) return NULL;
    const size_t align = count * sizeof(float) < LARGE_PAGE ? LINE : LARGE_PAGE;
    const size_t bytes = (count * sizeof(float) + align - 1) / align * align;
    float *block = aligned_alloc(align, bytes > 0 ? bytes : align);
#ifdef MADV_HUGEPAGE
    // Only a wish: without large pages all works, more slowly.
    if (block != NULL && align == LARGE_PAGE) (void)madvise(block, bytes, MADV_HUGEPAGE);
#endif
    return block;
}

float *arena_take(float **next, size_t *total, size_t count)
{
    const size_t taken = sizes_rounded(count, LINE / sizeof(float));
    float *place = *next;
    if (place != NULL) *next += taken;
    *total += taken;
    return place;
}
