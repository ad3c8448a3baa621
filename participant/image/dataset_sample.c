// SPDX-License-Identifier: Apache-2.0
#include "image/dataset_parts.h"

#include "base/random.h"

#include <assert.h>
#include <stdlib.h>

static int compare_indices(const void *first, const void *second)
{
    const uint32_t a = *(const uint32_t *)first, b = *(const uint32_t *)second;
    return (a > b) - (a < b);
}

enum status dataset_draw(uint32_t **drawn, size_t *count, const struct dataset_sample *sample)
{
    assert(*count <= UINT32_MAX);
    uint32_t *order = calloc(*count + 1, sizeof *order);
    if (order == NULL) return status_fail(STATUS_NO_MEMORY, "no memory to draw %zu images", *count);
    if (sample == NULL || sample->count == 0 || sample->count >= *count) {
        for (size_t i = 0; i < *count; i++) {
            order[i] = (uint32_t)i;
        }
    } else {
        struct random random;
        random_start(&random, sample->seed, 0, RANDOM_SAMPLE, 0, 0);
        random_permutation(&random, order, *count);
        *count = sample->count;
        qsort(order, *count, sizeof *order, compare_indices);
    }
    *drawn = order;
    return STATUS_OK;
}
