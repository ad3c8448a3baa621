// SPDX-License-Identifier: Apache-2.0
#include "secure/quantise.h"

#include "secure/quantise_parts.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double weight_floor = 1, statistic_floor = 16;

uint32_t quantise_mask(const struct quantise *plan)
{
    return UINT32_MAX >> (32 - plan->bits);
}

static enum status largest(double *value, const struct model *base,
                           const struct tensor_entry *entry)
{
    float found = 0;
    for (size_t i = 0; i < entry->count; i++) {
        const float size = fabsf(base->values[entry->offset + i]);
        if (!(size <= FLT_MAX)) {
            return status_fail(STATUS_NOT_FINITE, "tensor %s: number %zu is not finite",
                               entry->name, i);
        }
        if (size > found) found = size;
    }
    *value = (double)found;
    return STATUS_OK;
}

/* The largest power of two with scale * bound <= steps.
 *
 * No sum of n integers wraps: |x| <= bound, so the integer of x lies within +-ceil(scale * bound),
 * and with steps = (2^(bits-1) - 1 - n) / n
 *     n * ceil(scale * bound) < n * (steps + 1) = 2^(bits-1) - 1.
 * A power of two makes scale * x exact, so rounding adds nothing to it. */
static double scale_for(double bound, double steps)
{
    int exponent;
    frexp(steps / bound, &exponent);
    const double scale = ldexp(1, exponent - 1);
    // The quotient may have been rounded up to a power of two.
    return scale * bound <= steps ? scale : scale / 2;
}

/* With noise one bound and scale serve all; the base must be finite all the same. */
static enum status plan_tensors(struct quantise *plan, const struct model *base,
                                const struct config_federation *federation, size_t reporters_max)
{
    const double reporters = (double)reporters_max;
    const double steps = (ldexp(1, plan->bits - 1) - 1 - reporters) / reporters;
    const bool noisy = federation->dp.method == DP_SKELLAM;
    double noisy_scale = 0;
    if (noisy) {
        const enum status status =
            quantise_plan_noise(plan, &noisy_scale, federation, reporters_max);
        if (status != STATUS_OK) return status;
    } else if (steps < 2) {
        // Rounding the scale down to a power of two takes up to half of the steps.
        return status_fail(STATUS_BAD_CONFIG,
                           "federation.quantise.bits: %d are too few for %zu reporters,"
                           " more bits are needed",
                           plan->bits, reporters_max);
    }

    for (size_t i = 0; i < plan->tensors; i++) {
        const struct tensor_entry *entry = &base->manifest.entries[i];
        const double floor = manifest_is_statistic(entry->name) ? statistic_floor : weight_floor;
        double most = 0;
        const enum status status = largest(&most, base, entry);
        if (status != STATUS_OK) return status;
        plan->first[i] = entry->offset;
        plan->bound[i] =
            noisy ? federation->dp.clip : federation->quantise.range * fmax(most, floor);
        plan->scale[i] = noisy ? noisy_scale : scale_for(plan->bound[i], steps);
    }
    plan->first[plan->tensors] = plan->count;
    return STATUS_OK;
}

enum status quantise_plan(struct quantise *plan, const struct model *base,
                          const struct config_federation *federation, size_t reporters_max)
{
    const int bits = federation->quantise.bits;
    assert(bits == 16 || bits == 24 || bits == 32);
    assert(reporters_max > 0 && federation->quantise.range > 0);
    const size_t tensors = base->manifest.tensors;
    *plan = (struct quantise){
        .bits = bits,
        .count = base->manifest.count,
        .tensors = tensors,
        .bound = calloc(tensors + 1, sizeof *plan->bound),
        .scale = calloc(tensors + 1, sizeof *plan->scale),
        .first = calloc(tensors + 1, sizeof *plan->first),
        .weight_max = federation->quantise.weight_max,
    };
    enum status status = STATUS_OK;
    if (plan->bound == NULL || plan->scale == NULL || plan->first == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "no memory for the bounds of %zu tensors", tensors);
    } else {
        status = plan_tensors(plan, base, federation, reporters_max);
    }
    if (status != STATUS_OK) quantise_destroy(plan);
    return status;
}

void quantise_destroy(struct quantise *plan)
{
    free(plan->bound);
    free(plan->scale);
    free(plan->first);
    *plan = (struct quantise){0};
}

void quantise_words(uint32_t words[QUANTISE_BLOCK], const struct random *rounding, size_t first,
                    size_t size)
{
    uint32_t counter[4];
    memcpy(counter, rounding->counter, sizeof counter);
    counter[0] += (uint32_t)(first / 4);
    for (size_t i = 0; i < size; i += 4) {
        random_block(words + i, counter, rounding->key);
        counter[0]++;
    }
}

void quantise_skip(struct random *rounding, size_t count)
{
    rounding->counter[0] += (uint32_t)((count + 3) / 4);
    rounding->used = 4;
}

struct run {
    double ratio, bound, scale;
    uint32_t mask;
};

