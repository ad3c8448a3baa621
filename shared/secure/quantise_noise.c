// SPDX-License-Identifier: Apache-2.0
// Updates with noise: the scale that leaves room for it, clipping, and rounding within a norm.
#include "secure/neighbours.h"
#include "secure/quantise_parts.h"
#include "secure/skellam.h"

#include <assert.h>
#include <float.h>
#include <math.h>

enum { ROUNDINGS_MAX = 8 };

static const double steps_max = 0x1p24,
                    tail = 3.73; // sqrt(2 log 1000) is 3.717

/* The largest square of a norm that updates of `steps` = scale * clip may have when rounded. */
static double norm_square_of(double steps, double numbers)
{
    const double half = sqrt(numbers) / 2;
    return ceil(steps * steps + numbers / 4 + tail * (steps + half));
}

enum status quantise_plan_noise(struct quantise *plan, double *scale,
                                const struct config_federation *federation, size_t reporters_max)
{
    const double reporters = (double)reporters_max, numbers = (double)plan->count;
    const double honest = (double)config_honest(federation), clip = federation->dp.clip;
    const double z = federation->dp.multiplier, room = ldexp(1, plan->bits - 1);
    assert(honest >= 1 && clip > 0 && z > 0);
    int exponent;
    frexp(steps_max / clip, &exponent);
    for (double s = ldexp(1, exponent); s * clip >= QUANTISE_STEPS_MIN; s /= 2) {
        const double square = norm_square_of(s * clip, numbers);
        const double variance = ceil(z * z * square / honest);
        const double most = reporters * ceil(s * clip) + skellam_reach(reporters * variance);
        if (s * clip > steps_max || most >= room) continue;
        if (variance > (double)SKELLAM_VARIANCE_MAX) continue;
        plan->norm_square = (uint64_t)square;
        plan->variance = (uint64_t)variance;
        *scale = s;
        return STATUS_OK;
    }
    return status_fail(STATUS_BAD_CONFIG,
                       "federation.dp.multiplier: noise of %g for an update of %zu numbers and %zu "
                       "reporters does not fit federation.quantise.bits %d, allowed: less noise, "
                       "more of federation.secure.cohort_min, or more bits, at most 32",
                       z, plan->count, reporters_max, plan->bits);
}

enum status quantise_check_noise(const struct config_federation *federation)
{
    if (federation->dp.method != DP_SKELLAM) return STATUS_OK;
    if (config_cohort(federation) > NEIGHBOURS_COMPLETE_MAX) {
        return status_fail(
            STATUS_BAD_CONFIG,
            "federation.dp.method: skellam with %zu in a cohort, who blind on a ring: "
            "of its parts fewer would carry the noise, allowed: at most %d",
            config_cohort(federation), NEIGHBOURS_COMPLETE_MAX);
    }
    struct quantise plan = {.bits = federation->quantise.bits, .count = 1};
    double scale = 0;
    return quantise_plan_noise(&plan, &scale, federation, config_cohort(federation));
}

/* Rounds factor * update and returns the square of the integers' norm, those as two's complement of
 * 32 bits. Without a stream towards zero. */
static uint64_t round_all(const struct quantise *plan, uint32_t *integers, const float *update,
                          double factor, const struct random *rounding)
{
    uint32_t words[QUANTISE_BLOCK] = {0};
    uint64_t square = 0;
    for (size_t first = 0; first < plan->count; first += QUANTISE_BLOCK) {
        const size_t rest = plan->count - first;
        const size_t size = rest < QUANTISE_BLOCK ? rest : QUANTISE_BLOCK;
        if (rounding != NULL) quantise_words(words, rounding, first, size);
        for (size_t i = 0; i < size; i++) {
            const double scaled = factor * (double)update[first + i], whole = floor(scaled);
            const bool up = rounding == NULL ? scaled < 0 && scaled > whole
                                             : (double)words[i] * 0x1p-32 >= 1 - (scaled - whole);
            const int64_t integer = (int64_t)whole + up;
            integers[first + i] = (uint32_t)integer;
            square += (uint64_t)(integer * integer);
        }
    }
    return square;
}

/* The L2 norm; NaN or infinite when a number is, or when it is beyond any sense. */
static double norm_of(const float *update, size_t count)
{
    double square = 0;
    for (size_t i = 0; i < count; i++) {
        square += (double)update[i] * (double)update[i];
    }
    return sqrt(square);
}

enum status quantise_encode_noisy(const struct quantise *plan, uint32_t *integers,
                                  const float *update, double weight, struct random *rounding,
                                  void (*random)(uint8_t *bytes, size_t size))
{
    assert(weight >= 0 && plan->variance > 0);
    const double norm = norm_of(update, plan->count), clip = plan->bound[0];
    if (!(norm <= DBL_MAX)) return quantise_fail_not_finite(plan, update);
    struct skellam *skellam = NULL;
    const enum status status = skellam_create(&skellam, plan->variance);
    if (status != STATUS_OK) return status;
    const double ratio = fmin(weight, plan->weight_max) / plan->weight_max;
    const double factor = plan->scale[0] * ratio * (norm > clip ? clip / norm : 1);
    uint64_t square = UINT64_MAX;
    for (int i = 0; i < ROUNDINGS_MAX && square > plan->norm_square; i++) {
        square = round_all(plan, integers, update, factor, rounding);
        quantise_skip(rounding, plan->count);
    }
    if (square > plan->norm_square) square = round_all(plan, integers, update, factor, NULL);
    assert(square <= plan->norm_square);
    skellam_add(skellam, integers, plan->count, random);
    skellam_destroy(&skellam);
    const uint32_t mask = quantise_mask(plan);
    for (size_t i = 0; i < plan->count; i++) {
        integers[i] &= mask;
    }
    return STATUS_OK;
}
