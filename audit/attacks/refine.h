// SPDX-License-Identifier: Apache-2.0
/* refine - white box: the picture whose masked image is that of the victim.
 *
 * Masks that no algebra undoes, as those without signs (frequency/mask.h), can still be searched.
 * Given y, what the recogniser gets of a face, a picture x is sought so that
 *
 *     10 mean over channels c and places of (M_c(x) - y_c)^2 / variance of y_c
 *   + 0.1 mean of sqrt(d^2 + 1) over all differences d of neighbours, in grey levels
 *   + mean over bands of (log(deviation in x + 1/2) - the same, in the mean of his own faces)^2
 *
 * falls, M being the target's own mask. It is retrieval of phases, whose signs are our case; what
 * makes it work is where it starts: at the picture of a decoder as that of `unet` (decoder.h). The
 * bends of sizes are softened at first, by 8 grey levels, and steps fall from 3 levels in the mean
 * to 0.15: Adam with one scale for all pixels, so that what nothing is known of stays. 400 steps in
 * quick budgets, else 1,200.
 *
 * Noise and partners of a mix are not known to him: what he cannot fit stays a misfit. Random signs
 * neither: with them the attack is left out. FOLDER/refine.state.safetensors keeps the decoder,
 * FOLDER/refine.pictures.safetensors the pictures that are done. */
#ifndef ATTACKS_REFINE_H
#define ATTACKS_REFINE_H

#include "base/status.h"
#include "defence/attack.h"
#include "defence/figures.h"

#include <stdint.h>

/* Refines `count` pictures of the victims' size and channels, in place, each until its masked image
 * is its row of target_values() numbers. Goes on where it was stopped, by `of` (checkpoint.h).
 * *before and *after get the mean squared misfit, in variances of y, as it was and as it is. */
enum status refine_pictures(const struct attack_context *context, const char *of, uint8_t *pictures,
                            const float *masked, size_t count, double *before,
                            double *after) CHECKED;

/* The attack. Figures: those of attack_measure(), refine.steps of the decoder, refine.misfit_start
 * and refine.misfit. */
enum status refine_attack(const struct attack_context *context, struct figures *figures) CHECKED;

#endif
