// SPDX-License-Identifier: Apache-2.0
/* wasserstein - how faces from noise train: by the Wasserstein distance with a gradient penalty
 * (WGAN-GP, Gulrajani et al. 2017). The critic moves along mean D(made) - mean D(real) + penalty
 * times the mean of (|grad D(x)| - 1)^2 at a random x between a real face and a made one; the
 * generator along -mean D(made).
 *
 * The penalty's gradient needs second derivatives. With g the gradient of D at x and v = g / |g|,
 *     d |g| / d weights = (d D(x + h v) / d weights - d D(x - h v) / d weights) / 2 h
 * for small h: two passes of the first order. Leaky ReLUs keep the sides that they have at x
 * (net_forward_bent): their bends have no part in the second derivative, but a difference that
 * crosses some is off by half. With h = 0.01 the gradient agrees with PyTorch's double backward
 * within 7e-4 of its norm, that of few channels within 1e-4. */
#ifndef ATTACKS_WASSERSTEIN_H
#define ATTACKS_WASSERSTEIN_H

#include "attacks/learner.h"

struct wasserstein_options {
    struct adam_rates rates;
    double penalty;
    uint64_t seed; // of weights, noise and places between faces
};

/* Those of Zhang et al. 2020: Adam with 2e-4, 0.5, 0.999 and 1e-8; 10; seed 0. */
extern const struct wasserstein_options wasserstein_defaults;

struct wasserstein {
    struct learner generator, critic;
    struct wasserstein_options options;
    float *noise;    // inputs of the generator
    float *faces;    // real ones and made ones, or those on both sides of a place between
    float *places;   // between real ones and made ones
    float *gradient; // to the critic's outputs
    float *sum;      // of the critic's gradients
};

/* Takes both nets (dcgan.h), also when it fails: a generator with room for batch_max inputs and a
 * critic with room for twice as many, which keeps its bends and has no norm of a whole batch. */
enum status wasserstein_create(struct wasserstein *wasserstein, struct net *generator,
                               struct net *critic, size_t batch_max,
                               const struct wasserstein_options *options) CHECKED;
void wasserstein_destroy(struct wasserstein *wasserstein);

struct wasserstein_losses { // before the step
    double real, made;      // means of D
    double penalty;         // the mean of (|grad D| - 1)^2
};

/* One step of the critic on real faces; Zhang et al. do five for one of the generator. Learners'
 * steps name the streams, so that a training which goes on draws the same. */
struct wasserstein_losses wasserstein_critic_step(struct wasserstein *wasserstein,
                                                  const float *real, size_t batch);

/* One step of the generator. Returns the mean of D of what it made. */
double wasserstein_generator_step(struct wasserstein *wasserstein, size_t batch);

/* The mean of (|grad D(x)| - 1)^2 at `batch` inputs; `scale` times its gradient goes to the
 * critic's vector of gradients. `sides` and `gradient` have room for twice as many inputs and for
 * that many outputs. */
double wasserstein_penalty(struct learner *critic, float *sides, float *gradient, const float *x,
                           size_t batch, double scale);

#endif
