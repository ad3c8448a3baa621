// SPDX-License-Identifier: Apache-2.0
#include "keystream.h"

#include "measure.h"
#include "secure/blinding.h"
#include "secure/identity.h"

#include <omp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 3 * 64 * 64 }; // bytes at once, as blinding.c has it

struct bench {
    struct blinding_words words;
    struct blinding_seed *seeds;
    size_t count; // of them
    int threads;
};

static void blind(void *context)
{
    const struct bench *bench = context;
    blinding_many(&bench->words, bench->seeds, bench->count, bench->threads);
}

/* As many bytes of keystream, in pieces of the same size. */
static void expand(void *context)
{
    const struct bench *bench = context;
    const size_t bytes = bench->words.count * (size_t)bench->words.bits / 8;
    const size_t pieces = (bytes + PIECE - 1) / PIECE;
    unsigned used = 0;
#pragma omp parallel for num_threads(bench->threads) if (bench->threads > 1) schedule(static)      \
    reduction(+ : used)
    for (size_t p = 0; p < pieces; p++) {
        uint8_t stream[PIECE];
        const size_t left = bytes - p * PIECE, now = left < PIECE ? left : PIECE;
        for (size_t i = 0; i < bench->count; i++) {
            identity_stream(stream, now, bench->seeds[i].bytes, p);
            used += stream[now - 1];
        }
    }
    volatile unsigned kept = used; // or the work could be left out
    (void)kept;
}

static void take_turns(struct keystream_result *result, struct bench *bench, int steps)
{
    // Too large for a stack; one measurement at a time.
    static struct measure wall, processor, bare_wall, bare_processor, share;
    wall.count = processor.count = bare_wall.count = bare_processor.count = share.count = 0;
    blind(bench);
    expand(bench);
    for (int i = 0; i < steps; i++) {
        measure_call(&wall, &processor, blind, bench);
        measure_call(&bare_wall, &bare_processor, expand, bench);
        measure_add(&share, bare_processor.seconds[i] / processor.seconds[i]);
    }
    result->wall = measure_median(&wall);
    result->processor = measure_median(&processor);
    result->bare_wall = measure_median(&bare_wall);
    result->bare_processor = measure_median(&bare_processor);
    result->share = measure_median(&share);
}

enum status keystream_measure(struct keystream_result *result, const struct keystream_task *task)
{
    const size_t bytes = task->words * (size_t)task->bits / 8;
    struct bench bench = {.count = task->neighbours + 1, .threads = task->threads};
    bench.words =
        (struct blinding_words){malloc(bytes), 0, task->words, task->bits, BLINDING_UPDATE};
    bench.seeds = malloc(bench.count * sizeof *bench.seeds);
    enum status status = STATUS_OK;
    if (bench.words.bytes == NULL || bench.seeds == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for %zu words", task->words);
    } else {
        memset(bench.words.bytes, 0, bytes);
        for (size_t i = 0; i < bench.count; i++) {
            identity_random(bench.seeds[i].bytes, sizeof bench.seeds[i].bytes);
            bench.seeds[i].add = i % 2 == 0;
        }
        take_turns(result, &bench, task->steps);
        result->bytes = (double)bytes * (double)bench.count;
    }
    free(bench.seeds);
    free(bench.words.bytes);
    return status;
}
