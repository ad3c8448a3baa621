// SPDX-License-Identifier: Apache-2.0
/* guarantee - what the settings of a run promise of differential privacy, or that they do not.
 *
 * With federation.dp.method skellam: of a whole participant. Each round opens one sum of updates,
 * of which every one is cut to the clip and the honest ones of which carry, together, Skellam noise
 * of at least multiplier * clip (quantise.h); all rounds are composed (accountant.h), whoever was
 * in which. Neighbours are a federation with and without the update of one participant.
 *
 * With dp-sgd: of an image in the data of its participant, see dp_sgd.h; all steps of all rounds
 * are composed. It needs no sum, and holds against everybody but the participant itself.
 *
 * Either is about the models that are published, and about what the coordinator sees of updates.
 * It is not about totals of metrics (images, loss, seconds), which carry no noise, nor about who
 * takes part, which the roster says. Skellam holds against a coordinator with up to
 * config_corrupt() participants of a cohort: participants give their shares once for a model, so
 * that it opens one sum a round, and a round whose sum is lost after that ends the run. */
#ifndef SECURE_GUARANTEE_H
#define SECURE_GUARANTEE_H

#include "base/config.h"

#include <stdbool.h>

enum { GUARANTEE_TEXT = 400 };

struct guarantee {
    bool given;                // false: there is no differential privacy; epsilon, delta are 0 then
    double epsilon, delta;     // over the whole run
    const char *mechanism;     // the word of federation.dp.method
    const char *adjacency;     // "add or remove one participant"; NULL when not given
    char text[GUARANTEE_TEXT]; // all of it as a sentence without its full stop
    char warning[GUARANTEE_TEXT]; // what is wrong with the settings; empty: nothing
};

/* For settings that config_check() allows. Pure. */
void guarantee_state(struct guarantee *guarantee, const struct config_federation *federation);

/* Says it in the log, with its warning. */
void guarantee_log(const struct config_federation *federation);

#endif
