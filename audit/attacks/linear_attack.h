// SPDX-License-Identifier: Apache-2.0
/* linear_attack - white-box linear reconstruction (recover.h) of what a network is fed.
 *
 * Figures: linear.* as attack_measure() sets them; linear.algebra and linear.regression, mean SSIM
 * of the two ways on known faces that were kept out, of which the better is used on the victims.
 * With a secret order of channels the same again without it, as linear_unordered.*, and
 * linear.order_share, the share of channels whose bands were told from statistics
 * (channel_order.h). */
#ifndef ATTACKS_LINEAR_ATTACK_H
#define ATTACKS_LINEAR_ATTACK_H

#include "attacks/recover.h"
#include "defence/attack.h"

enum status linear_attack(const struct attack_context *context, struct figures *figures) CHECKED;

/* The known faces as the target takes them. */
enum status linear_attack_known(struct dataset **known,
                                const struct attack_context *context) CHECKED;

/* Whether the target mixes images at all. */
bool linear_attack_mixes(const struct target *target);

/* Rows of masked values as pictures of the victims' size and channels, by the better way. */
enum status linear_attack_pictures(const struct attack_context *context, uint8_t *pictures,
                                   const struct recover *recover, const float *masked,
                                   size_t count) CHECKED;

#endif
