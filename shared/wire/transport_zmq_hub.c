// SPDX-License-Identifier: Apache-2.0
#include "wire/transport_zmq.h"

#include "base/clock.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BACKLOG = 1024, // connections that wait to be taken: a simulator starts hundreds at once
    LARGE = 4096,   // bytes of a frame that is worth keeping
};

/* ROUTER numbers peers that bring no id of their own by a counter that starts at the first value
 * of rand(), which nobody seeds. A peer that claims the next number makes ZeroMQ abort the process
 * when the counter gets there; a start that nobody knows makes that a lottery. */
static enum status seed_counter(void)
{
    unsigned seed = 0;
    if (getentropy(&seed, sizeof seed) != 0) {
        return status_fail(STATUS_IO, "no randomness from the operating system: %s",
                           strerror(errno));
    }
    srand(seed);
    return STATUS_OK;
}

static enum status configure(struct hub *hub, const char *endpoint, const struct identity *identity)
{
    const struct {
        int option, value;
    } settings[] = {
        {ZMQ_CURVE_SERVER, 1},
        {ZMQ_ROUTER_MANDATORY, 1}, // sending to nobody is an error, not silence
        {ZMQ_BACKLOG, BACKLOG},
        {ZMQ_ZAP_ENFORCE_DOMAIN, 1},
    };
    enum status status = transport_zmq_configure(hub->router, endpoint, identity);
    for (size_t i = 0; status == STATUS_OK && i < sizeof settings / sizeof settings[0]; i++) {
        status = transport_zmq_set_int(hub->router, settings[i].option, settings[i].value);
    }
    // With a domain of its own, and only then, the enforcement above holds.
    if (status == STATUS_OK) {
        status = transport_zmq_set_text(hub->router, ZMQ_ZAP_DOMAIN, "fedveil");
    }
    return status;
}

static enum status listen_at(struct hub *hub, const char *endpoint)
{
    if (zmq_bind(hub->router, endpoint) != 0) {
        return status_fail(STATUS_IO, "cannot listen at %s: %s", endpoint,
                           zmq_strerror(zmq_errno()));
    }
    size_t size = sizeof hub->endpoint;
    if (zmq_getsockopt(hub->router, ZMQ_LAST_ENDPOINT, hub->endpoint, &size) != 0) {
        return transport_zmq_fail("cannot tell the endpoint");
    }
    return STATUS_OK;
}

enum status hub_open(struct hub **hub, const char *endpoint, const struct identity *identity,
                     const struct roster *roster)
{
    assert(roster->count <= LIMIT_PARTICIPANTS);
    enum status status = transport_zmq_check_endpoint(endpoint);
    if (status == STATUS_OK) status = seed_counter();
    if (status != STATUS_OK) return status;
    struct hub *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for the hub");
    zmq_msg_init(&made->frame);
    for (size_t i = 0; i < TRANSPORT_ZMQ_KEPT; i++) {
        zmq_msg_init(&made->kept[i]);
    }
    made->peers = roster->count;
    made->routes = calloc(roster->count + 1, sizeof *made->routes);
    made->context = zmq_ctx_new();
    if (made->routes == NULL || made->context == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for the hub");
        goto done;
    }
    zmq_ctx_set(made->context, ZMQ_BLOCKY, 0);
    made->router = zmq_socket(made->context, ZMQ_ROUTER);
    if (made->router == NULL) {
        status = transport_zmq_fail("cannot make a socket");
        goto done;
    }
    status = configure(made, endpoint, identity);
    if (status == STATUS_OK) {
        status = transport_zmq_admit_start(&made->admission, made->context, roster);
    }
    if (status == STATUS_OK) status = listen_at(made, endpoint);
    if (status != STATUS_OK) goto done;
    log_info("listening at %s for %zu participants", made->endpoint, made->peers);
    *hub = made;
    made = NULL;
done:
    hub_close(&made, 0);
    return status;
}

const char *hub_endpoint(const struct hub *hub)
{
    return hub->endpoint;
}

static void drop(struct hub *hub, const char *why)
{
    hub->dropped++;
    if (transport_zmq_worth_telling(hub->dropped)) {
        log_warning("dropped a frame %s (%llu dropped so far)", why,
                    (unsigned long long)hub->dropped);
    }
}

/* The roster index that admission gave to the connection of this frame. */
static bool read_peer(size_t *peer, size_t peers, zmq_msg_t *frame)
{
    const char *user = zmq_msg_gets(frame, "User-Id");
    if (user == NULL || user[0] < '0' || user[0] > '9') return false;
    char *end = NULL;
    const unsigned long long index = strtoull(user, &end, 10);
    if (*end != 0 || index >= peers) return false;
    *peer = (size_t)index;
    return true;
}

/* Takes one message of the ROUTER: the routing id, then the frame. STATUS_BAD_MESSAGE when it was
 * dropped. */
