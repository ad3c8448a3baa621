// SPDX-License-Identifier: Apache-2.0
/* envelope_parts - what the sources of envelope share; for nobody else.
 *
 * put: plain structure to protobuf structure, which points into the plain one and owns nothing.
 * get: protobuf structure to plain one; checks what a plain one could not hold (lengths, counts).
 * check: the bounds of a plain structure, the same when it is packed and when it was unpacked. */
#ifndef WIRE_ENVELOPE_PARTS_H
#define WIRE_ENVELOPE_PARTS_H

#include "wire/envelope.h"

#include "federation.pb-c.h"

/* A frame, divided. */
struct envelope_parts {
    const uint8_t *message; // the protobuf part
    size_t message_size;
    const uint8_t *payload;
    size_t payload_size;
};

/* What rides behind the protobuf part of a message; size 0 of one without. */
struct envelope_payload {
    const uint8_t *bytes;
    size_t size;
};

/* ---- frames (envelope.c) ---- */

enum status envelope_split(struct envelope_parts *parts, const uint8_t *frame, size_t size) CHECKED;

/* Unpacks the protobuf part within a fixed budget of memory; free it with envelope_release(). */
enum status envelope_parse(ProtobufCMessage **message, const ProtobufCMessageDescriptor *descriptor,
                           const struct envelope_parts *parts) CHECKED;
void envelope_release(ProtobufCMessage *message);

enum status envelope_write(uint8_t *frame, size_t capacity, size_t *size,
                           const ProtobufCMessage *message,
                           struct envelope_payload payload) CHECKED;

/* Refuses a frame whose payload has another size than its message says. */
enum status envelope_check_payload(const struct envelope_parts *parts,
                                   struct envelope_payload payload) CHECKED;

/* Refuses a frame that is not what packing the message that was read from it gives. */
enum status envelope_check_form(const struct envelope_parts *parts,
                                const ProtobufCMessage *message) CHECKED;

/* ---- fields (envelope_fields.c) ---- */

char *envelope_put_text(const char *text);
ProtobufCBinaryData envelope_put_bytes(const uint8_t *bytes, size_t size);
ProtobufCBinaryData envelope_put_optional(const uint8_t *bytes, size_t size); // none: all zero
double envelope_put_double(double value);
double *envelope_put_doubles(const double *values);
uint64_t *envelope_put_counts(const uint64_t *counts);
Fedveil__Context envelope_put_context(const struct envelope_context *context);
Fedveil__Fetch envelope_put_fetch(const struct envelope_fetch *fetch);
Fedveil__Chunk envelope_put_chunk(const struct envelope_chunk *chunk);

enum status envelope_get_text(char *text, size_t capacity, const char *from,
                              const char *field) CHECKED;
enum status envelope_get_bytes(uint8_t *bytes, size_t size, const ProtobufCBinaryData *from,
                               const char *field) CHECKED;
enum status envelope_get_optional(uint8_t *bytes, size_t size, const ProtobufCBinaryData *from,
                                  const char *field) CHECKED;
enum status envelope_get_doubles(double *values, size_t *count, size_t count_max,
                                 const double *from, size_t from_count, const char *field) CHECKED;
enum status envelope_get_context(struct envelope_context *context,
                                 const Fedveil__Context *from) CHECKED;
void envelope_get_fetch(struct envelope_fetch *fetch, const Fedveil__Fetch *from);
void envelope_get_chunk(struct envelope_chunk *chunk, const Fedveil__Chunk *from,
                        const struct envelope_parts *parts);

enum status envelope_check_text(const char *text, size_t capacity, bool lines,
                                const char *field) CHECKED;
enum status envelope_check_session(const uint8_t session[ENVELOPE_SESSION_BYTES],
                                   const char *field) CHECKED;
enum status envelope_check_range(uint64_t value, uint64_t least, uint64_t most,
                                 const char *field) CHECKED;
enum status envelope_check_finite(double value, const char *field) CHECKED;
enum status envelope_check_positive(double value, const char *field) CHECKED; // zero too
enum status envelope_check_share(double value, const char *field) CHECKED;    // in [0,1]
enum status envelope_check_shares(const double *values, size_t count, size_t count_max,
                                  const char *field) CHECKED;
enum status envelope_check_context(const struct envelope_context *context) CHECKED;
enum status envelope_check_fetch(const struct envelope_fetch *fetch) CHECKED;
enum status envelope_check_chunk(const struct envelope_chunk *chunk) CHECKED;

/* ---- the secure exchange (envelope_exchange.c) ---- */

Fedveil__Exchange envelope_put_exchange(const struct envelope_exchange *exchange);
void envelope_get_exchange(struct envelope_exchange *exchange, const Fedveil__Exchange *from,
                           const struct envelope_parts *parts);

/* `never`: the step that this direction does not take. */
enum status envelope_check_exchange(const struct envelope_exchange *exchange,
                                    const struct envelope_context *context,
                                    enum exchange_step never) CHECKED;

#endif
