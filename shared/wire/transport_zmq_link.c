// SPDX-License-Identifier: Apache-2.0
#include "wire/transport_zmq.h"

#include "base/clock.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    RECONNECT_MS = 250, // first pause between attempts; doubles up to the longest
    RECONNECT_MAX_MS = 5000,
};

/* A routing id that nobody has or guesses, fresh for each socket: after a connection that broke
 * without the coordinator's noticing, the old id would still be taken, and its peer would hang in
 * silence. The first byte is not 0, for those ids are ZeroMQ's own. */
static enum status set_route(struct link *link)
{
    uint8_t id[TRANSPORT_ZMQ_ROUTE];
    if (getentropy(id, sizeof id) != 0) {
        return status_fail(STATUS_IO, "no randomness from the operating system: %s",
                           strerror(errno));
    }
    id[0] |= 1;
    if (zmq_setsockopt(link->dealer, ZMQ_ROUTING_ID, id, sizeof id) != 0) {
        return transport_zmq_fail("cannot set a routing id");
    }
    return STATUS_OK;
}

static enum status configure(struct link *link)
{
    // ZMQ_IMMEDIATE stays off, for with it ZeroMQ throws away what a coordinator sent before it
    // closed the connection and we have not read yet. link_send() sees to it that nothing is queued
    // for a connection that does not stand.
    enum status status = transport_zmq_configure(link->dealer, link->endpoint, &link->identity);
    if (status == STATUS_OK) {
        status = transport_zmq_set_int(link->dealer, ZMQ_RECONNECT_IVL, RECONNECT_MS);
    }
    if (status == STATUS_OK) {
        status = transport_zmq_set_int(link->dealer, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS);
    }
    if (status == STATUS_OK) {
        status = transport_zmq_set_key(link->dealer, ZMQ_CURVE_SERVERKEY, link->coordinator_key);
    }
    if (status == STATUS_OK) status = set_route(link);
    return status;
}

/* ZeroMQ tells what happens to the connection through a socket of its own. */
static enum status watch(struct link *link)
{
    char name[64];
    snprintf(name, sizeof name, "inproc://link-%u", link->openings++);
    const int events = ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_DISCONNECTED |
                       ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                       ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
    link->monitor = zmq_socket(link->context, ZMQ_PAIR);
    if (link->monitor == NULL || zmq_socket_monitor(link->dealer, name, events) != 0 ||
        zmq_connect(link->monitor, name) != 0) {
        return transport_zmq_fail("cannot watch the connection");
    }
    return STATUS_OK;
}

static void close_sockets(struct link *link, int linger_ms)
{
    if (link->dealer != NULL) {
        zmq_socket_monitor(link->dealer, NULL, 0);
        zmq_setsockopt(link->dealer, ZMQ_LINGER, &linger_ms, sizeof linger_ms);
        zmq_close(link->dealer);
        link->dealer = NULL;
    }
    if (link->monitor != NULL) zmq_close(link->monitor);
    link->monitor = NULL;
}

static enum status open_sockets(struct link *link)
{
    link->dealer = zmq_socket(link->context, ZMQ_DEALER);
    if (link->dealer == NULL) return transport_zmq_fail("cannot make a socket");
    enum status status = configure(link);
    if (status == STATUS_OK) status = watch(link);
    if (status != STATUS_OK) return status;
    if (zmq_connect(link->dealer, link->endpoint) != 0) {
        return status_fail(STATUS_IO, "cannot connect to %s: %s", link->endpoint,
                           zmq_strerror(zmq_errno()));
    }
    return STATUS_OK;
}

enum status link_open(struct link **link, const char *endpoint, const struct identity *identity,
                      const char coordinator_key[IDENTITY_KEY_TEXT])
{
    enum status status = transport_zmq_check_endpoint(endpoint);
    if (status != STATUS_OK) return status;
    struct link *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for the link");
    zmq_msg_init(&made->frame);
    made->identity = *identity;
    snprintf(made->coordinator_key, sizeof made->coordinator_key, "%s", coordinator_key);
    snprintf(made->endpoint, sizeof made->endpoint, "%s", endpoint);
    made->context = zmq_ctx_new();
    if (made->context == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for the link");
        goto done;
    }
    zmq_ctx_set(made->context, ZMQ_BLOCKY, 0);
    status = open_sockets(made);
    if (status != STATUS_OK) goto done;
    log_info("connecting to %s", endpoint);
    *link = made;
    made = NULL;
done:
    link_close(&made, 0);
    return status;
}

static const char *const troubles[] = {
    [TRANSPORT_ZMQ_NO_TROUBLE] = NULL,
    [TRANSPORT_ZMQ_SILENCE] = "nobody answers yet",
    [TRANSPORT_ZMQ_BREACH] = "the handshake is broken off: the key that we were given is not "
                             "the coordinator's, or this is no coordinator",
    [TRANSPORT_ZMQ_REFUSAL] = "the coordinator refuses our key: it is not in the roster",
};

/* Says what keeps us from being connected, and then only what is worse: it repeats for as long. */
static void tell(struct link *link, enum transport_zmq_trouble trouble)
{
    if (trouble > link->trouble) {
        log_warning("%s: %s", link->endpoint, troubles[trouble]);
        link->trouble = trouble;
    }
}

