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
    if (!session->ready) return;
    // Joined anew, with the images here: what was offered at first is offered again.
    if (!session->offers_initial) {
        step_update_drop(session);
    } else if (session->body != NULL) {
        session_say(session, PARTICIPANT_OFFER);
    } else {
        session_leave(session, "the coordinator wants the initial model, which is gone here by "
                               "now: start this participant anew");
    }
}

/* The coordinator was started anew and does not know us: all that belongs to its earlier session
 * is void but the images, the model and the update that the program holds and an initial model not
 * yet used. */
static void start_anew(struct session *session)
{
    session->state = STATE_JOINING;
    session->pending_count = 0;
    if (session->round > 0) step_update_drop(session);
    step_exchange_drop(session);
    transfer_destroy(&session->transfer);
    memset(session->id, 0, sizeof session->id);
    session->announced = session->fetching = session->closed = session->has_evaluation = false;
    session->round = session->base_round = session->evaluated = 0;
    session_note(session, LOG_WARNING, "the coordinator was started anew: joining it again");
    session_say(session, PARTICIPANT_JOIN);
}

void step_join_refuse(struct session *session, const struct from_coordinator *message)
{
    if (!message->refuse.again) {
        session_end(session, false, "refused by the coordinator: %.480s", message->refuse.reason);
    } else if (session->state == STATE_FINISHING) {
        session_end(session, true, "the coordinator was started anew; the final model is here");
    } else if (session->state == STATE_TAKING_PART) {
        start_anew(session);
    } // else it answers what was sent before the Join
}

void session_ready(struct session *session, float **initial, bool evaluates)
{
    assert(initial != NULL && *initial != NULL);
    session->ready = true;
    session->evaluates = evaluates;
    digest_compute(session->initial, *initial, (size_t)session->model_bytes);
    const bool joining = session->state == STATE_JOINING; // anew: the Welcome says what is wanted
    const bool wanted = session->state == STATE_TAKING_PART && session->offers_initial;
    if ((!joining && !wanted) || session->announced) {
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
