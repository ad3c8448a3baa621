// SPDX-License-Identifier: Apache-2.0
/* kept - the last update that a participant gave in a secure sum, so that it gives the same again.
 *
 * FOLDER/update holds its integers as they are before blinding, with round, base model, weight and
 * metrics: written whole before the first attempt in which they are blinded, mode 0600, replaced by
 * that of the next round. A participant that is started again offers these integers for that round
 * and model; trained anew it would give others, and the difference of the two sums would be its own
 * (session/ledger.h). Of this machine: not a format to exchange. */
#ifndef PARTICIPANT_KEPT_H
#define PARTICIPANT_KEPT_H

#include "base/status.h"
#include "secure/digest.h"
#include "wire/envelope.h"

#include <stddef.h>
#include <stdint.h>

struct kept {
    uint32_t round; // 0: none
    uint8_t model[DIGEST_BYTES];
    uint64_t weight;
    struct envelope_metrics metrics;
    uint8_t *bytes; // packed integers, owned
    size_t size;
};

/* Reads FOLDER/update; none when there is no file. A file that is damaged is said in the log and
 * counts as none: what was given on its model is not given again. */
enum status kept_open(struct kept *kept, const char *folder) CHECKED;

/* Writes what `kept` holds; it is on the disk when this returns STATUS_OK. */
enum status kept_write(const struct kept *kept, const char *folder) CHECKED;

/* A copy of the integers, from malloc(). */
enum status kept_copy(uint8_t **bytes, const struct kept *kept) CHECKED;

void kept_close(struct kept *kept);

#endif
