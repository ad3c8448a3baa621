// SPDX-License-Identifier: Apache-2.0
/* observe - what an attacker sees of faces that a defence has masked: the recogniser's input.
 *
 * Bands or pixels, noise, mask; where the defence mixes, then the mix, and random signs where it
 * has them. k is drawn for each image by the shares that the training used (target.h), its k - 1
 * partners are drawn from the whole set, each alone, and the weights as mix.h draws them. Nothing
 * is mirrored.
 *
 * All of it is a function of (seed, pass, image): the same call gives the same bits whatever the
 * batches and the number of threads, and another pass gives a fresh mix of the same images, with
 * the fresh order of a per-image mask. Noise belongs to the image's pixels and the seed: all passes
 * see the same, as a participant draws it once. Seeds are for study and repeat. */
#ifndef DEFENCE_OBSERVE_H
#define DEFENCE_OBSERVE_H

#include "base/limits.h"
#include "base/status.h"
#include "defence/target.h"
#include "image/dataset.h"

#include <stddef.h>
#include <stdint.h>

struct observe_mix { // how one observed image was made
    int k;
    uint32_t image[LIMIT_MIX]; // of the set; image[0] is the one asked for
    float weight[LIMIT_MIX];   // of k images, sum 1
};

/* out gets `count` rows of target_values() numbers: row i shows image index[i] of the set (NULL:
 * image i) in pass `pass`. principal[i] (may be NULL) gets the image that has the largest weight in
 * it: whose face the recogniser was told that it is. */
enum status observe_faces(const struct target *target, float *out, uint32_t *principal,
                          const struct dataset *set, const uint32_t *index, size_t count,
                          uint64_t seed, uint32_t pass) CHECKED;

/* How the rows of such a call are mixed, without computing them. */
void observe_mixes(struct observe_mix *mixes, const struct target *target,
                   const struct dataset *set, const uint32_t *index, size_t count, uint64_t seed,
                   uint32_t pass);

/* The same rows masked, noise and all, but not mixed: what un-mixing is after. */
enum status observe_masked(const struct target *target, float *out, const struct dataset *set,
                           const uint32_t *index, size_t count, uint64_t seed,
                           uint32_t pass) CHECKED;

#endif
