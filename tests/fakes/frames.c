// SPDX-License-Identifier: Apache-2.0
#include "fakes/frames.h"

#include <assert.h>
#include <string.h>

enum { LENGTH_BYTES = 4 };

static struct frames_maker frame_made, inner_made;

struct frames_maker *frames_empty(void)
{
    frame_made.size = LENGTH_BYTES;
    return &frame_made;
}

struct frames_maker *frames_begin(void)
{
    static const uint8_t context[] = {0x10, 1, 0x18, 1, 0x20, 1};
    struct frames_maker *maker = frames_empty();
    frames_put_bytes(maker, 1, context, sizeof context);
    return maker;
}

struct frames_maker *frames_inner(void)
{
    inner_made.size = 0;
    return &inner_made;
}

void frames_put(struct frames_maker *maker, const void *bytes, size_t size)
{
    assert(maker->size + size <= sizeof maker->bytes);
    memcpy(maker->bytes + maker->size, bytes, size);
    maker->size += size;
}

static void put_varint(struct frames_maker *maker, uint64_t value)
{
    do {
        const uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        frames_put(maker, &byte, 1);
        value >>= 7;
    } while (value > 0);
}

void frames_put_number(struct frames_maker *maker, unsigned field, uint64_t value)
{
    put_varint(maker, field << 3);
    put_varint(maker, value);
}

void frames_put_double(struct frames_maker *maker, unsigned field, double value)
{
    put_varint(maker, field << 3 | 1);
    frames_put(maker, &value, sizeof value);
}

void frames_put_bytes(struct frames_maker *maker, unsigned field, const void *bytes, size_t size)
{
    put_varint(maker, field << 3 | 2);
    put_varint(maker, size);
    frames_put(maker, bytes, size);
}

void frames_put_inner(struct frames_maker *maker, unsigned field, const struct frames_maker *inner)
{
    frames_put_bytes(maker, field, inner->bytes, inner->size);
}

void frames_end(struct frames_maker *maker)
{
    const size_t length = maker->size - LENGTH_BYTES;
    for (int i = 0; i < LENGTH_BYTES; i++) {
        maker->bytes[i] = (uint8_t)(length >> (8 * i));
    }
}
