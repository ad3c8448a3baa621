// SPDX-License-Identifier: Apache-2.0
/* plan_private - what the parts of the plan's reader share. */
#ifndef AUDIT_PLAN_PRIVATE_H
#define AUDIT_PLAN_PRIVATE_H

#include "base/settings.h"
#include "base/settings_tree.h"
#include "plan.h"

struct plan_reader {
    const char *path;
    const struct settings_node *root;
    struct plan *plan;
};

extern const struct settings_table plan_table;

/* Reads the list of defences. */
enum status plan_read_defences(struct plan_reader *reader,
                               const struct settings_node *list) CHECKED;

#endif
