// SPDX-License-Identifier: Apache-2.0
/* Fresh keys of an attempt, while the cohort fetches the model and begins to train; and whom a step
 * of the exchange goes to. */
#include "round/round_exchange.h"

#include <string.h>

#include <assert.h>

/* The last step that is taken in each phase of the exchange; one beyond it has not begun. */
static enum exchange_step last_step(enum phase phase)
{
    switch (phase) {
    case PHASE_KEYS:
        return EXCHANGE_STEP_KEYS;
    case PHASE_SHARES:
        return EXCHANGE_STEP_SHARES;
    case PHASE_UPDATES:
        return EXCHANGE_STEP_OPENING;
    case PHASE_CONSISTENCY:
        return EXCHANGE_STEP_SIGNATURES;
    case PHASE_UNBLIND:
    case PHASE_JOIN:
    case PHASE_GATHER:
    case PHASE_PUBLISH:
    case PHASE_DONE:
    case PHASE_FAILED:
        break;
    }
    return EXCHANGE_STEP_RELEASE;
}

/* Keys of a program that was restarted differ from those it sent before: it has lost its secrets
 * and cannot go on in this attempt. */
static void take_keys(struct round *round, size_t peer, const struct envelope_exchange *exchange)
{
    struct member *member = &round->member[peer];
    uint8_t digest[DIGEST_BYTES];
    digest_compute(digest, exchange->payload, exchange->size);
    if (!unblinder_has(round->unblinder, EXCHANGE_STEP_KEYS, (uint32_t)peer)) {
        memcpy(member->keys, digest, sizeof digest);
    } else if (memcmp(member->keys, digest, sizeof digest) != 0) {
        if (!member->rejoined) {
            round_refuse(round, peer, "other keys in the same attempt");
            return;
        }
        member->anew = true;
        round_exchange_leave_out(round, peer, "it began anew and has other keys");
        return;
    }
    member->rejoined = false;
    (void)round_exchange_judge(
        round, peer,
        unblinder_take_keys(round->unblinder, (uint32_t)peer, exchange->payload, exchange->size));
}

void phase_keys_exchange(struct round *round, size_t peer, const struct from_participant *message)
{
    const struct envelope_exchange *exchange = &message->exchange;
    const struct envelope_context *context = &message->context;
    if (!round->secure) {
        round_refuse(round, peer, "no exchange is taken with federation.privacy %s",
                     config_word("federation.privacy", PRIVACY_TRUSTED_COORDINATOR));
        return;
    }
    if (context->round != round->number || context->attempt != round->attempt) {
        round->stale++;
        phase_gather_alive(round, peer, message);
        return;
    }
    struct member *member = &round->member[peer];
    if (round->unblinder == NULL || !member->chosen) {
        round_refuse(round, peer, "you are not in the cohort of round %u", (unsigned)round->number);
        return;
    }
    if (exchange->step > last_step(round->phase)) {
        round_refuse(round, peer, "phase %s has not begun", phase_name(context->phase));
        return;
    }
    if (exchange->step != EXCHANGE_STEP_KEYS) member->rejoined = false;
    if (exchange->step == EXCHANGE_STEP_KEYS) {
        take_keys(round, peer, exchange);
    } else if (exchange->step <= EXCHANGE_STEP_OPENING) {
        phase_shares_take(round, peer, exchange);
    } else if (exchange->step == EXCHANGE_STEP_SIGNATURES) {
        phase_consistency_take(round, peer, exchange);
    } else {
        phase_unblind_take(round, peer, exchange);
    }
    if (round->ended || !member->joined) return;
    if (member->upload == UPLOAD_REJECTED && exchange->step <= EXCHANGE_STEP_SHARES) {
        round_send_close(round, peer, member->reason); // repeated until it is answered
    }
    round_exchange_remind(round, peer);
    round_run_ticker(round);
}

/* Before the parcels are out nobody can have blinded an update. */
void phase_keys_early(struct round *round, size_t peer, const struct from_participant *message)
{
    const struct envelope_context *context = &message->context;
    if (context->round == round->number && context->attempt == round->attempt) {
        round_refuse(round, peer, "no %s is taken in phase %s",
                     envelope_participant_name(message->kind), phase_name(round->phase));
        return;
    }
    round->stale++;
    phase_gather_alive(round, peer, message);
}

void phase_keys_enter(struct round *round)
{
    if (round_exchange_open(round) != STATUS_OK) {
        round_end(round, false, "round %u cannot start: %s", (unsigned)round->number,
                  status_message());
        return;
    }
    round_exchange_step(round, PHASE_KEYS);
}

void phase_keys_tick(struct round *round)
{
    if (round_exchange_over(round)) phase_shares_enter(round);
}