/* Numbers of one tensor. Returns how many were cut; *finite turns false at a number that is not. */
static uint64_t encode_run(uint32_t *integers, bool *finite, const float *update,
                           const uint32_t *words, size_t count, struct run run)
{
    uint64_t cut = 0, bad = 0;
    for (size_t i = 0; i < count; i++) {
        const double x = (double)update[i] * run.ratio;
        const double below = x < run.bound ? x : run.bound;
        const double inside = below > -run.bound ? below : -run.bound; // also where x is NaN
        const double scaled = inside * run.scale;
        // floor(scaled + u) without rounding that sum: up where u >= 1 - fraction.
        const int32_t cast = (int32_t)scaled;
        const int32_t whole = cast - ((double)cast > scaled);
        const double fraction = scaled - (double)whole;
        const bool up = (double)words[i] * 0x1p-32 >= 1 - fraction;
        integers[i] = ((uint32_t)whole + up) & run.mask;
        cut += x > run.bound || x < -run.bound;
        bad += !(fabsf(update[i]) <= FLT_MAX);
    }
    if (bad > 0) *finite = false;
    return cut;
}

enum status quantise_fail_not_finite(const struct quantise *plan, const float *update)
{
    size_t i = 0, tensor = 0;
    while (fabsf(update[i]) <= FLT_MAX) {
        i++;
    }
    while (plan->first[tensor + 1] <= i) {
        tensor++;
    }
    return status_fail(STATUS_NOT_FINITE, "tensor %zu of the update: number %zu is not finite",
                       tensor, i - plan->first[tensor]);
}

enum status quantise_encode(const struct quantise *plan, uint32_t *integers, const float *update,
                            double weight, struct random *rounding, uint64_t *saturated)
{
    assert(weight >= 0 && plan->variance == 0);
    struct run run = {.ratio = fmin(weight, plan->weight_max) / plan->weight_max,
                      .mask = quantise_mask(plan)};
    uint32_t words[QUANTISE_BLOCK];
    uint64_t cut = 0;
    bool finite = true;
    size_t tensor = 0;
    for (size_t first = 0; first < plan->count; first += QUANTISE_BLOCK) {
        const size_t last =
            plan->count - first < QUANTISE_BLOCK ? plan->count : first + QUANTISE_BLOCK;
        quantise_words(words, rounding, first, last - first);
        for (size_t at = first; at < last;) {
            while (plan->first[tensor + 1] <= at) {
                tensor++;
            }
            const size_t next = plan->first[tensor + 1], end = next < last ? next : last;
            run.bound = plan->bound[tensor];
            run.scale = plan->scale[tensor];
            cut += encode_run(integers + at, &finite, update + at, words + (at - first), end - at,
                              run);
            at = end;
        }
    }
    quantise_skip(rounding, plan->count);
    *saturated = cut;
    return finite ? STATUS_OK : quantise_fail_not_finite(plan, update);
}

void quantise_add(uint32_t *sum, const uint32_t *integers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sum[i] += integers[i];
    }
}

void quantise_decode(const struct quantise *plan, float *mean, const uint32_t *sum,
                     double weight_sum)
{
    assert(weight_sum > 0);
    const uint32_t mask = quantise_mask(plan), half = mask / 2 + 1;
    for (size_t tensor = 0; tensor < plan->tensors; tensor++) {
        const double unit = plan->weight_max / (plan->scale[tensor] * weight_sum);
        for (size_t i = plan->first[tensor]; i < plan->first[tensor + 1]; i++) {
            // Two's complement of `bits` bits, widened to 32.
            const int32_t value = (int32_t)(((sum[i] & mask) ^ half) - half);
            mean[i] = (float)((double)value * unit);
        }
    }
}

size_t quantise_bytes(const struct quantise *plan, size_t count)
{
    return count * (size_t)(plan->bits / 8);
}

/* With a constant width the compiler joins the bytes of a number into one store or load. */
static inline void pack(uint8_t *bytes, const uint32_t *integers, size_t count, size_t width)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t *at = bytes + i * width;
        at[0] = (uint8_t)integers[i];
        at[1] = (uint8_t)(integers[i] >> 8);
        if (width >= 3) at[2] = (uint8_t)(integers[i] >> 16);
        if (width == 4) at[3] = (uint8_t)(integers[i] >> 24);
    }
}

static inline void unpack(uint32_t *integers, const uint8_t *bytes, size_t count, size_t width)
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t *at = bytes + i * width;
        integers[i] = (uint32_t)at[0] | (uint32_t)at[1] << 8;
        if (width >= 3) integers[i] |= (uint32_t)at[2] << 16;
        if (width == 4) integers[i] |= (uint32_t)at[3] << 24;
    }
}

void quantise_pack(const struct quantise *plan, uint8_t *bytes, const uint32_t *integers,
                   size_t count)
{
    if (plan->bits == 16) pack(bytes, integers, count, 2);
    if (plan->bits == 24) pack(bytes, integers, count, 3);
    if (plan->bits == 32) pack(bytes, integers, count, 4);
}

void quantise_unpack(const struct quantise *plan, uint32_t *integers, const uint8_t *bytes,
                     size_t count)
{
    if (plan->bits == 16) unpack(integers, bytes, count, 2);
    if (plan->bits == 24) unpack(integers, bytes, count, 3);
    if (plan->bits == 32) unpack(integers, bytes, count, 4);
}
