// SPDX-License-Identifier: Apache-2.0
#include "attacks/wasserstein.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SALT_GENERATOR, SALT_CRITIC };

#define STEP 0.01 // of the difference

const struct wasserstein_options wasserstein_defaults = {.rates = {2e-4, 0.5, 0.999, 1e-8},
                                                         .penalty = 10};

static size_t inputs_of(const struct net *net)
{
    const struct net_shape shape = net_shape_of(net, 0);
    return (size_t)shape.height * (size_t)shape.width * (size_t)shape.channels;
}

static enum status allocate(struct wasserstein *wasserstein, size_t batch_max)
{
    const size_t face = inputs_of(wasserstein->critic.net) * sizeof(float);
    wasserstein->noise = calloc(batch_max, inputs_of(wasserstein->generator.net) * sizeof(float));
    wasserstein->faces = calloc(batch_max, 2 * face);
    wasserstein->places = calloc(batch_max, face);
    wasserstein->gradient = calloc(batch_max, 2 * sizeof(float));
    wasserstein->sum = calloc(net_parameters(wasserstein->critic.net), sizeof(float));
    if (wasserstein->noise != NULL && wasserstein->faces != NULL && wasserstein->places != NULL &&
        wasserstein->gradient != NULL && wasserstein->sum != NULL) {
        return STATUS_OK;
    }
    return status_fail(STATUS_NO_MEMORY, "out of memory for a generator's batch");
}

enum status wasserstein_create(struct wasserstein *wasserstein, struct net *generator,
                               struct net *critic, size_t batch_max,
                               const struct wasserstein_options *options)
{
    *wasserstein = (struct wasserstein){.options = *options};
    enum status status =
        learner_create(&wasserstein->generator, generator, options->seed, SALT_GENERATOR);
    if (status == STATUS_OK) {
        status = learner_create(&wasserstein->critic, critic, options->seed, SALT_CRITIC);
    } else {
        net_destroy(&critic);
    }
    if (status == STATUS_OK) status = allocate(wasserstein, batch_max);
    if (status != STATUS_OK) wasserstein_destroy(wasserstein);
    return status;
}

void wasserstein_destroy(struct wasserstein *wasserstein)
{
    learner_destroy(&wasserstein->generator);
    learner_destroy(&wasserstein->critic);
    free(wasserstein->noise);
    free(wasserstein->faces);
    free(wasserstein->places);
    free(wasserstein->gradient);
    free(wasserstein->sum);
    *wasserstein = (struct wasserstein){0};
}

/* Faces from fresh noise, for a step of this learner. `random` goes on behind the noise. */
static const float *make_faces(struct wasserstein *wasserstein, struct random *random,
                               const struct learner *learner, size_t batch)
{
    struct net *net = wasserstein->generator.net;
    random_start(random, wasserstein->options.seed, 0, RANDOM_LATENT,
                 learner == &wasserstein->critic ? SALT_CRITIC : SALT_GENERATOR,
                 (uint32_t)learner->adam.steps);
    for (size_t i = 0; i < batch * inputs_of(net); i++) {
        wasserstein->noise[i] = random_normal(random);
    }
    return net_forward(net, wasserstein->noise, batch, NET_TRAIN, NULL);
}

static double mean_of(const float *values, size_t count)
{
    double total = 0;
    for (size_t i = 0; i < count; i++) {
        total += (double)values[i];
    }
    return total / (double)count;
}

static void fill(float *values, size_t count, double value)
{
    for (size_t i = 0; i < count; i++) {
        values[i] = (float)value;
    }
}

/* Both sides of x along its gradient g. Returns |g|. */
static double take_sides(float *above, float *below, const float *x, const float *g, size_t count)
{
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        squares += (double)g[i] * (double)g[i];
    }
    const double norm = sqrt(squares);
    const float step = norm > 0 ? (float)(STEP / norm) : 0; // a flat place stays where it is
    for (size_t i = 0; i < count; i++) {
        above[i] = x[i] + step * g[i];
        below[i] = x[i] - step * g[i];
    }
    return norm;
}

double wasserstein_penalty(struct learner *critic, float *sides, float *gradient, const float *x,
                           size_t batch, double scale)
{
    const size_t size = inputs_of(critic->net);
    net_forward(critic->net, x, batch, NET_TRAIN, NULL);
    fill(gradient, batch, 1);
    const float *g = net_input_gradient(critic->net, gradient);
    double total = 0;
    for (size_t i = 0; i < batch; i++) {
        float *above = sides + i * size, *below = sides + (batch + i) * size;
        const double off = take_sides(above, below, x + i * size, g + i * size, size) - 1;
        total += off * off / (double)batch;
        gradient[i] = (float)(scale * 2 * off / (double)batch / (2 * STEP));
        gradient[batch + i] = -gradient[i];
    }
    net_forward_bent(critic->net, sides, 2 * batch, batch);
    net_backward(critic->net, gradient, false);
    return total;
}

struct wasserstein_losses wasserstein_critic_step(struct wasserstein *wasserstein,
                                                  const float *real, size_t batch)
{
    struct learner *critic = &wasserstein->critic;
    const size_t size = inputs_of(critic->net), count = net_parameters(critic->net);
    struct wasserstein_losses losses;
    struct random random;
    const float *made = make_faces(wasserstein, &random, critic, batch);
    for (size_t i = 0; i < batch; i++) {
        const float share = random_uniform(&random);
        float *place = wasserstein->places + i * size;
        for (size_t j = 0; j < size; j++) {
            place[j] = real[i * size + j] + share * (made[i * size + j] - real[i * size + j]);
        }
    }
    losses.penalty = wasserstein_penalty(critic, wasserstein->faces, wasserstein->gradient,
                                         wasserstein->places, batch, wasserstein->options.penalty);
    memcpy(wasserstein->sum, critic->gradients, count * sizeof(float));
    memcpy(wasserstein->faces, real, batch * size * sizeof(float));
    memcpy(wasserstein->faces + batch * size, made, batch * size * sizeof(float));
    const float *y = net_forward(critic->net, wasserstein->faces, 2 * batch, NET_TRAIN, NULL);
    losses.real = mean_of(y, batch);
    losses.made = mean_of(y + batch, batch);
    fill(wasserstein->gradient, batch, -1.0 / (double)batch);
    fill(wasserstein->gradient + batch, batch, 1.0 / (double)batch);
    net_backward(critic->net, wasserstein->gradient, false);
    for (size_t i = 0; i < count; i++) {
        critic->gradients[i] += wasserstein->sum[i];
    }
    learner_step(critic, wasserstein->options.rates);
    return losses;
}

double wasserstein_generator_step(struct wasserstein *wasserstein, size_t batch)
{
    struct learner *generator = &wasserstein->generator;
    struct net *critic = wasserstein->critic.net;
    struct random random;
    const float *made = make_faces(wasserstein, &random, generator, batch);
    const double mean = mean_of(net_forward(critic, made, batch, NET_TRAIN, NULL), batch);
    fill(wasserstein->gradient, batch, -1.0 / (double)batch);
    net_backward(generator->net, net_input_gradient(critic, wasserstein->gradient), false);
    learner_step(generator, wasserstein->options.rates);
    return mean;
}
