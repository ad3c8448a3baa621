// SPDX-License-Identifier: Apache-2.0
/* policy - the network phi_i that chooses how many images are mixed (the paper, 4.1).
 *
 * It sees the masked batch and gives p(k | x, phi) over the candidate k's. Its reward is what hurts
 * the recogniser: R = a L1 + b L2, L1 the loss of the mixed batch (equation 3), L2 the loss of the
 * same batch after one trial step of the recogniser, which is then discarded (equation 4).
 * REINFORCE (equation 8) ascends R: the loss is -(R - baseline) log p(k) - entropy * H(p). The
 * paper's preset has no baseline and no entropy term. It always works with the statistics of its
 * batch, since it judges batches. */
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

/* Index of a candidate drawn from p(k | batch). */
size_t policy_draw(struct policy *policy, const float *masked, size_t batch, struct random *random);

/* p(k) of the last draw. */
const double *policy_probabilities(const struct policy *policy);

/* One REINFORCE step for the last draw. STATUS_NOT_FINITE when it would spoil the weights. */
enum status policy_learn(struct policy *policy, size_t choice, double reward) CHECKED;

#endif
