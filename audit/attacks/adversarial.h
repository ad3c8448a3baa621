// SPDX-License-Identifier: Apache-2.0
/* adversarial - how a generator of faces from masked images trains: against a critic and by L1
 * (pix2pix, Isola et al. 2017), or by L1 alone where there is no critic.
 *
 * A step: faces are made, y = G(x). The critic is shown (x, face) and (x, y), each as a batch of
 * its own, and moves along half the sum of both cross entropies. Then the generator moves along
 * -log D(x, y), by the critic that has moved, plus reconstruction times the mean of |y - face|. */
#ifndef ATTACKS_ADVERSARIAL_H
#define ATTACKS_ADVERSARIAL_H

#include "attacks/learner.h"

#include <stdbool.h>

struct adversarial_options {
    struct adam_rates rates;
    double reconstruction;
    uint64_t seed; // of weights and dropout
};

/* pix2pix's: Adam with 2e-4, 0.5, 0.999 and 1e-8; 100; seed 0. */
extern const struct adversarial_options adversarial_defaults;

struct adversarial {
    struct learner generator, critic; // critic.net is NULL where there is none
    struct adversarial_options options;
    float *pairs;    // inputs of the critic
    float *gradient; // to its outputs, then to those of the generator
    float *sum;      // of the critic's gradients
};

/* Takes both nets (unet.h, patch_critic.h), also when it fails; `critic` may be NULL. Both have
 * room for batch_max inputs. */
enum status adversarial_create(struct adversarial *adversarial, struct net *generator,
                               struct net *critic, size_t batch_max,
                               const struct adversarial_options *options) CHECKED;
void adversarial_destroy(struct adversarial *adversarial);

struct adversarial_losses { // before the step; real, fake and deceit are 0 without a critic
    double real, fake;      // cross entropies of the critic
    double deceit;          // of the generator, by the critic that has moved
    double absolute;        // mean of |y - face|
};

/* One step on masked images and their faces. The generator's steps name the stream of dropout, so
 * that a training which goes on draws the same. */
struct adversarial_losses adversarial_step(struct adversarial *adversarial, const float *masked,
                                           const float *faces, size_t batch);

#endif
