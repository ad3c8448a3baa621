// SPDX-License-Identifier: Apache-2.0
/* supervisor - runs a coordinator and its participants as processes until the run ends.
 *
 * The coordinator's table passes through to standard output; what each party logs goes to its
 * own file. A participant that dies is named with its last line, and the coordinator decides
 * whether the run goes on; when the coordinator dies, everything stops. Whatever happens, no
 * process is left. */
#ifndef SIM_SUPERVISOR_H
#define SIM_SUPERVISOR_H

#include "base/config.h"
#include "base/status.h"
#include "world.h"

#include <stddef.h>
#include <stdint.h>

struct supervisor_result {
    size_t lost;                                    // participants that died or failed
    uint64_t peak_memory_largest, peak_memory_mean; // of a participant, bytes
};

/* Runs to the end. STATUS_STOPPED after a signal; any other failure says what ended the run. The
 * result is filled in either case. */
enum status supervisor_run(struct supervisor_result *result, const struct world *world,
                           const struct config *config) CHECKED;

#endif
