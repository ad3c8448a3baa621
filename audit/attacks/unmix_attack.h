// SPDX-License-Identifier: Apache-2.0
/* unmix_attack - the images behind the mixes of a training, from mixes that are fresh each epoch.
 *
 * Whoever sees what the recogniser is fed sees, after T epochs, T equations for each image. With
 * the weights known these are linear (unmix.h); with soft labels alone, which image of a person was
 * mixed is guessed (unmix_labels.h). Relative errors |X - X'| / |X| of masked values, on some of
 * them:
 *
 *     unmix.error.kK.tT      weights known, K images in each mix, T epochs; without kK: the
 *                            shares of k that the training used
 *     unmix.labels.kK.tT     labels alone (in the quick budget for the training's shares only);
 *     unmix.assigned.kK.tT   share of images that were guessed rightly from them
 *
 * T = 1 is also what mixes that are drawn once and used in all epochs give, however many these are.
 * What is un-mixed goes through the linear attack to pictures: unmix.* (known, UNMIX_BANDS_EPOCHS
 * epochs) and unmix_labels.* (20 epochs) as attack_measure() sets them; and unmix_cgan.* (known)
 * through a decoder of masked images (decoder.h). At most UNMIX_ATTACK_IMAGES
 * images, of the first people, are the training images.
 *
 * A training mirrors half of its images by chance: then each image is two unknowns, and twice the
 * epochs give what T epochs give here. */
#ifndef ATTACKS_UNMIX_ATTACK_H
#define ATTACKS_UNMIX_ATTACK_H

#include "defence/attack.h"

enum { UNMIX_ATTACK_IMAGES = 120, UNMIX_ATTACK_PEOPLE = 20 };

enum status unmix_attack(const struct attack_context *context, struct figures *figures) CHECKED;

#endif
