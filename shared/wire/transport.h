// SPDX-License-Identifier: Apache-2.0
/* transport - how frames travel: the coordinator's side and a participant's side.
 *
 * Frames are whole, bounded by LIMIT_MESSAGE and, while a connection lasts, in order. The sender of
 * a frame is known by the public key that its connection proved, never by what it says.
 *
 * Losing frames is normal: what was queued when a connection broke is gone, on both sides, and
 * nobody is told. A link connects again by itself, and the hub then answers to the newest
 * connection of a key. So whoever uses this asks again for what does not come, answers a question
 * that is repeated as it did before, and takes STATUS_NOT_FOUND and STATUS_FULL of a send as a
 * frame lost.
 *
 * One thread uses a hub or a link. STATUS_STOPPED: stop_requested() of base/stop.h. Each process
 * of a deployment holds its own; after a fork neither works in the child. */
#ifndef WIRE_TRANSPORT_H
#define WIRE_TRANSPORT_H

#include "base/status.h"
#include "secure/roster.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hub;  // the coordinator's side
struct link; // a participant's side

/* Listens on tcp://ADDRESS:PORT (port *: any free one) with CURVE; only keys of the roster may
 * speak. The check of keys fails closed: when its thread dies, nobody is admitted, and
 * hub_receive() fails. STATUS_IO names an endpoint that is in use. The roster is copied. */
enum status hub_open(struct hub **hub, const char *endpoint, const struct identity *identity,
                     const struct roster *roster) CHECKED;

/* The endpoint in use, with the real port. */
const char *hub_endpoint(const struct hub *hub);

/* Waits up to wait_ms (0: only looks) for a frame. *peer is the roster index of its sender. *bytes
 * stays valid until the next call with this hub. STATUS_TIMEOUT when none came, STATUS_STOPPED
 * after a signal; any other failure is the end of this hub, which serves nobody any more. */
enum status hub_receive(struct hub *hub, size_t *peer, const uint8_t **bytes, size_t *size,
                        int wait_ms) CHECKED;

/* Queues a frame for a peer that has spoken before; STATUS_NOT_FOUND when it is not connected,
 * STATUS_FULL when its queue is full (it asked for more than its credit). */
enum status hub_send(struct hub *hub, size_t peer, const uint8_t *bytes, size_t size) CHECKED;

/* Waits at most linger_ms for queued frames, then closes. */
void hub_close(struct hub **hub, int linger_ms);

/* Number of handshakes with a key outside the roster since the hub was opened. */
uint64_t hub_refused(const struct hub *hub);

/* Number of frames dropped because no link of ours sends such: in several parts, from a routing id
 * of foreign form, or without the name that admission gives. */
uint64_t hub_dropped(const struct hub *hub);

/* Begins to connect to a coordinator, and checks that it owns `coordinator_key`; returns at once,
 * also where nobody listens yet. The log says when the connection stands, breaks or is refused. */
enum status link_open(struct link **link, const char *endpoint, const struct identity *identity,
                      const char coordinator_key[IDENTITY_KEY_TEXT]) CHECKED;

/* Waits up to wait_ms for a frame, which stays valid until the next call with this link. To be
 * called again and again, for the connection is looked after only in here and in link_send().
 * STATUS_TIMEOUT when none came, STATUS_STOPPED after a signal. */
enum status link_receive(struct link *link, const uint8_t **bytes, size_t *size,
                         int wait_ms) CHECKED;

/* Queues a frame; STATUS_NOT_FOUND while not connected, STATUS_FULL when the queue is full. */
enum status link_send(struct link *link, const uint8_t *bytes, size_t size) CHECKED;

/* Whether the connection stands: then the coordinator owns its key and admits ours. As of the last
 * link_receive() or link_send(). */
bool link_connected(const struct link *link);

/* The worst that kept it from standing since it stood last, as a phrase; NULL: nothing known. */
const char *link_trouble(const struct link *link);

/* True when the coordinator refused this key in the handshake (then waiting is pointless). */
int link_refused(const struct link *link);

void link_close(struct link **link, int linger_ms);

#endif
