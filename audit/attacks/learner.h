// SPDX-License-Identifier: Apache-2.0
/* learner - a net with what trains it: its weights, their gradients, Adam and its moments. Weights,
 * moments and steps are in one safetensors file all that a training which goes on needs. */
#ifndef ATTACKS_LEARNER_H
#define ATTACKS_LEARNER_H

#include "nn/adam.h"
#include "nn/net.h"

struct learner {
    struct net *net; // owned, bound to weights and gradients
    float *weights, *gradients;
    struct adam adam;
};

/* Takes `net`, also when it fails, and draws its initial weights. */
enum status learner_create(struct learner *learner, struct net *net, uint64_t seed,
                           uint32_t salt) CHECKED;
void learner_destroy(struct learner *learner);

/* A step of Adam along the gradients. */
void learner_step(struct learner *learner, struct adam_rates rates);

/* False when a weight is not finite: the training has diverged. */
bool learner_is_finite(const struct learner *learner);

/* The file, whole or not at all. STATUS_BAD_INPUT: it is of another net. */
enum status learner_save(const struct learner *learner, const char *path) CHECKED;
enum status learner_load(struct learner *learner, const char *path) CHECKED;

#endif
