// SPDX-License-Identifier: Apache-2.0
/* target_parts - what target.c is made of. Private to target and its test. */
#ifndef DEFENCE_TARGET_PARTS_H
#define DEFENCE_TARGET_PARTS_H

#include "base/limits.h"
#include "base/status.h"
#include "defence/target.h"

struct target_run { // the files of a run, and room for their paths
    struct target_files files;
    char model[LIMIT_PATH], mask_key[LIMIT_PATH], eigenfaces[LIMIT_PATH];
    char head[LIMIT_PATH], metrics[LIMIT_PATH];
};

/* Finds what a run's folder has of them; STATUS_NOT_FOUND without a model. */
enum status target_find(struct target_run *run, const char *name, const char *folder) CHECKED;

/* Fills k_share from the config, and where a policy chose, from the file (may be NULL). */
enum status target_read_shares(struct target *target, const char *metrics) CHECKED;

#endif
