// SPDX-License-Identifier: Apache-2.0
/* frames - frames of the wire written by hand after the protobuf encoding (varints, tags), not by
 * the code under test. */
#ifndef FAKES_FRAMES_H
#define FAKES_FRAMES_H

#include "wire/envelope.h"

struct frames_maker {
    uint8_t bytes[LIMIT_MESSAGE + 64];
    size_t size;
};

/* An empty frame (room for its length), and one with a context of phase GATHER, round 1, attempt 1.
 * There is one at a time. */
struct frames_maker *frames_empty(void);
struct frames_maker *frames_begin(void);

/* The content of a message inside of the frame; one at a time, beside the frame. */
struct frames_maker *frames_inner(void);

void frames_put(struct frames_maker *maker, const void *bytes, size_t size);
void frames_put_number(struct frames_maker *maker, unsigned field, uint64_t value);
void frames_put_double(struct frames_maker *maker, unsigned field, double value);
void frames_put_bytes(struct frames_maker *maker, unsigned field, const void *bytes, size_t size);

/* Appends `inner` as a field. */
void frames_put_inner(struct frames_maker *maker, unsigned field, const struct frames_maker *inner);

/* Writes the length in front: the frame is done. */
void frames_end(struct frames_maker *maker);

#endif
