// SPDX-License-Identifier: Apache-2.0
/* unmix_bands - the masked images behind what a defence mixes, all values of them.
 *
 * The target's own mixes of a set, with its shares of k, in as many fresh epochs as are asked for,
 * un-mixed by unmix.h. What comes out has the shape of what was masked, so that any attack on
 * masked images goes on from it. */
#ifndef ATTACKS_UNMIX_BANDS_H
#define ATTACKS_UNMIX_BANDS_H

#include "base/status.h"
#include "defence/observe.h"
#include "defence/target.h"
#include "image/dataset.h"

#include <stddef.h>
#include <stdint.h>

/* Epochs whose mixes are taken: with known weights one or two are enough. */
enum { UNMIX_BANDS_EPOCHS = 5 };

/* Known weights. bands: in, what is masked of all images of the set (observe_masked()), from which
 * the mixes are made; out, what is un-mixed. start: target_values() numbers, the mean masked face
 * of the attacker's, used only where the defence has random signs; NULL: zeros. */
enum status unmix_bands_known(float *bands, const struct target *target, const struct dataset *set,
                              const float *start, uint64_t seed) CHECKED;

/* Soft labels only, for guessed mixes of `epochs` epochs (unmix_labels_find()). */
enum status unmix_bands_guessed(float *bands, const struct target *target,
                                const struct dataset *set, const struct observe_mix *guessed,
                                size_t epochs, uint64_t seed) CHECKED;

#endif
