// SPDX-License-Identifier: Apache-2.0
#include "secure/skellam.h"

#include <assert.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>

enum {
    GUIDE_BITS = 16,
    DRAWS = 512, // for which random bytes are taken at once
    DRAW_BYTES = 16,
};

/* A probability: high 2^-63 + low 2^-127. */
struct share {
    uint64_t high, low;
};

struct skellam {
    size_t count;       // entries of tail
    struct share *tail; // T_0 .. T_(count-1), falling; T_0 = 1
    // For the highest bits of U, the largest k with T_k > U whatever the others are.
    uint32_t guide[(size_t)1 << GUIDE_BITS];
};

/* The unevaluated sum of two doubles, |low| at most half a last place of high. */
struct pair {
    double high, low;
};

static struct pair pair_of(double high, double low)
{
    const double sum = high + low;
    return (struct pair){sum, low - (sum - high)};
}

/* Sum, product and quotient of positive pairs: Joldes, Muller, Popescu, "Tight and rigorous error
 * bounds for basic building blocks of double-word arithmetic", TOMS 44(2), 2017. Each has a
 * relative error below 2^-102. */
static struct pair pair_add(struct pair a, struct pair b)
{
    const double sum = a.high + b.high, part = sum - a.high;
    const double lost = (a.high - (sum - part)) + (b.high - part);
    return pair_of(sum, lost + (a.low + b.low));
}

static struct pair pair_multiply(struct pair a, struct pair b)
{
    const double product = a.high * b.high;
    const double lost = fma(a.high, b.high, -product) + (a.high * b.low + a.low * b.high);
    return pair_of(product, lost);
}

static struct pair pair_divide(struct pair a, struct pair b)
{
    const double quotient = a.high / b.high;
    const double rest = fma(-quotient, b.high, a.high) + (a.low - quotient * b.low);
    return pair_of(quotient, rest / b.high);
}

double skellam_reach(double variance)
{
    return ceil(10 * sqrt(variance) + 40);
}

/* Rounds down, to 2^-116 at worst. */
static struct share share_of(struct pair p)
{
    const double high = ldexp(p.high, 63), low = ldexp(p.low, 63); // |low| <= 2^9
    const double rest = (high - floor(high)) + (low - floor(low)), carry = floor(rest);
    const int64_t whole = (int64_t)floor(high) + (int64_t)(floor(low) + carry);
    return (struct share){(uint64_t)whole, (uint64_t)ldexp(rest - carry, 64)};
}

/* Runs down the recurrence from I_n = 1, n far out, and returns I_0 + 2 (I_1 + I_2 + ..), smallest
 * first. With a table, T_k = 2 (I_k + I_(k+1) + ..) `unit` is written on the way. */
static struct pair descend(double variance, struct skellam *table, struct pair unit)
{
    const struct pair step = pair_divide((struct pair){2, 0}, (struct pair){variance, 0});
    struct pair above = {0, 0}, here = {1, 0}, sum = {0, 0};
    for (double k = ceil(14 * sqrt(variance)) + 80; k > 0; k--) {
        sum = pair_add(sum, (struct pair){2 * here.high, 2 * here.low});
        if (table != NULL && k < (double)table->count) {
            table->tail[(size_t)k] = share_of(pair_multiply(sum, unit));
        }
        const struct pair factor = pair_multiply(step, (struct pair){k, 0});
        const struct pair below = pair_add(above, pair_multiply(factor, here));
        above = here;
        here = below;
    }
    return pair_add(sum, here);
}

static void fill_guide(struct skellam *skellam)
{
    uint32_t k = 0;
    for (size_t b = (size_t)1 << GUIDE_BITS; b-- > 0;) {
        const uint64_t above = (uint64_t)(b + 1) << (63 - GUIDE_BITS);
        while (k + 1 < skellam->count && skellam->tail[k + 1].high >= above) {
            k++;
        }
        skellam->guide[b] = k;
    }
}

enum status skellam_create(struct skellam **skellam, uint64_t variance)
{
    assert(variance > 0 && variance <= SKELLAM_VARIANCE_MAX);
    const double v = (double)variance;
    struct skellam *made = calloc(1, sizeof *made);
    if (made != NULL) {
        made->count = (size_t)skellam_reach(v) + 1;
        made->tail = calloc(made->count, sizeof *made->tail);
    }
    if (made == NULL || made->tail == NULL) {
        skellam_destroy(&made);
        return status_fail(STATUS_NO_MEMORY, "out of memory for noise of variance %.3g", v);
    }
    const struct pair one = {1, 0};
    descend(v, made, pair_divide(one, descend(v, NULL, one)));
    made->tail[0] = (struct share){(uint64_t)1 << 63, 0};
    fill_guide(made);
    *skellam = made;
    return STATUS_OK;
}

void skellam_destroy(struct skellam **skellam)
{
    if (*skellam != NULL) free((*skellam)->tail);
    free(*skellam);
    *skellam = NULL;
}

static uint64_t load(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) {
        value |= (uint64_t)bytes[i] << (8 * i);
    }
    return value;
}

static uint32_t draw(const struct skellam *skellam, const uint8_t bytes[DRAW_BYTES])
{
    const uint64_t first = load(bytes), low = load(bytes + 8), high = first >> 1;
    uint32_t k = skellam->guide[high >> (63 - GUIDE_BITS)];
    while (k + 1 < skellam->count) {
        const struct share *next = &skellam->tail[k + 1];
        if (high > next->high || (high == next->high && low >= next->low)) break;
        k++;
    }
    return (first & 1) != 0 ? -k : k;
}

void skellam_add(const struct skellam *skellam, uint32_t *integers, size_t count,
                 void (*random)(uint8_t *bytes, size_t size))
{
    uint8_t bytes[DRAWS * DRAW_BYTES];
    for (size_t first = 0; first < count; first += DRAWS) {
        const size_t size = count - first < DRAWS ? count - first : DRAWS;
        random(bytes, size * DRAW_BYTES);
        for (size_t i = 0; i < size; i++) {
            integers[first + i] += draw(skellam, bytes + i * DRAW_BYTES);
        }
    }
    sodium_memzero(bytes, sizeof bytes);
}
