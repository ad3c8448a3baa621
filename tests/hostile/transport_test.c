// SPDX-License-Identifier: Apache-2.0
/* Strangers and false friends at the coordinator's door: what they try comes to nothing, and
 * whoever keeps to the rules is still served. That nothing happens is waited for a moment only. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/federation.h"
#include "hostile/stranger.h"

#include "base/clock.h"
#include "base/random.h"
#include "wire/envelope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOMENT_MS = 400, PATIENCE_MS = 20000 };

static struct federation federation;
static void *false_admission; // of one test; the hub cannot close while it is open

static int setup(void **state)
{
    (void)state;
    federation_open(&federation);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (false_admission != NULL) zmq_close(false_admission);
    false_admission = NULL;
    federation_close(&federation);
    return 0;
}

/* The next frame that reaches the hub within a time. */
static bool hub_gets(size_t *peer, const uint8_t **bytes, size_t *size, int wait_ms)
{
    return hub_receive(federation.hub, peer, bytes, size, wait_ms) == STATUS_OK;
}

/* For a moment, or until a frame comes: lets both sides work. True when a frame came to the hub. */
static bool anything_comes(struct link *link)
{
    const uint64_t until_ms = clock_now_ms() + MOMENT_MS;
    while (clock_now_ms() < until_ms) {
        const uint8_t *bytes = NULL;
        size_t size = 0, peer = 0;
        if (link != NULL) {
            (void)!link_receive(link, &bytes, &size, 10);
            (void)!link_send(link, (const uint8_t *)"let me in", 9);
        }
        if (hub_gets(&peer, &bytes, &size, 10)) return true;
    }
    return false;
}

/* Waits until the hub has dropped that many frames; fails when one gets through. */
static void hub_drops(uint64_t count)
{
    const uint64_t until_ms = clock_now_ms() + PATIENCE_MS;
    while (hub_dropped(federation.hub) < count && clock_now_ms() < until_ms) {
        const uint8_t *bytes = NULL;
        size_t size = 0, peer = 0;
        assert_false(hub_gets(&peer, &bytes, &size, 10));
    }
    assert_int_equal(hub_dropped(federation.hub), count);
}

/* A member comes and is served as if nothing had happened. */
static void a_member_is_served(size_t index)
{
    struct link *link = federation_link(&federation, &federation.member[index]);
    assert_true(federation_reaches_hub(&federation, link, "may I", index));
    assert_true(federation_reaches_link(&federation, link, "you may", index));
    link_close(&link, 0);
}

static void an_unknown_key_is_refused_and_both_sides_know(void **state)
{
    (void)state;
    struct link *link = federation_link(&federation, &federation.stranger);
    const uint64_t until_ms = clock_now_ms() + PATIENCE_MS;
    while (!link_refused(link) && clock_now_ms() < until_ms) {
        assert_false(anything_comes(link));
    }
    assert_true(link_refused(link));
    assert_true(hub_refused(federation.hub) >= 1);
    assert_int_equal(link_send(link, (const uint8_t *)"x", 1), STATUS_NOT_FOUND);
    link_close(&link, 0);
    a_member_is_served(0);
}

/* Without ZMQ_ZAP_ENFORCE_DOMAIN everybody would be admitted here, strangers too. */
static void nobody_is_admitted_once_admission_has_ended(void **state)
{
    (void)state;
    transport_zmq_admit_stop(&federation.hub->admission);
    struct link *stranger = federation_link(&federation, &federation.stranger);
    assert_false(anything_comes(stranger));
    assert_false(stranger->connected);
    link_close(&stranger, 0);
    struct link *member = federation_link(&federation, &federation.member[0]);
    assert_false(anything_comes(member));
    assert_false(member->connected);
    link_close(&member, 0);
    // The hub says so, and does not wait for what cannot come.
    const uint8_t *bytes = NULL;
    size_t size = 0, peer = 0;
    assert_int_equal(hub_receive(federation.hub, &peer, &bytes, &size, PATIENCE_MS), STATUS_IO);
    assert_non_null(strstr(status_message(), "the check of keys has ended"));
}

static void nobody_is_admitted_while_admission_hangs(void **state)
{
    (void)state;
    struct transport_zmq_admission *admission = &federation.hub->admission;
    assert_int_equal(zmq_send(admission->control, "", 0, 0), 0);
    pthread_join(admission->thread, NULL);
    admission->running = false; // its socket is still there, and nobody answers
    struct link *stranger = federation_link(&federation, &federation.stranger);
    assert_false(anything_comes(stranger));
    assert_false(stranger->connected);
    link_close(&stranger, 0);
}

static void a_false_coordinator_is_never_connected_to(void **state)
{
    (void)state;
    struct link *link = NULL;
    assert_int_equal(link_open(&link, hub_endpoint(federation.hub), &federation.member[0],
                               federation.stranger.public_key),
                     STATUS_OK);
    const uint64_t until_ms = clock_now_ms() + PATIENCE_MS;
    while (link->trouble != TRANSPORT_ZMQ_BREACH && clock_now_ms() < until_ms) {
        assert_false(anything_comes(link));
        assert_false(link->connected);
    }
    assert_int_equal(link->trouble, TRANSPORT_ZMQ_BREACH);
    assert_false(link_refused(link));
    link_close(&link, 0);
    a_member_is_served(0);
}

