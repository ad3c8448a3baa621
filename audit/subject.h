// SPDX-License-Identifier: Apache-2.0
/* subject - where a defence of the plan lies: a method of a comparison, a run, or its files. */
#ifndef AUDIT_SUBJECT_H
#define AUDIT_SUBJECT_H

#include "base/limits.h"
#include "base/status.h"
#include "defence/target.h"
#include "plan.h"

struct subject {
    const struct plan_defence *defence;
    char run[LIMIT_PATH]; // empty: of files
    double accuracy;      // verification with the mask on, 0 to 1; NaN: not known
};

/* Finds a method's cell, COMPARISON/cells/NNN-NAME-seed-SEED, which must be done, and its accuracy
 * in result.json; of a run's own folder the last accuracy in metrics.csv. STATUS_BAD_CONFIG with a
 * sentence where there is no such cell, or several. */
enum status subject_find(struct subject *subject, const struct plan *plan,
                         const struct plan_defence *defence) CHECKED;

enum status subject_open(struct target **target, const struct subject *subject) CHECKED;

#endif
