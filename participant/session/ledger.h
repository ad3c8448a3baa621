// SPDX-License-Identifier: Apache-2.0
/* ledger - what a participant did in secure sums, and what it may still do.
 *
 * When an attempt fails, the same updates are blinded again in the next. Two sums of nearly the
 * same participants over one base model, subtracted, would show the update of the few in whom they
 * differ. So, for one base model, in whatever attempt or session,
 * - this participant gives one update only, the same integers in each attempt: with another one in
 *   the same list, the difference of the two sums would be its own alone. What is gone with a
 *   program that was killed is not made again, unless it was kept (kept.h);
 * - it signs one list of counted participants only, again and again if it must;
 * - the participants on whose boards it blinded are, taken together, no more than one cohort, all
 *   by one roster.
 * By the last any two lists that it is on are those of one cohort, and by their quorums
 * (neighbours.h) some honest participant has signed both: they are the same.
 *
 * Updates with noise (federation.dp) are given on no more models than the guarantee counts rounds.
 *
 * Who keeps to all that across restarts needs a journal, see journal.h. */
#ifndef SESSION_LEDGER_H
#define SESSION_LEDGER_H

#include "base/status.h"
#include "secure/digest.h"
#include "secure/exchange.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ledger_kind {
    LEDGER_BLINDED, // with the keys of these, an update that is given
    LEDGER_SIGNED,  // that these are counted
};

struct ledger_entry {
    enum ledger_kind kind;
    uint8_t roster[DIGEST_BYTES]; // whose places are meant
    uint8_t session[EXCHANGE_SESSION_BYTES];
    uint32_t round, attempt;     // from 1
    uint8_t model[DIGEST_BYTES]; // the base of the updates
    size_t count;                // 1..LIMIT_COHORT_SECURE
    const uint32_t *places;      // ascending, below LIMIT_PARTICIPANTS
};

/* Oldest first; empty when zeroed. */
struct ledger {
    size_t count, room;
    size_t models;             // different ones on which updates were blinded
    struct ledger_entry *list; // owned, and the places of each
};

/* Copies an entry to the end. STATUS_FULL with LEDGER_MAX of them. */
enum { LEDGER_MAX = 65536 };
enum status ledger_add(struct ledger *ledger, const struct ledger_entry *entry) CHECKED;
void ledger_destroy(struct ledger *ledger);

/* STATUS_BAD_MESSAGE, with a sentence that names the earlier entry, when `next` must not be done.
 * `cohort`: the most that take part in an attempt. */
enum status ledger_check(const struct ledger *ledger, const struct ledger_entry *next,
                         size_t cohort) CHECKED;

/* STATUS_BAD_MESSAGE when no update may be given on this model: one was, and is not `held` any
 * more, or it is one more model than `models_max`. */
enum status ledger_check_given(const struct ledger *ledger, const uint8_t model[DIGEST_BYTES],
                               bool held, size_t models_max) CHECKED;

#endif
