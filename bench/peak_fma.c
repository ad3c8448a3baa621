// SPDX-License-Identifier: Apache-2.0
// Compiled once for each instruction set, with PEAK_SET naming it and PEAK_LANES the floats of a
// vector.
#include "peak.h"

#define PEAK_JOIN(a, b) a##b
#define PEAK_NAME(a, b) PEAK_JOIN(a, b)
#define PEAK_TEXT(a)    #a
#define PEAK_STRING(a)  PEAK_TEXT(a)
#define PEAK_TABLE      PEAK_NAME(peak_fma_, PEAK_SET)

/* Two units with a latency of 4 or 5 need 10 products on their way; 16 registers hold no more than
 * 12 and the factors. */
enum { CHAINS = 12 };

typedef float vector __attribute__((vector_size(PEAK_LANES * sizeof(float))));

extern const struct peak_set PEAK_TABLE;

static float run(size_t rounds)
{
    const vector factor = {0}, zero = {0};
    vector chain[CHAINS], a = factor + 0.999f, b = zero + 0.001f;
    // The compiler may not know the factors, or it would do the sums itself.
    __asm__ volatile("" : "+m"(a), "+m"(b));
    for (int i = 0; i < CHAINS; i++) {
        chain[i] = zero + (float)i;
    }
    for (size_t r = 0; r < rounds; r++) {
        for (int i = 0; i < CHAINS; i++) {
            chain[i] = chain[i] * a + b;
        }
    }
    vector sum = zero;
    for (int i = 0; i < CHAINS; i++) {
        sum += chain[i];
    }
    float result = 0;
    for (int i = 0; i < PEAK_LANES; i++) {
        result += sum[i];
    }
    return result;
}

const struct peak_set PEAK_TABLE = {
    .name = PEAK_STRING(PEAK_SET), .flops = (size_t)2 * CHAINS * PEAK_LANES, .run = run};
