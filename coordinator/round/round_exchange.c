// SPDX-License-Identifier: Apache-2.0
#include "round/round_exchange.h"

#include "secure/neighbours.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REMIND_MS = 1000 }; // not oftener to one participant, however often it asks

static enum status check(const struct config_federation *federation)
{
    const struct neighbours_assumption assumed = neighbours_assume(federation);
    struct neighbours_plan plan;
    if (neighbours_choose(&plan, assumed.cohort, &assumed) == STATUS_OK) return STATUS_OK;
    return status_fail(STATUS_BAD_CONFIG,
                       "federation.secure: with %g corrupt and %g dropout, %zu in a cohort cannot "
                       "exchange: %s",
                       assumed.corrupt, assumed.dropout, assumed.cohort, status_message());
}

enum status round_exchange_prepare(struct round *round, const struct roster *roster)
{
    enum status status = check(&round->federation);
    if (status == STATUS_OK) status = roster_sign_keys(&round->sign_keys, roster);
    if (status != STATUS_OK) return status;
    memcpy(round->roster_digest, roster->digest, sizeof round->roster_digest);
    return STATUS_OK;
}

enum status round_exchange_open(struct round *round)
{
    uint32_t *cohort = malloc(round->cohort * sizeof *cohort);
    if (cohort == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a cohort");
    struct unblinder_options options = {
        .context = {.round = round->number, .attempt = round->attempt},
        .members = round->members,
        .sign_keys = (const uint8_t(*)[EXCHANGE_SIGN_PUBLIC_BYTES])round->sign_keys,
        .cohort = cohort,
        .assumption = neighbours_assume(&round->federation),
        .cohort_min = (size_t)round->federation.secure.cohort_min,
        .threads = aggregate_threads(round->aggregate)};
    memcpy(options.context.session, round->session, sizeof options.context.session);
    memcpy(options.context.roster, round->roster_digest, sizeof options.context.roster);
    memcpy(options.context.model, round->model_digest, sizeof options.context.model);
    memcpy(options.context.config, round->federation_digest, sizeof options.context.config);
    for (size_t i = 0; i < round->members; i++) {
        if (round->member[i].chosen) cohort[options.count++] = (uint32_t)i;
    }
    const enum status status = unblinder_create(&round->unblinder, &options);
    free(cohort);
    return status;
}

void round_exchange_close(struct round *round)
{
    unblinder_destroy(&round->unblinder);
    struct payload *const payloads[] = {&round->board, &round->counted, &round->signatures};
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        free(payloads[i]->bytes);
        memset(payloads[i], 0, sizeof *payloads[i]);
    }
    for (size_t i = 0; i < round->members; i++) {
        struct member *member = &round->member[i];
        member->rejoined = member->anew = member->agreed = false;
        member->complained_ms = 0;
        member->reminded_ms = 0;
    }
}

/* Whether a member has answered at the current step. */
static bool answered(const struct round *round, size_t peer)
{
    const struct unblinder *unblinder = round->unblinder;
    switch (round->phase) {
    case PHASE_KEYS:
        return unblinder_has(unblinder, EXCHANGE_STEP_KEYS, (uint32_t)peer);
    case PHASE_SHARES:
        return unblinder_has(unblinder, EXCHANGE_STEP_SHARES, (uint32_t)peer);
    case PHASE_CONSISTENCY:
        return round->member[peer].agreed;
    case PHASE_UNBLIND:
        return unblinder_has(unblinder, EXCHANGE_STEP_RELEASE, (uint32_t)peer);
    case PHASE_JOIN:
    case PHASE_GATHER:
    case PHASE_UPDATES:
    case PHASE_PUBLISH:
    case PHASE_DONE:
    case PHASE_FAILED:
        break;
    }
    return true;
}

bool round_exchange_awaits(const struct round *round, size_t peer)
{
    const struct member *member = &round->member[peer];
    if (round->unblinder == NULL || !unblinder_is_member(round->unblinder, (uint32_t)peer)) {
        return false;
    }
    return member->joined && !member->lost && !member->anew && !answered(round, peer);
}

size_t round_exchange_answers(const struct round *round, size_t *of)
{
    size_t count = 0;
    *of = 0;
    for (size_t i = 0; i < round->members; i++) {
        if (!unblinder_is_member(round->unblinder, (uint32_t)i)) continue;
        count += answered(round, i);
        ++*of;
    }
    return count;
}

