// SPDX-License-Identifier: Apache-2.0
#include "wire/envelope_parts.h"

#include <math.h>
#include <string.h>

/* protobuf-c has no const in its structures, but packing only reads them. */
static void *readable(const void *bytes)
{
    return (void *)(uintptr_t)bytes; // NOLINT: the cast is the point
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    uint8_t any = 0;
    for (size_t i = 0; i < size; i++) {
        any |= bytes[i];
    }
    return any == 0;
}

/* ---- put ---- */

char *envelope_put_text(const char *text)
{
    return readable(text);
}

ProtobufCBinaryData envelope_put_bytes(const uint8_t *bytes, size_t size)
{
    return (ProtobufCBinaryData){.len = size, .data = readable(bytes)};
}

ProtobufCBinaryData envelope_put_optional(const uint8_t *bytes, size_t size)
{
    return is_zero(bytes, size) ? (ProtobufCBinaryData){0} : envelope_put_bytes(bytes, size);
}

double envelope_put_double(double value)
{
    return value + 0.0; // -0 becomes 0, for protobuf-c leaves both out
}

double *envelope_put_doubles(const double *values)
{
    return readable(values);
}

uint64_t *envelope_put_counts(const uint64_t *counts)
{
    return readable(counts);
}

Fedveil__Context envelope_put_context(const struct envelope_context *context)
{
    Fedveil__Context made;
    fedveil__context__init(&made);
    made.session = envelope_put_optional(context->session, ENVELOPE_SESSION_BYTES);
    made.round = context->round;
    made.attempt = context->attempt;
    made.phase = (Fedveil__Phase)context->phase;
    return made;
}

Fedveil__Fetch envelope_put_fetch(const struct envelope_fetch *fetch)
{
    Fedveil__Fetch made;
    fedveil__fetch__init(&made);
    made.offset = fetch->offset;
    made.chunks = fetch->chunks;
    return made;
}

Fedveil__Chunk envelope_put_chunk(const struct envelope_chunk *chunk)
{
    Fedveil__Chunk made;
    fedveil__chunk__init(&made);
    made.offset = chunk->offset;
    made.size = (uint32_t)chunk->size;
    return made;
}

/* ---- get ---- */

enum status envelope_get_text(char *text, size_t capacity, const char *from, const char *field)
{
    const size_t length = strlen(from);
    if (length >= capacity) {
        return status_fail(STATUS_BAD_MESSAGE, "%s: %zu bytes, at most %zu are allowed", field,
                           length, capacity - 1);
    }
    memcpy(text, from, length + 1);
    return STATUS_OK;
}

enum status envelope_get_bytes(uint8_t *bytes, size_t size, const ProtobufCBinaryData *from,
                               const char *field)
{
    if (from->len != size) {
        return status_fail(STATUS_BAD_MESSAGE, "%s: %zu bytes instead of %zu", field, from->len,
                           size);
    }
    memcpy(bytes, from->data, size);
    return STATUS_OK;
}

enum status envelope_get_optional(uint8_t *bytes, size_t size, const ProtobufCBinaryData *from,
                                  const char *field)
{
    memset(bytes, 0, size);
    return from->len == 0 ? STATUS_OK : envelope_get_bytes(bytes, size, from, field);
}

enum status envelope_get_doubles(double *values, size_t *count, size_t count_max,
                                 const double *from, size_t from_count, const char *field)
{
    if (from_count > count_max) {
        return status_fail(STATUS_BAD_MESSAGE, "%s: %zu numbers, at most %zu are allowed", field,
                           from_count, count_max);
    }
    if (from_count > 0) memcpy(values, from, from_count * sizeof *values);
    *count = from_count;
    return STATUS_OK;
}

enum status envelope_get_context(struct envelope_context *context, const Fedveil__Context *from)
{
    if (from == NULL) return status_fail(STATUS_BAD_MESSAGE, "context: missing");
    memset(context, 0, sizeof *context);
    const enum status status = envelope_get_optional(context->session, ENVELOPE_SESSION_BYTES,
                                                     &from->session, "context.session");
    if (status != STATUS_OK) return status;
    context->round = from->round;
    context->attempt = from->attempt;
    context->phase = (enum phase)from->phase; // any number; checked with the bounds
    return STATUS_OK;
}

void envelope_get_fetch(struct envelope_fetch *fetch, const Fedveil__Fetch *from)
{
    fetch->offset = from->offset;
    fetch->chunks = from->chunks;
}

void envelope_get_chunk(struct envelope_chunk *chunk, const Fedveil__Chunk *from,
                        const struct envelope_parts *parts)
{
    *chunk = (struct envelope_chunk){
        .offset = from->offset, .payload = parts->payload, .size = from->size};
}

/* ---- check ---- */

