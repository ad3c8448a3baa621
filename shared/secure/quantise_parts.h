// SPDX-License-Identifier: Apache-2.0
/* quantise_parts - what the parts of quantise share. */
#ifndef SECURE_QUANTISE_PARTS_H
#define SECURE_QUANTISE_PARTS_H

#include "secure/quantise.h"

enum { QUANTISE_BLOCK = 4096 }; // numbers whose random words are drawn at once

/* The bits that a number has. */
uint32_t quantise_mask(const struct quantise *plan);

/* The random words of `size` numbers from number `first`, a multiple of four. */
void quantise_words(uint32_t words[QUANTISE_BLOCK], const struct random *rounding, size_t first,
                    size_t size);

/* Sets the stream behind the words of `count` numbers. */
void quantise_skip(struct random *rounding, size_t count);

/* STATUS_NOT_FINITE, for the first number of the update that is not. */
enum status quantise_fail_not_finite(const struct quantise *plan, const float *update);

/* For an update with noise: norm_square and variance of the plan, whose bits and count are set, and
 * the scale of all tensors. */
enum status quantise_plan_noise(struct quantise *plan, double *scale,
                                const struct config_federation *federation,
                                size_t reporters_max) CHECKED;

#endif
