// SPDX-License-Identifier: Apache-2.0
#include "secure/tally.h"

#include <assert.h>
#include <math.h>

#define FRACTION 1048576.0 // 2^20
#define MEBIBYTE 1048576.0

_Static_assert(TALLY_LARGEST < ((uint64_t)1 << 63) / LIMIT_COHORT_SECURE, "sums do not wrap");

/* Where each figure stands. */
enum {
    WEIGHT,
    LOSS,
    ACCURACY,
    IMAGES,
    TRAIN_US,
    MASK_US,
    POLICY_US,
    PEAK,
    SATURATED,
    COUNTS,
    PROBABILITIES = COUNTS + LIMIT_CHOICES
};

_Static_assert((int)PROBABILITIES + (int)LIMIT_CHOICES == (int)TALLY_WORDS,
               "all words have a place");

static uint64_t cut(uint64_t value)
{
    return value < TALLY_LARGEST ? value : TALLY_LARGEST;
}

/* A number that is not finite was refused before. */
static uint64_t rounded(double value)
{
    if (value <= 0) return 0;
    return value < (double)TALLY_LARGEST ? (uint64_t)(value + 0.5) : TALLY_LARGEST;
}

static enum status check(const struct tally *tally)
{
    const struct {
        double value;
        const char *name;
    } figures[] = {
        {tally->loss, "loss"},
        {tally->training_accuracy, "training accuracy"},
        {tally->train_seconds, "training time"},
        {tally->mask_seconds, "masking time"},
        {tally->policy_seconds, "policy's time"},
        {tally->peak_memory, "peak memory"},
    };
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        if (!isfinite(figures[i].value)) {
            return status_fail(STATUS_NOT_FINITE, "the %s of this round is not a finite number",
                               figures[i].name);
        }
    }
    for (size_t k = 0; k < LIMIT_CHOICES; k++) {
        if (!isfinite(tally->k_probability[k])) {
            return status_fail(STATUS_NOT_FINITE, "p(k) number %zu is not a finite number", k);
        }
    }
    return STATUS_OK;
}

enum status tally_pack(uint8_t bytes[TALLY_BYTES], const struct tally *tally)
{
    const enum status status = check(tally);
    if (status != STATUS_OK) return status;
    const uint64_t weight = cut(tally->weight);
    uint64_t words[TALLY_WORDS] = {
        [WEIGHT] = weight,
        [LOSS] = rounded(tally->loss * (double)weight * FRACTION),
        [ACCURACY] = rounded(tally->training_accuracy * (double)weight * FRACTION),
        [IMAGES] = cut(tally->images),
        [TRAIN_US] = rounded(1e6 * tally->train_seconds),
        [MASK_US] = rounded(1e6 * tally->mask_seconds),
        [POLICY_US] = rounded(1e6 * tally->policy_seconds),
        [PEAK] = rounded(tally->peak_memory / MEBIBYTE),
        [SATURATED] = cut(tally->saturated),
    };
    for (size_t k = 0; k < LIMIT_CHOICES; k++) {
        words[COUNTS + k] = cut(tally->k_count[k]);
        words[PROBABILITIES + k] = rounded(tally->k_probability[k] * FRACTION);
    }
    for (size_t i = 0; i < TALLY_BYTES; i++) {
        bytes[i] = (uint8_t)(words[i / 8] >> (8 * (i % 8)));
    }
    return STATUS_OK;
}

enum status tally_unpack(struct tally *tally, const uint8_t bytes[TALLY_BYTES], size_t reporters)
{
    assert(reporters > 0 && reporters <= LIMIT_COHORT_SECURE);
    uint64_t words[TALLY_WORDS] = {0};
    for (size_t i = 0; i < TALLY_BYTES; i++) {
        words[i / 8] |= (uint64_t)bytes[i] << (8 * (i % 8));
    }
    for (size_t i = 0; i < TALLY_WORDS; i++) {
        if (words[i] > reporters * TALLY_LARGEST) {
            return status_fail(STATUS_BAD_MESSAGE,
                               "word %zu of the sum of %zu tallies is above what they can give", i,
                               reporters);
        }
    }
    const double weights = FRACTION * (double)words[WEIGHT];
    *tally = (struct tally){
        .weight = words[WEIGHT],
        .loss = words[WEIGHT] > 0 ? (double)words[LOSS] / weights : 0,
        .training_accuracy = words[WEIGHT] > 0 ? (double)words[ACCURACY] / weights : 0,
        .images = words[IMAGES],
        .train_seconds = (double)words[TRAIN_US] / 1e6,
        .mask_seconds = (double)words[MASK_US] / 1e6,
        .policy_seconds = (double)words[POLICY_US] / 1e6,
        .peak_memory = MEBIBYTE * (double)words[PEAK] / (double)reporters,
        .saturated = words[SATURATED],
    };
    for (size_t k = 0; k < LIMIT_CHOICES; k++) {
        tally->k_count[k] = words[COUNTS + k];
        tally->k_probability[k] = (double)words[PROBABILITIES + k] / FRACTION / (double)reporters;
    }
    return STATUS_OK;
}
