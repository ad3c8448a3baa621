// SPDX-License-Identifier: Apache-2.0
/* lpips - learned perceptual image patch similarity, version 0.1, by SqueezeNet 1.1, AlexNet or
 * VGG16 (Zhang, Isola, Efros, Shechtman, Wang, "The Unreasonable Effectiveness of Deep Features as
 * a Perceptual Metric", 2018, and its program).
 *
 * Pixels are scaled to [-1,1], then (x - shift) / scale for each colour. Maps of the trunk are
 * taken after 7 (squeeze) or 5 bends; each pixel of them is divided by its length over the
 * channels; the squared differences of two pictures, weighted by a linear layer, are summed over
 * the channels, averaged over the pixels and summed over the maps. 0 for equal pictures; higher is
 * more different.
 *
 * PATH.tsv and PATH.f32 hold the weights: lines "TENSOR SHAPE OFFSET COUNT" with torchvision's
 * names (features.0.weight ..) and lpips.NET.lin0 .. for the linear layers. Which net it is follows
 * from the tensors of its trunk. scripts/lpips_weights.py makes such a pair. */
#ifndef MEASURES_LPIPS_H
#define MEASURES_LPIPS_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct lpips;

/* Reads and checks the weights, which are kept. */
enum status lpips_open(struct lpips **lpips, const char *path) CHECKED;
void lpips_close(struct lpips **lpips);

/* "squeeze", "alex" or "vgg". Results name it: the nets' numbers are not comparable. */
const char *lpips_name(const struct lpips *lpips);

/* out[i] = the distance of picture i of `a` and picture i of `b`; `count` pictures each, `size`
 * pixels a side, 1 (replicated) or 3 channels. A size that is not the last call's plans the network
 * anew; one that is too small for it is STATUS_BAD_INPUT. For one thread at a time; OpenMP
 * within. */
enum status lpips_distance(struct lpips *lpips, double *out, const uint8_t *a, const uint8_t *b,
                           size_t count, int size, int channels) CHECKED;

#endif
