// SPDX-License-Identifier: Apache-2.0
/* Shares of the secrets that remove the blinding from the sum, and the sum itself. */
#include "round/round_exchange.h"

#include <stdio.h>

void phase_unblind_enter(struct round *round)
{
    if (unblinder_signatures(round->unblinder, &round->signatures.bytes, &round->signatures.size) !=
        STATUS_OK) {
        round_retry(round, "%s", status_message());
        return;
    }
    round_exchange_step(round, PHASE_UNBLIND);
    for (size_t i = 0; i < round->members; i++) {
        const struct member *member = &round->member[i];
        if (!member->joined || !member->agreed) continue; // others get the list first
        round_exchange_send(round, i, EXCHANGE_STEP_SIGNATURES, NULL, 0);
    }
}

void phase_unblind_take(struct round *round, size_t peer, const struct envelope_exchange *exchange)
{
    (void)round_exchange_judge(round, peer,
                               unblinder_take_release(round->unblinder, (uint32_t)peer,
                                                      exchange->payload, exchange->size));
}

static void open_sum(struct round *round)
{
    uint32_t culprit = UNBLINDER_NOBODY;
    enum status status = unblinder_open(round->unblinder, &culprit);
    if (status == STATUS_OK) {
        status = aggregate_open(round->aggregate, &round->plan, round->unblinder,
                                (uint64_t)round->federation.quantise.weight_max);
    }
    if (status == STATUS_OK) {
        phase_publish_enter(round);
        return;
    }
    char reason[256];
    snprintf(reason, sizeof reason, "%.255s", status_message());
    if (culprit != UNBLINDER_NOBODY && round->member[culprit].joined) {
        round_refuse(round, culprit, "%s", reason);
    }
    round_retry(round, "the sum cannot be opened: %s", reason);
}

void phase_unblind_tick(struct round *round)
{
    if (unblinder_can_open(round->unblinder)) {
        open_sum(round);
        return;
    }
    if (!round_exchange_over(round)) return;
    size_t of = 0;
    const size_t count = round_exchange_answers(round, &of);
    round_retry(round, "%zu of %zu gave their shares, %zu of each %zu holders are needed", count,
                of, unblinder_plan(round->unblinder)->threshold,
                unblinder_plan(round->unblinder)->holders);
}
