// SPDX-License-Identifier: Apache-2.0
/* attacked - a whole attack on a run that has learned nothing, and what it left in the album. */
#ifndef FAKES_ATTACKED_H
#define FAKES_ATTACKED_H

#include "base/config.h"
#include "defence/attack.h"

#include <stdbool.h>

/* Attacks `each` portraits of `people` through the mask of a config, with twenty portraits of other
 * people; fails the test when the attack fails. */
struct figures attacked_by(attack_function *attack, const struct config *config, int people,
                           int each, const struct attack_budget *budget);

/* Whether a note of the figures has the text in it. */
bool attacked_noted(const struct figures *figures, const char *text);

/* Fails the test when the attack left no picture of that name. */
void attacked_picture(const char *name);

#endif
