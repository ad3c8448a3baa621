// SPDX-License-Identifier: Apache-2.0
#include "round/round.h"

#include "round/round_exchange.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MESSAGE_KINDS = PARTICIPANT_MESSAGES,
    REFUSALS_SHOWN = 10, // lines in the log for each participant: a flood stays out of it
};

static round_handler refuse_kind, answer_late, answer_end;

/* Which message each phase takes. What stands in no column is refused. Steps of the secure exchange
 * are told apart by phase_keys_exchange(). */
#define ROUND_TAKES(offer, chunk)                                                                  \
    {                                                                                              \
        [PARTICIPANT_JOIN] = phase_join_join, [PARTICIPANT_FETCH] = phase_gather_fetch,            \
        [PARTICIPANT_OFFER] = (offer), [PARTICIPANT_CHUNK] = (chunk),                              \
        [PARTICIPANT_EVALUATION] = phase_publish_evaluation,                                       \
        [PARTICIPANT_LEAVE] = phase_publish_leave, [PARTICIPANT_ALIVE] = phase_gather_alive,       \
        [PARTICIPANT_EXCHANGE] = phase_keys_exchange                                               \
    }
static round_handler *const transitions[PHASE_COUNT][MESSAGE_KINDS] = {
    [PHASE_JOIN] = {[PARTICIPANT_JOIN] = phase_join_join,
                    [PARTICIPANT_OFFER] = phase_join_offer,
                    [PARTICIPANT_LEAVE] = phase_publish_leave,
                    [PARTICIPANT_ALIVE] = phase_gather_alive},
    [PHASE_GATHER] = ROUND_TAKES(phase_updates_offer, phase_updates_chunk),
    [PHASE_KEYS] = ROUND_TAKES(phase_keys_early, phase_keys_early),
    [PHASE_SHARES] = ROUND_TAKES(phase_keys_early, phase_keys_early),
    [PHASE_UPDATES] = ROUND_TAKES(phase_updates_offer, phase_updates_chunk),
    [PHASE_CONSISTENCY] = ROUND_TAKES(phase_consistency_late, phase_consistency_late),
    [PHASE_UNBLIND] = ROUND_TAKES(phase_consistency_late, phase_consistency_late),
    [PHASE_PUBLISH] = {[PARTICIPANT_JOIN] = phase_join_join,
                       [PARTICIPANT_FETCH] = phase_gather_fetch,
                       [PARTICIPANT_OFFER] = answer_late,
                       [PARTICIPANT_CHUNK] = answer_late,
                       [PARTICIPANT_EVALUATION] = phase_publish_evaluation,
                       [PARTICIPANT_LEAVE] = phase_publish_leave,
                       [PARTICIPANT_ALIVE] = phase_gather_alive,
                       [PARTICIPANT_EXCHANGE] = answer_late},
    [PHASE_DONE] = {answer_end, answer_end, answer_end, answer_end, answer_end, answer_end,
                    answer_end, answer_end},
    [PHASE_FAILED] = {answer_end, answer_end, answer_end, answer_end, answer_end, answer_end,
                      answer_end, answer_end},
};

typedef void ticker(struct round *round);

/* What each phase does as time passes; DONE and FAILED rest. */
static ticker *const tickers[PHASE_COUNT] = {
    [PHASE_JOIN] = phase_join_tick,       [PHASE_GATHER] = phase_gather_tick,
    [PHASE_KEYS] = phase_keys_tick,       [PHASE_SHARES] = phase_shares_tick,
    [PHASE_UPDATES] = phase_updates_tick, [PHASE_CONSISTENCY] = phase_consistency_tick,
    [PHASE_UNBLIND] = phase_unblind_tick, [PHASE_PUBLISH] = phase_publish_tick,
};

/* In which phase of its own an honest participant sends each kind, one bit a phase. */
#define IN(phase)   (1u << PHASE_##phase)
#define IN_EXCHANGE (IN(KEYS) | IN(SHARES) | IN(CONSISTENCY) | IN(UNBLIND))
static const unsigned sender_phases[MESSAGE_KINDS] = {
    [PARTICIPANT_JOIN] = IN(JOIN),
    [PARTICIPANT_FETCH] = IN(GATHER) | IN(PUBLISH),
    [PARTICIPANT_OFFER] = IN(GATHER) | IN(UPDATES),
    [PARTICIPANT_CHUNK] = IN(GATHER) | IN(UPDATES),
    [PARTICIPANT_EVALUATION] = IN(GATHER) | IN(UPDATES) | IN(PUBLISH) | IN_EXCHANGE,
    [PARTICIPANT_LEAVE] = IN(JOIN) | IN(GATHER) | IN(UPDATES) | IN(PUBLISH) | IN_EXCHANGE,
    [PARTICIPANT_ALIVE] = IN(JOIN) | IN(GATHER) | IN(UPDATES) | IN(PUBLISH) | IN_EXCHANGE,
    [PARTICIPANT_EXCHANGE] = IN_EXCHANGE,
};

