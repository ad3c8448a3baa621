// SPDX-License-Identifier: Apache-2.0
/* ZAP, RFC 27: ZeroMQ asks on inproc://zeromq.zap.01 about each handshake and waits for the
 * answer. */
#include "wire/transport_zmq.h"

#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ZAP_ENDPOINT     "inproc://zeromq.zap.01"
#define CONTROL_ENDPOINT "inproc://admission"

enum {
    PART_VERSION,
    PART_REQUEST,
    PART_DOMAIN,
    PART_ADDRESS,
    PART_ROUTE,
    PART_MECHANISM,
    PART_KEY,
    PART_COUNT,
    PART_MAX = 256, // bytes of one part: routing ids are the longest
};

struct request {
    uint8_t bytes[PART_COUNT][PART_MAX];
    size_t size[PART_COUNT];
};

static int compare_keys(const void *first, const void *second)
{
    const struct transport_zmq_key *a = first;
    const struct transport_zmq_key *b = second;
    return memcmp(a->bytes, b->bytes, IDENTITY_KEY_BYTES);
}

static bool part_is(const struct request *request, int part, const char *text)
{
    return request->size[part] == strlen(text) &&
           memcmp(request->bytes[part], text, request->size[part]) == 0;
}

/* Reads one request; false when it has not the form that the RFC gives it. */
static bool read_request(struct request *request, void *socket)
{
    int count = 0;
    int more = 1;
    bool well_formed = true;
    while (more) {
        uint8_t spare[PART_MAX];
        uint8_t *bytes = count < PART_COUNT ? request->bytes[count] : spare;
        const int size = zmq_recv(socket, bytes, PART_MAX, 0);
        if (size < 0 && zmq_errno() == EINTR) continue;
        if (size < 0 || size > PART_MAX) well_formed = false;
        if (size < 0) break;
        if (count < PART_COUNT) request->size[count] = size < PART_MAX ? (size_t)size : PART_MAX;
        count++;
        size_t more_size = sizeof more;
        if (zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &more_size) != 0) return false;
    }
    return well_formed && count == PART_COUNT && part_is(request, PART_VERSION, "1.0");
}

/* The roster's entry of the key that the peer proved, or NULL. */
static const struct transport_zmq_key *admit(struct transport_zmq_admission *admission,
                                             const struct request *request)
{
    if (!part_is(request, PART_DOMAIN, "fedveil") || !part_is(request, PART_MECHANISM, "CURVE") ||
        request->size[PART_KEY] != IDENTITY_KEY_BYTES) {
        return NULL;
    }
    struct transport_zmq_key wanted = {.peer = 0};
    memcpy(wanted.bytes, request->bytes[PART_KEY], IDENTITY_KEY_BYTES);
    return bsearch(&wanted, admission->keys, admission->count, sizeof wanted, compare_keys);
}

static void tell_refusal(struct transport_zmq_admission *admission, const struct request *request)
{
    const uint64_t count = atomic_fetch_add(&admission->refused, 1) + 1;
    if (!transport_zmq_worth_telling(count)) return;
    char key[IDENTITY_KEY_TEXT] = "no key";
    if (request->size[PART_KEY] == IDENTITY_KEY_BYTES) {
        zmq_z85_encode(key, request->bytes[PART_KEY], IDENTITY_KEY_BYTES);
    }
    log_warning("refused %.*s, which is not in the roster: key %s (%llu refused so far)",
                (int)request->size[PART_ADDRESS], (const char *)request->bytes[PART_ADDRESS], key,
                (unsigned long long)count);
}