static void take_event(struct link *link, int event, uint32_t value)
{
    switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        link->connected = true;
        link->trouble = TRANSPORT_ZMQ_NO_TROUBLE;
        log_info("connected to %s", link->endpoint);
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: // the status code of ZAP: 300 would mean later
        if (value >= 400) tell(link, TRANSPORT_ZMQ_REFUSAL);
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        tell(link, TRANSPORT_ZMQ_BREACH);
        break;
    case ZMQ_EVENT_CONNECT_RETRIED:
        if (!link->connected && link->reopen_ms == 0) tell(link, TRANSPORT_ZMQ_SILENCE);
        break;
    case ZMQ_EVENT_DISCONNECTED:
        if (!link->connected) break; // in the handshake: ZeroMQ tries again by itself
        log_warning("lost the connection to %s; connecting again", link->endpoint);
        link->connected = false;
        link->reopen_ms = clock_now_ms() + RECONNECT_MS;
        break;
    default:
        break;
    }
}

/* Takes what the monitor tells: number and value of the event, then an address. */
static enum status take_events(struct link *link)
{
    enum status status = STATUS_OK;
    zmq_msg_t part;
    zmq_msg_init(&part);
    while (link->monitor != NULL) {
        status = transport_zmq_take(&part, link->monitor);
        if (status != STATUS_OK) break;
        uint8_t head[6] = {0};
        if (zmq_msg_size(&part) == sizeof head) memcpy(head, zmq_msg_data(&part), sizeof head);
        transport_zmq_drain(&part, link->monitor);
        uint16_t event;
        uint32_t value;
        memcpy(&event, head, sizeof event);
        memcpy(&value, head + sizeof event, sizeof value);
        take_event(link, event, value);
    }
    zmq_msg_close(&part);
    return status == STATUS_TIMEOUT ? STATUS_OK : status;
}

static bool has_frame(struct link *link)
{
    int events = 0;
    size_t size = sizeof events;
    return zmq_getsockopt(link->dealer, ZMQ_EVENTS, &events, &size) == 0 &&
           (events & ZMQ_POLLIN) != 0;
}

/* Takes events; makes a new socket, with a routing id of its own, for a connection that was
 * lost. */
static enum status keep_up(struct link *link)
{
    const enum status status = take_events(link);
    if (status != STATUS_OK || link->reopen_ms == 0 || clock_now_ms() < link->reopen_ms) {
        return status;
    }
    // The last that the coordinator said before it closed the connection is still to be read.
    if (has_frame(link)) return STATUS_OK;
    link->reopen_ms = 0;
    link->connected = false; // ZeroMQ may have come back by itself, with the old routing id
    close_sockets(link, 0);
    return open_sockets(link);
}

/* Waits for a frame or an event until then, or until it is time for a new socket. */
static enum status wait_for_either(struct link *link, uint64_t until_ms)
{
    if (link->dealer == NULL || link->monitor == NULL) {
        return status_fail(STATUS_IO, "the link to %s could not be opened again", link->endpoint);
    }
    zmq_pollitem_t items[2] = {{.socket = link->dealer, .events = ZMQ_POLLIN},
                               {.socket = link->monitor, .events = ZMQ_POLLIN}};
    const uint64_t reopen_ms = link->reopen_ms;
    const bool sooner = reopen_ms != 0 && reopen_ms < until_ms;
    const enum status status = transport_zmq_wait(items, 2, sooner ? reopen_ms : until_ms);
    return status == STATUS_TIMEOUT && sooner ? STATUS_OK : status;
}

static enum status take_frame(struct link *link)
{
    const enum status status = transport_zmq_take(&link->frame, link->dealer);
    if (status != STATUS_OK) return status;
    if (!transport_zmq_drain(&link->frame, link->dealer)) return STATUS_OK;
    log_warning("dropped a frame in several parts from the coordinator");
    return STATUS_TIMEOUT;
}

enum status link_receive(struct link *link, const uint8_t **bytes, size_t *size, int wait_ms)
{
    assert(wait_ms >= 0);
    const uint64_t until_ms = clock_now_ms() + (uint64_t)wait_ms;
    for (;;) {
        enum status status = wait_for_either(link, until_ms);
        if (status == STATUS_OK) status = keep_up(link);
        if (status != STATUS_OK) return status;
        status = take_frame(link);
        if (status == STATUS_OK) break;
        if (status != STATUS_TIMEOUT || clock_now_ms() >= until_ms) return status;
    }
    *bytes = zmq_msg_data(&link->frame);
    *size = zmq_msg_size(&link->frame);
    return STATUS_OK;
}

enum status link_send(struct link *link, const uint8_t *bytes, size_t size)
{
    assert(size <= LIMIT_MESSAGE);
    const enum status status = keep_up(link);
    if (status != STATUS_OK) return status;
    if (!link->connected) {
        return status_fail(STATUS_NOT_FOUND, "not connected to the coordinator at %s",
                           link->endpoint);
    }
    return transport_zmq_put(link->dealer, bytes, size, false);
}

bool link_connected(const struct link *link)
{
    return link->connected;
}

const char *link_trouble(const struct link *link)
{
    return troubles[link->trouble];
}

int link_refused(const struct link *link)
{
    return link->trouble == TRANSPORT_ZMQ_REFUSAL;
}

void link_close(struct link **link, int linger_ms)
{
    struct link *closed = *link;
    if (closed == NULL) return;
    zmq_msg_close(&closed->frame);
    close_sockets(closed, linger_ms);
    if (closed->context != NULL) {
        while (zmq_ctx_term(closed->context) != 0 && zmq_errno() == EINTR) {
        }
    }
    identity_wipe(&closed->identity);
    free(closed);
    *link = NULL;
}
