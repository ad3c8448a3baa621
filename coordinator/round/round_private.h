// SPDX-License-Identifier: Apache-2.0
/* round_private - the state of a round, and what the files of its phases share. */
#ifndef ROUND_ROUND_PRIVATE_H
#define ROUND_ROUND_PRIVATE_H

#include "aggregate.h"
#include "round/round.h"
#include "secure/quantise.h"
#include "secure/unblinder.h"
#include "wire/transfer.h"

enum upload {
    UPLOAD_NONE,     // nothing offered in this attempt
    UPLOAD_OFFERED,  // waits for its turn
    UPLOAD_FETCHING, // has a slot
    UPLOAD_TAKEN,    // added (round 0: its initial model was offered and another one taken)
    UPLOAD_REJECTED, // see `reason`
};

struct member {
    char name[LIMIT_NAME];
    bool joined;      // welcomed and neither left nor refused
    bool ready;       // has its images
    bool finished;    // has the final model and nothing more to say
    bool chosen;      // is in the cohort of this attempt
    bool lost;        // silent or unreachable; nobody waits for it
    bool unreachable; // since gone_ms
    uint64_t heard_ms, sent_ms, gone_ms;
    enum upload upload;
    struct envelope_offer offer;
    char reason[128]; // why there is no update of it in this round
    bool offered_initial;
    uint8_t initial[DIGEST_BYTES];
    unsigned refusals;
    uint32_t evaluated; // 1 + model_round of its last evaluation; 0: none

    // of the secure exchange of this attempt
    uint8_t keys[DIGEST_BYTES]; // digest of its keys
    bool rejoined;              // joined again since: told nothing until it says the same keys
    bool anew;                  // has other keys now: cannot go on
    bool agreed;                // signed the list of the counted
    bool blinds;                // was told with whom to blind, in an attempt of this round
    uint64_t complained_ms;     // since when shares of its are complained of; 0: never
    uint64_t reminded_ms;       // when it was last sent a step
};

struct upload_slot {
    bool used;
    size_t peer;
    uint64_t chunk_ms; // when its last chunk came
    struct transfer transfer;
};

struct payload { // owned
    uint8_t *bytes;
    size_t size;
};

struct places {     // in the roster, ascending
    uint32_t *list; // owned
    size_t count;   // 0: none
};

struct output_node {
    struct round_output output;
    struct store_round record;           // for ROUND_PUBLISHED, its reporters owned
    struct store_evaluation *evaluation; // owned
    uint8_t *payload;                    // of a step of the exchange, owned; NULL: see there
};

struct round {
    struct config_federation federation;
    uint8_t federation_digest[DIGEST_BYTES];
    uint8_t session[ENVELOPE_SESSION_BYTES];
    uint64_t seed, silence_ms;
    int threads;

    enum phase phase;
    uint32_t number, attempt; // round and attempt; 0, 1 for the initial model
    uint64_t now_ms;          // of the latest event
    uint64_t first_ms;        // of the first event; 0: none yet
    uint64_t started_ms;      // of this attempt
    uint64_t round_ms;        // of this round's first attempt
    size_t cohort;            // members chosen; 0: not yet

    size_t members;
    struct member *member; // by place in the roster

    bool typed; // the manifest is known
    uint8_t model_type[DIGEST_BYTES];
    struct manifest manifest;
    uint8_t mask[DIGEST_BYTES]; // fingerprint, with the type that of `typed_by`
    size_t typed_by;            // the first one to join
    bool has_model;
    struct model model;
    uint8_t model_digest[DIGEST_BYTES];
    uint32_t model_round;

    struct quantise plan;
    struct aggregate *aggregate;
    struct upload_slot slot[ROUND_UPLOADS];

    bool secure; // federation.privacy comes to secure-sum
    uint8_t roster_digest[DIGEST_BYTES];
    uint8_t (*sign_keys)[EXCHANGE_SIGN_PUBLIC_BYTES]; // by place, owned
    struct unblinder *unblinder;                      // of this attempt; NULL: none
    struct payload board, counted, signatures;        // what all its members get
    struct places asked;  // who was counted when signatures were first asked for on this model
    uint32_t asked_round; // to which that belongs
    bool blinds;          // some were told with whom to blind, in an attempt of this round
    uint64_t step_ms;     // when the step of the exchange began

    struct output_node *queue;
    size_t queue_first, queue_count, queue_room;
    struct output_node given; // what round_next() gave last
    bool ended, end_given, success;
    char ending[ENVELOPE_REASON];
    uint64_t stale, refused;
};

