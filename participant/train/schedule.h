// SPDX-License-Identifier: Apache-2.0
/* schedule - what changes with time over a whole run, all rounds together: the learning rate, and
 * the number of images to mix where mix.order says so. */
#ifndef TRAIN_SCHEDULE_H
#define TRAIN_SCHEDULE_H

#include "base/config.h"

#include <stddef.h>

/* Rate at `epoch` (fractions count) of `epochs`: linear warm-up over the first warmup_epochs, then
 *   constant: learning_rate;
 *   step:     learning_rate * decay^(milestones passed);
 *   cosine:   learning_rate * (1 + cos(pi * epoch / epochs)) / 2. */
double schedule_rate(const struct config_federation *federation, double epoch, double epochs);

/* Index of the k whose turn it is at `progress` (0 to below 1) of the run with mix.order falling or
 * rising: each has its mix.shares of the run, the last of the list first or last. A run has the
 * same k as often as one that draws them, but for rounding. */
size_t schedule_choice(const struct config_federation *federation, double progress);

#endif
