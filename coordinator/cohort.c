// SPDX-License-Identifier: Apache-2.0
#include "cohort.h"

#include "base/random.h"

#include <assert.h>
#include <stdlib.h>

static int compare(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

size_t cohort_choose(uint32_t *members, size_t count, size_t size, const struct cohort_draw *draw)
{
    assert(members != NULL || count == 0);
    if (count == 0) return 0;
    qsort(members, count, sizeof *members, compare);
    if (size == 0 || size >= count) return count;
    struct random random;
    random_start(&random, draw->seed, 0, RANDOM_COHORT, draw->round, draw->attempt);
    for (size_t i = 0; i < size; i++) { // the first steps of Fisher and Yates
        const size_t j = i + random_below(&random, (uint32_t)(count - i));
        const uint32_t swapped = members[i];
        members[i] = members[j];
        members[j] = swapped;
    }
    qsort(members, size, sizeof *members, compare);
    return size;
}