static enum status take_frame(struct hub *hub, size_t *peer)
{
    bool named = false;
    zmq_msg_t id;
    zmq_msg_init(&id);
    enum status status = transport_zmq_take(&id, hub->router);
    if (status != STATUS_OK) goto done;
    status = STATUS_BAD_MESSAGE;
    if (!zmq_msg_more(&id)) {
        drop(hub, "without content");
        goto done;
    }
    if (transport_zmq_take(&hub->frame, hub->router) != STATUS_OK) goto done;
    // Asked of the first part: draining puts the last one in its place.
    named = read_peer(peer, hub->peers, &hub->frame);
    if (transport_zmq_drain(&hub->frame, hub->router)) {
        drop(hub, "in several parts");
    } else if (!named) {
        drop(hub, "whose sender was never admitted");
    } else if (zmq_msg_size(&id) != TRANSPORT_ZMQ_ROUTE) {
        drop(hub, "with a routing id of foreign form");
    } else {
        struct transport_zmq_route *route = &hub->routes[*peer];
        memcpy(route->id, zmq_msg_data(&id), TRANSPORT_ZMQ_ROUTE);
        route->known = true;
        status = STATUS_OK;
    }
done:
    zmq_msg_close(&id);
    return status;
}

enum status hub_receive(struct hub *hub, size_t *peer, const uint8_t **bytes, size_t *size,
                        int wait_ms)
{
    assert(wait_ms >= 0);
    const uint64_t until_ms = clock_now_ms() + (uint64_t)wait_ms;
    enum status status;
    do {
        if (atomic_load(&hub->admission.ended)) {
            return status_fail(STATUS_IO, "the check of keys has ended: nobody could join %s",
                               hub->endpoint);
        }
        zmq_pollitem_t item = {.socket = hub->router, .events = ZMQ_POLLIN};
        status = transport_zmq_wait(&item, 1, until_ms);
        if (status == STATUS_OK) status = take_frame(hub, peer);
    } while (status == STATUS_BAD_MESSAGE && clock_now_ms() < until_ms);
    if (status == STATUS_BAD_MESSAGE) return STATUS_TIMEOUT; // all that came was dropped
    if (status != STATUS_OK) return status;
    *bytes = zmq_msg_data(&hub->frame);
    *size = zmq_msg_size(&hub->frame);
    return STATUS_OK;
}

/* The kept frame with these bytes, newly kept if need be; NULL when memory is out. */
static zmq_msg_t *keep(struct hub *hub, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < TRANSPORT_ZMQ_KEPT; i++) {
        zmq_msg_t *kept = &hub->kept[i];
        if (zmq_msg_size(kept) == size && memcmp(zmq_msg_data(kept), bytes, size) == 0) return kept;
    }
    zmq_msg_t *kept = &hub->kept[hub->oldest++ % TRANSPORT_ZMQ_KEPT];
    zmq_msg_close(kept);
    if (zmq_msg_init_size(kept, size) != 0) {
        zmq_msg_init(kept);
        return NULL;
    }
    memcpy(zmq_msg_data(kept), bytes, size);
    return kept;
}

/* A model goes to all in the same chunks, whose frames are equal, and waits in the queue of each.
 * The queues share one copy: else a hundred queues would hold a hundred. */
static enum status put_large(struct hub *hub, const uint8_t *bytes, size_t size)
{
    zmq_msg_t *kept = keep(hub, bytes, size);
    zmq_msg_t copy;
    zmq_msg_init(&copy);
    if (kept == NULL || zmq_msg_copy(&copy, kept) != 0) {
        return transport_zmq_put(hub->router, bytes, size, false);
    }
    // Room was found for the routing id, and so for the whole message.
    while (zmq_msg_send(&copy, hub->router, ZMQ_DONTWAIT) < 0) {
        if (zmq_errno() == EINTR) continue;
        zmq_msg_close(&copy);
        return transport_zmq_fail("cannot send a frame");
    }
    return STATUS_OK;
}

enum status hub_send(struct hub *hub, size_t peer, const uint8_t *bytes, size_t size)
{
    assert(peer < hub->peers && size <= LIMIT_MESSAGE);
    struct transport_zmq_route *route = &hub->routes[peer];
    if (!route->known) return status_fail(STATUS_NOT_FOUND, "participant %zu has not spoken", peer);
    enum status status = transport_zmq_put(hub->router, route->id, sizeof route->id, true);
    if (status == STATUS_NOT_FOUND) {
        route->known = false;
        return status_fail(STATUS_NOT_FOUND, "participant %zu is not connected", peer);
    }
    if (status == STATUS_FULL) {
        return status_fail(STATUS_FULL, "the queue to participant %zu is full", peer);
    }
    if (status != STATUS_OK) return status;
    return size >= LARGE ? put_large(hub, bytes, size)
                         : transport_zmq_put(hub->router, bytes, size, false);
}

void hub_close(struct hub **hub, int linger_ms)
{
    struct hub *closed = *hub;
    if (closed == NULL) return;
    zmq_msg_close(&closed->frame);
    for (size_t i = 0; i < TRANSPORT_ZMQ_KEPT; i++) {
        zmq_msg_close(&closed->kept[i]);
    }
    if (closed->router != NULL) {
        const int linger = linger_ms;
        zmq_setsockopt(closed->router, ZMQ_LINGER, &linger, sizeof linger);
        zmq_close(closed->router);
    }
    transport_zmq_admit_stop(&closed->admission);
    if (closed->context != NULL) {
        while (zmq_ctx_term(closed->context) != 0 && zmq_errno() == EINTR) {
        }
    }
    free(closed->routes);
    free(closed);
    *hub = NULL;
}

uint64_t hub_refused(const struct hub *hub)
{
    return atomic_load(&hub->admission.refused);
}

uint64_t hub_dropped(const struct hub *hub)
{
    return hub->dropped;
}
