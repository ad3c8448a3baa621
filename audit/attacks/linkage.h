// SPDX-License-Identifier: Apache-2.0
/* linkage - finds the plain photographs that belong to masked faces, without recovering a picture.
 *
 * After FaceLinkGen (2026): the mask is asked as a black box. The attacker masks its own
 * photographs, teaches a student (student.h) to give for a masked face what a teacher gives for the
 * plain one, and then compares masked faces of people it has never seen with plain photographs. The
 * teachers are F1 and, where it is there, the judge. A mask that hides what a face looks like may
 * hide nothing of this: it is what the network that it is made for has to read.
 *
 * A student learns from 64, 256 and 1,024 of the attacker's photographs and from all, each for the
 * steps of the budget. Figures, under "linkage.f1." and "linkage.judge.":
 *     N.verification, N.deviation, N.verification_same, N.rank1, N.rank1_same   linking.h
 *     N.loss, N.images                                                          of its last pass
 * with N of 64, 256, 1024, all; "untrained" for a student that knows nothing (chance) and "plain"
 * for the teacher on plain photographs, the most that can be reached. linkage.chance is rank1_same
 * of drawing lots. Finished students are kept in FOLDER/linkage.*.json. */
#ifndef ATTACKS_LINKAGE_H
#define ATTACKS_LINKAGE_H

#include "base/status.h"
#include "defence/attack.h"
#include "defence/figures.h"

enum status linkage_attack(const struct attack_context *context, struct figures *figures) CHECKED;

#endif
