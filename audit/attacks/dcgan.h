// SPDX-License-Identifier: Apache-2.0
/* dcgan - faces from noise, and their critic: the networks of the generative model inversion attack
 * (Zhang et al. 2020), which are DCGAN's (Radford et al. 2016).
 *
 * Generator: a linear layer to 4x4 maps, batch norm, ReLU; then to twice the side each time, by
 * transposed convolutions 5x5, with batch norm and ReLU, the last with a bias and sigmoid: faces
 * have numbers in (0, 1). Critic: convolutions 5x5 of stride 2 with leaky ReLU, all but the first
 * with instance norm between, and one of 4x4 on what is left: a number, the higher the more like a
 * face. Nothing is shared between the inputs of a batch, as wasserstein.h needs it. Channels double
 * from w with each halving of the side. */
#ifndef ATTACKS_DCGAN_H
#define ATTACKS_DCGAN_H

#include "nn/net.h"

struct dcgan {
    int side;     // of the faces: 8, 16, 32, 64 (theirs) or 128
    int channels; // of the faces
    int width;    // w; theirs: 64
    int noise;    // numbers that the generator makes a face of; theirs: 100
};

/* STATUS_BAD_INPUT: another side. Tensor names start with "generator." and "critic.". The critic's
 * ReLUs keep their bends. */
enum status dcgan_generator(struct net **net, const struct dcgan *dcgan, size_t batch_max) CHECKED;
enum status dcgan_critic(struct net **net, const struct dcgan *dcgan, size_t batch_max) CHECKED;

#endif
