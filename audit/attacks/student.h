// SPDX-License-Identifier: Apache-2.0
/* student - a network that learns from a mask used as a black box to name whom it hides.
 *
 * The network of the target, with an output as wide as the teacher's embeddings. It begins with the
 * target's weights, which read masked faces already; what is of another shape is drawn. It learns
 * pairs that the attacker makes of its own photographs and their mirror images: what the defence
 * makes of one, fresh in each pass with noise, order and mix, and the teacher's embedding t of the
 * plain photograph, of a mix that of its principal one. Loss: 1 - cos(f(x), t), mean of the batch;
 * SGD with momentum 0.9, a rate from 0.3 that falls to 0 as a cosine, weight decay 5e-4. */
#ifndef ATTACKS_STUDENT_H
#define ATTACKS_STUDENT_H

#include "base/status.h"
#include "defence/attack.h"
#include "defence/target.h"
#include "image/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct student;

/* For embeddings of `size` numbers. Weights are drawn from the seed; with `inherit` the target's
 * take their place where they fit. */
enum status student_create(struct student **student, const struct target *target, size_t size,
                           const struct attack_budget *budget, bool inherit) CHECKED;
void student_destroy(struct student **student);

/* Learns `count` faces, photo[i] of `faces` with embedding photo[i] of `taught`, for the steps of
 * the budget; mixes have their partners among these faces. *loss gets the mean of the last pass.
 * STATUS_NOT_FINITE when it diverges. */
enum status student_learn(struct student *student, double *loss,
                          const struct attack_context *context, const float *taught,
                          const uint32_t *photo, size_t count) CHECKED;

/* L2-normalised embeddings of what the defence makes of each face of a set, and (may be NULL) whose
 * image of the set each of them shows, see observe_faces(). */
enum status student_embed(struct student *student, float *out, uint32_t *principal,
                          const struct dataset *faces) CHECKED;

#endif
