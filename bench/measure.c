// SPDX-License-Identifier: Apache-2.0
#include "measure.h"
#include "base/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void measure_add(struct measure *measure, double seconds)
{
    assert(measure->count < MEASURE_MAX);
    measure->seconds[measure->count++] = seconds;
}

void measure_call(struct measure *wall, struct measure *processor, void (*work)(void *context),
                  void *context)
{
    const double start = clock_now_seconds(), computed = clock_processor_seconds();
    work(context);
    measure_add(processor, clock_processor_seconds() - computed);
    measure_add(wall, clock_now_seconds() - start);
}

static int compare(const void *first, const void *second)
{
    const double a = *(const double *)first, b = *(const double *)second;
    return (a > b) - (a < b);
}

double measure_median(const struct measure *measure)
{
    assert(measure->count > 0);
    double sorted[MEASURE_MAX];
    const size_t count = (size_t)measure->count;
    memcpy(sorted, measure->seconds, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);
    return sorted[count / 2];
}

double measure_calls(void (*work)(void *context), void *context, int steps)
{
    struct measure measure = {.count = 0};
    work(context);
    for (int i = 0; i < steps; i++) {
        const double start = clock_now_seconds();
        work(context);
        measure_add(&measure, clock_now_seconds() - start);
    }
    return measure_median(&measure);
}
