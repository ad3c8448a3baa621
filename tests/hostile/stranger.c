// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "hostile/stranger.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void stranger_open(struct stranger *stranger, const struct federation *federation,
                   const struct identity *identity, const void *route, size_t route_size)
{
    stranger->context = zmq_ctx_new();
    stranger->dealer = zmq_socket(stranger->context, ZMQ_DEALER);
    const int none = 0;
    zmq_setsockopt(stranger->dealer, ZMQ_LINGER, &none, sizeof none);
    if (route != NULL) zmq_setsockopt(stranger->dealer, ZMQ_ROUTING_ID, route, route_size);
    if (identity != NULL) {
        zmq_setsockopt(stranger->dealer, ZMQ_CURVE_SERVERKEY, federation->coordinator.public_key,
                       IDENTITY_KEY_TEXT);
        zmq_setsockopt(stranger->dealer, ZMQ_CURVE_PUBLICKEY, identity->public_key,
                       IDENTITY_KEY_TEXT);
        zmq_setsockopt(stranger->dealer, ZMQ_CURVE_SECRETKEY, identity->secret_key,
                       IDENTITY_KEY_TEXT);
    }
    assert_int_equal(zmq_connect(stranger->dealer, hub_endpoint(federation->hub)), 0);
}

void stranger_close(struct stranger *stranger)
{
    zmq_close(stranger->dealer);
    zmq_ctx_term(stranger->context);
}

void stranger_send(struct stranger *stranger, const void *bytes, size_t size, bool more)
{
    const int flags = more ? ZMQ_SNDMORE | ZMQ_DONTWAIT : ZMQ_DONTWAIT;
    assert_int_equal(zmq_send(stranger->dealer, bytes, size, flags), size);
}

bool stranger_receives(struct stranger *stranger)
{
    char byte;
    return zmq_recv(stranger->dealer, &byte, 1, ZMQ_DONTWAIT) >= 0;
}

int stranger_connect(const struct federation *federation)
{
    unsigned port = 0;
    assert_int_equal(sscanf(hub_endpoint(federation->hub), "tcp://127.0.0.1:%u", &port), 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(descriptor >= 0);
    assert_int_equal(connect(descriptor, (struct sockaddr *)&address, sizeof address), 0);
    return descriptor;
}

bool stranger_write(int descriptor, const void *bytes, size_t size)
{
    return send(descriptor, bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
}

bool stranger_sees_close(int descriptor)
{
    struct pollfd item = {.fd = descriptor, .events = POLLIN};
    while (poll(&item, 1, 3000) == 1) {
        char bytes[256];
        if (recv(descriptor, bytes, sizeof bytes, 0) <= 0) return true;
    }
    return false;
}

void stranger_admits(void *admission, const char *name)
{
    char id[64] = "";
    size_t id_size = 0;
    int more = 1;
    for (int part = 0; more; part++) {
        char bytes[256];
        const int size = zmq_recv(admission, bytes, sizeof bytes, 0);
        assert_in_range(size, 0, sizeof bytes);
        if (part == 1) {
            id_size = (size_t)size;
            assert_in_range(id_size, 1, sizeof id);
            memcpy(id, bytes, id_size);
        }
        size_t more_size = sizeof more;
        assert_int_equal(zmq_getsockopt(admission, ZMQ_RCVMORE, &more, &more_size), 0);
    }
    zmq_send(admission, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(admission, id, id_size, ZMQ_SNDMORE);
    zmq_send(admission, "200", 3, ZMQ_SNDMORE);
    zmq_send(admission, "", 0, ZMQ_SNDMORE);
    zmq_send(admission, name, strlen(name), ZMQ_SNDMORE);
    zmq_send(admission, "", 0, 0);
}
