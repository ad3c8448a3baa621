// SPDX-License-Identifier: Apache-2.0
/* unet - the generator that turns masked images back into faces.
 *
 * For maps as large as the face a U-Net (Ronneberger et al. 2015) as pix2pix has it (Isola et al.
 * 2017): a convolution 3x3, four down by 4x4 of stride 2 with batch norm and leaky ReLU, four up by
 * transposed ones with ReLU, each joined with the map of its size, a convolution 3x3, tanh: w, 2 w,
 * 4 w, 8 w, 8 w channels and back. For maps of an eighth of the face's side (native bands) three
 * convolutions 3x3 of 8 w channels, then three up: 4 w, 2 w, w.
 *
 * Noise is dropout on the two lowest ways up, in training only: recovered faces are the network's
 * in NET_EVALUATE, one for each input. Weights start small, as pix2pix's. */
#ifndef ATTACKS_UNET_H
#define ATTACKS_UNET_H

#include "nn/net.h"

struct unet {
    struct net_shape input; // masked maps
    struct net_shape face;  // of the output, numbers in (-1, 1)
    int width;              // w; pix2pix: 64
    double dropout;         // pix2pix: 0.5
};

/* STATUS_BAD_INPUT: the sides of the input are neither the face's nor an eighth of them, or no
 * multiples of 16 where the maps are the face's. Tensor names start with "generator.". */
enum status unet_create(struct net **net, const struct unet *unet, size_t batch_max) CHECKED;

#endif
