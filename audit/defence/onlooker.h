// SPDX-License-Identifier: Apache-2.0
/* onlooker - what masked faces show to somebody who attacks nothing: S1 and S2 of the paper.
 *
 * What the recogniser would get of each victim's face, mixed where the defence mixes, becomes a
 * picture by the zero-padded inverse DCT (mask_look()), the channels taken for the kept bands in
 * ascending order, and is stretched to the mean and deviation of its original's brightness, so that
 * neither counts as a difference. A mix is compared with its principal face.
 *
 * Figures: those of attack_measure() under "onlooker": S1 is onlooker.lpips, S2 is 1 -
 * onlooker.f1_cosine. */
#ifndef DEFENCE_ONLOOKER_H
#define DEFENCE_ONLOOKER_H

#include "base/status.h"
#include "defence/attack.h"
#include "defence/figures.h"

enum status onlooker_attack(const struct attack_context *context, struct figures *figures) CHECKED;

#endif
