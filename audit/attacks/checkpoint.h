// SPDX-License-Identifier: Apache-2.0
/* checkpoint - numbers that a long attack keeps, so that it goes on after an interruption.
 *
 * A safetensors file of named vectors with two notes: how many steps are done, and of what it is:
 * a text that names everything the numbers follow from. A file of anything else is passed over,
 * not a failure: the attack begins anew and writes over it. */
#ifndef ATTACKS_CHECKPOINT_H
#define ATTACKS_CHECKPOINT_H

#include "base/status.h"
#include "defence/attack.h"
#include "secure/digest.h"

#include <stddef.h>
#include <stdint.h>

struct checkpoint_part {
    const char *name;
    float *values;
    size_t count; // at least 1
};

enum { CHECKPOINT_OF = 2 * DIGEST_BYTES + 1 };

/* The text for what follows from `what`, all faces, the budget and (may be NULL) the target. */
enum status checkpoint_of(char of[CHECKPOINT_OF], const char *what,
                          const struct attack_context *context,
                          const struct target *target) CHECKED;

/* Whole or not at all. */
enum status checkpoint_save(const char *path, const char *of, uint64_t done,
                            const struct checkpoint_part *parts, size_t count) CHECKED;

/* Fills the parts; *done is 0 and they are as they were where there is no such file. */
enum status checkpoint_load(uint64_t *done, const char *path, const char *of,
                            const struct checkpoint_part *parts, size_t count) CHECKED;

#endif
