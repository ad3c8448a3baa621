// SPDX-License-Identifier: Apache-2.0
/* mask_parts - what mask.c (plan) and mask_apply.c, mask_noise.c, mask_pool.c and
 * mask_gradient.c (one image) share. Not for others. */
#ifndef FREQUENCY_MASK_PARTS_H
#define FREQUENCY_MASK_PARTS_H

#include "base/limits.h"
#include "frequency/dct.h"
#include "frequency/eigenfaces.h"
#include "frequency/mask.h"

#include <stdbool.h>

#define MASK_EPSILON 1e-5 // of the z-score

struct mask {
    struct dct *dct;               // NULL: the channels are pixels
    struct eigenfaces *eigenfaces; // NULL: none, or not given yet
    enum config_mask method;
    enum config_shuffle shuffle;
    bool normalise, signs, drops_signs;
    int size, side, channels;
    int shifts, pool;          // of sizes: places of the grid along an axis, side of cells; 1: none
    int chosen[LIMIT_BANDS];   // bands in ascending order
    float mirror[LIMIT_BANDS]; // sign of each channel in a mirrored image
    double epsilon_mean;
    double epsilon[LIMIT_BANDS], bound[LIMIT_BANDS];  // of noise: budget, largest coefficient
    uint32_t first[LIMIT_BANDS], second[LIMIT_BANDS]; // channel orders of the two shuffles
};

/* What is mixed to channel c of a masked image: these two channels. */
struct mask_partners {
    uint32_t first[LIMIT_BANDS], second[LIMIT_BANDS];
};

/* Each value becomes the mean of its cell, which is its own gradient, too. */
void mask_pool(const struct mask *mask, float *values);

/* By the mask's orders, or by those that `image` draws. */
void mask_choose_partners(struct mask_partners *partners, const struct mask *mask,
                          struct random *image);

/* Epsilon, and of laplace and dctdp budgets and bounds of the bands that were chosen. */
void mask_plan_noise(struct mask *mask, const struct config_federation *federation);

#endif
