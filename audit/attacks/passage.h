// SPDX-License-Identifier: Apache-2.0
/* passage - from pictures of any side through mask and trained network to embeddings, and the
 * gradient all the way back: what a white-box attacker differentiates.
 *
 * A picture is resized (resample.h), transformed, z-scored, masked by the target's own key, and
 * goes through the network as it is used, with running statistics and no dropout. Noise and mixes,
 * which verification does not have, are left out; per-image orders and signs are drawn once for
 * each place of a batch and stay. */
#ifndef ATTACKS_PASSAGE_H
#define ATTACKS_PASSAGE_H

#include "attacks/resample.h"
#include "defence/target.h"
#include "nn/net.h"

struct passage {
    const struct target *target;
    struct net *net; // bound to the target's weights, which it only reads
    struct resample resample;
    size_t batch, side;
    double soft;         // softens the sizes of a mask without signs (mask_bands_real); 0: not
    const float *spread; // pulls deviations of bands, see below; NULL: not
    double pull;
    int channels, own;   // of the pictures; of what the mask is given
    float *gradients;    // of the weights, unused
    float *resized;      // batch pictures of the target's side, in [0,255]
    float *bands;        // batch x values
    float *coefficients; // likewise: what the sizes are of, where the mask drops signs
    float *masked;       // likewise: what the network gets, then the gradient to it
    float *signs;        // likewise, NULL: none
    float *back, *room;  // of one picture
    float *pictures;     // gradients to the pictures
};

/* For batches of at most `batch` pictures of `side` x `side` x `channels` numbers in [0,1]. */
enum status passage_create(struct passage *passage, const struct target *target, size_t side,
                           int channels, size_t batch) CHECKED;
void passage_destroy(struct passage *passage);

/* What the network gets of the pictures alone, not of their mirror images, target_values() numbers
 * each; and from the gradient to that the one to the pictures. Valid until the next call. Where
 * `spread` is set, passage_mask_gradient() adds the gradient of
 *     pull * mean over bands of (log(deviation of the band + 1/2 grey level) - spread)^2,
 * as a mask that z-scores says nothing of the deviations. */
const float *passage_mask(struct passage *passage, const float *pictures, size_t count);
float passage_spread(const struct passage *passage, size_t i, size_t c); // of band c, picture i
float *passage_mask_gradient(struct passage *passage, const float *dmasked, size_t count);

/* Mean and variance of the channel that `maps` begins with, of `values` numbers of all channels. */
double passage_variance(double *mean, const float *maps, size_t values, size_t channels);

/* Their embeddings, net_outputs(target->net) numbers each, not normalised, and from the gradient to
 * these the one to the pictures. Valid until the next call. */
const float *passage_forward(struct passage *passage, const float *pictures, size_t count);
float *passage_backward(struct passage *passage, const float *gradient, size_t count);

#endif
