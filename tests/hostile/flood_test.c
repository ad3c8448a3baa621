// SPDX-License-Identifier: Apache-2.0
/* Floods: of connections, of broken handshakes, of guessed routing ids, of parts without end. The
 * hub's memory stays within bounds that do not depend on what they announce, and members are served
 * meanwhile. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/federation.h"
#include "hostile/handmade.h"
#include "hostile/stranger.h"

#include "base/clock.h"
#include "base/random.h"
#include "wire/transport_zmq.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MIB = 1024 * 1024,
    CONNECTIONS = 300,
    GUESSES = 40,
    PARTS = 64,
    PATIENCE_MS = 20000,
    MOMENT_US = 200000
};

static struct federation federation;
static struct handmade handmade; // large

static int setup(void **state)
{
    (void)state;
    federation_open(&federation);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    federation_close(&federation);
    return 0;
}

static void a_member_is_served(size_t index)
{
    struct link *link = federation_link(&federation, &federation.member[index]);
    assert_true(federation_reaches_hub(&federation, link, "may I", index));
    assert_true(federation_reaches_link(&federation, link, "you may", index));
    link_close(&link, 0);
}

/* Each of them stops at another place of the handshake, or says what none of ours does. */
static void say_something_else(int descriptor, int which, struct random *random)
{
    uint8_t greeting[64] = {0xff, [9] = 0x7f, [10] = 3};
    uint8_t bytes[256];
    memcpy(greeting + 12, "CURVE", 5);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)random_bits(random);
    }
    switch (which % 6) {
    case 0: // nothing
        break;
    case 1: // half a greeting
        (void)!stranger_write(descriptor, greeting, 30);
        break;
    case 2: // the first version of ZMTP, and a frame of 2^63 bytes
        (void)!stranger_write(descriptor, "\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00", 10);
        break;
    case 3: // another mechanism
        memcpy(greeting + 12, "NULL\0", 5);
        (void)!stranger_write(descriptor, greeting, sizeof greeting);
        break;
    case 4: // a command that is no HELLO
        (void)!stranger_write(descriptor, greeting, sizeof greeting);
        bytes[0] = 0x04;
        bytes[1] = 200;
        (void)!stranger_write(descriptor, bytes, 202);
        break;
    default: // a HELLO whose box is garbage
        (void)!stranger_write(descriptor, greeting, sizeof greeting);
        memcpy(bytes, "\x04\xc8\005HELLO\001", 10);
        (void)!stranger_write(descriptor, bytes, 202);
        break;
    }
}

static void a_flood_of_handshakes_costs_little_and_members_are_served(void **state)
{
    (void)state;
    static int descriptors[CONNECTIONS];
    struct random random;
    random_start(&random, 3, 0, RANDOM_TEST, 0, 0);
    a_member_is_served(0);
    const uint64_t before = clock_memory();
    for (int i = 0; i < CONNECTIONS; i++) {
        descriptors[i] = stranger_connect(&federation);
        say_something_else(descriptors[i], i, &random);
    }
    a_member_is_served(1);
    assert_true(clock_memory() < before + 64 * MIB);
    for (int i = 0; i < CONNECTIONS; i++) {
        close(descriptors[i]);
    }
    a_member_is_served(2);
    assert_int_equal(hub_dropped(federation.hub), 0);
}

