// SPDX-License-Identifier: Apache-2.0
/* attacked - what an attack is given, on a run that has learned nothing, and what it left in the
 * album. */
#ifndef FAKES_ATTACKED_H
#define FAKES_ATTACKED_H

#include "base/config.h"
#include "defence/attack.h"

#include <stdbool.h>

struct attacked {
    struct target *target;
    struct attack_data data;
    struct attack_budget budget;
    char folder[LIMIT_PATH]; // the album
    struct attack_context context;
};

/* Makes a run of the config with a head of so many rows (0: none) the target. Takes the faces. */
void attacked_open(struct attacked *attacked, const struct config *config, size_t head,
                   struct attack_data data, struct attack_budget budget);
void attacked_close(struct attacked *attacked);

/* Attacks `each` portraits of `people` through the mask of a config, with twenty portraits of other
 * people; fails the test when the attack fails. */
struct figures attacked_by(attack_function *attack, const struct config *config, int people,
                           int each, const struct attack_budget *budget);

/* Whether a note of the figures has the text in it. */
bool attacked_noted(const struct figures *figures, const char *text);

/* Fails the test when the attack left no picture of that name. */
void attacked_picture(const char *name);

#endif
