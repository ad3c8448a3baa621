// SPDX-License-Identifier: Apache-2.0
#include "secure/dp_sgd.h"

#include "secure/accountant.h"
#include "secure/identity.h"

#include <math.h>
#include <sodium.h>
#include <string.h>

enum { PIECE = 4096 }; // numbers of one stream of a key

uint64_t dp_sgd_steps(const struct config_federation *federation)
{
    const double steps = federation->local_epochs / federation->dp.sample_rate;
    return (uint64_t)ceil(steps * (1 - 1e-12)); // 10 tenths are ten steps, whatever rounding says
}

double dp_sgd_epsilon(const struct config_federation *federation, double steps)
{
    struct accountant accountant;
    accountant_start(&accountant);
    accountant_add_gaussian(&accountant, federation->dp.sample_rate, federation->dp.multiplier,
                            steps);
    return accountant_epsilon(&accountant, federation->dp.delta);
}

/* Uniform in [0, 1), of 53 bits: PIECE of them, number `piece` of the key's. */
static void draw(double uniform[PIECE], const uint8_t key[IDENTITY_KEY_BYTES], size_t piece)
{
    uint64_t bits[PIECE];
    uint8_t bytes[sizeof bits];
    identity_stream(bytes, sizeof bytes, key, piece);
    memcpy(bits, bytes, sizeof bits);
    for (size_t i = 0; i < PIECE; i++) {
        uniform[i] = (double)(bits[i] >> 11) * 0x1p-53;
    }
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(bits, sizeof bits);
}

size_t dp_sgd_sample(uint32_t *index, size_t count, double rate, dp_sgd_random *random)
{
    uint8_t key[IDENTITY_KEY_BYTES];
    double uniform[PIECE];
    size_t taken = 0;
    random(key, sizeof key);
    for (size_t i = 0; i < count; i++) {
        if (i % PIECE == 0) draw(uniform, key, i / PIECE);
        if (uniform[i % PIECE] < rate) index[taken++] = (uint32_t)i;
    }
    sodium_memzero(key, sizeof key);
    sodium_memzero(uniform, sizeof uniform);
    return taken;
}

/* A pair of uniform numbers gives a pair of normal ones. */
static void add_piece(float *numbers, size_t count, double deviation, const double uniform[PIECE])
{
    for (size_t i = 0; i < count; i += 2) {
        // 1 - u lies in (0, 1], so the logarithm is finite.
        const double radius = deviation * sqrt(-2.0 * log(1.0 - uniform[i]));
        const double angle = 6.28318530717958647692 * uniform[i + 1];
        numbers[i] = (float)((double)numbers[i] + radius * cos(angle));
        if (i + 1 == count) break;
        numbers[i + 1] = (float)((double)numbers[i + 1] + radius * sin(angle));
    }
}

void dp_sgd_noise(float *numbers, size_t count, double deviation, dp_sgd_random *random)
{
    uint8_t key[IDENTITY_KEY_BYTES];
    random(key, sizeof key);
    const size_t pieces = (count + PIECE - 1) / PIECE;
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        double uniform[PIECE];
        const size_t first = piece * PIECE, left = count - first;
        draw(uniform, key, piece);
        add_piece(numbers + first, left < PIECE ? left : PIECE, deviation, uniform);
        sodium_memzero(uniform, sizeof uniform);
    }
    sodium_memzero(key, sizeof key);
}
