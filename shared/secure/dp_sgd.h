// SPDX-License-Identifier: Apache-2.0
/* dp_sgd - the random choices of DP-SGD (Abadi et al., "Deep learning with differential privacy",
 * CCS 2016, algorithm 1), and what a participant's steps give away.
 *
 * A step takes each image of the participant with probability q = federation.dp.sample_rate, alone
 * (Poisson sampling), adds up the gradients of those taken, each cut to norm C =
 * federation.dp.clip, and adds to every number of the sum normal noise of deviation
 * federation.dp.multiplier * C, once.
 * What comes then - division by the expected number of images, momentum, decay - touches no image.
 * Neighbours are two data sets of which one has one image more; steps add up, see accountant.h.
 *
 * Whoever knew the sample or the noise could take it away again: both are drawn from a key that
 * `random` gives for each call (identity_random() in programs, something else only in tests), which
 * is forgotten. No seed repeats them.
 *
 * The proof is about real numbers. Here a normal number is made of two uniform ones of 53 bits (Box
 * and Muller 1958), in doubles, never beyond 8.6 deviations, and rounded to a float with the sum:
 * which floats can result may tell sums apart (Mironov, "On significance of the least significant
 * bits for differential privacy", CCS 2012; his attack is on Laplace noise, the cause is the same).
 * No use of that against sums of gradients is known to us; no proof rules it out either. */
#ifndef SECURE_DP_SGD_H
#define SECURE_DP_SGD_H

#include "base/config.h"

#include <stddef.h>
#include <stdint.h>

typedef void dp_sgd_random(uint8_t *bytes, size_t size);

/* Steps of a round: as many as take an image federation.local_epochs times on average, rounded
 * up. */
uint64_t dp_sgd_steps(const struct config_federation *federation);

/* The epsilon of so many steps at federation.dp.delta. */
double dp_sgd_epsilon(const struct config_federation *federation, double steps);

/* A sample of 0..count-1, ascending, into index, which has room for all; returns how many. */
size_t dp_sgd_sample(uint32_t *index, size_t count, double rate, dp_sgd_random *random);

/* Adds independent normal numbers of this deviation. */
void dp_sgd_noise(float *numbers, size_t count, double deviation, dp_sgd_random *random);

#endif
