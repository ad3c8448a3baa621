// SPDX-License-Identifier: Apache-2.0
#include "session/session.h"

#include "session/session_private.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static session_handler hear_end, hear_alive;

/* Which message each state takes. All others are counted and ignored. */
static session_handler *const transitions[STATES][COORDINATOR_MESSAGES] = {
    [STATE_JOINING] = {[COORDINATOR_WELCOME] = step_join_welcome,
                       [COORDINATOR_REFUSE] = step_join_refuse,
                       [COORDINATOR_END] = hear_end},
    [STATE_TAKING_PART] = {[COORDINATOR_WELCOME] = hear_alive, // our Join was repeated
                           [COORDINATOR_REFUSE] = step_join_refuse,
                           [COORDINATOR_MODEL] = step_model_announced,
                           [COORDINATOR_CHUNK] = step_model_chunk,
                           [COORDINATOR_FETCH] = step_update_fetch,
                           [COORDINATOR_CLOSE] = step_update_close,
                           [COORDINATOR_END] = hear_end,
                           [COORDINATOR_ALIVE] = hear_alive,
                           [COORDINATOR_EXCHANGE] = step_exchange_heard},
    [STATE_FINISHING] = {[COORDINATOR_REFUSE] = step_join_refuse,
                         [COORDINATOR_MODEL] = hear_alive, // repeated
                         [COORDINATOR_END] = hear_end,
                         [COORDINATOR_ALIVE] = hear_alive},
};

enum status session_create(struct session **session, const struct session_options *options)
{
    assert(session != NULL && options->shared->count > 0);
    char *text = NULL;
    const enum status status = manifest_text(options->shared, &text);
    if (status != STATUS_OK) return status;
    if (strlen(text) >= ENVELOPE_MANIFEST) {
        free(text);
        return status_fail(STATUS_FULL, "the manifest of the shared tensors is over %d bytes",
                           ENVELOPE_MANIFEST - 1);
    }
    struct session *made = calloc(1, sizeof *made);
    if (made == NULL) {
        free(text);
        return status_fail(STATUS_NO_MEMORY, "out of memory for a session");
    }
    made->join.protocol = ENVELOPE_PROTOCOL;
    snprintf(made->join.name, sizeof made->join.name, "%s", options->name);
    snprintf(made->join.manifest, sizeof made->join.manifest, "%s", text);
    digest_compute(made->join.model_type, text, strlen(text));
    memcpy(made->join.federation, options->federation, DIGEST_BYTES);
    memcpy(made->join.mask, options->mask, DIGEST_BYTES);
    made->model_bytes = (uint64_t)options->shared->count * sizeof(float);
    made->rounds = options->rounds;
    made->trained = options->trained;
    memcpy(made->trained_on, options->trained_on, sizeof made->trained_on);
    made->shares_nothing = options->shares_nothing;
    made->wait_ms = options->wait_ms;
    made->is_secure = options->secure != NULL;
    if (made->is_secure) made->secure = *options->secure;
    free(text);
    *session = made;
    return STATUS_OK;
}

void session_destroy(struct session **session)
{
    if (*session == NULL) return;
    transfer_destroy(&(*session)->transfer);
    step_update_drop(*session);
    step_exchange_drop(*session);
    free(*session);
    *session = NULL;
}

static struct pending *append(struct session *session)
{
    if (session->pending_count == PENDING_MAX) return NULL;
    const size_t place = (session->pending_first + session->pending_count++) % PENDING_MAX;
    memset(&session->pending[place], 0, sizeof session->pending[place]);
    return &session->pending[place];
}

struct pending *session_say(struct session *session, enum participant_message kind)
{
    struct pending *pending = append(session);
    session->said_ms = session->now_ms;
    if (pending != NULL) pending->kind = kind;
    return pending;
}

void session_note(struct session *session, enum log_level level, const char *format, ...)
{
    struct pending *pending = append(session);
    if (pending == NULL) return;
    pending->is_note = true;
    pending->level = level;
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(pending->text, sizeof pending->text, format, arguments);
    va_end(arguments);
    assert(length >= 0);
}

