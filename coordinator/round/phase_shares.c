// SPDX-License-Identifier: Apache-2.0
/* Shares of the secrets of those on the board, and what holders complain of. */
#include "round/round_exchange.h"

#include <stdlib.h>
#include <string.h>

/* After a step of the exchange: who did not answer is left out, the others get the next one. */
static void go_on(struct round *round, enum exchange_step step, const char *reason)
{
    for (size_t i = 0; i < round->members; i++) {
        const struct member *member = &round->member[i];
        if (!member->chosen) continue;
        if (!unblinder_is_member(round->unblinder, (uint32_t)i)) {
            round_exchange_leave_out(round, i, member->lost ? "it was lost" : reason);
        } else if (member->joined) {
            round_exchange_send(round, i, step, NULL, 0);
        }
    }
}

void phase_shares_enter(struct round *round)
{
    const enum status status =
        unblinder_board(round->unblinder, &round->board.bytes, &round->board.size);
    if (status != STATUS_OK) {
        round_retry(round, "no exchange: %s", status_message());
        return;
    }
    round_exchange_step(round, PHASE_SHARES);
    const struct neighbours_plan *plan = unblinder_plan(round->unblinder);
    round_note(round, LOG_DEBUG,
               "round %u: each blinds with %zu, %zu of %zu holders open a secret, a quorum is %zu",
               (unsigned)round->number, plan->degree, plan->threshold, plan->holders, plan->quorum);
    go_on(round, EXCHANGE_STEP_KEYS, "its keys came too late");
}

/* Those who dealt shares are blinded with from here on. */
void phase_shares_tick(struct round *round)
{
    if (!round_exchange_over(round)) return;
    if (unblinder_close_shares(round->unblinder) != STATUS_OK) {
        round_retry(round, "no exchange: %s", status_message());
        return;
    }
    round_exchange_step(round, PHASE_UPDATES);
    round->blinds = true;
    for (size_t i = 0; i < round->members; i++) {
        struct member *member = &round->member[i];
        if (unblinder_is_member(round->unblinder, (uint32_t)i)) member->blinds = true;
    }
    go_on(round, EXCHANGE_STEP_SHARES, "its shares came too late");
    phase_updates_tick(round);
}

/* Asks each maker to open the parcel of this holder: at every complaint, since what was asked or
 * answered may be lost on the way. */
static void take_receipt(struct round *round, size_t holder,
                         const struct envelope_exchange *exchange)
{
    const uint32_t *makers = NULL;
    size_t count = 0;
    const enum status status = unblinder_take_receipt(
        round->unblinder, (uint32_t)holder, exchange->payload, exchange->size, &makers, &count);
    if (!round_exchange_judge(round, holder, status)) return;
    for (size_t i = 0; i < count; i++) {
        struct member *maker = &round->member[makers[i]];
        uint8_t *bytes = NULL;
        size_t size = 0;
        if (maker->complained_ms == 0) {
            maker->complained_ms = round->now_ms;
            round_note(round, LOG_WARNING,
                       "%s complains of the shares of %s, which is to open them",
                       round->member[holder].name, maker->name);
        }
        if (!maker->joined || unblinder_complaint(round->unblinder, makers[i], (uint32_t)holder,
                                                  &bytes, &size) != STATUS_OK) {
            continue;
        }
        round_exchange_send(round, makers[i], EXCHANGE_STEP_RECEIPT, bytes, size);
    }
}

static void take_opening(struct round *round, size_t maker,
                         const struct envelope_exchange *exchange)
{
    uint32_t holder = 0;
    const enum status status = unblinder_take_opening(round->unblinder, (uint32_t)maker,
                                                      exchange->payload, exchange->size, &holder);
    if (!round_exchange_judge(round, maker, status)) return;
    struct member *member = &round->member[maker];
    // What else is complained of it gets the whole time to open.
    const bool disputed = unblinder_is_disputed(round->unblinder, (uint32_t)maker);
    member->complained_ms = disputed ? round->now_ms : 0;
    uint8_t *bytes = malloc(exchange->size);
    if (bytes == NULL || holder >= round->members || !round->member[holder].joined) {
        free(bytes);
        return;
    }
    memcpy(bytes, exchange->payload, exchange->size);
    round_exchange_send(round, holder, EXCHANGE_STEP_OPENING, bytes, exchange->size);
}

void phase_shares_take(struct round *round, size_t peer, const struct envelope_exchange *exchange)
{
    if (exchange->step == EXCHANGE_STEP_RECEIPT) {
        take_receipt(round, peer, exchange);
    } else if (exchange->step == EXCHANGE_STEP_OPENING) {
        take_opening(round, peer, exchange);
    } else {
        (void)round_exchange_judge(round, peer,
                                   unblinder_take_shares(round->unblinder, (uint32_t)peer,
                                                         exchange->payload, exchange->size));
    }
}

void phase_shares_leave_late(struct round *round)
{
    const double limit = round->federation.secure.answer_seconds;
    if ((double)(round->now_ms - round->step_ms) / 1000 < limit) return;
    for (size_t i = 0; i < round->members; i++) {
        if (!unblinder_is_member(round->unblinder, (uint32_t)i)) continue;
        if (unblinder_has(round->unblinder, EXCHANGE_STEP_RECEIPT, (uint32_t)i)) continue;
        round_exchange_leave_out(round, i, "its receipt came too late");
    }
}

/* Who does not open what it is asked for is not counted. When its update is in the sum already, the
 * sum is of no use. */
bool phase_shares_disputed(struct round *round)
{
    const double limit = round->federation.secure.answer_seconds;
    bool disputed = false;
    for (size_t i = 0; i < round->members; i++) {
        const struct member *member = &round->member[i];
        if (!unblinder_is_disputed(round->unblinder, (uint32_t)i)) continue;
        const bool added = member->upload == UPLOAD_TAKEN;
        const double waited = (double)(round->now_ms - member->complained_ms) / 1000;
        if (member->joined && !member->lost && waited < limit) {
            disputed = disputed || added;
            continue;
        }
        if (!added) {
            round_exchange_leave_out(round, i, "it did not open shares that were complained of");
            continue;
        }
        if (member->joined) round_refuse(round, i, "you did not open shares complained of");
        round_retry(round, "%s did not open shares that were complained of", member->name);
        return true;
    }
    return disputed;
}
