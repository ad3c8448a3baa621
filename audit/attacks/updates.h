// SPDX-License-Identifier: Apache-2.0
/* updates - what a curious coordinator gains from an update, from a sum of several, from the model.
 *
 * Three questions, all to the coordinator's advantage: a participant makes a single step on a
 * single small batch (a real round is hundreds of steps) and the seed of its dropout is known; only
 * the class head is not. A batch is masked, and mixed within itself where the defence mixes; the
 * other participants of a sum train on the attacker's faces.
 *
 * - What did the batch look like? Gradient inversion (matching.h) of new less old weights, which
 *   are the clipped gradient and the weight decay: updates.first.bB.nN.* with the initial model,
 *   updates.final.bB.n1.* with the trained one, for a batch of B and a sum of N updates (1, 2, 4,
 *   10; with a quick budget 1 and 4; with the trained model one update):
 *       cosine    of each of the victim's inputs and the recovered one that is nearest to it, mean
 *       error     |recovered - true| / |true| of the same
 *       control   the cosine for as many other inputs of the victims: chance
 *       distance  what matching.h ended with
 *   B is 4, with group norms also 1: a batch norm leaves a batch of 1 no embedding, no gradient.
 *   updates.png: four true inputs as mask_look() shows them, then those recovered from sums of 1,
 *   2 and 10 (1 and 4).
 * - Who was in it? The running mean of the last batch norm travels, and with it the mean embedding
 *   of the batch. Its cosine to the mean embedding of a person's other photographs tells people in
 *   the victim's batch from others, updates.people.b4.nN.auc; its cosine to the embedding of a
 *   photograph tells photographs, updates.photos.b4.nN.auc; 0.5 is chance. With group norms: none.
 * - Who was trained on? updates.members.*, see membership.h. */
#ifndef ATTACKS_UPDATES_H
#define ATTACKS_UPDATES_H

#include "base/status.h"
#include "defence/attack.h"
#include "defence/figures.h"

enum status updates_attack(const struct attack_context *context, struct figures *figures) CHECKED;

#endif
