// SPDX-License-Identifier: Apache-2.0
/* handmade - a participant that speaks ZMTP 3.1 and CURVE (RFCs 37 and 26) over bare TCP, without
 * ZeroMQ, and so can say what ZeroMQ never lets anybody say. */
#ifndef HOSTILE_HANDMADE_H
#define HOSTILE_HANDMADE_H

#include "secure/identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HANDMADE_PART = 1024 * 1024 }; // most bytes of a part

struct handmade {
    int descriptor;
    uint64_t nonce;
    uint8_t shared[32];                  // of the connection, both short-term keys
    uint8_t frame[HANDMADE_PART + 1024]; // that is being made
};

/* Connects to tcp://127.0.0.1:PORT and shakes hands under a routing id of its own; false when the
 * other side breaks it off. */
bool handmade_open(struct handmade *member, const char *endpoint, const struct identity *identity,
                   const char coordinator_key[IDENTITY_KEY_TEXT]);
void handmade_close(struct handmade *member);

/* Sends one part of a message; `more` promises another. False when the other side has closed. */
bool handmade_send(struct handmade *member, const void *bytes, size_t size, bool more);

#endif
