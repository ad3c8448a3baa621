// SPDX-License-Identifier: Apache-2.0
/* Signatures on the list of the counted: nobody opens anything before a quorum has signed the same
 * one. */
#include "round/round_exchange.h"

#include <stdlib.h>

/* Those whose updates are in the sum; false when memory is out. */
static bool list_counted(struct places *counted, struct round *round)
{
    free(counted->list);
    *counted = (struct places){malloc(round->members * sizeof *counted->list), 0};
    if (counted->list == NULL) {
        round_end(round, false, "out of memory for the list of the counted");
        return false;
    }
    for (size_t i = 0; i < round->members; i++) {
        if (round->member[i].upload == UPLOAD_TAKEN) counted->list[counted->count++] = (uint32_t)i;
    }
    return true;
}

/* Of two sums over one model whose lists differ by a few, the difference is the sum of these few,
 * and of three it may be one alone: no honest participant gives shares for such. False when the run
 * has ended for that. */
static bool remember(struct round *round, const struct places *counted)
{
    const size_t least = (size_t)round->federation.secure.cohort_min;
    if (round->federation.dp.method == DP_SKELLAM && round->asked[0].count > 0) {
        round_end(round, false,
                  "round %u: shares were asked for a sum on this model before; with fresh noise a "
                  "second one would show more than federation.dp promises",
                  (unsigned)round->number);
        return false;
    }
    for (size_t i = 0; i < sizeof round->asked / sizeof round->asked[0]; i++) {
        struct places *asked = &round->asked[i];
        if (asked->count == 0) return list_counted(asked, round);
        const size_t apart =
            exchange_difference(asked->list, asked->count, counted->list, counted->count);
        if (apart == 0) return true;
        if (apart < least) {
            round_end(round, false,
                      "round %u: shares were asked for a sum that differs by %zu participants; "
                      "with fewer than %zu, their updates would show",
                      (unsigned)round->number, apart, least);
            return false;
        }
    }
    round_end(round, false, "round %u: shares were asked for two other sums already",
              (unsigned)round->number);
    return false;
}

void phase_consistency_enter(struct round *round)
{
    struct places counted = {0};
    if (!list_counted(&counted, round)) return;
    const enum status status = unblinder_counted(round->unblinder, counted.list, counted.count,
                                                 &round->counted.bytes, &round->counted.size);
    free(counted.list);
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
        struct places counted = {0};
        if (!list_counted(&counted, round)) return;
        if (remember(round, &counted)) phase_unblind_enter(round);
        free(counted.list);
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
