// SPDX-License-Identifier: Apache-2.0
/* follower - a participant's run: link, clock and trainer around the core of session.h.
 *
 * One thread. While the trainer works, its ticks keep the session alive and stop the work that
 * the round no longer waits for. */
#ifndef PARTICIPANT_FOLLOWER_H
#define PARTICIPANT_FOLLOWER_H

#include "base/config.h"
#include "base/status.h"
#include "credentials.h"
#include "slots.h"
#include "wire/transport.h"

#include <stdbool.h>
#include <stdint.h>

struct follower_options {
    const struct config *config;
    const struct credentials *credentials;
    const char *folder; // for what stays here: private.safetensors, model.safetensors
    struct slots slots;
};

/* Takes part until the run ends. STATUS_OK when it ended well; else the message says why. */
enum status follower_run(const struct follower_options *options, struct link *link) CHECKED;

#endif
