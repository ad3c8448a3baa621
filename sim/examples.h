// SPDX-License-Identifier: Apache-2.0
/* examples - DIR/examples.png: some training images, what the mask makes of them, and what the
 * inverse gives back, as `fedveil participant mask view` draws them. */
#ifndef SIM_EXAMPLES_H
#define SIM_EXAMPLES_H

#include "base/config.h"
#include "base/status.h"
#include "world.h"

/* Writes the picture with the mask of the run; does nothing for networks that see pixels. */
enum status examples_write(const struct world *world, const struct config *config) CHECKED;

#endif
