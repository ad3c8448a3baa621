// SPDX-License-Identifier: Apache-2.0
/* models - trains what a plan attacks and does not find: `fedveil sim compare` as a child. */
#ifndef AUDIT_MODELS_H
#define AUDIT_MODELS_H

#include "base/status.h"
#include "plan.h"

/* Runs `fedveil-sim compare TRAIN --out COMPARISON` for the plan's methods where it has `train`,
 * with the victims' folder as data.train where they are those that are trained on; it repeats
 * nothing that is finished. The comparison's folder becomes OUT/models where the plan names none.
 * What it says goes to OUT/models.log, its last line to the log. STATUS_STOPPED on a request to
 * stop. */
enum status models_train(struct plan *plan, const char *out) CHECKED;

#endif
