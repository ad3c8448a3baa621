// SPDX-License-Identifier: Apache-2.0
#include "train/policy.h"
#include "nn/sgd.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define BASELINE_MOMENTUM 0.9

struct policy {
    struct net *net;
    struct sgd_plan *plan;
    float *weights, *gradients, *velocity; // the caller's
    size_t choices;
    double probability[LIMIT_CHOICES];
    bool has_baseline, baseline_known;
    double baseline;
    double entropy, rate, momentum, clip_norm;
};

enum status policy_create(struct policy **policy, struct net **net,
                          const struct config_federation *federation, float *const vectors[3])
{
    struct policy *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for the policy");
    made->net = *net;
    *net = NULL;
    made->weights = vectors[0];
    made->gradients = vectors[1];
    made->velocity = vectors[2];
    made->choices = net_outputs(made->net);
    made->has_baseline = federation->policy.baseline;
    made->entropy = federation->policy.entropy;
    made->rate = federation->policy.learning_rate;
    made->momentum = federation->policy.momentum;
    made->clip_norm = federation->optimiser.clip_norm;
    assert(made->choices <= LIMIT_CHOICES);
    net_bind(made->net, made->weights, made->gradients);
    const enum status status = sgd_plan_create(&made->plan, made->net);
    if (status != STATUS_OK) {
        policy_destroy(&made);
        return status;
    }
    *policy = made;
    return STATUS_OK;
}

void policy_destroy(struct policy **policy)
{
    if (*policy == NULL) return;
    net_destroy(&(*policy)->net);
    sgd_plan_destroy(&(*policy)->plan);
    free(*policy);
    *policy = NULL;
}

size_t policy_draw(struct policy *policy, const float *masked, size_t batch, struct random *random)
{
    const float *logits = net_forward(policy->net, masked, batch, NET_TRAIN, NULL);
    double largest = (double)logits[0], total = 0;
    for (size_t i = 1; i < policy->choices; i++) {
        largest = fmax(largest, (double)logits[i]);
    }
    for (size_t i = 0; i < policy->choices; i++) {
        policy->probability[i] = exp((double)logits[i] - largest);
        total += policy->probability[i];
    }
    double left = (double)random_uniform(random);
    size_t choice = policy->choices - 1;
    for (size_t i = policy->choices; i-- > 0;) {
        policy->probability[i] /= total;
    }
    for (size_t i = 0; i < policy->choices; i++) {
        left -= policy->probability[i];
        if (left < 0) {
            choice = i;
            break;
        }
    }
    return choice;
}

const double *policy_probabilities(const struct policy *policy)
{
    return policy->probability;
}

/* Gradient of the loss to the logits: (R - b)(p_j - [j = k]) + entropy p_j (log p_j + H). */
static void logit_gradient(float *gradient, const struct policy *policy, size_t choice,
                           double advantage)
{
    double entropy = 0;
    for (size_t j = 0; j < policy->choices; j++) {
        entropy -= policy->probability[j] * log(fmax(policy->probability[j], 1e-30));
    }
    for (size_t j = 0; j < policy->choices; j++) {
        const double p = policy->probability[j];
        gradient[j] = (float)(advantage * (p - (j == choice ? 1.0 : 0.0)) +
                              policy->entropy * p * (log(fmax(p, 1e-30)) + entropy));
    }
}

enum status policy_learn(struct policy *policy, size_t choice, double reward)
{
    assert(choice < policy->choices);
    const double baseline = policy->has_baseline && policy->baseline_known ? policy->baseline : 0;
    // The first reward only sets the baseline: there is nothing to compare it with.
    const double advantage =
        policy->has_baseline && !policy->baseline_known ? 0 : reward - baseline;
    policy->baseline = policy->baseline_known
                           ? BASELINE_MOMENTUM * policy->baseline + (1 - BASELINE_MOMENTUM) * reward
                           : reward;
    policy->baseline_known = true;
    float gradient[LIMIT_CHOICES];
    logit_gradient(gradient, policy, choice, advantage);
    net_backward(policy->net, gradient, false);
    const double norm = sqrt(sgd_plan_squares(policy->plan, policy->gradients));
    if (!isfinite(norm)) {
        return status_fail(STATUS_NOT_FINITE, "the policy's gradient is not a number");
    }
    const bool clipped = policy->clip_norm > 0 && norm > policy->clip_norm;
    sgd_plan_step(policy->plan, policy->weights, policy->velocity, policy->gradients,
                  (struct sgd){.rate = policy->rate,
                               .momentum = policy->momentum,
                               .scale = clipped ? policy->clip_norm / norm : 1.0});
    return STATUS_OK;
}