/* One question and its answer. A peer's User-Id is its roster index in decimal. */
static bool answer(struct transport_zmq_admission *admission)
{
    struct request request = {.size = {0}};
    const bool well_formed = read_request(&request, admission->requests);
    const struct transport_zmq_key *key = well_formed ? admit(admission, &request) : NULL;
    char user[32] = "";
    if (key != NULL) {
        snprintf(user, sizeof user, "%zu", key->peer);
    } else {
        tell_refusal(admission, &request);
    }
    const char *const code = key != NULL ? "200" : "400";
    const char *const text = key != NULL ? "welcome" : "not in the roster";
    void *socket = admission->requests;
    return zmq_send(socket, "1.0", 3, ZMQ_SNDMORE) >= 0 &&
           zmq_send(socket, request.bytes[PART_REQUEST], request.size[PART_REQUEST], ZMQ_SNDMORE) >=
               0 &&
           zmq_send(socket, code, 3, ZMQ_SNDMORE) >= 0 &&
           zmq_send(socket, text, strlen(text), ZMQ_SNDMORE) >= 0 &&
           zmq_send(socket, user, strlen(user), ZMQ_SNDMORE) >= 0 &&
           zmq_send(socket, "", 0, 0) >= 0;
}

static void *admission_main(void *data)
{
    struct transport_zmq_admission *admission = data;
    zmq_pollitem_t items[2] = {{.socket = admission->requests, .events = ZMQ_POLLIN},
                               {.socket = admission->control_inside, .events = ZMQ_POLLIN}};
    for (;;) {
        const int ready = zmq_poll(items, 2, -1);
        if (ready < 0 && zmq_errno() == EINTR) continue;
        if (ready < 0 || (items[1].revents & ZMQ_POLLIN) != 0) break;
        if ((items[0].revents & ZMQ_POLLIN) != 0 && !answer(admission)) {
            log_error("the check of keys failed: %s", zmq_strerror(zmq_errno()));
            break;
        }
    }
    atomic_store(&admission->ended, true);
    return NULL;
}

static enum status copy_keys(struct transport_zmq_admission *admission, const struct roster *roster)
{
    admission->keys = calloc(roster->count + 1, sizeof *admission->keys);
    if (admission->keys == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a roster");
    for (size_t i = 0; i < roster->count; i++) {
        const struct roster_entry *entry = &roster->entries[i];
        admission->keys[i].peer = i;
        if (strlen(entry->public_key) != IDENTITY_KEY_TEXT - 1 ||
            zmq_z85_decode(admission->keys[i].bytes, entry->public_key) == NULL) {
            return status_fail(STATUS_BAD_INPUT, "the roster's key of %s is no key", entry->name);
        }
    }
    admission->count = roster->count;
    qsort(admission->keys, admission->count, sizeof *admission->keys, compare_keys);
    return STATUS_OK;
}

/* The thread takes no signals: they are for whoever waits for frames. */
static int start_thread(struct transport_zmq_admission *admission)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&admission->thread, NULL, admission_main, admission);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

enum status transport_zmq_admit_start(struct transport_zmq_admission *admission, void *context,
                                      const struct roster *roster)
{
    const enum status status = copy_keys(admission, roster);
    if (status != STATUS_OK) return status;
    admission->requests = zmq_socket(context, ZMQ_REP);
    admission->control = zmq_socket(context, ZMQ_PAIR);
    admission->control_inside = zmq_socket(context, ZMQ_PAIR);
    if (admission->requests == NULL || admission->control == NULL ||
        admission->control_inside == NULL || zmq_bind(admission->requests, ZAP_ENDPOINT) != 0 ||
        zmq_bind(admission->control_inside, CONTROL_ENDPOINT) != 0 ||
        zmq_connect(admission->control, CONTROL_ENDPOINT) != 0) {
        return transport_zmq_fail("cannot check keys");
    }
    const int error = start_thread(admission);
    if (error != 0) return status_fail(STATUS_IO, "cannot check keys: %s", strerror(error));
    admission->running = true;
    return STATUS_OK;
}

void transport_zmq_admit_stop(struct transport_zmq_admission *admission)
{
    if (admission->running) {
        while (zmq_send(admission->control, "", 0, 0) < 0 && zmq_errno() == EINTR) {
        }
        pthread_join(admission->thread, NULL);
        admission->running = false;
    }
    void **const sockets[] = {&admission->requests, &admission->control,
                              &admission->control_inside};
    for (size_t i = 0; i < sizeof sockets / sizeof sockets[0]; i++) {
        if (*sockets[i] != NULL) zmq_close(*sockets[i]);
        *sockets[i] = NULL;
    }
    free(admission->keys);
    admission->keys = NULL;
    admission->count = 0;
}