static void a_peer_without_encryption_is_not_heard(void **state)
{
    (void)state;
    struct stranger stranger;
    stranger_open(&stranger, &federation, NULL, "0123456789abcdef", 16);
    stranger_send(&stranger, "hello", 5, false);
    assert_false(anything_comes(NULL));
    stranger_close(&stranger);
    a_member_is_served(1);
}

static void a_claimed_routing_id_does_not_matter(void **state)
{
    (void)state;
    struct link *victim = federation_link(&federation, &federation.member[0]);
    assert_true(federation_reaches_hub(&federation, victim, "it is me", 0));
    // Somehow the other member knows the victim's routing id, and claims it.
    struct stranger thief;
    stranger_open(&thief, &federation, &federation.member[1], federation.hub->routes[0].id,
                  TRANSPORT_ZMQ_ROUTE);
    for (int i = 0; i < 5; i++) {
        stranger_send(&thief, "0123456789abcdef", 16, false);
    }
    const uint64_t until_ms = clock_now_ms() + MOMENT_MS;
    while (clock_now_ms() < until_ms) {
        const uint8_t *bytes = NULL;
        size_t size = 0, peer = 0;
        if (hub_gets(&peer, &bytes, &size, 10)) assert_int_equal(peer, 1);
    }
    assert_true(federation_reaches_link(&federation, victim, "for your eyes", 0));
    assert_false(stranger_receives(&thief));
    assert_true(federation_reaches_hub(&federation, victim, "still me", 0));
    stranger_close(&thief);
    link_close(&victim, 0);
}

static void a_member_speaks_for_itself_under_any_routing_id(void **state)
{
    (void)state;
    struct stranger member;
    stranger_open(&member, &federation, &federation.member[2], "\001claimed-by-hand", 16);
    stranger_send(&member, "hello", 5, false);
    const uint8_t *bytes = NULL;
    size_t size = 0, peer = 0;
    assert_true(hub_gets(&peer, &bytes, &size, PATIENCE_MS));
    assert_int_equal(peer, 2);
    assert_memory_equal(bytes, "hello", 5);
    stranger_close(&member);
}

static void foreign_routing_ids_are_dropped_and_counted(void **state)
{
    (void)state;
    struct stranger unnamed, short_named;
    stranger_open(&unnamed, &federation, &federation.member[0], NULL, 0);
    stranger_send(&unnamed, "hello", 5, false);
    hub_drops(1);
    stranger_open(&short_named, &federation, &federation.member[1], "short", 5);
    stranger_send(&short_named, "hello", 5, false);
    hub_drops(2);
    stranger_close(&unnamed);
    stranger_close(&short_named);
    a_member_is_served(2);
}

static void frames_in_parts_are_dropped_and_counted(void **state)
{
    (void)state;
    struct stranger member;
    stranger_open(&member, &federation, &federation.member[1], "\001claimed-by-hand", 16);
    for (int i = 0; i < 100; i++) {
        stranger_send(&member, "part", 4, i < 99);
    }
    stranger_send(&member, "", 0, true);
    stranger_send(&member, "hello", 5, false);
    hub_drops(2);
    stranger_send(&member, "hello", 5, false);
    const uint8_t *bytes = NULL;
    size_t size = 0, peer = 0;
    assert_true(hub_gets(&peer, &bytes, &size, PATIENCE_MS)); // whole ones are taken as ever
    assert_int_equal(peer, 1);
    stranger_close(&member);
}

static void an_oversized_frame_does_not_arrive(void **state)
{
    (void)state;
    struct stranger member;
    stranger_open(&member, &federation, &federation.member[1], "\001claimed-by-hand", 16);
    uint8_t *bytes = calloc(1, LIMIT_MESSAGE + 65);
    assert_non_null(bytes);
    stranger_send(&member, bytes, LIMIT_MESSAGE + 65, false);
    assert_false(anything_comes(NULL));
    free(bytes);
    stranger_close(&member);
    a_member_is_served(1);
}

/* The greeting of ZMTP 3.0 for CURVE (RFC 23), then what a stranger likes. */
static void greet(int descriptor)
{
    uint8_t greeting[64] = {0xff, [9] = 0x7f, [10] = 3};
    memcpy(greeting + 12, "CURVE", 5);
    assert_true(stranger_write(descriptor, greeting, sizeof greeting));
}

static void a_stranger_that_announces_a_huge_frame_is_cut_off(void **state)
{
    (void)state;
    static const uint8_t huge[9] = {0x06, 0, 0, 0, 0, 0x18, 0, 0, 0}; // a command of 400 MB
    const int descriptor = stranger_connect(&federation);
    greet(descriptor);
    assert_true(stranger_write(descriptor, huge, sizeof huge));
    assert_true(stranger_sees_close(descriptor));
    close(descriptor);
    a_member_is_served(0);
}

