// SPDX-License-Identifier: Apache-2.0
/* health - whether a run's training goes wrong in one of two ways that a single figure hides.
 *
 * It has diverged when no round after the first third of the planned ones has a lower loss than
 * round 1, three such rounds at least; mixing more images as it goes can raise the loss as well.
 * A policy has collapsed when in the newest round, at one participant, the mean p of one k is above
 * 0.95: with four k its entropy is then below 0.18 of the largest, log 4. With secure-sum only the
 * mean over participants is known, and judged. */
#ifndef COORDINATOR_HEALTH_H
#define COORDINATOR_HEALTH_H

#include "store.h"

#define HEALTH_DIVERGED                                                                            \
    "training diverged: no round after the first third has a lower loss than round 1; a lower "    \
    "federation.optimiser.learning_rate may help"
#define HEALTH_COLLAPSED                                                                           \
    "the policy collapsed: one k has more than 95 % of the probability over a whole round; "       \
    "federation.policy.reward: relative with k_mean kept it open where baseline and entropy did "  \
    "not"

struct health {
    bool diverged, collapsed;
    double policy_share; // of the seconds of training, over all rounds
    double entropy;      // of the newest round, see health_entropy(); -1: no policy
};

/* Judges rounds in their order, of `planned` ones. */
void health_judge(struct health *health, const struct store_round *rounds, size_t count,
                  int planned);

/* Mean p(k) of a round over those whose k a policy chose; returns its length, 0: no policy. */
size_t health_probabilities(double probability[LIMIT_CHOICES], const struct store_round *round);

/* Entropy of p as a share of the largest, log(count); 0 for one choice. */
double health_entropy(const double *probability, size_t count);

/* Seconds of the policies by seconds of training, over those who reported. */
double health_policy_share(const struct store_round *rounds, size_t count);

/* Says in the log what is wrong with the run in a store, of whose rounds `planned` were meant. */
void health_warn(struct store *store, int planned);

#endif
