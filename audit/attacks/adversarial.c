// SPDX-License-Identifier: Apache-2.0
#include "attacks/adversarial.h"

#include "attacks/patch_critic.h"
#include "nn/losses.h"

#include <stdlib.h>
#include <string.h>

enum { SALT_GENERATOR, SALT_CRITIC };

const struct adversarial_options adversarial_defaults = {.rates = {2e-4, 0.5, 0.999, 1e-8},
                                                         .reconstruction = 100};

static size_t inputs_of(const struct net *net)
{
    const struct net_shape shape = net_shape_of(net, 0);
    return (size_t)shape.height * (size_t)shape.width * (size_t)shape.channels;
}

/* What stands between both nets. */
static enum status allocate(struct adversarial *adversarial, size_t batch_max)
{
    const struct net *critic = adversarial->critic.net;
    size_t outputs = net_outputs(adversarial->generator.net), pairs = 0, parameters = 0;
    if (critic != NULL) {
        pairs = inputs_of(critic);
        parameters = net_parameters(critic);
        if (net_outputs(critic) > outputs) outputs = net_outputs(critic);
    }
    adversarial->pairs = calloc(batch_max, (pairs + 1) * sizeof(float));
    adversarial->gradient = calloc(batch_max, outputs * sizeof(float));
    adversarial->sum = calloc(parameters + 1, sizeof(float));
    if (adversarial->pairs != NULL && adversarial->gradient != NULL && adversarial->sum != NULL) {
        return STATUS_OK;
    }
    return status_fail(STATUS_NO_MEMORY, "out of memory for a generator's batch");
}

enum status adversarial_create(struct adversarial *adversarial, struct net *generator,
                               struct net *critic, size_t batch_max,
                               const struct adversarial_options *options)
{
    *adversarial = (struct adversarial){.options = *options};
    enum status status =
        learner_create(&adversarial->generator, generator, options->seed, SALT_GENERATOR);
    if (status == STATUS_OK && critic != NULL) {
        status = learner_create(&adversarial->critic, critic, options->seed, SALT_CRITIC);
    } else {
        net_destroy(&critic);
    }
    if (status == STATUS_OK) status = allocate(adversarial, batch_max);
    if (status != STATUS_OK) adversarial_destroy(adversarial);
    return status;
}

void adversarial_destroy(struct adversarial *adversarial)
{
    learner_destroy(&adversarial->generator);
    learner_destroy(&adversarial->critic);
    free(adversarial->pairs);
    free(adversarial->gradient);
    free(adversarial->sum);
    *adversarial = (struct adversarial){0};
}

static struct net_shape face_of(const struct adversarial *adversarial)
{
    const struct net *generator = adversarial->generator.net;
    return net_shape_of(generator, net_layers(generator) - 1);
}

/* The critic's logits for masked images with these faces. */
static const float *judge_pairs(struct adversarial *adversarial, const float *masked,
                                const float *faces, size_t batch)
{
    patch_critic_join(adversarial->pairs, adversarial->critic.net, masked, faces,
                      face_of(adversarial), batch);
    return net_forward(adversarial->critic.net, adversarial->pairs, batch, NET_TRAIN, NULL);
}

static void critic_step(struct adversarial *adversarial, struct adversarial_losses *losses,
                        const float *masked, const float *faces, const float *made, size_t batch)
{
    struct learner *critic = &adversarial->critic;
    const size_t outputs = batch * net_outputs(critic->net);
    const float *logits = judge_pairs(adversarial, masked, faces, batch);
    losses->real = losses_logistic(adversarial->gradient, logits, outputs, 1, 0.5);
    net_backward(critic->net, adversarial->gradient, false);
    memcpy(adversarial->sum, critic->gradients, net_parameters(critic->net) * sizeof(float));
    logits = judge_pairs(adversarial, masked, made, batch);
    losses->fake = losses_logistic(adversarial->gradient, logits, outputs, 0, 0.5);
    net_backward(critic->net, adversarial->gradient, false);
    for (size_t i = 0; i < net_parameters(critic->net); i++) {
        critic->gradients[i] += adversarial->sum[i];
    }
    learner_step(critic, adversarial->options.rates);
}

/* The gradient of the generator's outputs by the critic. */
static void ask_critic(struct adversarial *adversarial, struct adversarial_losses *losses,
                       const float *masked, const float *made, size_t batch)
{
    struct net *critic = adversarial->critic.net;
    const float *logits = judge_pairs(adversarial, masked, made, batch);
    losses->deceit =
        losses_logistic(adversarial->gradient, logits, batch * net_outputs(critic), 1, 1);
    const float *dx = net_input_gradient(critic, adversarial->gradient);
    patch_critic_part(adversarial->gradient, critic, dx, face_of(adversarial), batch);
}

struct adversarial_losses adversarial_step(struct adversarial *adversarial, const float *masked,
                                           const float *faces, size_t batch)
{
    struct learner *generator = &adversarial->generator;
    const size_t outputs = batch * net_outputs(generator->net);
    struct adversarial_losses losses = {0};
    struct random dropout;
    random_start(&dropout, adversarial->options.seed, 0, RANDOM_DROPOUT, 0,
                 (uint32_t)generator->adam.steps);
    const float *made = net_forward(generator->net, masked, batch, NET_TRAIN, &dropout);
    if (adversarial->critic.net != NULL) {
        critic_step(adversarial, &losses, masked, faces, made, batch);
        ask_critic(adversarial, &losses, masked, made, batch);
    } else {
        memset(adversarial->gradient, 0, outputs * sizeof *adversarial->gradient);
    }
    losses.absolute = losses_absolute(adversarial->gradient, made, faces, outputs,
                                      adversarial->options.reconstruction);
    net_backward(generator->net, adversarial->gradient, false);
    learner_step(generator, adversarial->options.rates);
    return losses;
}