static bool sent_in(const struct round *round, enum participant_message kind, enum phase phase)
{
    unsigned phases = sender_phases[kind];
    if (!round->secure && kind != PARTICIPANT_EXCHANGE) phases &= ~(unsigned)(IN_EXCHANGE);
    return (phases >> (unsigned)phase & 1u) != 0;
}

static enum status digest_federation(struct round *round,
                                     const struct config_federation *federation)
{
    struct config config;
    char *text = NULL;
    config_defaults(&config);
    config.federation = *federation;
    const enum status status = config_canonical(&config, &text);
    if (status == STATUS_OK) digest_compute(round->federation_digest, text, strlen(text));
    free(text);
    return status;
}

enum status round_create(struct round **round, const struct round_options *options)
{
    assert(round != NULL && options->roster->count <= LIMIT_PARTICIPANTS);
    const size_t members = options->roster->count;
    if (members < (size_t)options->federation->participants) {
        return status_fail(STATUS_BAD_CONFIG,
                           "the roster names %zu participants, federation.participants wants %d",
                           members, options->federation->participants);
    }
    struct round *made = calloc(1, sizeof *made);
    struct member *member = calloc(members, sizeof *member);
    if (made == NULL || member == NULL) {
        free(made);
        free(member);
        return status_fail(STATUS_NO_MEMORY, "out of memory for %zu participants", members);
    }
    made->federation = *options->federation;
    made->seed = options->seed;
    made->threads = options->threads;
    made->silence_ms = options->silence_ms;
    memcpy(made->session, options->session, sizeof made->session);
    made->members = members;
    made->member = member;
    made->attempt = 1;
    made->secure = config_privacy(options->federation) == PRIVACY_SECURE_SUM;
    for (size_t i = 0; i < members; i++) {
        snprintf(member[i].name, sizeof member[i].name, "%s", options->roster->entries[i].name);
    }
    enum status status = digest_federation(made, options->federation);
    if (status == STATUS_OK && made->secure) status = round_exchange_prepare(made, options->roster);
    if (status != STATUS_OK) round_destroy(&made);
    *round = made;
    return status;
}

void round_destroy(struct round **round)
{
    struct round *gone = *round;
    if (gone == NULL) return;
    round_queue_clear(gone);
    free(gone->given.record.reporter);
    free(gone->given.evaluation);
    free(gone->given.payload);
    round_exchange_close(gone);
    free(gone->sign_keys);
    free(gone->asked.list);
    for (int i = 0; i < ROUND_UPLOADS; i++) {
        transfer_destroy(&gone->slot[i].transfer);
    }
    quantise_destroy(&gone->plan);
    aggregate_destroy(&gone->aggregate);
    if (gone->has_model) model_destroy(&gone->model);
    if (gone->typed) manifest_destroy(&gone->manifest);
    free(gone->queue);
    free(gone->member);
    free(gone);
    *round = NULL;
}

void round_drop(struct round *round, size_t peer)
{
    round->member[peer].joined = false;
    round->member[peer].ready = false;
    phase_updates_drop(round, peer);
}

void round_refuse(struct round *round, size_t peer, const char *format, ...)
{
    char reason[ENVELOPE_REASON];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    struct member *member = &round->member[peer];
    round->refused++;
    if (member->refusals++ < REFUSALS_SHOWN) {
        round_note(round, LOG_WARNING, "refused %s: %s", member->name, reason);
    }
    round_send_refuse(round, peer, reason);
    round_drop(round, peer);
    snprintf(member->reason, sizeof member->reason, "refused: %.100s", reason);
}

static void refuse_kind(struct round *round, size_t peer, const struct from_participant *message)
{
    round_refuse(round, peer, "no %s is taken in phase %s",
                 envelope_participant_name(message->kind), phase_name(round->phase));
}

/* Its sender has not heard that the round is over. */
static void answer_late(struct round *round, size_t peer, const struct from_participant *message)
{
    round->stale++;
    phase_gather_alive(round, peer, message);
}

static void answer_end(struct round *round, size_t peer, const struct from_participant *message)
{
    (void)message;
    round_send_end(round, peer, round->success, round->ending);
}

/* Compares the round and attempt a message belongs to with the current ones: -1, 0 or 1. */
static int compare_place(const struct round *round, const struct envelope_context *context)
{
    const uint64_t theirs = (uint64_t)context->round << 32 | context->attempt;
    const uint64_t ours = (uint64_t)round->number << 32 | round->attempt;
    return (theirs > ours) - (theirs < ours);
}

