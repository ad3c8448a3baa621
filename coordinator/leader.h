// SPDX-License-Identifier: Apache-2.0
/* leader - a run of the coordinator: the hub, the clock and the store around the core of
 * round.h. */
#ifndef COORDINATOR_LEADER_H
#define COORDINATOR_LEADER_H

#include "base/config.h"
#include "base/status.h"
#include "secure/roster.h"
#include "table.h"
#include "wire/transport.h"

#include <stdbool.h>

struct leader_result {
    bool success;
    char reason[512];
    char model[LIMIT_PATH]; // path of the final model; empty: none
};

/* Leads a federation over an open hub until it ends; what it leaves is in `folder`, which must
 * hold no run yet. Fails only when there is nothing to lead: a failed run is a result. */
enum status leader_run(struct leader_result *result, struct table *table, struct hub *hub,
                       const struct config *config, const struct roster *roster,
                       const char *folder) CHECKED;

#endif
