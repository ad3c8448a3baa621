// SPDX-License-Identifier: Apache-2.0
/* The answer to a Join. */
#include "session/session_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void step_join_welcome(struct session *session, const struct from_coordinator *message)
{
    const struct envelope_welcome *welcome = &message->welcome;
    session->state = STATE_TAKING_PART;
    memcpy(session->id, welcome->session, sizeof session->id);
    session->index = welcome->index;
    session->offers_initial = welcome->next_round == 0;
    session->round = 0;
    session->attempt = 1;
    session_note(session, LOG_INFO, "welcomed as number %u of %u, %u rounds",
                 (unsigned)welcome->index + 1, (unsigned)welcome->participants,
                 (unsigned)welcome->rounds);
    session_say(session, PARTICIPANT_ALIVE);
}

void step_join_refuse(struct session *session, const struct from_coordinator *message)
{
    session_end(session, false, "refused by the coordinator: %.480s", message->refuse.reason);
}

void session_ready(struct session *session, float **initial, bool evaluates)
{
    assert(initial != NULL && *initial != NULL);
    session->ready = true;
    session->evaluates = evaluates;
    digest_compute(session->initial, *initial, (size_t)session->model_bytes);
    if (session->state != STATE_TAKING_PART || session->announced || !session->offers_initial) {
        free(*initial);
        *initial = NULL;
        if (session->state == STATE_TAKING_PART) session_say(session, PARTICIPANT_ALIVE);
        step_model_begin(session);
        return;
    }
    uint8_t *body = (uint8_t *)*initial;
    *initial = NULL;
    memset(&session->offer, 0, sizeof session->offer);
    step_update_offer(session, &body, session->model_bytes);
}
