// SPDX-License-Identifier: Apache-2.0
/* patch_critic - the critic of unet.h: says of each patch of a face whether it is the one that
 * belongs to a masked image (PatchGAN, Isola et al. 2017).
 *
 * Three convolutions 4x4 of stride 2 and two of stride 1, w, 2 w, 4 w, 8 w and 1 channels, leaky
 * ReLU between, batch norm on the middle three: an output for each patch of 70x70 pixels, a logit.
 * Masked maps as large as the face stand beside it from the start; maps of an eighth of its side
 * join before the fourth convolution, where the face has become as small.
 *
 * An input is a map of both's channels where they are as large as each other, else the numbers of
 * the masked image, then those of the face: patch_critic_join() makes it. */
#ifndef ATTACKS_PATCH_CRITIC_H
#define ATTACKS_PATCH_CRITIC_H

#include "nn/net.h"

struct patch_critic {
    struct net_shape condition, face;
    int width; // w; pix2pix: 64
};

/* STATUS_BAD_INPUT: the sides of the condition are neither the face's nor an eighth of them, or the
 * face's are below 24 pixels. Tensor names start with "critic.". */
enum status patch_critic_create(struct net **net, const struct patch_critic *critic,
                                size_t batch_max) CHECKED;

/* Inputs of a critic from masked images and faces; and the faces' part of its input gradients.
 * `face` is the shape of a face, `critic` one that was made for it. */
void patch_critic_join(float *inputs, const struct net *critic, const float *masked,
                       const float *faces, struct net_shape face, size_t batch);
void patch_critic_part(float *faces, const struct net *critic, const float *inputs,
                       struct net_shape face, size_t batch);

#endif
