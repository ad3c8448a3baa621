// SPDX-License-Identifier: Apache-2.0
/* envelope - every message that crosses the network, as a plain structure, to bytes and back.
 *
 * A frame is a 32-bit little-endian length, so many bytes of protobuf (proto/federation.proto)
 * and, for a chunk and a step of the secure exchange only, its payload:
 *
 *     length (4) | protobuf part (length <= LIMIT_CONTROL) | payload (1..LIMIT_CHUNK, or none)
 *
 * There is exactly one frame for a message and one message for a frame: unpacking refuses whatever
 * packing would not have written byte for byte (unknown or repeated fields, two bodies, trailing
 * bytes, longer forms of a number). Both directions check the bounds that are written beside each
 * field below; a message that breaks one is STATUS_BAD_MESSAGE, with a sentence that names the
 * field. What a field means in the state of a round (is this session ours, is that digest right)
 * is checked by the round and the session, not here.
 *
 * Texts are UTF-8 without control characters and end in a zero byte, which does not travel.
 * Numbers are finite; a zero may lose its sign. Nothing here is on the heap or owned. */
#ifndef WIRE_ENVELOPE_H
#define WIRE_ENVELOPE_H

#include "base/limits.h"
#include "base/status.h"
#include "secure/digest.h"
#include "secure/exchange.h"
#include "wire/phase.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ENVELOPE_PROTOCOL = 3, // version of the protocol, in Join
    ENVELOPE_SESSION_BYTES = 16,
    ENVELOPE_REASON = 512,                    // bytes of a reason with its final zero
    ENVELOPE_MANIFEST = LIMIT_CONTROL - 1024, // bytes of a manifest's text with its final zero
    ENVELOPE_ROC = 256,                       // points of a ROC curve
};

/* Bytes of the largest body that travels in chunks: a model, or an update of 32-bit integers. */
#define ENVELOPE_BODY_MAX (LIMIT_PARAMETERS * sizeof(float))

/* To what a message belongs. Zero bytes in all of `session` mean: none yet. */
struct envelope_context {
    uint8_t session[ENVELOPE_SESSION_BYTES];
    uint32_t round;   // from 1; 0 before the first
    uint32_t attempt; // from 1
    enum phase phase;
};

/* ---- in both directions ---- */

/* Asks for chunks of what the other side offered. */
struct envelope_fetch {
    uint64_t offset; // bytes, a multiple of LIMIT_MODEL_CHUNK, below ENVELOPE_BODY_MAX
    uint32_t chunks; // 1..LIMIT_CREDIT
};

/* One chunk. Unpacked, `payload` points into the frame and lives as long as it. */
struct envelope_chunk {
    uint64_t offset; // bytes, a multiple of LIMIT_MODEL_CHUNK, below ENVELOPE_BODY_MAX
    const uint8_t *payload;
    size_t size; // 1..LIMIT_CHUNK
};

/* One step of the secure exchange, its bytes as in secure/exchange_records.h; the payload as above.
 * A participant never says COUNTED, a coordinator never RELEASE. The phase of the context is that
 * of the step, envelope_step_phase(). */
struct envelope_exchange {
    enum exchange_step step;
    const uint8_t *payload;
    size_t size; // 1..LIMIT_CHUNK
};

/* ---- participant to coordinator ---- */

struct envelope_join {
    uint32_t protocol;
    char name[LIMIT_NAME]; // not empty
    uint8_t model_type[DIGEST_BYTES];
    uint8_t federation[DIGEST_BYTES];
    char manifest[ENVELOPE_MANIFEST]; // canonical text of the shared manifest; newlines allowed
    uint8_t mask[DIGEST_BYTES];       // fingerprint of the mask's secret; all zero: it has none
};

struct envelope_metrics {
    double loss;
    double training_accuracy; // [0,1]
    uint64_t images;
    double train_seconds; // >= 0
    double mask_seconds;  // >= 0
    uint64_t peak_memory; // bytes
    size_t choices;       // entries of k_count, 0 without mixing
    uint64_t k_count[LIMIT_CHOICES];
    uint64_t saturated;
    double policy_seconds;               // >= 0, part of train_seconds
    size_t probabilities;                // entries of k_probability, 0 without a policy
    double k_probability[LIMIT_CHOICES]; // [0,1]
};

struct envelope_offer {
    uint64_t size; // bytes, 1..ENVELOPE_BODY_MAX
    uint8_t digest[DIGEST_BYTES];
    uint64_t weight;
    struct envelope_metrics metrics;
};

