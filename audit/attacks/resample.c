// SPDX-License-Identifier: Apache-2.0
#include "attacks/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Weights of sample `at`: how much of it each area covers, or how near the two middles are. */
static void weigh(float *row, size_t from, size_t to, size_t at)
{
    const double scale = (double)from / (double)to;
    const double start = (double)at * scale, stop = start + scale;
    const double middle = fmin(fmax(start + scale / 2 - 0.5, 0), (double)(from - 1));
    for (size_t j = 0; j < from; j++) {
        const double place = (double)j;
        const double covered = fmin(stop, place + 1) - fmax(start, place);
        const double near = 1 - fabs(middle - place);
        row[j] = (float)fmax(to <= from ? covered / scale : near, 0);
    }
}

enum status resample_create(struct resample *resample, size_t from, size_t to)
{
    *resample = (struct resample){.from = from,
                                  .to = to,
                                  .weights = calloc(from, to * sizeof(float)),
                                  .first = calloc(to, sizeof(size_t)),
                                  .last = calloc(to, sizeof(size_t))};
    if (resample->weights == NULL || resample->first == NULL || resample->last == NULL) {
        resample_destroy(resample);
        return status_fail(STATUS_NO_MEMORY, "out of memory to resize maps");
    }
    for (size_t i = 0; i < to; i++) {
        float *row = resample->weights + i * from;
        weigh(row, from, to, i);
        size_t first = 0, last = from;
        while (first < last && row[first] < 1e-6f) {
            first++;
        }
        while (last > first && row[last - 1] < 1e-6f) {
            last--;
        }
        resample->first[i] = first;
        resample->last[i] = last;
    }
    return STATUS_OK;
}

void resample_destroy(struct resample *resample)
{
    free(resample->weights);
    free(resample->first);
    free(resample->last);
    *resample = (struct resample){0};
}

static void add(float *out, const float *in, float weight, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out[i] += weight * in[i];
    }
}

/* Each row of weights is taken with each line of `lines`, each of `numbers` that stand together;
 * `back`: from what it gives to what it takes. */
static void run(const struct resample *resample, float *out, const float *in, size_t lines,
                size_t numbers, int back)
{
    const size_t from = resample->from, to = resample->to;
    memset(out, 0, lines * (back ? from : to) * numbers * sizeof *out);
    for (size_t line = 0; line < lines; line++) {
        for (size_t i = 0; i < to; i++) {
            for (size_t j = resample->first[i]; j < resample->last[i]; j++) {
                const size_t small = (line * from + j) * numbers, large = (line * to + i) * numbers;
                const float weight = resample->weights[i * from + j];
                add(out + (back ? small : large), in + (back ? large : small), weight, numbers);
            }
        }
    }
}

void resample_apply(const struct resample *resample, float *out, const float *in, size_t channels,
                    float *room)
{
    run(resample, room, in, resample->from, channels, 0);
    run(resample, out, room, 1, resample->to * channels, 0);
}

void resample_gradient(const struct resample *resample, float *in, const float *out,
                       size_t channels, float *room)
{
    run(resample, room, out, 1, resample->to * channels, 1);
    run(resample, in, room, resample->from, channels, 1);
}
