// SPDX-License-Identifier: Apache-2.0
/* membership - which of two groups a number tells: those that a network was trained on, or others.
 *
 * After Yeom, Giacomelli, Fredrikson, Jha, "Privacy risk in machine learning" (CSF 2018): the
 * attacker calls a face a member where a number of it is at least a threshold. */
#ifndef ATTACKS_MEMBERSHIP_H
#define ATTACKS_MEMBERSHIP_H

#include "base/status.h"
#include "defence/attack.h"
#include "defence/figures.h"

#include <stddef.h>

struct membership {
    double auc;       // chance that a member's number is above another's, ties counted half
    double advantage; // largest true less false positive rate over all thresholds
};

/* NaNs among the numbers are left out; without a number on either side both figures are NaN. */
enum status membership_measure(struct membership *membership, const double *members,
                               size_t members_count, const double *others,
                               size_t others_count) CHECKED;

/* The same attack on the final model: the victims' people against others of their collection
 * (data->nonmembers) or, where there are none, the attacker's, by four numbers of each masked and
 * never mixed face with embeddings f of the face, g of its mirror image:
 *     head    largest cosine of f + g to a class weight, where the attacker has the head
 *     flip    cosine of f and g
 *     norm    length of f + g
 *     spread  mean cosine of f + g to that of the other faces of the same person
 * Sets updates.members.NUMBER.auc, .advantage and .control, the last being the AUC with a network
 * and a head that were only drawn. It shows what differs in the photographs themselves, not that a
 * network may see people of a collection that it was trained on otherwise than those of another,
 * members or not: that only data->nonmembers can rule out. Sets nothing, and says so, unless the
 * victims were trained on. STATUS_BAD_INPUT where some of the others were, too. */
enum status membership_attack(const struct attack_context *context,
                              struct figures *figures) CHECKED;

#endif
