// SPDX-License-Identifier: Apache-2.0
/* Signatures on the list of the counted: nobody opens anything before a quorum has signed the same
 * one. */
#include "round/round_exchange.h"

#include <stdlib.h>

/* Members that stand in one of two ascending lists only. */
static size_t difference(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count)
{
    size_t i = 0, j = 0, same = 0;
    while (i < a_count && j < b_count) {
        same += a[i] == b[j];
        const bool behind = a[i] <= b[j];
        if (b[j] <= a[i]) j++;
        if (behind) i++;
    }
    return a_count + b_count - 2 * same;
}

/* Of two sums over one model whose lists differ by a few, the difference is the sum of these few:
 * no honest participant opens the second. */
static bool may_ask(struct round *round, const uint32_t *counted, size_t count)
{
    const size_t apart = difference(counted, count, round->asked, round->asked_count);
    const size_t least = (size_t)round->federation.secure.cohort_min;
    if (round->asked_count == 0 || apart == 0 || apart >= least) return true;
    round_end(round, false,
              "round %u: an earlier attempt asked to open a sum that differs by %zu participants; "
              "fewer than %zu would show their updates",
              (unsigned)round->number, apart, least);
    return false;
}

/* Those whose updates are in the sum; NULL when memory is out. */
static uint32_t *list_counted(const struct round *round, size_t *count)
{
    uint32_t *counted = malloc(round->members * sizeof *counted);
    *count = 0;
    for (size_t i = 0; counted != NULL && i < round->members; i++) {
        if (round->member[i].upload == UPLOAD_TAKEN) counted[(*count)++] = (uint32_t)i;
    }
    return counted;
}

/* From now on participants may have given shares for this list. */
static void remember(struct round *round)
{
    free(round->asked);
    round->asked = list_counted(round, &round->asked_count);
    if (round->asked == NULL) round_end(round, false, "out of memory for the list of the counted");
}

void phase_consistency_enter(struct round *round)
{
    size_t count = 0;
    uint32_t *counted = list_counted(round, &count);
    if (counted == NULL) {
        round_end(round, false, "out of memory for the list of the counted");
        return;
    }
    if (!may_ask(round, counted, count)) {
        free(counted);
        return;
    }
    const enum status status = unblinder_counted(round->unblinder, counted, count,
                                                 &round->counted.bytes, &round->counted.size);
    free(counted);
    if (status != STATUS_OK) {
        round_retry(round, "no sum: %s", status_message());
        return;
    }
    round_exchange_step(round, PHASE_CONSISTENCY);
    for (size_t i = 0; i < round->members; i++) {
        if (!round->member[i].joined) continue;
        if (!unblinder_is_member(round->unblinder, (uint32_t)i)) continue;
        round_exchange_send(round, i, EXCHANGE_STEP_COUNTED, NULL, 0);
    }
}

void phase_consistency_take(struct round *round, size_t peer,
                            const struct envelope_exchange *exchange)
{
    const enum status status = unblinder_take_signature(round->unblinder, (uint32_t)peer,
                                                        exchange->payload, exchange->size);
    if (!round_exchange_judge(round, peer, status)) return;
    struct member *member = &round->member[peer];
    if (round->phase == PHASE_UNBLIND && !member->agreed) { // late, but it can still release
        round_exchange_send(round, peer, EXCHANGE_STEP_SIGNATURES, NULL, 0);
    }
    member->agreed = true;
}

void phase_consistency_tick(struct round *round)
{
    if (!round_exchange_over(round)) return;
    if (unblinder_has_quorum(round->unblinder)) {
        remember(round);
        if (!round->ended) phase_unblind_enter(round);
        return;
    }
    size_t of = 0;
    const size_t count = round_exchange_answers(round, &of);
    round_retry(round, "%zu of %zu signed the list of the counted, at least %zu are needed", count,
                of, unblinder_plan(round->unblinder)->quorum);
}

/* The list of the counted stands. */
void phase_consistency_late(struct round *round, size_t peer,
                            const struct from_participant *message)
{
    const struct envelope_context *context = &message->context;
    const struct member *member = &round->member[peer];
    round->stale++;
    if (context->round != round->number || context->attempt != round->attempt) {
        phase_gather_alive(round, peer, message);
        return;
    }
    if (message->kind == PARTICIPANT_OFFER) {
        round_send_close(round, peer,
                         member->upload == UPLOAD_TAKEN ? "your update was added"
                         : member->reason[0] != 0       ? member->reason
                                                        : "your update came too late");
    }
    round_exchange_remind(round, peer, context->phase);
}
