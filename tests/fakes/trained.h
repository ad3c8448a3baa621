// SPDX-License-Identifier: Apache-2.0
/* trained - a run's folder as a training leaves it, with a network that has learned nothing: what
 * tests of the audit attack. */
#ifndef FAKES_TRAINED_H
#define FAKES_TRAINED_H

#include "base/config.h"
#include "defence/target.h"
#include "image/dataset.h"

#include <stddef.h>

/* A small federation: grey images of 56 x 56, PPFR-FD in 35 native bands, k from {2, 3}. */
struct config trained_config(void);

/* Writes model, mask key, metrics.csv (k = 2 in three of four steps) and, where people > 0, a head
 * of so many rows into a new folder. */
void trained_leave(const char *folder, const struct config *config, size_t people);

/* Leaves such a run in a folder of its own, opens it and removes the folder. */
struct target *trained_open(const char *name, const struct config *config, size_t people);

/* Grey synthetic portraits of 56 x 56: `people` from number `first` on, `images` of each. */
struct dataset *trained_faces(int first, int people, int images);

#endif
