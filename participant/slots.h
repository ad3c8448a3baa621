// SPDX-License-Identifier: Apache-2.0
/* slots - at most so many participants of one machine compute at once.
 *
 * A slot is a lock on one of the files FOLDER/slot-0 .. slot-(N-1). The kernel gives it back
 * when its holder dies. */
#ifndef PARTICIPANT_SLOTS_H
#define PARTICIPANT_SLOTS_H

#include "base/limits.h"
#include "base/status.h"

#include <stdbool.h>

struct slots {
    char folder[LIMIT_PATH];
    int count; // 0: no limit, taking always succeeds
    int first; // where the search begins
    int held;  // descriptor of the lock, -1: none
};

/* `folder` may be NULL when count is 0. */
void slots_start(struct slots *slots, const char *folder, int count, unsigned first);

/* Tries to take a slot; *taken tells. STATUS_IO names a file that cannot be opened. */
enum status slots_take(struct slots *slots, bool *taken) CHECKED;

/* Gives it back; safe when none is held. */
void slots_release(struct slots *slots);

#endif
