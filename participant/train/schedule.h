// SPDX-License-Identifier: Apache-2.0
/* schedule - the learning rate over a whole run; one schedule spans all rounds. */
#ifndef TRAIN_SCHEDULE_H
#define TRAIN_SCHEDULE_H

#include "base/config.h"

/* Rate at `epoch` (fractions count) of `epochs`: linear warm-up over the first warmup_epochs, then
 *   constant: learning_rate;
 *   step:     learning_rate * decay^(milestones passed);
 *   cosine:   learning_rate * (1 + cos(pi * epoch / epochs)) / 2. */
double schedule_rate(const struct config_federation *federation, double epoch, double epochs);

#endif
