// SPDX-License-Identifier: Apache-2.0
#include "train/policy.h"
#include "nn/sgd.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MEAN_MOMENTUM 0.9
#define DUAL_RATE     0.2
#define VARIANCE_MIN  0.25 // of k, below which a step of the multiplier grows no more

/* Nine tenths old and one tenth new; the first value begins it. */
struct running_mean {
    bool known;
    double value;
};

struct policy {
    struct net *net;
    struct sgd_plan *plan;
    float *weights, *gradients, *velocity; // the caller's
    size_t choices;
    double probability[LIMIT_CHOICES];
    int k[LIMIT_CHOICES];
    bool has_baseline, relative;
    struct running_mean baseline;
    struct running_mean reward_of[LIMIT_CHOICES]; // by k, of `relative`
    double k_target, k_end, multiplier;           // k_target 0: E[k] is free
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
    assert(made->choices <= LIMIT_CHOICES && made->choices == federation->mix.k.count);
    memcpy(made->k, federation->mix.k.values, made->choices * sizeof *made->k);
    made->relative = federation->policy.reward == REWARD_RELATIVE;
    made->k_target = federation->policy.k_mean;
    made->k_end = federation->policy.k_mean_end > 0 ? federation->policy.k_mean_end
                                                    : federation->policy.k_mean;
    made->has_baseline = federation->policy.baseline;
    made->entropy = federation->policy.entropy;
    made->rate = federation->policy.learning_rate;
    made->momentum = federation->policy.momentum;
    made->clip_norm = federation->optimiser.clip_norm;
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

static void running_add(struct running_mean *mean, double value)
{
    mean->value = mean->known ? MEAN_MOMENTUM * mean->value + (1 - MEAN_MOMENTUM) * value : value;
    mean->known = true;
}

/* A damped step of Newton towards E[k] = target, whose derivative by the multiplier is the variance
 * of k. */
static void hold_mean(struct policy *policy, double target)
{
    double mean = 0, variance = 0;
    for (size_t i = 0; i < policy->choices; i++) {
        mean += policy->probability[i] * policy->k[i];
    }
    for (size_t i = 0; i < policy->choices; i++) {
        variance += policy->probability[i] * pow(policy->k[i] - mean, 2);
    }
    policy->multiplier += DUAL_RATE * (target - mean) / fmax(variance, VARIANCE_MIN);
}

void policy_look(struct policy *policy, const float *masked, size_t batch, double progress)
{
    const float *logits = net_forward(policy->net, masked, batch, NET_TRAIN, NULL);
    double largest = -(double)INFINITY, total = 0;
    for (size_t i = 0; i < policy->choices; i++) {
        policy->probability[i] = (double)logits[i] + policy->multiplier * policy->k[i];
        largest = fmax(largest, policy->probability[i]);
    }
    for (size_t i = 0; i < policy->choices; i++) {
        policy->probability[i] = exp(policy->probability[i] - largest);
        total += policy->probability[i];
    }
    for (size_t i = 0; i < policy->choices; i++) {
        policy->probability[i] /= total;
    }
    if (policy->k_target > 0) {
        hold_mean(policy, policy->k_target + progress * (policy->k_end - policy->k_target));
    }
}

size_t policy_draw(const struct policy *policy, struct random *random)
{
    double left = (double)random_uniform(random);
    for (size_t i = 0; i < policy->choices; i++) {
        left -= policy->probability[i];
        if (left < 0) return i;
    }
    return policy->choices - 1;
}

const double *policy_probabilities(const struct policy *policy)
{
    return policy->probability;
}

/* Gradient of the loss to the logits: A (p_j - [j = k]) + entropy p_j (log p_j + H). */
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

/* What a reward is worth beside those before it, which it joins. */
static double advantage_of(struct policy *policy, size_t choice, double reward)
{
    if (policy->relative) {
        struct running_mean *mean = &policy->reward_of[choice];
        const double usual = mean->known ? mean->value : reward;
        running_add(mean, reward);
        reward = usual > 0 ? reward / usual - 1 : 0;
    }
    if (!policy->has_baseline) return reward;
    // The first reward only sets the baseline: there is nothing to compare it with.
    const double baseline = policy->baseline.known ? policy->baseline.value : reward;
    running_add(&policy->baseline, reward);
    return reward - baseline;
}

enum status policy_learn(struct policy *policy, size_t choice, double reward)
{
    assert(choice < policy->choices);
    const double advantage = advantage_of(policy, choice, reward);
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
