// SPDX-License-Identifier: Apache-2.0
/* releases - for which sums a participant gave its shares, and whether it may give them once more.
 *
 * When an attempt failed after shares were given, the same updates are blinded again in the next.
 * Two sums of nearly the same participants, subtracted, would show the update of the few in whom
 * they differ. So, for one base model, shares are given for at most two different lists of counted
 * participants, and the two differ in at least cohort_min places. (Three that differ as much in
 * pairs can still show one update: {1,2,5} - {1,2,3,4} + {3,4,5} is twice that of 5.) Where each
 * attempt adds fresh noise to the same updates, a second sum, even of the same participants, would
 * halve it: then shares are given once. Who keeps to that across restarts needs a journal, see
 * journal.h. */
#ifndef SESSION_RELEASES_H
#define SESSION_RELEASES_H

#include "base/status.h"
#include "secure/digest.h"
#include "secure/exchange.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct release {
    uint8_t session[EXCHANGE_SESSION_BYTES];
    uint32_t round, attempt;     // from 1
    uint8_t model[DIGEST_BYTES]; // the base of the updates
    size_t count;                // 1..LIMIT_COHORT_SECURE
    const uint32_t *places;      // of the counted, ascending, below LIMIT_PARTICIPANTS
};

/* Oldest first; empty when zeroed. */
struct releases {
    size_t count, room;
    struct release *list; // owned, and the places of each
};

/* Copies `release` to the end. STATUS_FULL with RELEASES_MAX of them. */
enum { RELEASES_MAX = 65536 };
enum status releases_add(struct releases *releases, const struct release *release) CHECKED;
void releases_destroy(struct releases *releases);

/* STATUS_BAD_MESSAGE, with a sentence that names the earlier release, when shares must not be given
 * for `next`. */
enum status releases_check(const struct releases *releases, const struct release *next,
                           size_t cohort_min, bool once) CHECKED;

#endif
