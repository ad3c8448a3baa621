// SPDX-License-Identifier: Apache-2.0
/* preflight - whether a participant could take part, check by check, before others wait for it.
 *
 * Writes nothing, joins no run and tells no secret. */
#ifndef PARTICIPANT_PREFLIGHT_H
#define PARTICIPANT_PREFLIGHT_H

#include "base/config.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct preflight_check {
    const char *name;
    bool ok;
    char detail[STATUS_MESSAGE_MAX]; // what was found; or what is wrong and what to do
};

enum { PREFLIGHT_CHECKS = 7 };

/* Makes all checks, in this order, whatever fails:
 *     key file     can be read by its owner alone, and opened
 *     roster       is signed, was accepted, and has participant.name with these keys
 *     mask         what is secret of the config's mask is there
 *     data         people and images of data.train may be read; what else data names is there
 *     clock        is not before the roster or this program was written
 *     connection   the coordinator of the roster answers and admits this key within wait_ms
 *     privacy      the mode of federation.privacy, which cannot fail
 * May ask for the passphrase of the key. Returns how many failed. */
size_t preflight_run(struct preflight_check checks[PREFLIGHT_CHECKS], const struct config *config,
                     int wait_ms);

#endif