struct envelope_evaluation {
    uint32_t model_round;
    double accuracy;       // [0,1]
    double deviation;      // >= 0
    double tar_at_far_1e3; // [0,1]
    double identification; // [0,1]; -1: not measured
    size_t folds;
    double fold[LIMIT_FOLDS]; // [0,1]
    size_t roc_points;
    double roc_far[ENVELOPE_ROC], roc_tar[ENVELOPE_ROC]; // [0,1]
};

struct envelope_leave {
    char reason[ENVELOPE_REASON];
};

enum participant_message {
    PARTICIPANT_JOIN,
    PARTICIPANT_FETCH,
    PARTICIPANT_OFFER,
    PARTICIPANT_CHUNK,
    PARTICIPANT_EVALUATION,
    PARTICIPANT_LEAVE,
    PARTICIPANT_ALIVE, // has no body
    PARTICIPANT_EXCHANGE,
};

enum { PARTICIPANT_MESSAGES = PARTICIPANT_EXCHANGE + 1 };

/* About 64 KiB because of the manifest: one that is used again and again is better than copies. */
struct from_participant {
    struct envelope_context context;
    enum participant_message kind;
    union {
        struct envelope_join join;
        struct envelope_fetch fetch;
        struct envelope_offer offer;
        struct envelope_chunk chunk;
        struct envelope_evaluation evaluation;
        struct envelope_leave leave;
        struct envelope_exchange exchange;
    };
};

/* ---- coordinator to participant ---- */

struct envelope_welcome {
    uint8_t session[ENVELOPE_SESSION_BYTES]; // not all zero
    uint32_t index;                          // below participants
    uint32_t participants;                   // 1..LIMIT_PARTICIPANTS
    uint32_t rounds;
    uint32_t next_round;
};

struct envelope_refuse {
    char reason[ENVELOPE_REASON];
    bool again; // the message belongs to a run that was cut off: join anew
};

struct envelope_model {
    uint64_t size; // bytes, 1..ENVELOPE_BODY_MAX
    uint8_t digest[DIGEST_BYTES];
    uint32_t model_round;
    bool train, evaluate, final;
    uint32_t reporters_max; // 0..LIMIT_PARTICIPANTS
};

struct envelope_close {
    char reason[ENVELOPE_REASON];
};

struct envelope_end {
    bool success;
    char reason[ENVELOPE_REASON];
};

enum coordinator_message {
    COORDINATOR_WELCOME,
    COORDINATOR_REFUSE,
    COORDINATOR_MODEL,
    COORDINATOR_CHUNK,
    COORDINATOR_FETCH,
    COORDINATOR_CLOSE,
    COORDINATOR_END,
    COORDINATOR_ALIVE, // has no body
    COORDINATOR_EXCHANGE,
};

enum { COORDINATOR_MESSAGES = COORDINATOR_EXCHANGE + 1 };

struct from_coordinator {
    struct envelope_context context;
    enum coordinator_message kind;
    union {
        struct envelope_welcome welcome;
        struct envelope_refuse refuse;
        struct envelope_model model;
        struct envelope_chunk chunk;
        struct envelope_fetch fetch;
        struct envelope_close close;
        struct envelope_end end;
        struct envelope_exchange exchange;
    };
};

/* ---- to bytes and back ---- */

/* Writes the frame of a message and its size. A capacity of LIMIT_MESSAGE always suffices for a
 * message within its bounds; STATUS_FULL when `capacity` does not. */
enum status envelope_pack_participant(uint8_t *frame, size_t capacity, size_t *size,
                                      const struct from_participant *message) CHECKED;
enum status envelope_pack_coordinator(uint8_t *frame, size_t capacity, size_t *size,
                                      const struct from_coordinator *message) CHECKED;

/* Reads a frame from the network; STATUS_BAD_MESSAGE for anything but a packed message of that
 * direction, and `message` then holds nothing of use. */
enum status envelope_unpack_participant(struct from_participant *message, const uint8_t *frame,
                                        size_t size) CHECKED;
enum status envelope_unpack_coordinator(struct from_coordinator *message, const uint8_t *frame,
                                        size_t size) CHECKED;

/* Makes a reason out of any text, such as status_message(): cut between two characters, and '?' for
 * each byte that may not travel. */
void envelope_set_reason(char reason[ENVELOPE_REASON], const char *text);

/* The kind of a message for people, for example "offer". */
const char *envelope_participant_name(enum participant_message kind);
const char *envelope_coordinator_name(enum coordinator_message kind);

/* The same of a step of the exchange, for example "signatures", and the phase in which it is
 * said. */
const char *envelope_step_name(enum exchange_step step);
enum phase envelope_step_phase(enum exchange_step step);

#endif