/* More connections than this process may have files open: they wait, and are not its end. */
static void a_flood_beyond_the_limit_of_open_files_is_survived(void **state)
{
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit tight = {.rlim_cur = 60, .rlim_max = before.rlim_max};
    const pid_t flood = fork();
    assert_true(flood >= 0);
    if (flood == 0) { // it has the old limit
        int descriptors[CONNECTIONS];
        usleep(MOMENT_US);
        for (int i = 0; i < CONNECTIONS; i++) {
            descriptors[i] = stranger_connect(&federation);
        }
        usleep(MOMENT_US);
        _exit(descriptors[0] < 0);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    int ended = 0;
    assert_int_equal(waitpid(flood, &ended, 0), flood);
    assert_int_equal(ended, 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    a_member_is_served(0);
}

/* A member that claims ids of ROUTER's own form, hoping for the next one to be given. */
static void guessed_routing_ids_come_to_nothing(void **state)
{
    (void)state;
    struct random random;
    random_start(&random, 4, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < GUESSES; i++) {
        struct stranger guesser;
        uint8_t id[5] = {0};
        for (size_t j = 1; j < sizeof id; j++) {
            id[j] = (uint8_t)random_bits(&random);
        }
        stranger_open(&guesser, &federation, &federation.member[0], id, sizeof id);
        stranger_send(&guesser, "hello", 5, false);
        const uint64_t until_ms = clock_now_ms() + PATIENCE_MS;
        while (hub_dropped(federation.hub) < (uint64_t)i + 1 && clock_now_ms() < until_ms) {
            const uint8_t *bytes = NULL;
            size_t size = 0, peer = 0;
            assert_int_not_equal(hub_receive(federation.hub, &peer, &bytes, &size, 10), STATUS_OK);
        }
        assert_int_equal(hub_dropped(federation.hub), i + 1);
        stranger_close(&guesser);
    }
    a_member_is_served(1);
}

static void expect_setting(void *socket, int option, int64_t wanted)
{
    int64_t value = 0; // some are int, read into its low half
    size_t size = option == ZMQ_MAXMSGSIZE ? sizeof value : sizeof(int);
    assert_int_equal(zmq_getsockopt(socket, option, &value, &size), 0);
    assert_int_equal(value, wanted);
}

/* What bounds strangers and peers that have gone, as both sockets have it. */
static void both_sockets_bound_what_the_other_side_can_do(void **state)
{
    (void)state;
    static const struct {
        int option;
        int64_t value;
    } settings[] = {
        {ZMQ_MAXMSGSIZE, LIMIT_MESSAGE + 64},
        {ZMQ_HANDSHAKE_IVL, 5000},
        {ZMQ_HEARTBEAT_IVL, 10000},
        {ZMQ_HEARTBEAT_TIMEOUT, 30000},
        {ZMQ_HEARTBEAT_TTL, 30000},
        {ZMQ_SNDHWM, TRANSPORT_ZMQ_QUEUE},
        {ZMQ_RCVHWM, TRANSPORT_ZMQ_QUEUE},
        {ZMQ_LINGER, 0},
        {ZMQ_TCP_KEEPALIVE, 1},
        {ZMQ_MECHANISM, ZMQ_CURVE},
    };
    struct link *link = federation_link(&federation, &federation.member[0]);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        expect_setting(federation.hub->router, settings[i].option, settings[i].value);
        expect_setting(link->dealer, settings[i].option, settings[i].value);
    }
    expect_setting(federation.hub->router, ZMQ_CURVE_SERVER, 1);
    expect_setting(federation.hub->router, ZMQ_ZAP_ENFORCE_DOMAIN, 1);
    uint8_t route[256];
    size_t size = sizeof route;
    assert_int_equal(zmq_getsockopt(link->dealer, ZMQ_ROUTING_ID, route, &size), 0);
    assert_int_equal(size, TRANSPORT_ZMQ_ROUTE);
    assert_int_not_equal(route[0], 0);
    link_close(&link, 0);
}

static void open_handmade(void)
{
    assert_true(handmade_open(&handmade, hub_endpoint(federation.hub), &federation.member[0],
                              federation.coordinator.public_key));
}

static void a_handmade_member_is_one_like_any_other(void **state)
{
    (void)state;
    open_handmade();
    assert_true(handmade_send(&handmade, "hello", 5, false));
    const uint8_t *bytes = NULL;
    size_t size = 0, peer = 9;
    assert_int_equal(hub_receive(federation.hub, &peer, &bytes, &size, PATIENCE_MS), STATUS_OK);
    assert_int_equal(peer, 0);
    assert_int_equal(size, 5);
    handmade_close(&handmade);
}

static void a_handmade_stranger_is_not_admitted(void **state)
{
    (void)state;
    assert_false(handmade_open(&handmade, hub_endpoint(federation.hub), &federation.stranger,
                               federation.coordinator.public_key));
    assert_true(hub_refused(federation.hub) >= 1);
    a_member_is_served(0);
}

/* They gather in memory, which nothing of ZeroMQ bounds: the leader watches it. They never come
 * out, stop nobody else, and are gone with their connection. */
static void parts_without_end_are_never_seen_and_go_with_their_connection(void **state)
{
    (void)state;
    static uint8_t part[HANDMADE_PART];
    open_handmade();
    for (int i = 0; i < PARTS; i++) {
        assert_true(handmade_send(&handmade, part, sizeof part, true));
    }
    a_member_is_served(1);
    handmade_close(&handmade);
    a_member_is_served(2);
    assert_int_equal(hub_dropped(federation.hub), 0);
}

static void an_oversized_part_ends_its_connection(void **state)
{
    (void)state;
    static const uint8_t huge[9] = {0x02, 0, 0, 0, 0, 0x18, 0, 0, 0}; // a frame of 400 MB
    open_handmade();
    assert_true(stranger_write(handmade.descriptor, huge, sizeof huge));
    assert_true(stranger_sees_close(handmade.descriptor));
    handmade_close(&handmade);
    a_member_is_served(1);
}

#define AT_A_HUB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_A_HUB(both_sockets_bound_what_the_other_side_can_do),
        AT_A_HUB(a_flood_of_handshakes_costs_little_and_members_are_served),
        AT_A_HUB(a_flood_beyond_the_limit_of_open_files_is_survived),
        AT_A_HUB(guessed_routing_ids_come_to_nothing),
        AT_A_HUB(a_handmade_member_is_one_like_any_other),
        AT_A_HUB(a_handmade_stranger_is_not_admitted),
        AT_A_HUB(parts_without_end_are_never_seen_and_go_with_their_connection),
        AT_A_HUB(an_oversized_part_ends_its_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