static void strangers_that_babble_or_say_nothing_do_no_harm(void **state)
{
    (void)state;
    enum { STRANGERS = 24 };
    int descriptors[STRANGERS];
    struct random random;
    random_start(&random, 1, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < STRANGERS; i++) {
        uint8_t bytes[512];
        descriptors[i] = stranger_connect(&federation);
        for (size_t j = 0; j < sizeof bytes; j++) {
            bytes[j] = (uint8_t)random_bits(&random);
        }
        if (i % 3 == 0) continue;
        if (i % 3 == 1) greet(descriptors[i]);
        (void)!stranger_write(descriptors[i], bytes, sizeof bytes);
    }
    a_member_is_served(0);
    for (int i = 0; i < STRANGERS; i++) {
        close(descriptors[i]);
    }
    a_member_is_served(1);
    assert_int_equal(hub_dropped(federation.hub), 0);
}

static void garbage_of_a_member_is_a_bad_message(void **state)
{
    (void)state;
    static struct from_participant message;
    struct link *link = federation_link(&federation, &federation.member[0]);
    assert_true(federation_reaches_hub(&federation, link, "hello", 0));
    struct random random;
    random_start(&random, 2, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < 200; i++) {
        uint8_t frame[300];
        const size_t sent = random_below(&random, sizeof frame);
        for (size_t j = 0; j < sent; j++) {
            frame[j] = j < 4 ? (uint8_t)(j == 0 ? sent - 4 : 0) : (uint8_t)random_bits(&random);
        }
        const uint8_t *bytes = NULL;
        size_t size = 0, peer = 9;
        assert_int_equal(link_send(link, frame, sent), STATUS_OK);
        assert_true(hub_gets(&peer, &bytes, &size, PATIENCE_MS));
        assert_int_equal(peer, 0);
        assert_int_equal(size, sent);
        assert_int_equal(envelope_unpack_participant(&message, bytes, size), STATUS_BAD_MESSAGE);
    }
    link_close(&link, 0);
    a_member_is_served(1);
}

/* An admission that says yes to everybody, but gives no name, or none of ours. */
static void what_bears_no_name_of_ours_is_dropped(void **state)
{
    (void)state;
    static const char *const names[] = {
        "", "3", "-1", "0x0", "1 ", "member-0", "99999999999999999999999"};
    const int patience = PATIENCE_MS;
    transport_zmq_admit_stop(&federation.hub->admission);
    federation.hub->admission.ended = false; // as it were
    false_admission = zmq_socket(federation.hub->context, ZMQ_REP);
    zmq_setsockopt(false_admission, ZMQ_RCVTIMEO, &patience, sizeof patience);
    while (zmq_bind(false_admission, "inproc://zeromq.zap.01") != 0) {
        assert_int_equal(zmq_errno(), EADDRINUSE); // the old socket is closed in the background
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct stranger stranger;
        char route[] = "?claimed-by-hand"; // a new one each time: the last may still be taken
        route[0] = (char)('a' + i);
        stranger_open(&stranger, &federation, &federation.stranger, route, TRANSPORT_ZMQ_ROUTE);
        stranger_send(&stranger, "hello", 5, false);
        stranger_admits(false_admission, names[i]);
        hub_drops(i + 1);
        stranger_close(&stranger);
    }
}

/* The first number that ROUTER gives to a peer without an id of its own: unseeded it is known, and
 * the first one to claim it makes the process abort. The first hub of the process must find it
 * changed. */
static void the_numbers_of_the_router_cannot_be_foretold(void **state)
{
    (void)state;
    static const uint8_t unseeded[5] = {0, 0x6b, 0x8b, 0x45, 0x67};
    struct stranger unnamed;
    stranger_open(&unnamed, &federation, &federation.member[0], NULL, 0);
    stranger_send(&unnamed, "hello", 5, false);
    uint8_t id[255];
    assert_int_equal(zmq_recv(federation.hub->router, id, sizeof id, 0), sizeof unseeded);
    assert_memory_not_equal(id, unseeded, sizeof unseeded);
    stranger_close(&unnamed);
}

#define AT_A_HUB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_A_HUB(the_numbers_of_the_router_cannot_be_foretold),
        AT_A_HUB(an_unknown_key_is_refused_and_both_sides_know),
        AT_A_HUB(nobody_is_admitted_once_admission_has_ended),
        AT_A_HUB(nobody_is_admitted_while_admission_hangs),
        AT_A_HUB(a_false_coordinator_is_never_connected_to),
        AT_A_HUB(a_peer_without_encryption_is_not_heard),
        AT_A_HUB(a_claimed_routing_id_does_not_matter),
        AT_A_HUB(a_member_speaks_for_itself_under_any_routing_id),
        AT_A_HUB(foreign_routing_ids_are_dropped_and_counted),
        AT_A_HUB(frames_in_parts_are_dropped_and_counted),
        AT_A_HUB(an_oversized_frame_does_not_arrive),
        AT_A_HUB(a_stranger_that_announces_a_huge_frame_is_cut_off),
        AT_A_HUB(strangers_that_babble_or_say_nothing_do_no_harm),
        AT_A_HUB(garbage_of_a_member_is_a_bad_message),
        AT_A_HUB(what_bears_no_name_of_ours_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
