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

/* No participant signs two lists on one model: the first is the one, also for who goes on with a
 * run that was cut off. False when this is another, or memory is out. */
static bool remember(struct round *round, struct places *counted)
{
    struct places *asked = &round->asked;
    if (asked->count > 0) {
        const size_t apart =
            exchange_difference(asked->list, asked->count, counted->list, counted->count);
        if (apart == 0) return true;
        round_retry(round, "%zu are counted, of %zu whose sum was agreed upon", counted->count,
                    asked->count);
        return false;
    }
    struct output_node *node = round_queue(round, ROUND_COUNTED);
    if (node == NULL) {
        round_end(round, false, "out of memory for the list of the counted");
        return false;
    }
    free(asked->list);
    *asked = *counted;
    *counted = (struct places){0};
    round->asked_round = round->number;
    node->output.counted = (struct round_counted){round->number, asked->list, asked->count};
    return true;
}

void phase_consistency_enter(struct round *round)
{
    struct places counted = {0};
    if (!list_counted(&counted, round)) return;
    const enum status status = unblinder_counted(round->unblinder, counted.list, counted.count,
                                                 &round->counted.bytes, &round->counted.size);
    const bool goes_on = status == STATUS_OK && remember(round, &counted);
    free(counted.list);
    if (status != STATUS_OK) round_retry(round, "no sum: %s", status_message());
    if (!goes_on) return;
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
        phase_unblind_enter(round);
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
    round_exchange_remind(round, peer);
}