bool round_exchange_over(const struct round *round)
{
    const double limit = round->federation.secure.answer_seconds;
    if ((double)(round->now_ms - round->step_ms) / 1000 >= limit) return true;
    for (size_t i = 0; i < round->members; i++) {
        if (round_exchange_awaits(round, i)) return false;
    }
    return true;
}

void round_exchange_step(struct round *round, enum phase phase)
{
    round->phase = phase;
    round->step_ms = round->now_ms;
}

bool round_exchange_judge(struct round *round, size_t peer, enum status status)
{
    if (status == STATUS_OK) return true;
    if (status == STATUS_BAD_MESSAGE) {
        round_refuse(round, peer, "%s", status_message());
    } else { // as good as lost on the way
        round_note(round, LOG_WARNING, "%s: %s", round->member[peer].name, status_message());
    }
    return false;
}

void round_exchange_leave_out(struct round *round, size_t peer, const char *reason)
{
    struct member *member = &round->member[peer];
    if (member->upload == UPLOAD_TAKEN || member->upload == UPLOAD_REJECTED) return;
    phase_updates_drop(round, peer);
    member->upload = UPLOAD_REJECTED;
    if (member->reason[0] == 0) snprintf(member->reason, sizeof member->reason, "%s", reason);
    round_note(round, LOG_WARNING, "%s is left out of round %u, attempt %u: %s", member->name,
               (unsigned)round->number, (unsigned)round->attempt, member->reason);
    if (member->joined) round_send_close(round, peer, member->reason);
}

void round_exchange_send(struct round *round, size_t peer, enum exchange_step step, uint8_t *bytes,
                         size_t size)
{
    const struct member *member = &round->member[peer];
    struct output_node *node =
        member->rejoined || member->anew ? NULL : round_queue(round, ROUND_SEND);
    if (node == NULL) { // asked for again
        free(bytes);
        return;
    }
    struct from_coordinator *message = round_address(round, node, peer, COORDINATOR_EXCHANGE);
    message->context.phase = envelope_step_phase(step);
    message->exchange.step = step;
    message->exchange.payload = bytes;
    message->exchange.size = size;
    node->payload = bytes;
    round->member[peer].reminded_ms = round->now_ms;
}

bool round_exchange_fill(struct round *round, struct output_node *node)
{
    struct from_coordinator *message = &node->output.message;
    struct envelope_exchange *exchange = &message->exchange;
    if (node->payload != NULL) return true;
    if (round->unblinder == NULL || message->context.round != round->number ||
        message->context.attempt != round->attempt) {
        return false; // nobody waits for it any more
    }
    const struct payload *same = exchange->step == EXCHANGE_STEP_KEYS      ? &round->board
                                 : exchange->step == EXCHANGE_STEP_COUNTED ? &round->counted
                                                                           : &round->signatures;
    if (exchange->step == EXCHANGE_STEP_SHARES) {
        if (unblinder_parcels(round->unblinder, (uint32_t)node->output.peer, &node->payload,
                              &exchange->size) != STATUS_OK) {
            return false;
        }
        exchange->payload = node->payload;
        return true;
    }
    exchange->payload = same->bytes;
    exchange->size = same->size;
    return same->bytes != NULL;
}

/* What a member is to answer next; EXCHANGE_STEPS: nothing. */
static enum exchange_step next_step(const struct round *round, size_t peer)
{
    if (round->phase == PHASE_SHARES) {
        return answered(round, peer) ? EXCHANGE_STEPS : EXCHANGE_STEP_KEYS;
    }
    if (!unblinder_has(round->unblinder, EXCHANGE_STEP_RECEIPT, (uint32_t)peer)) {
        return EXCHANGE_STEP_SHARES;
    }
    if (round->phase == PHASE_UPDATES) return EXCHANGE_STEPS;
    if (!round->member[peer].agreed) return EXCHANGE_STEP_COUNTED;
    return answered(round, peer) ? EXCHANGE_STEPS : EXCHANGE_STEP_SIGNATURES;
}

void round_exchange_remind(struct round *round, size_t peer)
{
    const struct member *member = &round->member[peer];
    if (round->unblinder == NULL || round->phase == PHASE_KEYS) return;
    if (member->rejoined || member->anew) return;
    if (!unblinder_is_member(round->unblinder, (uint32_t)peer)) return;
    if (round->now_ms - member->reminded_ms < REMIND_MS) return;
    const enum exchange_step step = next_step(round, peer);
    if (step == EXCHANGE_STEPS) return;
    round_note(round, LOG_DEBUG, "%s has not answered: it is asked again", member->name);
    round_exchange_send(round, peer, step, NULL, 0);
}
