// SPDX-License-Identifier: Apache-2.0
/* session_private - the state of a session, and what the files of its steps share. */
#ifndef SESSION_SESSION_PRIVATE_H
#define SESSION_SESSION_PRIVATE_H

#include "secure/blinder.h"
#include "session/session.h"
#include "wire/transfer.h"

enum state { STATE_JOINING, STATE_TAKING_PART, STATE_FINISHING, STATE_ENDED, STATES };

enum { PENDING_MAX = 64 };

/* A message to be made when it is taken: bodies are large and stand in the session. */
struct pending {
    bool is_note;
    enum participant_message kind;
    enum exchange_step step; // of an exchange
    uint64_t offset;         // of a chunk or a fetch
    uint32_t chunks;         // of a fetch
    enum log_level level;
    char text[ENVELOPE_REASON]; // of a note or a leave
};

/* How far this participant is with the exchange of an attempt. */
enum exchange_state {
    EXCHANGE_NONE,     // no attempt to train in
    EXCHANGE_KEYED,    // own keys are said
    EXCHANGE_SHARED,   // the board was here, own parcels are said
    EXCHANGE_READY,    // parcels of the others are here, their receipt is said
    EXCHANGE_GIVING,   // the update is trained, and that it is given journaled: it may be blinded
    EXCHANGE_LISTED,   // the list of the counted is here: the journal is to be written
    EXCHANGE_SIGNED,   // it is signed
    EXCHANGE_RELEASED, // a quorum signed it as well: the shares are said
    EXCHANGE_STATES
};

/* What is said at a step, to be said again until it is answered. */
struct said {
    uint8_t *bytes; // owned; NULL: nothing
    size_t size;
};

struct session {
    struct envelope_join join;
    uint32_t rounds;      // that the federation has
    bool shares_nothing;  // its one number is always zero
    uint64_t model_bytes; // of the shared tensors
    uint64_t wait_ms;
    bool is_secure;
    struct session_secure secure;

    enum state state;
    bool ready, evaluates;
    uint8_t id[ENVELOPE_SESSION_BYTES];
    uint32_t index;
    bool offers_initial;
    uint8_t initial[DIGEST_BYTES];

    uint64_t now_ms, first_ms, heard_ms, said_ms;

    // What the coordinator announced last, and how far we are with it.
    bool announced;
    uint32_t round, attempt;
    struct envelope_model model;
    struct transfer transfer;
    bool fetching;
    bool has_loaded;
    uint8_t loaded[DIGEST_BYTES]; // of the model that the program holds
    uint32_t evaluated;           // 1 + model_round of the last one that was evaluated; 0: none
    uint32_t base_round;          // the last one that was to be trained; 0: none
    uint8_t base[DIGEST_BYTES];   // its model
    uint32_t trained;             // round whose update the program holds; 0: none
    uint8_t trained_on[DIGEST_BYTES];
    bool closed; // this round takes no update any more

    // What is offered: the initial model in round 0, an update later.
    uint8_t *body;
    struct envelope_offer offer;

    // The secure exchange of this attempt.
    struct blinder *blinder;
    enum exchange_state exchange;
    struct said said[EXCHANGE_STEPS];
    bool journal_asked;

    bool has_evaluation;
    struct envelope_evaluation evaluation;

    bool success;
    char reason[ENVELOPE_REASON];
    uint64_t ignored;

    struct pending pending[PENDING_MAX];
    size_t pending_first, pending_count;
};

typedef void session_handler(struct session *session, const struct from_coordinator *message);

/* ---- session.c ---- */

/* Appends a message; when there is no room it is lost, as on the way, and said again later. */
struct pending *session_say(struct session *session, enum participant_message kind);
void session_note(struct session *session, enum log_level level, const char *format, ...)
    PRINTF_LIKE(3, 4);
void session_end(struct session *session, bool success, const char *format, ...) PRINTF_LIKE(3, 4);

/* Whether a message belongs to the round and attempt that was announced last. */
bool session_current(const struct session *session, const struct envelope_context *context);

/* ---- steps ---- */

session_handler step_join_welcome, step_join_refuse;
session_handler step_model_announced, step_model_chunk;
session_handler step_update_fetch, step_update_close;
session_handler step_exchange_heard;

/* Begins to fetch what was announced, when that is needed and possible. */
void step_model_begin(struct session *session);
void step_model_ask(struct session *session);

/* Whether the program holds the update of the announced round, trained on the announced model. */
bool step_model_trained(const struct session *session);

/* Whether the announced model is still to be evaluated here. */
bool step_model_unmeasured(const struct session *session);

/* The final model is here and evaluated: nothing is left but to say so. */
void step_model_finish(struct session *session);

/* Offers the body for the current round, after the Welcome at the latest; drops it. */
void step_update_offer(struct session *session, uint8_t **body, uint64_t size);
void step_update_drop(struct session *session);

/* Begins the exchange of the attempt that was announced, if there is one; forgets it. */
void step_exchange_begin(struct session *session);
void step_exchange_drop(struct session *session);

/* Says again what is not answered; false when there is nothing. */
bool step_exchange_repeat(struct session *session);

/* Whether an update may be offered now. */
bool step_exchange_lets_offer(const struct session *session);

/* Appends weight and metrics to the packed integers and blinds all of it. */
enum status step_exchange_blind(struct session *session, uint8_t **bytes, size_t *size,
                                uint64_t weight, const struct envelope_metrics *metrics) CHECKED;

/* What is to be journaled, once; its places are borrowed. */
bool step_exchange_journal(struct session *session, struct ledger_entry *entry);

#endif