/* Bytes of the UTF-8 character at `text`, 0 when it is malformed or a control character. */
static size_t character_bytes(const unsigned char *text, bool lines)
{
    const unsigned char first = text[0];
    if (first == '\n') return lines ? 1 : 0;
    if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
    if (first < 0xc2 || first > 0xf4) return 0;
    const size_t bytes = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t code = first & (0x7fu >> bytes);
    for (size_t i = 1; i < bytes; i++) {
        if ((text[i] & 0xc0) != 0x80) return 0; // the final zero byte too
        code = code << 6 | (text[i] & 0x3fu);
    }
    static const uint32_t least[5] = {0, 0, 0xa0, 0x800, 0x10000}; // 0x80..0x9f are controls
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    return code >= least[bytes] && code <= 0x10ffff && !surrogate ? bytes : 0;
}

enum status envelope_check_text(const char *text, size_t capacity, bool lines, const char *field)
{
    if (memchr(text, 0, capacity) == NULL) {
        return status_fail(STATUS_BAD_MESSAGE, "%s: longer than %zu bytes", field, capacity - 1);
    }
    const unsigned char *at = (const unsigned char *)text;
    while (*at != 0) {
        const size_t bytes = character_bytes(at, lines);
        if (bytes == 0) {
            return status_fail(STATUS_BAD_MESSAGE,
                               "%s: byte %zu is a control character or no UTF-8", field,
                               (size_t)(at - (const unsigned char *)text));
        }
        at += bytes;
    }
    return STATUS_OK;
}

void envelope_set_reason(char reason[ENVELOPE_REASON], const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t used = 0;
    while (*at != 0) {
        const size_t bytes = character_bytes(at, false);
        const size_t kept = bytes == 0 ? 1 : bytes;
        if (used + kept >= ENVELOPE_REASON) break;
        for (size_t i = 0; i < kept; i++) {
            reason[used++] = bytes == 0 ? '?' : (char)at[i];
        }
        at += kept;
    }
    reason[used] = 0;
}

enum status envelope_check_session(const uint8_t session[ENVELOPE_SESSION_BYTES], const char *field)
{
    if (is_zero(session, ENVELOPE_SESSION_BYTES)) {
        return status_fail(STATUS_BAD_MESSAGE, "%s: missing", field);
    }
    return STATUS_OK;
}

enum status envelope_check_range(uint64_t value, uint64_t least, uint64_t most, const char *field)
{
    if (value < least || value > most) {
        return status_fail(STATUS_BAD_MESSAGE, "%s: %llu is not in %llu..%llu", field,
                           (unsigned long long)value, (unsigned long long)least,
                           (unsigned long long)most);
    }
    return STATUS_OK;
}

enum status envelope_check_finite(double value, const char *field)
{
    if (!isfinite(value)) return status_fail(STATUS_BAD_MESSAGE, "%s: not finite", field);
    return STATUS_OK;
}

enum status envelope_check_positive(double value, const char *field)
{
    if (!isfinite(value) || value < 0) {
        return status_fail(STATUS_BAD_MESSAGE, "%s: %g is not a finite number >= 0", field, value);
    }
    return STATUS_OK;
}

enum status envelope_check_share(double value, const char *field)
{
    if (!(value >= 0 && value <= 1)) {
        return status_fail(STATUS_BAD_MESSAGE, "%s: %g is not in [0,1]", field, value);
    }
    return STATUS_OK;
}

enum status envelope_check_shares(const double *values, size_t count, size_t count_max,
                                  const char *field)
{
    enum status status = envelope_check_range(count, 0, count_max, field);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = envelope_check_share(values[i], field);
    }
    return status;
}

enum status envelope_check_context(const struct envelope_context *context)
{
    if ((int)context->phase < 0 || (int)context->phase >= (int)PHASE_COUNT) {
        return status_fail(STATUS_BAD_MESSAGE, "context.phase: there is no phase %d",
                           (int)context->phase);
    }
    return STATUS_OK;
}

/* Offset of a chunk of any body. */
static enum status check_offset(uint64_t offset, const char *field)
{
    if (offset % LIMIT_MODEL_CHUNK != 0 || offset >= ENVELOPE_BODY_MAX) {
        return status_fail(STATUS_BAD_MESSAGE, "%s: no chunk begins at %llu", field,
                           (unsigned long long)offset);
    }
    return STATUS_OK;
}

enum status envelope_check_fetch(const struct envelope_fetch *fetch)
{
    const enum status status = check_offset(fetch->offset, "fetch.offset");
    if (status != STATUS_OK) return status;
    return envelope_check_range(fetch->chunks, 1, LIMIT_CREDIT, "fetch.chunks");
}

enum status envelope_check_chunk(const struct envelope_chunk *chunk)
{
    const enum status status = check_offset(chunk->offset, "chunk.offset");
    if (status != STATUS_OK) return status;
    return envelope_check_range(chunk->size, 1, LIMIT_CHUNK, "chunk.size");
}
