// SPDX-License-Identifier: Apache-2.0
/* mix - MixUp within a batch, as the paper's section 4.1 says.
 *
 * k images of one batch, the partners by k-1 random permutations of the batch; weights random
 * and normalised to sum 1 in each row, none above weight_max; labels as weighted one-hot
 * vectors. Weights are |N(0,1)| normalised, the row redrawn while one exceeds the limit, as
 * InstaHide's code does. */
#ifndef FREQUENCY_MIX_H
#define FREQUENCY_MIX_H

#include "base/limits.h"
#include "base/random.h"
#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct mix {
    int k; // images in each mix, 1..LIMIT_MIX
    size_t batch;
    uint32_t *partner; // batch * k: position in the batch; column 0 is the image itself
    float *weight;     // batch * k: rows sum to 1
};

/* Room for batches of at most batch_max and k at most LIMIT_MIX. */
enum status mix_create(struct mix *mix, size_t batch_max) CHECKED;
void mix_destroy(struct mix *mix);

/* Draws partners and weights. weight_max must exceed 1/k (the config checks it). k = 1: no
 * mixing. */
void mix_draw(struct mix *mix, struct random *random, int k, size_t batch, double weight_max);

/* The weights of one row, as mix_draw() draws them: k numbers that sum to 1. */
void mix_draw_weights(float *weight, struct random *random, int k, double weight_max);

/* out[i] = sum_j weight[i][j] * in[partner[i][j]], each image `size` floats. No overlap. */
void mix_apply(const struct mix *mix, float *out, const float *in, size_t size);

/* Gives each of `count` numbers a random sign, as InstaHide does after mixing (Huang et al., ICML
 * 2020). */
void mix_signs(float *out, const float *in, size_t count, struct random *random);

/* labels[i*k + j] = in[partner[i][j]]: the classes that belong to the weights. */
void mix_labels(const struct mix *mix, uint32_t *labels, const uint32_t *in);

#endif
