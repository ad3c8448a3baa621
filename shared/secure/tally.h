// SPDX-License-Identifier: Apache-2.0
/* tally - weight and metrics of an update as integers whose sum can be opened blinded.
 *
 * With a secure sum nobody may see one participant's weight or figures: they ride behind the update
 * as a vector of TALLY_WORDS words of 64 bits, little-endian, and are blinded as BLINDING_METRICS,
 * see blinding.h. In this order:
 *
 *     weight | loss * weight * 2^20 | accuracy * weight * 2^20 | images | training µs |
 *     masking µs | policy µs | peak memory in MiB | saturated | LIMIT_CHOICES counts of k |
 *     LIMIT_CHOICES p(k) * 2^20
 *
 * each rounded to the nearest integer and cut to 0..TALLY_LARGEST. As many as LIMIT_COHORT_SECURE
 * of them do not wrap, by the rule of blinding_check_range(). (A loss is cut only where loss *
 * weight is above 2^31: with 10000 images, a loss above 200000.) Pure; nothing is allocated. */
#ifndef SECURE_TALLY_H
#define SECURE_TALLY_H

#include "base/limits.h"
#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum {
    TALLY_WORDS = 9 + 2 * LIMIT_CHOICES,
    TALLY_BYTES = 8 * TALLY_WORDS,
};

#define TALLY_LARGEST (((uint64_t)1 << 51) - 1) // of one participant's word

/* Of one participant; or of a sum, then as tally_unpack() says. Nothing is negative. */
struct tally {
    uint64_t weight;
    double loss, training_accuracy;
    uint64_t images;
    double train_seconds, mask_seconds, policy_seconds;
    double peak_memory; // bytes
    uint64_t saturated;
    uint64_t k_count[LIMIT_CHOICES];
    double k_probability[LIMIT_CHOICES];
};

/* STATUS_NOT_FINITE, with a sentence that names the figure, when one is not a finite number. */
enum status tally_pack(uint8_t bytes[TALLY_BYTES], const struct tally *tally) CHECKED;

/* The sum of `reporters` > 0 tallies, word by word modulo 2^64: loss and accuracy become means over
 * the weights (0 when they are 0), p(k) and peak memory means over the reporters, all else sums.
 * STATUS_BAD_MESSAGE when a word is larger than so many can give: a reporter lied, or the sum was
 * not opened right. */
enum status tally_unpack(struct tally *tally, const uint8_t bytes[TALLY_BYTES],
                         size_t reporters) CHECKED;

#endif