/* ---- round.c ---- */

/* For how many the scale of integers is made. With a secure sum that of the config, so that it is
 * no way to tell one update apart. */
size_t round_reporters_max(const struct round *round);

/* Ends in FAILED or DONE, tells everyone, and ends the outputs. */
void round_end(struct round *round, bool success, const char *format, ...) PRINTF_LIKE(3, 4);

/* A message that no honest participant sends: says why and excludes the sender until it joins
 * anew. */
void round_refuse(struct round *round, size_t peer, const char *format, ...) PRINTF_LIKE(3, 4);

/* The attempt has failed: the next one begins, or the run ends. */
void round_retry(struct round *round, const char *format, ...) PRINTF_LIKE(2, 3);

/* What the current phase does as time passes, or when what it waits for may be here. */
void round_run_ticker(struct round *round);

/* Forgets that a member takes part, and gives its slot back. */
void round_drop(struct round *round, size_t peer);

/* ---- round_presence.c ---- */

/* The clock of this event. */
void round_pass_time(struct round *round, uint64_t now_ms);

/* A sign of life. */
void round_heard(struct round *round, size_t peer);

/* Finds out who is lost, and tells everyone that the coordinator lives. */
void round_watch(struct round *round);

/* An end that is lost on the way would leave a participant waiting; one that has it goes away. */
void round_repeat_end(struct round *round);

/* Members that joined, loaded their images and are not lost. */
bool round_present(const struct member *member);
size_t round_present_count(const struct round *round);

/* ---- round_send.c ---- */

void round_note(struct round *round, enum log_level level, const char *format, ...)
    PRINTF_LIKE(3, 4);
void round_send_welcome(struct round *round, size_t peer);
void round_send_refuse(struct round *round, size_t peer, const char *reason);
void round_send_again(struct round *round, size_t peer);
void round_send_model(struct round *round, size_t peer);
void round_send_chunk(struct round *round, size_t peer, uint64_t offset, size_t size);
void round_send_fetch(struct round *round, size_t peer, uint64_t offset, uint32_t chunks);
void round_send_close(struct round *round, size_t peer, const char *reason);
void round_send_end(struct round *round, size_t peer, bool success, const char *reason);
void round_send_alive(struct round *round, size_t peer);

/* Addresses the message of an output, whose body is to be filled in. */
struct from_coordinator *round_address(struct round *round, struct output_node *node, size_t peer,
                                       enum coordinator_message kind);

/* Appends an output; NULL when memory is out: what is then lost must be as good as lost on the
 * way. */
struct output_node *round_queue(struct round *round, enum round_output_kind kind);
void round_queue_clear(struct round *round);

/* ---- the phases ---- */

typedef void round_handler(struct round *round, size_t peer,
                           const struct from_participant *message);

round_handler phase_join_join, phase_join_offer;
void phase_join_tick(struct round *round);

round_handler phase_gather_fetch, phase_gather_alive;
void phase_gather_enter(struct round *round, uint32_t number, uint32_t attempt);
void phase_gather_tick(struct round *round);
void phase_gather_initial(struct round *round, size_t peer, const struct transfer *transfer);

round_handler phase_keys_exchange, phase_keys_early;
void phase_keys_enter(struct round *round);
void phase_keys_tick(struct round *round);

void phase_shares_enter(struct round *round);
void phase_shares_take(struct round *round, size_t peer, const struct envelope_exchange *exchange);
void phase_shares_tick(struct round *round);
bool phase_shares_disputed(struct round *round);

/* Leaves out who has not said in time with whom it blinds: nobody would sign that it is counted. */
void phase_shares_leave_late(struct round *round);

round_handler phase_consistency_late;
void phase_consistency_enter(struct round *round);
void phase_consistency_take(struct round *round, size_t peer,
                            const struct envelope_exchange *exchange);
void phase_consistency_tick(struct round *round);

void phase_unblind_enter(struct round *round);
void phase_unblind_take(struct round *round, size_t peer, const struct envelope_exchange *exchange);
void phase_unblind_tick(struct round *round);

round_handler phase_updates_offer, phase_updates_chunk;
void phase_updates_tick(struct round *round);
void phase_updates_drop(struct round *round, size_t peer);
void phase_updates_serve(struct round *round);

round_handler phase_publish_evaluation, phase_publish_leave;
void phase_publish_enter(struct round *round);
void phase_publish_final(struct round *round);
void phase_publish_tick(struct round *round);

#endif
