// SPDX-License-Identifier: Apache-2.0
#include "wire/envelope_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    LENGTH_BYTES = 4,
    // The largest message within its bounds needs its strings and numbers once more than the frame;
    // protobuf-c can be made to take 20 times the frame, and stops here instead.
    MEMORY_MAX = 2 * LIMIT_CONTROL,
};

_Static_assert((int)LENGTH_BYTES + (int)LIMIT_CONTROL <= (int)LIMIT_MESSAGE,
               "a control message fits a frame");
_Static_assert((int)LIMIT_CHUNK + 1024 <= (int)LIMIT_MESSAGE,
               "a chunk and what describes it fit a frame");
_Static_assert((int)ENVELOPE_MANIFEST + (int)LIMIT_NAME + 512 <= (int)LIMIT_CONTROL,
               "a Join with the longest manifest fits a control message");

static void *budget_allocate(void *data, size_t size)
{
    size_t *left = data;
    if (size > *left) return NULL;
    *left -= size;
    return calloc(1, size);
}

static void budget_free(void *data, void *pointer)
{
    (void)data;
    free(pointer);
}

enum status envelope_split(struct envelope_parts *parts, const uint8_t *frame, size_t size)
{
    if (size < LENGTH_BYTES || size > LIMIT_MESSAGE) {
        return status_fail(STATUS_BAD_MESSAGE, "a frame of %zu bytes; %d to %d are allowed", size,
                           (int)LENGTH_BYTES, (int)LIMIT_MESSAGE);
    }
    const size_t length =
        (size_t)frame[0] | (size_t)frame[1] << 8 | (size_t)frame[2] << 16 | (size_t)frame[3] << 24;
    const size_t rest = size - LENGTH_BYTES;
    if (length > LIMIT_CONTROL || length > rest) {
        return status_fail(STATUS_BAD_MESSAGE,
                           "a frame of %zu bytes says that its message has %zu, at most %d", size,
                           length, (int)LIMIT_CONTROL);
    }
    *parts = (struct envelope_parts){
        .message = frame + LENGTH_BYTES,
        .message_size = length,
        .payload = frame + LENGTH_BYTES + length,
        .payload_size = rest - length,
    };
    return STATUS_OK;
}

enum status envelope_parse(ProtobufCMessage **message, const ProtobufCMessageDescriptor *descriptor,
                           const struct envelope_parts *parts)
{
    size_t left = MEMORY_MAX;
    ProtobufCAllocator allocator = {budget_allocate, budget_free, &left};
    *message =
        protobuf_c_message_unpack(descriptor, &allocator, parts->message_size, parts->message);
    if (*message == NULL) {
        return status_fail(STATUS_BAD_MESSAGE, "%zu bytes that are no %s", parts->message_size,
                           descriptor->short_name);
    }
    return STATUS_OK;
}

void envelope_release(ProtobufCMessage *message)
{
    ProtobufCAllocator allocator = {budget_allocate, budget_free, NULL};
    protobuf_c_message_free_unpacked(message, &allocator);
}

enum status envelope_write(uint8_t *frame, size_t capacity, size_t *size,
                           const ProtobufCMessage *message, struct envelope_payload payload)
{
    const size_t length = protobuf_c_message_get_packed_size(message);
    assert(length <= LIMIT_CONTROL); // the bounds of the fields were checked
    const size_t needed = LENGTH_BYTES + length + payload.size;
    if (needed > capacity) {
        return status_fail(STATUS_FULL, "a message of %zu bytes for a frame of %zu", needed,
                           capacity);
    }
    for (int i = 0; i < LENGTH_BYTES; i++) {
        frame[i] = (uint8_t)(length >> (8 * i));
    }
    protobuf_c_message_pack(message, frame + LENGTH_BYTES);
    if (payload.size > 0) memcpy(frame + LENGTH_BYTES + length, payload.bytes, payload.size);
    *size = needed;
    return STATUS_OK;
}

enum status envelope_check_payload(const struct envelope_parts *parts,
                                   struct envelope_payload payload)
{
    if (parts->payload_size == payload.size) return STATUS_OK;
    return status_fail(STATUS_BAD_MESSAGE, "%zu bytes after a message with a payload of %zu",
                       parts->payload_size, payload.size);
}

enum status envelope_check_form(const struct envelope_parts *parts, const ProtobufCMessage *message)
{
    uint8_t again[LIMIT_CONTROL];
    const size_t size = protobuf_c_message_get_packed_size(message);
    if (size == parts->message_size) {
        protobuf_c_message_pack(message, again);
        if (memcmp(again, parts->message, size) == 0) return STATUS_OK;
    }
    return status_fail(STATUS_BAD_MESSAGE,
                       "a message with unknown or repeated fields, or in another form than ours");
}
