// SPDX-License-Identifier: Apache-2.0
/* transport_zmq - what the sources of the transport share; for nobody else, see transport.h.
 *
 * The coordinator's ROUTER and a participant's DEALER, over TCP with CURVE. Three things are not
 * left to the defaults of ZeroMQ, for each of them lets strangers in:
 *   - who a frame is from is the User-Id that our own admission gave to the proven key, never the
 *     routing id, which the peer chooses itself;
 *   - ZMQ_ZAP_ENFORCE_DOMAIN: without it ZeroMQ admits every key when no admission thread runs;
 *   - ZMQ_MAXMSGSIZE, set before bind: without it a stranger's first frame may fill the memory. */
#ifndef WIRE_TRANSPORT_ZMQ_H
#define WIRE_TRANSPORT_ZMQ_H

#include "wire/transport.h"

#include "base/limits.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <zmq.h>

/* Hidden behind ZMQ_BUILD_DRAFT_API in the header of 4.3, but honoured by every 4.3 library. */
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

enum {
    TRANSPORT_ZMQ_ROUTE = 16,     // bytes of a routing id; other lengths are dropped
    TRANSPORT_ZMQ_ENDPOINT = 256, // bytes of an endpoint with its final zero
    TRANSPORT_ZMQ_QUEUE = 16,     // frames queued for one peer and from it
    TRANSPORT_ZMQ_KEPT = 32,      // large frames that a hub keeps to send them again
};

_Static_assert((int)TRANSPORT_ZMQ_QUEUE >= 2 * (int)LIMIT_CREDIT,
               "a queue holds the chunks that were asked for, and messages beside them");

/* ---- admission: the thread that says which keys may speak ---- */

struct transport_zmq_key {
    uint8_t bytes[IDENTITY_KEY_BYTES];
    size_t peer; // roster index
};

struct transport_zmq_admission {
    void *requests;                 // REP, the socket that ZAP prescribes
    void *control, *control_inside; // a pair: one byte ends the thread
    struct transport_zmq_key *keys; // sorted
    size_t count;
    pthread_t thread;
    bool running;
    atomic_bool ended; // the thread answers no more
    atomic_uint_fast64_t refused;
};

/* Binds the socket, then starts the thread; so admission stands before anybody can connect. */
enum status transport_zmq_admit_start(struct transport_zmq_admission *admission, void *context,
                                      const struct roster *roster) CHECKED;

/* Ends the thread and closes its sockets; from then on nobody is admitted. Safe to call again. */
void transport_zmq_admit_stop(struct transport_zmq_admission *admission);

/* ---- the two sides ---- */

struct transport_zmq_route {
    uint8_t id[TRANSPORT_ZMQ_ROUTE];
    bool known; // false until the peer spoke, and after ZeroMQ lost it
};

struct hub {
    void *context, *router;
    struct transport_zmq_admission admission;
    struct transport_zmq_route *routes; // by roster index: where the peer spoke from last
    size_t peers;
    zmq_msg_t frame;                    // what hub_receive() gave last
    zmq_msg_t kept[TRANSPORT_ZMQ_KEPT]; // what hub_send() was given last, of the large ones
    unsigned oldest;                    // of them
    char endpoint[TRANSPORT_ZMQ_ENDPOINT];
    uint64_t dropped;
};

/* What keeps a link from being connected, from bad to worse. */
enum transport_zmq_trouble {
    TRANSPORT_ZMQ_NO_TROUBLE,
    TRANSPORT_ZMQ_SILENCE,
    TRANSPORT_ZMQ_BREACH,
    TRANSPORT_ZMQ_REFUSAL,
};

struct link {
    void *context, *dealer, *monitor;
    struct identity identity;
    char coordinator_key[IDENTITY_KEY_TEXT];
    char endpoint[TRANSPORT_ZMQ_ENDPOINT];
    zmq_msg_t frame;
    unsigned openings;  // sockets made so far: each has a monitor of its own name
    uint64_t reopen_ms; // when to make a new socket; 0: not now
    bool connected;
    enum transport_zmq_trouble trouble; // the worst since it was connected last
};

/* ---- both sides ---- */

/* STATUS_IO with `what` and ZeroMQ's reason. */
enum status transport_zmq_fail(const char *what);

enum status transport_zmq_set_int(void *socket, int option, int value) CHECKED;
enum status transport_zmq_set_text(void *socket, int option, const char *text) CHECKED;
enum status transport_zmq_set_key(void *socket, int option, const char *key) CHECKED; // Z85

/* Limits, heartbeats and keys of both sides; `public_key` and `secret_key` are our own. */
enum status transport_zmq_configure(void *socket, const char *endpoint,
                                    const struct identity *identity) CHECKED;

/* Only tcp:// of a length that fits. */
enum status transport_zmq_check_endpoint(const char *endpoint) CHECKED;

/* Waits for one of the items, a signal (STATUS_STOPPED) or the time (STATUS_TIMEOUT). */
enum status transport_zmq_wait(zmq_pollitem_t *items, int count, uint64_t until_ms) CHECKED;

/* Whether this event of something that strangers can cause without end is worth a line in the log:
 * the 1st, 2nd, 4th, 8th ... */
bool transport_zmq_worth_telling(uint64_t count);

/* Sends a part without waiting; STATUS_FULL when the queue is full, STATUS_NOT_FOUND when a ROUTER
 * has no such peer. */
enum status transport_zmq_put(void *socket, const void *bytes, size_t size, bool more) CHECKED;

/* Takes the next part of a message; STATUS_TIMEOUT when there is none. */
enum status transport_zmq_take(zmq_msg_t *part, void *socket) CHECKED;

/* Throws the parts after this one away; true when there were any. */
bool transport_zmq_drain(zmq_msg_t *part, void *socket);

#endif
