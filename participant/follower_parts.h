// SPDX-License-Identifier: Apache-2.0
/* follower_parts - what the files of follower have in common. */
#ifndef PARTICIPANT_FOLLOWER_PARTS_H
#define PARTICIPANT_FOLLOWER_PARTS_H

#include "follower.h"
#include "kept.h"
#include "secrecy.h"
#include "session/session.h"
#include "session/update.h"
#include "train/trainer.h"

struct totals {
    double images, train_seconds, mask_seconds;
};

struct follower {
    const struct follower_options *options;
    struct slots slots;
    struct link *link;
    struct session *session;
    struct trainer *trainer;
    struct secrecy secrecy; // with a secure sum
    struct kept kept;       // the same
    struct update update;
    struct session_job job;       // being done
    struct trainer_report report; // of the update at hand
    uint64_t peak_memory;         // when it was trained
    struct totals totals;
    bool has_trained, collapsed;
    bool own_backbone;                // not all of it is shared
    char failure[STATUS_MESSAGE_MAX]; // of a job that could not be done
    uint64_t looked_ms;
    struct from_coordinator incoming;
    struct session_output output; // large: one for all
    uint8_t frame[LIMIT_MESSAGE];
};

/* Gives the session the update at hand as integers. */
enum status follower_encode(struct follower *follower) CHECKED;

#endif
