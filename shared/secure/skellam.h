// SPDX-License-Identifier: Apache-2.0
/* skellam - integer noise whose sums are noise of the same kind.
 *
 * Skellam(v) is the difference of two independent Poisson(v / 2): integers with mean 0 and variance
 * v, for large v a Gaussian to look at,
 *     P[X = k] = exp(-v) I_|k|(v),   I the modified Bessel function of the first kind,
 * and the sum of independent Skellam(v_i) is Skellam(v_1 + v_2 + ..). So each participant adds a
 * part of the noise, and nobody ever sees a sum with less than all parts.
 *
 * The method is inversion with a table of the tail probabilities T_k = P[|X| >= k] as whole
 * multiples of 2^-127: |X| is the largest k with T_k > U, U uniform of 127 random bits, and one
 * more bit is the sign. Nothing is computed in floating point when drawing, which gives away its
 * input by the low bits (Mironov, "On significance of the least significant bits for differential
 * privacy", CCS 2012).
 *
 * The table comes from the recurrence I_(k-1) = I_(k+1) + (2k / v) I_k, downwards from far out in
 * the tail (Miller's algorithm, DLMF 3.6(v)), scaled so that the probabilities add up to 1: sums
 * and products of positive numbers, in pairs of doubles (106 bits). A draw's total variation
 * distance from Skellam(v) is below 2^-64:
 *     what is beyond skellam_reach(v)       2 exp(-50) < 2^-71 (bound below)
 *     the start at 14 sigma + 80            exp(-50), its size there by that at reach
 *     rounding of the recurrence            2 million steps of at most 2^-100 each, < 2^-78
 *     cutting T_k at 2^-116 or finer        2 million of them, < 2^-94.
 *
 * Time and addresses depend on what is drawn. Who can measure them on the participant's machine is
 * not kept out. */
#ifndef SECURE_SKELLAM_H
#define SECURE_SKELLAM_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

/* Above it the table would take more than 21 MB. */
#define SKELLAM_VARIANCE_MAX ((uint64_t)1 << 34)

struct skellam;

/* A table for variance v, 1 .. SKELLAM_VARIANCE_MAX, of 16 (10 sqrt(v) + 40) bytes. Making it takes
 * about a microsecond for each unit of sqrt(v), a draw about 0.1 microseconds. */
enum status skellam_create(struct skellam **skellam, uint64_t variance) CHECKED;
void skellam_destroy(struct skellam **skellam);

/* Adds a draw of its own to each of `count` integers, modulo 2^32. `random` fills bytes with
 * independent uniform bits: identity_random() in programs. What was drawn is wiped. */
void skellam_add(const struct skellam *skellam, uint32_t *integers, size_t count,
                 void (*random)(uint8_t *bytes, size_t size));

/* A size that Skellam(variance), of any variance, exceeds with probability below 2^-71:
 * t = 10 sqrt(v) + 40, rounded up. By Chernoff's bound
 *     P[|X| > t] <= 2 exp(-v (u asinh u - sqrt(1 + u^2) + 1)),   u = t / v,
 * and the exponent is at least 50 for all v. */
double skellam_reach(double variance);

#endif
