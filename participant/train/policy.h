// SPDX-License-Identifier: Apache-2.0
/* policy - the network phi_i that chooses how many images are mixed (the paper, 4.1).
 *
 * It sees the masked batch and gives p(k | x, phi) over the candidate k's. Its reward is what hurts
 * the recogniser: R = a L1 + b L2, L1 the loss of the mixed batch (equation 3), L2 the loss of the
 * same batch after one trial step of the recogniser, which is then discarded (equation 4).
 * REINFORCE (equation 8) ascends R: the loss is -(R - baseline) log p(k) - entropy * H(p). The
 * paper has neither baseline nor entropy term. It always works with the statistics of its batch,
 * since it judges batches.
 *
 * Beside the paper, both off by default:
 *
 * - policy.reward `relative`: R / M_k - 1 takes the place of R, with M_k the running mean of R over
 *   the draws of this k (0 at its first one). On average no k pays more than another, whatever the
 *   loss makes of it; what is left to learn is for which batches a k is harder than usual.
 * - policy.k_mean t > 0: E[k] is held at t by a multiplier tau in the exponent,
 *   p(k | x) ~ exp(logit_k(x) + tau k): of all p with that mean the one nearest to the network's
 *   (smallest KL divergence). After each look tau takes a damped step of Newton,
 *   tau <- tau + (t - E[k | x]) / (5 max(Var[k | x], 1/4)), so that the mean over batches is bound,
 *   not each batch. Only with `relative`: rewards that grow with k would push against it for ever.
 *   With policy.k_mean_end the mean moves from t to that in a line over the run.
 *
 * Running means are nine tenths old and one tenth new; the first value begins them. */
#ifndef TRAIN_POLICY_H
#define TRAIN_POLICY_H

#include "base/config.h"
#include "base/random.h"
#include "base/status.h"
#include "nn/net.h"

#include <stddef.h>

struct policy;

/* Takes the net over; `vectors` are weights, gradients and velocity of net_parameters() numbers. */
enum status policy_create(struct policy **policy, struct net **net,
                          const struct config_federation *federation,
                          float *const vectors[3]) CHECKED;
void policy_destroy(struct policy **policy);

/* Computes p(k | batch) at `progress` (0 to below 1) of the run. */
void policy_look(struct policy *policy, const float *masked, size_t batch, double progress);

/* Index of a candidate drawn from p(k) of the last look. */
size_t policy_draw(const struct policy *policy, struct random *random);

/* p(k) of the last look. */
const double *policy_probabilities(const struct policy *policy);

/* One REINFORCE step for a draw from the last look. STATUS_NOT_FINITE when it would spoil the
 * weights. */
enum status policy_learn(struct policy *policy, size_t choice, double reward) CHECKED;

#endif
