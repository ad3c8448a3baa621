// SPDX-License-Identifier: Apache-2.0
#include "image/dataset_parts.h"

#include "base/random.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* The part that misses most (step +1), or has most to spare (step -1), of what its share wants. */
static size_t find_part(const size_t *sizes, const double *shares, size_t parts, int step)
{
    size_t best = parts;
    double best_gap = 0;
    for (size_t i = 0; i < parts; i++) {
        const double gap = (double)step * (shares[i] - (double)sizes[i]);
        if (step < 0 && sizes[i] == 1) continue;
        if (best == parts || gap > best_gap) {
            best = i;
            best_gap = gap;
        }
    }
    assert(best < parts);
    return best;
}

/* Sizes proportional to exp(-skew * part), at least 1 and together `people`. */
static void choose_sizes(size_t *sizes, double *shares, size_t parts, size_t people, double skew)
{
    double total = 0;
    for (size_t i = 0; i < parts; i++) {
        shares[i] = exp(-skew * (double)i);
        total += shares[i];
    }
    size_t sum = 0;
    for (size_t i = 0; i < parts; i++) {
        shares[i] *= (double)people / total;
        sizes[i] = shares[i] > 1 ? (size_t)shares[i] : 1;
        sum += sizes[i];
    }
    for (; sum < people; sum++) {
        sizes[find_part(sizes, shares, parts, 1)]++;
    }
    for (; sum > people; sum--) {
        sizes[find_part(sizes, shares, parts, -1)]--;
    }
}

static int compare_indices(const void *first, const void *second)
{
    const uint32_t a = *(const uint32_t *)first, b = *(const uint32_t *)second;
    return (a > b) - (a < b);
}

enum status dataset_split(uint32_t **chosen, size_t *count, size_t people,
                          const struct dataset_options *options)
{
    const size_t parts = options->split_count > 1 ? (size_t)options->split_count : 1;
    const size_t index = parts > 1 ? (size_t)options->split_index : 0;
    assert(options->split_index >= 0 && index < parts && people <= UINT32_MAX);
    assert(options->skew >= 0);
    if (people < parts) {
        return status_fail(STATUS_BAD_INPUT,
                           "%zu people cannot be shared out over %zu participants", people, parts);
    }
    enum status status = STATUS_OK;
    struct random random;
    size_t first = 0;
    size_t *sizes = calloc(parts, sizeof *sizes);
    double *shares = calloc(parts, sizeof *shares);
    uint32_t *order = calloc(people, sizeof *order);
    if (sizes == NULL || shares == NULL || order == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "no memory to share out people");
        goto done;
    }
    choose_sizes(sizes, shares, parts, people, options->skew);
    random_start(&random, options->seed, 0, RANDOM_SPLIT, 0, 0);
    random_permutation(&random, order, people);
    for (size_t i = 0; i < index; i++) {
        first += sizes[i];
    }
    *count = sizes[index];
    for (size_t i = 0; i < *count; i++) {
        order[i] = order[first + i];
    }
    qsort(order, *count, sizeof *order, compare_indices);
    *chosen = order;
    order = NULL;
done:
    free(sizes);
    free(shares);
    free(order);
    return status;
}