void round_message(struct round *round, size_t peer, const struct from_participant *message,
                   uint64_t now_ms)
{
    assert(peer < round->members && (unsigned)message->kind < MESSAGE_KINDS);
    round_pass_time(round, now_ms);
    round_heard(round, peer);
    const struct envelope_context *context = &message->context;
    const bool resting = round->phase == PHASE_DONE || round->phase == PHASE_FAILED;
    if (message->kind != PARTICIPANT_JOIN && !resting) {
        const bool ours = memcmp(context->session, round->session, sizeof round->session) == 0;
        if (!round->member[peer].joined && !ours) {
            round->stale++; // of a run that this one goes on with, or of another one
            round_send_again(round, peer);
            return;
        }
        if (!round->member[peer].joined) {
            // A farewell is repeated until it is answered; all else must join first.
            if (message->kind != PARTICIPANT_LEAVE) round_refuse(round, peer, "join first");
            return;
        }
        if (!ours) { // of the run that this one goes on with, overtaken by its new Join
            round->stale++;
            return;
        }
    }
    if (!sent_in(round, message->kind, context->phase)) {
        round_refuse(round, peer, "%s does not belong to phase %s",
                     envelope_participant_name(message->kind), phase_name(context->phase));
        return;
    }
    if (message->kind != PARTICIPANT_JOIN && !resting) {
        if (compare_place(round, context) > 0) {
            round_refuse(round, peer, "round %u, attempt %u has not begun",
                         (unsigned)context->round, (unsigned)context->attempt);
            return;
        }
        if (context->phase != PHASE_JOIN && round->has_model) round->member[peer].ready = true;
    }
    round_handler *handler = transitions[round->phase][message->kind];
    (handler != NULL ? handler : refuse_kind)(round, peer, message);
}

void round_malformed(struct round *round, size_t peer, const char *reason, uint64_t now_ms)
{
    assert(peer < round->members);
    round_pass_time(round, now_ms);
    round_refuse(round, peer, "%s", reason);
}

void round_tick(struct round *round, uint64_t now_ms)
{
    round_pass_time(round, now_ms);
    if (round->ended) {
        round_repeat_end(round);
        return;
    }
    round_watch(round);
    round_run_ticker(round);
}

void round_run_ticker(struct round *round)
{
    ticker *tick = tickers[round->phase];
    if (tick != NULL) tick(round);
}

size_t round_reporters_max(const struct round *round)
{
    return round->secure ? config_cohort(&round->federation) : round->cohort;
}

void round_end(struct round *round, bool success, const char *format, ...)
{
    if (round->ended) return;
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(round->ending, sizeof round->ending, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    round->ended = true;
    round->success = success;
    for (size_t i = 0; i < round->members; i++) {
        if (round->member[i].joined) round_send_end(round, i, success, round->ending);
    }
    round->phase = success ? PHASE_DONE : PHASE_FAILED;
}

void round_retry(struct round *round, const char *format, ...)
{
    char reason[ENVELOPE_REASON - 64];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    if (round->ended) return;
    if (round->attempt == ROUND_ATTEMPTS) {
        round_end(round, false, "round %u failed in %d attempts: %s", (unsigned)round->number,
                  ROUND_ATTEMPTS, reason);
        return;
    }
    round_note(round, LOG_WARNING, "round %u: %s; attempt %u follows", (unsigned)round->number,
               reason, (unsigned)round->attempt + 1);
    phase_gather_enter(round, round->number, round->attempt + 1);
}

void round_stop(struct round *round, const char *reason)
{
    if (round->ended) return;
    round_queue_clear(round);
    round_end(round, false, "%s", reason);
}

bool round_next(struct round *round, struct round_output *output)
{
    free(round->given.record.reporter);
    free(round->given.evaluation);
    free(round->given.payload);
    memset(&round->given, 0, sizeof round->given);
    while (round->queue_first < round->queue_count) {
        round->given = round->queue[round->queue_first++];
        struct output_node *given = &round->given;
        const bool step =
            given->output.kind == ROUND_SEND && given->output.message.kind == COORDINATOR_EXCHANGE;
        if (step && !round_exchange_fill(round, given)) continue;
        if (given->output.kind == ROUND_PUBLISHED) {
            given->output.record = &given->record;
            given->output.model = &round->model;
        }
        given->output.evaluation = given->evaluation;
        *output = given->output;
        return true;
    }
    if (!round->ended || round->end_given) return false;
    round->end_given = true;
    output->kind = ROUND_ENDED;
    output->success = round->success;
    snprintf(output->text, sizeof output->text, "%s", round->ending);
    return true;
}

enum phase round_phase(const struct round *round)
{
    return round->phase;
}

size_t round_numbers(const struct round *round)
{
    return round->has_model ? round->model.manifest.count : round->manifest.count;
}

const struct model *round_model(const struct round *round)
{
    return round->has_model ? &round->model : NULL;
}

uint64_t round_stale(const struct round *round)
{
    return round->stale;
}

uint64_t round_refused(const struct round *round)
{
    return round->refused;
}
