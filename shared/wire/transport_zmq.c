// SPDX-License-Identifier: Apache-2.0
#include "wire/transport_zmq.h"

#include "base/clock.h"
#include "base/stop.h"

#include <errno.h>
#include <string.h>

enum {
    HANDSHAKE_MS = 5000,
    HEARTBEAT_MS = 10000,
    SILENCE_MS = 30000, // without any traffic: the connection is dead
    SLICE_MS = 100,     // longest wait before a signal is noticed that another thread took
};

enum status transport_zmq_fail(const char *what)
{
    return status_fail(STATUS_IO, "%s: %s", what, zmq_strerror(zmq_errno()));
}

enum status transport_zmq_set_int(void *socket, int option, int value)
{
    if (zmq_setsockopt(socket, option, &value, sizeof value) == 0) return STATUS_OK;
    return status_fail(STATUS_IO, "ZeroMQ refuses option %d = %d: %s", option, value,
                       zmq_strerror(zmq_errno()));
}

enum status transport_zmq_set_text(void *socket, int option, const char *text)
{
    if (zmq_setsockopt(socket, option, text, strlen(text)) == 0) return STATUS_OK;
    return status_fail(STATUS_IO, "ZeroMQ refuses the text of option %d: %s", option,
                       zmq_strerror(zmq_errno()));
}

enum status transport_zmq_set_key(void *socket, int option, const char *key)
{
    // ZeroMQ takes 32 characters for a raw key, so the length is not left to it.
    if (strlen(key) == IDENTITY_KEY_TEXT - 1 &&
        zmq_setsockopt(socket, option, key, IDENTITY_KEY_TEXT) == 0) {
        return STATUS_OK;
    }
    return status_fail(STATUS_BAD_INPUT, "a key must be %d characters of Z85",
                       IDENTITY_KEY_TEXT - 1);
}

enum status transport_zmq_configure(void *socket, const char *endpoint,
                                    const struct identity *identity)
{
    const struct {
        int option, value;
    } settings[] = {
        {ZMQ_SNDHWM, TRANSPORT_ZMQ_QUEUE},
        {ZMQ_RCVHWM, TRANSPORT_ZMQ_QUEUE},
        {ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS},
        {ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS},
        {ZMQ_HEARTBEAT_TIMEOUT, SILENCE_MS},
        {ZMQ_HEARTBEAT_TTL, SILENCE_MS},
        {ZMQ_TCP_KEEPALIVE, 1},
        {ZMQ_LINGER, 0}, // the default waits for ever; closing gives a bounded time instead
        {ZMQ_IPV6, strchr(endpoint, '[') != NULL},
    };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        const enum status status =
            transport_zmq_set_int(socket, settings[i].option, settings[i].value);
        if (status != STATUS_OK) return status;
    }
    // The limit counts the encrypted frame, which is a little longer than ours.
    const int64_t largest = LIMIT_MESSAGE + 64;
    if (zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest) != 0) {
        return transport_zmq_fail("ZeroMQ refuses a largest message");
    }
    enum status status = transport_zmq_set_key(socket, ZMQ_CURVE_SECRETKEY, identity->secret_key);
    if (status == STATUS_OK) {
        status = transport_zmq_set_key(socket, ZMQ_CURVE_PUBLICKEY, identity->public_key);
    }
    return status;
}

enum status transport_zmq_check_endpoint(const char *endpoint)
{
    if (strncmp(endpoint, "tcp://", 6) != 0 || strlen(endpoint) >= TRANSPORT_ZMQ_ENDPOINT) {
        return status_fail(STATUS_BAD_INPUT, "%.100s: not an endpoint; tcp://ADDRESS:PORT is one",
                           endpoint);
    }
    return STATUS_OK;
}

enum status transport_zmq_wait(zmq_pollitem_t *items, int count, uint64_t until_ms)
{
    for (;;) {
        if (stop_requested()) return status_fail(STATUS_STOPPED, "stopped on request");
        const uint64_t now_ms = clock_now_ms();
        const uint64_t left_ms = until_ms > now_ms ? until_ms - now_ms : 0;
        const int ready = zmq_poll(items, count, left_ms < SLICE_MS ? (long)left_ms : SLICE_MS);
        if (ready > 0) return STATUS_OK;
        if (ready < 0 && zmq_errno() != EINTR) return transport_zmq_fail("cannot wait for frames");
        if (ready == 0 && left_ms <= SLICE_MS) return STATUS_TIMEOUT;
    }
}

bool transport_zmq_worth_telling(uint64_t count)
{
    return (count & (count - 1)) == 0;
}

/* A full queue may be one that ZeroMQ has not looked at for a millisecond; asking for the events of
 * the socket makes it look. */
static void look(void *socket)
{
    int events = 0;
    size_t size = sizeof events;
    zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size);
}

enum status transport_zmq_put(void *socket, const void *bytes, size_t size, bool more)
{
    const int flags = more ? ZMQ_SNDMORE | ZMQ_DONTWAIT : ZMQ_DONTWAIT;
    for (bool looked = false;;) {
        if (zmq_send(socket, bytes, size, flags) >= 0) return STATUS_OK;
        const int error = zmq_errno();
        if (error == EHOSTUNREACH) return status_fail(STATUS_NOT_FOUND, "no such peer");
        if (error == EAGAIN && looked) return status_fail(STATUS_FULL, "the queue is full");
        if (error == EAGAIN) {
            looked = true;
            look(socket);
        } else if (error != EINTR) {
            return transport_zmq_fail("cannot send a frame");
        }
    }
}

enum status transport_zmq_take(zmq_msg_t *part, void *socket)
{
    for (;;) {
        if (zmq_msg_recv(part, socket, ZMQ_DONTWAIT) >= 0) return STATUS_OK;
        if (zmq_errno() == EAGAIN) return STATUS_TIMEOUT;
        if (zmq_errno() != EINTR) return transport_zmq_fail("cannot receive a frame");
    }
}

bool transport_zmq_drain(zmq_msg_t *part, void *socket)
{
    bool any = false;
    while (zmq_msg_more(part)) {
        any = true;
        // The parts of a message arrive together, so there is nothing to wait for.
        if (transport_zmq_take(part, socket) != STATUS_OK) break;
    }
    return any;
}
