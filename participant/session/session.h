// SPDX-License-Identifier: Apache-2.0
/* session - a participant's side of the protocol, without input or output, clock or chance.
 *
 *     JOINING --Welcome--> TAKING_PART --final model evaluated--> FINISHING --End--> ENDED
 *        \__________________________\__________________________________\-- refused, silence, End
 *
 * A coordinator that was started anew refuses what belongs to its earlier session and says that one
 * may join again: TAKING_PART goes back to JOINING, with the images and the model that are here.
 *
 * Messages of the coordinator and the clock go in (session_message, session_tick); messages to
 * send and lines for the log come out of session_next(). What the program has to do stands in
 * session_job(): it is asked again and again, done, and answered by the function named beside
 * the job. While a long job runs, the program keeps feeding the session and asks
 * session_wants(), so that it stops when the round goes on without it.
 *
 * TAKING_PART, for each model that is announced: fetch it (or not, when it is known already),
 * load, evaluate, train, encode, offer, serve chunks until Close. An update that is offered
 * again in another attempt is encoded anew but not trained anew. The table in session.c says
 * which message each state takes; all others are counted and ignored.
 *
 * With a secure sum (session_secure) the steps of the exchange go on beside that, from the
 * announcement of a model to train on: what the coordinator says is answered at once, whatever the
 * job is, and the update is blinded before it is offered; the table in step_exchange.c says which
 * step is taken when. A coordinator that breaks a rule of the exchange is left: nothing more is
 * said to it but a good-bye.
 *
 * All that leaves a participant leaves by session_next(). */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "base/log.h"
#include "base/status.h"
#include "model/manifest.h"
#include "secure/neighbours.h"
#include "session/ledger.h"
#include "wire/envelope.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SESSION_ALIVE_MS = 3000, // so often, something is said
    SESSION_JOIN_MS = 1000,  // so often, until there is an answer to a Join
};

struct session;

/* What the secure exchange needs; all is borrowed until the session is destroyed. */
struct session_secure {
    size_t place, members;          // own place in the roster; of the roster
    const uint8_t (*sign_keys)[32]; // Ed25519, of each place
    const uint8_t *sign_secret;     // own, 64 bytes as libsodium keeps it
    uint8_t roster[DIGEST_BYTES];   // digest of its text
    struct neighbours_assumption assumption;
    size_t cohort_min;                           // fewest whose sum may be opened, at least 3
    int bits;                                    // of an integer of an update
    size_t models_max;                           // on which updates may be given: see ledger.h
    void (*random)(uint8_t *bytes, size_t size); // identity_random() in programs
    struct ledger *ledger;                       // of earlier runs; this one's entries are added
};

struct session_options {
    const char *name;
    const struct manifest *shared;       // of the tensors that travel
    bool shares_nothing;                 // but one number that is always zero (update.h)
    uint8_t federation[DIGEST_BYTES];    // digest of the canonical section
    uint8_t mask[DIGEST_BYTES];          // mask_fingerprint()
    uint32_t rounds;                     // of the federation: beyond, nothing is trained
    uint64_t wait_ms;                    // longest silence of the coordinator that is waited out
    const struct session_secure *secure; // NULL: the coordinator may see single updates
    uint32_t trained;                    // round whose update the program holds; 0: none
    uint8_t trained_on[DIGEST_BYTES];    // model of that update
};

enum session_job_kind {
    SESSION_WAIT,     // nothing: receive, and tick
    SESSION_PREPARE,  // load the images as participant `index`, then session_ready()
    SESSION_LOAD,     // take the model by session_take_model()
    SESSION_EVALUATE, // then session_evaluated()
    SESSION_TRAIN,    // local epochs of `round`, then session_trained()
    SESSION_ENCODE,   // the update as integers for `reporters_max`, then session_encoded()
    SESSION_END,      // success, reason
};

struct session_job {
    enum session_job_kind kind;
    uint32_t index;         // place in the roster
    uint32_t round;         // to train
    uint32_t model_round;   // whose result the model is; 0: the initial one
    uint32_t reporters_max; // of this attempt
    uint8_t model[DIGEST_BYTES];
    bool final;
    bool success;
    char reason[ENVELOPE_REASON];
};

enum session_output_kind {
    SESSION_MESSAGE, // to be sent
    SESSION_NOTE,    // for the log
    SESSION_JOURNAL, // to be on the disk, then session_journaled()
};

struct session_output {
    enum session_output_kind kind;
    struct from_participant message; // a payload lives until the next call of a session_*
    enum log_level level;
    char text[ENVELOPE_REASON];
    struct ledger_entry entry; // its places live until the next call of a session_*
};

enum status session_create(struct session **session, const struct session_options *options) CHECKED;
void session_destroy(struct session **session);

/* Events; now_ms never goes back. */
void session_message(struct session *session, const struct from_coordinator *message,
                     uint64_t now_ms);
void session_tick(struct session *session, uint64_t now_ms);

bool session_next(struct session *session, struct session_output *output);

void session_job(const struct session *session, struct session_job *job);

/* Whether this job is still the one to be done. */
bool session_wants(const struct session *session, const struct session_job *job);

/* The images are loaded. Takes the initial values of the shared tensors, from malloc(), to offer
 * them. `evaluates`: whether this participant holds pairs. */
void session_ready(struct session *session, float **initial, bool evaluates);

/* Hands the model over, manifest.count numbers, to be freed by the caller; all are finite. */
enum status session_take_model(struct session *session, float **values) CHECKED;

/* model_round is filled in. NULL: it could not be measured. */
void session_evaluated(struct session *session, const struct envelope_evaluation *evaluation);
void session_trained(struct session *session);

/* Takes the packed integers, from malloc(). With a secure sum they are blinded, and with them
 * weight and metrics, which the offer then does not tell. */
void session_encoded(struct session *session, uint8_t **bytes, size_t size, uint64_t weight,
                     const struct envelope_metrics *metrics);

/* The entry of the SESSION_JOURNAL is on the disk, with the name of its file: only now the update
 * is wanted to be given, or the signature is said. */
void session_journaled(struct session *session);

/* Says goodbye and ends; the reason goes to the coordinator. */
void session_leave(struct session *session, const char *reason);

/* Messages that were ignored. */
uint64_t session_ignored(const struct session *session);

#endif
