// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <assert.h>
#include <math.h>
#include <string.h>

void random_block(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2])
{
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    uint32_t k[2] = {key[0], key[1]};
    for (int round = 0; round < RANDOM_ROUNDS; round++) {
        const uint64_t p0 = (uint64_t)RANDOM_MUL_0 * c[0];
        const uint64_t p1 = (uint64_t)RANDOM_MUL_1 * c[2];
        const uint32_t next[4] = {(uint32_t)(p1 >> 32) ^ c[1] ^ k[0], (uint32_t)p1,
                                  (uint32_t)(p0 >> 32) ^ c[3] ^ k[1], (uint32_t)p0};
        memcpy(c, next, sizeof c);
        k[0] += RANDOM_WEYL_0;
        k[1] += RANDOM_WEYL_1;
    }
    memcpy(out, c, sizeof c);
}

void random_start(struct random *random, uint64_t seed, uint32_t participant,
                  enum random_purpose purpose, uint32_t round, uint32_t step)
{
    assert(participant <= RANDOM_PARTICIPANT_MAX);
    assert(purpose < RANDOM_PURPOSES);
    *random = (struct random){
        .key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
        .counter = {0, step, round, participant << 8 | (uint32_t)purpose},
        .used = 4,
    };
}

uint32_t random_bits(struct random *random)
{
    if (random->used == 4) {
        random_block(random->block, random->counter, random->key);
        random->counter[0]++;
        random->used = 0;
    }
    return random->block[random->used++];
}

uint32_t random_below(struct random *random, uint32_t bound)
{
    assert(bound > 0);
    uint64_t product = (uint64_t)random_bits(random) * bound;
    if ((uint32_t)product < bound) {
        const uint32_t threshold = (0u - bound) % bound;
        while ((uint32_t)product < threshold) {
            product = (uint64_t)random_bits(random) * bound;
        }
    }
    return (uint32_t)(product >> 32);
}

float random_uniform(struct random *random)
{
    return (float)(random_bits(random) >> 8) * 0x1p-24f;
}

float random_normal(struct random *random)
{
    // 1 - u lies in (0, 1], so the logarithm is finite.
    const float radius = sqrtf(-2.0f * logf(1.0f - random_uniform(random)));
    return radius * cosf(6.28318530717958647692f * random_uniform(random));
}

void random_permutation(struct random *random, uint32_t *order, size_t count)
{
    assert(count <= UINT32_MAX);
    for (size_t i = 0; i < count; i++) {
        const uint32_t j = random_below(random, (uint32_t)i + 1);
        order[i] = order[j];
        order[j] = (uint32_t)i;
    }
}
