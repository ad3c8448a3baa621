// SPDX-License-Identifier: Apache-2.0
/* Models: announced, fetched, loaded, evaluated. */
#include "session/session_private.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Later rounds and attempts replace earlier ones, the final model of a round its announcement. */
static bool is_news(const struct session *session, const struct from_coordinator *message)
{
    const struct envelope_context *context = &message->context;
    if (!session->announced) return true;
    if (context->round != session->round) return context->round > session->round;
    if (context->attempt != session->attempt) return context->attempt > session->attempt;
    return message->model.final && !session->model.final;
}

/* What no honest coordinator announces; NULL: nothing of the kind. An update is trained once in a
 * round: under the name of another model, ledger.h would let it into a second sum, and the
 * difference of the two would show who is in one only. */
static const char *fault_of(const struct session *session, const struct from_coordinator *message)
{
    const struct envelope_model *now = &session->model, *other = &message->model;
    const uint32_t round = message->context.round;
    if (other->final) return NULL;
    if (session->base_round == round && memcmp(session->base, other->digest, DIGEST_BYTES) != 0) {
        return "two models were announced for one round";
    }
    if (other->train && round > session->rounds) {
        return "a round was announced beyond federation.rounds";
    }
    if (session->announced && now->final && is_news(session, message)) {
        return "a round was announced after the final model";
    }
    if (session->announced && session_current(session, &message->context) && now->train &&
        other->train && now->reporters_max != other->reporters_max) {
        return "two cohorts were announced for one attempt";
    }
    return NULL;
}

bool step_model_trained(const struct session *session)
{
    return session->trained == session->round &&
           memcmp(session->trained_on, session->model.digest, DIGEST_BYTES) == 0;
}

void step_model_announced(struct session *session, const struct from_coordinator *message)
{
    const char *fault = fault_of(session, message);
    if (fault != NULL) {
        session_note(session, LOG_ERROR, "round %u: %s", (unsigned)message->context.round, fault);
        session_leave(session, fault);
        return;
    }
    if (!is_news(session, message)) return; // repeated
    if (message->model.size != session->model_bytes) {
        session_leave(session, "the model that the coordinator announced has the wrong size");
        return;
    }
    const bool known = session->fetching &&
                       memcmp(session->model.digest, message->model.digest, DIGEST_BYTES) == 0;
    session->announced = true;
    session->round = message->context.round;
    session->attempt = message->context.attempt;
    session->model = message->model;
    session->closed = false;
    if (!message->model.final) {
        session->base_round = session->round;
        memcpy(session->base, session->model.digest, DIGEST_BYTES);
    }
    step_update_drop(session);
    step_exchange_begin(session);
    if (session->state != STATE_TAKING_PART) return;
    if (known) return; // the fetch goes on
    transfer_destroy(&session->transfer);
    session->fetching = false;
    step_model_begin(session);
}

bool step_model_unmeasured(const struct session *session)
{
    const struct envelope_model *model = &session->model;
    return session->evaluates && model->evaluate && session->evaluated <= model->model_round;
}

void step_model_begin(struct session *session)
{
    const struct envelope_model *model = &session->model;
    if (!session->ready || !session->announced || session->state != STATE_TAKING_PART) return;
    const bool held =
        session->has_loaded && memcmp(session->loaded, model->digest, DIGEST_BYTES) == 0;
    const bool needed = model->train || model->final || (model->evaluate && session->evaluates);
    if (held || !needed) {
        session_say(session, PARTICIPANT_ALIVE);
        if (model->final && !step_model_unmeasured(session)) step_model_finish(session);
        return;
    }
    if (transfer_start(&session->transfer, model->size, model->digest, LIMIT_MODEL_CHUNK,
                       session->now_ms) != STATUS_OK) {
        session_leave(session, status_message());
        return;
    }
    session->fetching = true;
    step_model_ask(session);
}

void step_model_ask(struct session *session)
{
    uint64_t offset = 0;
    uint32_t chunks = 0;
    while (transfer_ask(&session->transfer, session->now_ms, &offset, &chunks)) {
        struct pending *pending = session_say(session, PARTICIPANT_FETCH);
        if (pending == NULL) return;
        pending->offset = offset;
        pending->chunks = chunks;
    }
}

void step_model_chunk(struct session *session, const struct from_coordinator *message)
{
    const struct envelope_chunk *chunk = &message->chunk;
    if (!session->fetching || transfer_whole(&session->transfer) ||
        !session_current(session, &message->context)) {
        session->ignored++;
        return;
    }
    enum status status = transfer_take(&session->transfer, chunk->offset, chunk->payload,
                                       chunk->size, session->now_ms);
    if (status == STATUS_OK && transfer_whole(&session->transfer)) {
        status = transfer_check(&session->transfer);
    }
    if (status != STATUS_OK) {
        session_leave(session, status_message());
        return;
    }
    step_model_ask(session);
}

static enum status check_finite(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            return status_fail(STATUS_NOT_FINITE,
                               "number %zu of the coordinator's model is not finite", i);
        }
    }
    return STATUS_OK;
}

enum status session_take_model(struct session *session, float **values)
{
    assert(session->fetching && transfer_whole(&session->transfer));
    float *taken = (float *)(void *)session->transfer.bytes;
    const enum status status = check_finite(taken, (size_t)(session->model_bytes / sizeof(float)));
    if (status != STATUS_OK) return status;
    const struct envelope_model *model = &session->model;
    session->transfer.bytes = NULL;
    transfer_destroy(&session->transfer);
    session->fetching = false;
    session->has_loaded = true;
    memcpy(session->loaded, model->digest, DIGEST_BYTES);
    if (model->model_round == 0 && memcmp(session->initial, model->digest, DIGEST_BYTES) != 0) {
        session_note(session, LOG_WARNING,
                     "the initial model is not the one that this "
                     "participant's seed gives");
    }
    *values = taken;
    if (model->final && !step_model_unmeasured(session)) step_model_finish(session);
    return STATUS_OK;
}

void session_evaluated(struct session *session, const struct envelope_evaluation *evaluation)
{
    session->evaluated = session->model.model_round + 1;
    if (evaluation != NULL) {
        session->evaluation = *evaluation;
        session->evaluation.model_round = session->model.model_round;
        session->has_evaluation = true;
        if (session->state == STATE_TAKING_PART) session_say(session, PARTICIPANT_EVALUATION);
    }
    if (session->model.final) step_model_finish(session);
}

void step_model_finish(struct session *session)
{
    if (session->state != STATE_TAKING_PART) return;
    if (session->evaluation.model_round != session->model.model_round) {
        session->has_evaluation = false; // an older one is not repeated
    }
    session->state = STATE_FINISHING;
    session_say(session, PARTICIPANT_LEAVE);
}
