// SPDX-License-Identifier: Apache-2.0
/* stranger - a peer that does with ZeroMQ, or with bare TCP, what a link of ours never does. */
#ifndef HOSTILE_STRANGER_H
#define HOSTILE_STRANGER_H

#include "fakes/federation.h"
#include "wire/transport_zmq.h"

struct stranger {
    void *context, *dealer;
};

/* Connects a DEALER. `identity` NULL: without CURVE. `route` NULL: without a routing id of its
 * own. */
void stranger_open(struct stranger *stranger, const struct federation *federation,
                   const struct identity *identity, const void *route, size_t route_size);
void stranger_close(struct stranger *stranger);

/* Queues one part; `more` announces another. */
void stranger_send(struct stranger *stranger, const void *bytes, size_t size, bool more);

/* Whether anything came. */
bool stranger_receives(struct stranger *stranger);

/* Connects with bare TCP and returns the descriptor. */
int stranger_connect(const struct federation *federation);

/* Sends bytes over bare TCP; false when the other side has closed. */
bool stranger_write(int descriptor, const void *bytes, size_t size);

/* Reads and throws away until the other side closes, some seconds long; false when it does not. */
bool stranger_sees_close(int descriptor);

/* Answers one question about a key at a REP socket: yes, and that is its name. */
void stranger_admits(void *socket, const char *name);

#endif
