// SPDX-License-Identifier: Apache-2.0
/* spread - numbers that a vector file need not hold: spread() of tests/vectors/make_graph.py. */
#ifndef REFERENCE_SPREAD_H
#define REFERENCE_SPREAD_H

#include <stddef.h>
#include <stdint.h>

/* Number `index` of a stream, in [-0.5,0.5). */
static inline float spread_number(size_t index, unsigned stream)
{
    uint32_t bits = (uint32_t)index * 2654435761U + stream * 40503U;
    bits = ((bits >> 15) ^ bits) * 2246822519U;
    return (float)((bits >> 8) / 16777216.0 - 0.5);
}

static inline void spread_fill(float *numbers, size_t count, unsigned stream)
{
    for (size_t i = 0; i < count; i++) {
        numbers[i] = spread_number(i, stream);
    }
}

#endif
