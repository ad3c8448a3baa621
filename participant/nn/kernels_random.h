// SPDX-License-Identifier: Apache-2.0
/* kernels_random - many blocks of Philox (base/random.h) at once: a part of kernels.c. */
#ifndef NN_KERNELS_RANDOM_H
#define NN_KERNELS_RANDOM_H

#include "base/random.h"
#include "nn/kernels_vector.h"

enum { DRAWN = 16 }; // blocks at a time

/* Words of the blocks from `block` on, as c[word][block]. */
ALWAYS_INLINE void draw_blocks(uint32_t c[4][DRAWN], const struct kernels_stream *stream,
                               size_t block)
{
    for (uint32_t i = 0; i < DRAWN; i++) {
        c[0][i] = stream->counter[0] + (uint32_t)block + i;
        c[1][i] = stream->counter[1];
        c[2][i] = stream->counter[2];
        c[3][i] = stream->counter[3];
    }
    uint32_t first = stream->key[0], second = stream->key[1];
    for (int round = 0; round < RANDOM_ROUNDS; round++) {
        for (int i = 0; i < DRAWN; i++) {
            const uint64_t p0 = (uint64_t)RANDOM_MUL_0 * c[0][i];
            const uint64_t p1 = (uint64_t)RANDOM_MUL_1 * c[2][i];
            c[0][i] = (uint32_t)(p1 >> 32) ^ c[1][i] ^ first;
            c[1][i] = (uint32_t)p1;
            c[2][i] = (uint32_t)(p0 >> 32) ^ c[3][i] ^ second;
            c[3][i] = (uint32_t)p0;
        }
        first += RANDOM_WEYL_0;
        second += RANDOM_WEYL_1;
    }
}

static void draw_kept(float *kept, const struct kernels_stream *stream, size_t first, size_t count,
                      uint32_t threshold, float scale)
{
    for (size_t done = 0; done < count; done += 4 * DRAWN) {
        uint32_t c[4][DRAWN];
        draw_blocks(c, stream, (first + done) / 4);
        const size_t left = count - done < 4 * DRAWN ? count - done : 4 * DRAWN;
        float drawn[4 * DRAWN];
        for (size_t i = 0; i < 4 * DRAWN; i++) {
            drawn[i] = c[i % 4][i / 4] < threshold ? 0.0f : scale;
        }
        memcpy(kept + done, drawn, left * sizeof *kept);
    }
}

#endif
