// SPDX-License-Identifier: Apache-2.0
#include "peak.h"
#include "base/clock.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 5 };

#define COPY_BYTES ((size_t)64 << 20) // of a thread: more than its share of any cache

extern const struct peak_set peak_fma_portable;
#ifdef FEDVEIL_X86_KERNELS
extern const struct peak_set peak_fma_avx2, peak_fma_avx512;
#endif

const struct peak_set *peak_portable(void)
{
    return &peak_fma_portable;
}

const struct peak_set *peak_get(void)
{
#ifdef FEDVEIL_X86_KERNELS
    if (__builtin_cpu_supports("avx512f")) return &peak_fma_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &peak_fma_avx2;
#endif
    return &peak_fma_portable;
}

/* Seconds of so many rounds on every thread. */
static double time_rounds(const struct peak_set *set, int threads, size_t rounds)
{
    float sum = 0;
    const double start = clock_now_seconds();
#pragma omp parallel for num_threads(threads) schedule(static, 1) reduction(+ : sum)
    for (int t = 0; t < threads; t++) {
        sum += set->run(rounds);
    }
    const double seconds = clock_now_seconds() - start;
    volatile float used = sum;
    (void)used;
    return seconds;
}

static double measure_gflops(const struct peak_task *task, const struct peak_set *set)
{
    size_t rounds = 1000;
    double seconds = 0;
    while ((seconds = time_rounds(set, task->threads, rounds)) < task->seconds / 2) {
        rounds *= 2;
    }
    for (int i = 0; i < RUNS; i++) {
        const double again = time_rounds(set, task->threads, rounds);
        if (again < seconds) seconds = again;
    }
    return 1e-9 * task->threads * (double)rounds * (double)set->flops / seconds;
}

/* Each thread copies a block of its own; the first run touches the pages. */
static double measure_copy(int threads, char *blocks)
{
    double best = 0;
    for (int i = 0; i <= RUNS; i++) {
        const double start = clock_now_seconds();
#pragma omp parallel for num_threads(threads) schedule(static, 1)
        for (int t = 0; t < threads; t++) {
            char *from = blocks + 2 * COPY_BYTES * (size_t)t;
            memcpy(from + COPY_BYTES, from, COPY_BYTES);
            from[i] = (char)i; // or the next copy could be left out
        }
        const double seconds = clock_now_seconds() - start;
        const double rate = 2e-9 * (double)threads * (double)COPY_BYTES / seconds;
        if (i > 0 && rate > best) best = rate;
    }
    return best;
}

enum status peak_run(void *result, const void *task, struct fleet *fleet)
{
    const struct peak_task *given = task;
    struct peak_result *found = result;
    const size_t bytes = 2 * COPY_BYTES * (size_t)given->threads;
    char *blocks = malloc(bytes);
    if (blocks == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for copies");
    memset(blocks, 1, bytes);
    const enum status status = fleet_meet(fleet);
    if (status == STATUS_OK) {
        found->instructions = peak_get()->name;
        found->gflops = measure_gflops(given, peak_get());
        found->copy_gb_per_s = measure_copy(given->threads, blocks);
    }
    free(blocks);
    return status;
}