void session_end(struct session *session, bool success, const char *format, ...)
{
    if (session->state == STATE_ENDED) return;
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(session->reason, sizeof session->reason, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    session->success = success;
    session->state = STATE_ENDED;
    step_update_drop(session);
    step_exchange_drop(session);
}

static void hear_end(struct session *session, const struct from_coordinator *message)
{
    session_end(session, message->end.success, "the coordinator ended the run: %.480s",
                message->end.reason);
}

static void hear_alive(struct session *session, const struct from_coordinator *message)
{
    (void)session; // that it was heard is noted for every message
    (void)message;
}

bool session_current(const struct session *session, const struct envelope_context *context)
{
    return context->round == session->round && context->attempt == session->attempt;
}

/* Time in which this session was not asked is not the coordinator's silence (a long step). */
static void pass_time(struct session *session, uint64_t now_ms)
{
    if (session->first_ms == 0) {
        session->first_ms = session->now_ms = session->heard_ms = now_ms;
        session->said_ms = now_ms - SESSION_ALIVE_MS; // the first Join at once
    }
    assert(now_ms >= session->now_ms);
    const uint64_t gap = now_ms - session->now_ms;
    session->now_ms = now_ms;
    if (gap > SESSION_ALIVE_MS) session->heard_ms += gap;
}

void session_message(struct session *session, const struct from_coordinator *message,
                     uint64_t now_ms)
{
    assert((unsigned)message->kind < COORDINATOR_MESSAGES);
    pass_time(session, now_ms);
    const bool greeting =
        message->kind == COORDINATOR_WELCOME || message->kind == COORDINATOR_REFUSE;
    const bool ours = session->state == STATE_JOINING || greeting ||
                      memcmp(message->context.session, session->id, sizeof session->id) == 0;
    session_handler *handler = transitions[session->state][message->kind];
    if (handler == NULL || !ours) {
        session->ignored++;
        return;
    }
    session->heard_ms = now_ms;
    handler(session, message);
}

/* What is said when there is nothing new to say: whatever is not answered yet. */
static void repeat(struct session *session)
{
    if (session->state == STATE_JOINING) {
        session_say(session, PARTICIPANT_JOIN);
    } else if (session->state == STATE_FINISHING) {
        if (session->has_evaluation) session_say(session, PARTICIPANT_EVALUATION);
        session_say(session, PARTICIPANT_LEAVE);
    } else {
        const bool again = step_exchange_repeat(session);
        if (session->body != NULL) session_say(session, PARTICIPANT_OFFER);
        if (session->body == NULL && !again) session_say(session, PARTICIPANT_ALIVE);
    }
}

void session_tick(struct session *session, uint64_t now_ms)
{
    pass_time(session, now_ms);
    if (session->state == STATE_ENDED) return;
    const uint64_t silent = now_ms - session->heard_ms;
    if (silent >= session->wait_ms) {
        // With the final model in hand, only its farewell is missing.
        session_end(session, session->state == STATE_FINISHING,
                    session->state == STATE_JOINING ? "no coordinator answered within %.0f s"
                                                    : "the coordinator has been silent for %.0f s",
                    (double)silent / 1000);
        return;
    }
    if (session->fetching) step_model_ask(session);
    const uint64_t pause = session->state == STATE_JOINING ? SESSION_JOIN_MS : SESSION_ALIVE_MS;
    if (now_ms - session->said_ms >= pause) repeat(session);
}

/* The phase a message belongs to, seen from here. */
static enum phase phase_of(const struct session *session, enum participant_message kind)
{
    if (kind == PARTICIPANT_JOIN) return PHASE_JOIN;
    const bool final = session->announced && session->model.final;
    const enum phase before = final ? PHASE_PUBLISH : PHASE_GATHER;
    if (kind == PARTICIPANT_FETCH) return before;
    if (kind == PARTICIPANT_OFFER || kind == PARTICIPANT_CHUNK) {
        return session->round == 0 ? PHASE_GATHER : PHASE_UPDATES;
    }
    if (!session->ready) return PHASE_JOIN;
    const bool working = session->announced && session->model.train && !session->fetching;
    return working ? PHASE_UPDATES : before;
}

/* Makes the message; false when what it is about is gone by now. */
static bool make(const struct session *session, const struct pending *pending,
                 struct from_participant *message)
{
    message->kind = pending->kind;
    message->context.round = pending->kind == PARTICIPANT_JOIN ? 0 : session->round;
    message->context.attempt = pending->kind == PARTICIPANT_JOIN ? 0 : session->attempt;
    message->context.phase = phase_of(session, pending->kind);
    memcpy(message->context.session, session->id, sizeof session->id);
    switch (pending->kind) {
    case PARTICIPANT_JOIN:
        memset(message->context.session, 0, sizeof message->context.session);
        message->join = session->join;
        return true;
    case PARTICIPANT_FETCH:
        message->fetch = (struct envelope_fetch){pending->offset, pending->chunks};
        return session->fetching;
    case PARTICIPANT_OFFER:
        message->offer = session->offer;
        return session->body != NULL;
    case PARTICIPANT_CHUNK:
        if (session->body == NULL) return false;
        message->chunk.offset = pending->offset;
        message->chunk.payload = session->body + pending->offset;
        message->chunk.size = transfer_chunk(session->offer.size, pending->offset, LIMIT_CHUNK);
        return message->chunk.size > 0;
    case PARTICIPANT_EVALUATION:
        message->evaluation = session->evaluation;
        return session->has_evaluation;
    case PARTICIPANT_LEAVE:
        memcpy(message->leave.reason, pending->text, sizeof message->leave.reason);
        return true;
    case PARTICIPANT_ALIVE:
        return true;
    case PARTICIPANT_EXCHANGE:
        message->context.phase = envelope_step_phase(pending->step);
        message->exchange.step = pending->step;
        message->exchange.payload = session->said[pending->step].bytes;
        message->exchange.size = session->said[pending->step].size;
        return message->exchange.payload != NULL;
    }
    return false;
}

bool session_next(struct session *session, struct session_output *output)
{
    output->kind = SESSION_JOURNAL;
    if (step_exchange_journal(session, &output->entry)) return true;
    while (session->pending_count > 0) {
        const struct pending *pending = &session->pending[session->pending_first];
        session->pending_first = (session->pending_first + 1) % PENDING_MAX;
        session->pending_count--;
        output->kind = pending->is_note ? SESSION_NOTE : SESSION_MESSAGE;
        if (pending->is_note) {
            output->level = pending->level;
            memcpy(output->text, pending->text, sizeof output->text);
            return true;
        }
        if (make(session, pending, &output->message)) return true;
    }
    return false;
}

static enum session_job_kind job_kind(const struct session *session)
{
    const struct envelope_model *model = &session->model;
    if (session->state == STATE_ENDED) return SESSION_END;
    if (session->state != STATE_TAKING_PART) return SESSION_WAIT;
    if (!session->ready) return SESSION_PREPARE;
    if (!session->announced) return SESSION_WAIT;
    if (session->fetching) {
        return transfer_whole(&session->transfer) ? SESSION_LOAD : SESSION_WAIT;
    }
    if (!session->has_loaded || memcmp(session->loaded, model->digest, DIGEST_BYTES) != 0) {
        return SESSION_WAIT; // announced to others, not needed here
    }
    if (step_model_unmeasured(session)) return SESSION_EVALUATE;
    if (!model->train || session->closed) return SESSION_WAIT;
    if (!step_model_trained(session)) return SESSION_TRAIN;
    const bool missing = session->body == NULL && step_exchange_lets_offer(session);
    return missing ? SESSION_ENCODE : SESSION_WAIT;
}

void session_job(const struct session *session, struct session_job *job)
{
    memset(job, 0, sizeof *job);
    job->kind = job_kind(session);
    job->index = session->index;
    job->round = session->round;
    job->model_round = session->model.model_round;
    job->reporters_max = session->model.reporters_max;
    memcpy(job->model, session->model.digest, sizeof job->model);
    job->final = session->model.final;
    job->success = session->success;
    memcpy(job->reason, session->reason, sizeof job->reason);
}

bool session_wants(const struct session *session, const struct session_job *job)
{
    struct session_job now;
    session_job(session, &now);
    return now.kind == job->kind && now.model_round == job->model_round &&
           (now.kind == SESSION_EVALUATE || now.round == job->round);
}

void session_leave(struct session *session, const char *reason)
{
    if (session->state == STATE_ENDED) return;
    struct pending *pending =
        session->state == STATE_JOINING ? NULL : session_say(session, PARTICIPANT_LEAVE);
    if (pending != NULL) envelope_set_reason(pending->text, reason);
    session_end(session, false, "%s", reason);
}

uint64_t session_ignored(const struct session *session)
{
    return session->ignored;
}
