// SPDX-License-Identifier: Apache-2.0
/* Updates: offered, served in chunks, until the coordinator has enough. */
#include "session/session_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void session_trained(struct session *session)
{
    assert(session->round > 0);
    session->trained = session->round;
    memcpy(session->trained_on, session->model.digest, DIGEST_BYTES);
}

void step_update_offer(struct session *session, uint8_t **body, uint64_t size)
{
    step_update_drop(session);
    session->body = *body;
    *body = NULL;
    session->offer.size = size;
    digest_compute(session->offer.digest, session->body, (size_t)size);
    if (session->state == STATE_TAKING_PART) session_say(session, PARTICIPANT_OFFER);
}

void step_update_drop(struct session *session)
{
    free(session->body);
    session->body = NULL;
}

void session_encoded(struct session *session, uint8_t **bytes, size_t size, uint64_t weight,
                     const struct envelope_metrics *metrics)
{
    assert(bytes != NULL && *bytes != NULL && size > 0);
    if (session->state != STATE_TAKING_PART || !step_exchange_lets_offer(session)) {
        free(*bytes);
        *bytes = NULL;
        return;
    }
    session->offer.weight = weight;
    session->offer.metrics = *metrics;
    if (session->is_secure) {
        if (step_exchange_blind(session, bytes, &size, weight, metrics) != STATUS_OK) {
            free(*bytes);
            *bytes = NULL;
            session_leave(session, status_message());
            return;
        }
        session->offer.weight = 1; // both are in the body
        memset(&session->offer.metrics, 0, sizeof session->offer.metrics);
    }
    step_update_offer(session, bytes, size);
}

void step_update_fetch(struct session *session, const struct from_coordinator *message)
{
    const struct envelope_fetch *fetch = &message->fetch;
    if (session->body == NULL || !session_current(session, &message->context)) {
        session->ignored++;
        return;
    }
    for (uint32_t i = 0; i < fetch->chunks; i++) {
        const uint64_t offset = fetch->offset + (uint64_t)i * LIMIT_CHUNK;
        if (transfer_chunk(session->offer.size, offset, LIMIT_CHUNK) == 0) {
            session->ignored++;
            return;
        }
        struct pending *pending = session_say(session, PARTICIPANT_CHUNK);
        if (pending == NULL) return;
        pending->offset = offset;
    }
}

void step_update_close(struct session *session, const struct from_coordinator *message)
{
    if (!session->announced || !session_current(session, &message->context)) {
        session->ignored++;
        return;
    }
    const bool served = session->body != NULL;
    if (!session->closed) {
        session_note(session, served ? LOG_DEBUG : LOG_WARNING, "round %u: %.480s",
                     (unsigned)session->round, message->close.reason);
    }
    session->closed = true;
    step_update_drop(session);
}
