// SPDX-License-Identifier: Apache-2.0
/* Hub and links over the loopback with real CURVE. Nothing here asserts a time; what must come is
 * waited for with patience. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/federation.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/stop.h"
#include "wire/transport_zmq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct federation federation;

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

static void frames_travel_both_ways_and_name_their_sender(void **state)
{
    (void)state;
    struct link *links[FEDERATION_MEMBERS];
    for (size_t i = 0; i < FEDERATION_MEMBERS; i++) {
        links[i] = federation_link(&federation, &federation.member[i]);
    }
    for (size_t i = 0; i < FEDERATION_MEMBERS; i++) {
        assert_true(federation_reaches_hub(&federation, links[i], "to the hub", i));
        assert_true(federation_reaches_link(&federation, links[i], "to the link", i));
    }
    assert_int_equal(hub_refused(federation.hub), 0);
    assert_int_equal(hub_dropped(federation.hub), 0);
    for (size_t i = 0; i < FEDERATION_MEMBERS; i++) {
        assert_false(link_refused(links[i]));
        link_close(&links[i], 0);
        assert_null(links[i]);
        link_close(&links[i], 0);
    }
}

static void the_largest_frame_arrives_whole(void **state)
{
    (void)state;
    struct link *link = federation_link(&federation, &federation.member[1]);
    assert_true(federation_reaches_hub(&federation, link, "hello", 1));
    uint8_t *frame = malloc(LIMIT_MESSAGE);
    assert_non_null(frame);
    for (size_t i = 0; i < LIMIT_MESSAGE; i++) {
        frame[i] = (uint8_t)(i * 31 + i / 256);
    }
    const uint8_t *bytes = NULL;
    size_t size = 0, peer = 0;
    assert_int_equal(link_send(link, frame, LIMIT_MESSAGE), STATUS_OK);
    assert_int_equal(hub_receive(federation.hub, &peer, &bytes, &size, 20000), STATUS_OK);
    assert_int_equal(peer, 1);
    assert_int_equal(size, LIMIT_MESSAGE);
    assert_memory_equal(bytes, frame, LIMIT_MESSAGE);
    assert_int_equal(hub_send(federation.hub, 1, frame, LIMIT_MESSAGE), STATUS_OK);
    assert_int_equal(link_receive(link, &bytes, &size, 20000), STATUS_OK);
    assert_int_equal(size, LIMIT_MESSAGE);
    assert_memory_equal(bytes, frame, LIMIT_MESSAGE);
    free(frame);
    link_close(&link, 0);
}

/* The hub shares one copy of a large frame among those it goes to, and keeps only the last ones. */
static void large_frames_for_several_arrive_as_they_were_given(void **state)
{
    (void)state;
    enum { FRAMES = TRANSPORT_ZMQ_KEPT + 5, SIZE = 5000 };
    struct link *links[2];
    for (size_t i = 0; i < 2; i++) {
        links[i] = federation_link(&federation, &federation.member[i]);
        assert_true(federation_reaches_hub(&federation, links[i], "hello", i));
    }
    static uint8_t frame[SIZE];
    for (int pass = 0; pass < 2; pass++) { // in the second, the first ones are not kept any more
        for (int number = 0; number < FRAMES; number++) {
            const uint8_t *bytes = NULL;
            size_t size = 0;
            memset(frame, number, sizeof frame);
            for (size_t i = 0; i < 2; i++) {
                assert_int_equal(hub_send(federation.hub, i, frame, sizeof frame), STATUS_OK);
            }
            memset(frame, 0xee, sizeof frame); // what was given is the caller's again
            for (size_t i = 0; i < 2; i++) {
                assert_int_equal(link_receive(links[i], &bytes, &size, 20000), STATUS_OK);
                assert_int_equal(size, SIZE);
                assert_int_equal(bytes[0], number);
                assert_memory_equal(bytes, bytes + 1, SIZE - 1);
            }
        }
    }
    link_close(&links[0], 0);
    link_close(&links[1], 0);
}

static void frames_of_a_sender_keep_their_order(void **state)
{
    (void)state;
    struct link *link = federation_link(&federation, &federation.member[0]);
    assert_true(federation_reaches_hub(&federation, link, "hello", 0));
    for (uint8_t sent = 0; sent < 12; sent++) {
        assert_int_equal(link_send(link, &sent, 1), STATUS_OK);
    }
    for (uint8_t expected = 0; expected < 12; expected++) {
        const uint8_t *bytes = NULL;
        size_t size = 0, peer = 0;
        assert_int_equal(hub_receive(federation.hub, &peer, &bytes, &size, 20000), STATUS_OK);
        assert_int_equal(size, 1);
        assert_int_equal(bytes[0], expected);
    }
    link_close(&link, 0);
}

static void waiting_ends_when_nothing_comes(void **state)
{
    (void)state;
    const uint8_t *bytes = NULL;
    size_t size = 0, peer = 0;
    assert_int_equal(hub_receive(federation.hub, &peer, &bytes, &size, 0), STATUS_TIMEOUT);
    assert_int_equal(hub_receive(federation.hub, &peer, &bytes, &size, 30), STATUS_TIMEOUT);
    struct link *link = federation_link(&federation, &federation.member[0]);
    assert_int_equal(link_receive(link, &bytes, &size, 0), STATUS_TIMEOUT);
    assert_int_equal(link_receive(link, &bytes, &size, 30), STATUS_TIMEOUT);
    link_close(&link, 0);
}

static void nobody_is_sent_to_before_it_spoke_or_after_it_left(void **state)
{
    (void)state;
    const uint8_t byte = 1;
    assert_int_equal(hub_send(federation.hub, 2, &byte, 1), STATUS_NOT_FOUND);
    struct link *link = federation_link(&federation, &federation.member[2]);
    assert_true(federation_reaches_hub(&federation, link, "hello", 2));
    assert_int_equal(hub_send(federation.hub, 2, &byte, 1), STATUS_OK);
    link_close(&link, 0);
    const uint64_t until_ms = clock_now_ms() + 20000;
    enum status status;
    do { // the hub learns of it when it looks
        const uint8_t *bytes = NULL;
        size_t size = 0, peer = 0;
        (void)!hub_receive(federation.hub, &peer, &bytes, &size, 20);
        status = hub_send(federation.hub, 2, &byte, 1);
    } while (status != STATUS_NOT_FOUND && clock_now_ms() < until_ms);
    assert_int_equal(status, STATUS_NOT_FOUND);
}

static void a_queue_is_bounded(void **state)
{
    (void)state;
    struct link *link = federation_link(&federation, &federation.member[0]);
    assert_true(federation_reaches_hub(&federation, link, "hello", 0));
    uint8_t *frame = calloc(1, LIMIT_MESSAGE);
    assert_non_null(frame);
    enum status status = STATUS_OK;
    int sent = 0;
    // The link does not receive: what fits is its queue, ours and what TCP holds in between.
    while (status == STATUS_OK && sent < 1000) {
        status = hub_send(federation.hub, 0, frame, LIMIT_MESSAGE);
        sent++;
    }
    assert_int_equal(status, STATUS_FULL);
    free(frame);
    link_close(&link, 0);
}

static void the_newest_connection_of_a_key_is_answered(void **state)
{
    (void)state;
    struct link *first = federation_link(&federation, &federation.member[0]);
    assert_true(federation_reaches_hub(&federation, first, "first", 0));
    struct link *second = federation_link(&federation, &federation.member[0]);
    assert_true(federation_reaches_hub(&federation, second, "second", 0));
    assert_true(federation_reaches_link(&federation, second, "answer", 0));
    link_close(&first, 0);
    assert_true(federation_reaches_link(&federation, second, "once more", 0));
    link_close(&second, 0);
}

static void a_link_comes_back_to_a_coordinator_that_was_restarted(void **state)
{
    (void)state;
    char endpoint[128];
    snprintf(endpoint, sizeof endpoint, "%s", hub_endpoint(federation.hub));
    struct link *link = federation_link(&federation, &federation.member[1]);
    assert_true(federation_reaches_hub(&federation, link, "before", 1));
    hub_close(&federation.hub, 0);
    assert_null(federation.hub);
    const uint64_t until_ms = clock_now_ms() + 20000;
    const uint8_t byte = 1;
    enum status status;
    do {
        const uint8_t *bytes = NULL;
        size_t size = 0;
        (void)!link_receive(link, &bytes, &size, 20);
        status = link_send(link, &byte, 1);
    } while (status != STATUS_NOT_FOUND && clock_now_ms() < until_ms);
    assert_int_equal(status, STATUS_NOT_FOUND);
    assert_false(link_refused(link));
    assert_int_equal(
        hub_open(&federation.hub, endpoint, &federation.coordinator, &federation.roster),
        STATUS_OK);
    assert_true(federation_reaches_hub(&federation, link, "after", 1));
    assert_true(federation_reaches_link(&federation, link, "answer", 1));
    link_close(&link, 0);
}

static void a_link_waits_for_a_coordinator_that_is_not_there_yet(void **state)
{
    (void)state;
    char endpoint[128];
    snprintf(endpoint, sizeof endpoint, "%s", hub_endpoint(federation.hub));
    hub_close(&federation.hub, 0);
    struct link *link = NULL;
    assert_int_equal(
        link_open(&link, endpoint, &federation.member[0], federation.coordinator.public_key),
        STATUS_OK);
    const uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(link_receive(link, &bytes, &size, 300), STATUS_TIMEOUT);
    assert_int_equal(link_send(link, (const uint8_t *)"x", 1), STATUS_NOT_FOUND);
    assert_false(link_connected(link));
    assert_int_equal(
        hub_open(&federation.hub, endpoint, &federation.coordinator, &federation.roster),
        STATUS_OK);
    assert_true(federation_reaches_hub(&federation, link, "at last", 0));
    assert_true(link_connected(link));
    assert_null(link_trouble(link));
    link_close(&link, 0);
}

static void what_was_queued_leaves_before_closing(void **state)
{
    (void)state;
    struct link *link = federation_link(&federation, &federation.member[0]);
    assert_true(federation_reaches_hub(&federation, link, "hello", 0));
    const uint8_t *bytes = NULL;
    size_t size = 0, peer = 0;
    for (uint8_t sent = 0; sent < 5; sent++) {
        assert_int_equal(hub_send(federation.hub, 0, &sent, 1), STATUS_OK);
        assert_int_equal(link_send(link, &sent, 1), STATUS_OK);
    }
    hub_close(&federation.hub, 5000);
    for (uint8_t expected = 0; expected < 5; expected++) {
        assert_int_equal(link_receive(link, &bytes, &size, 20000), STATUS_OK);
        assert_int_equal(bytes[0], expected);
    }
    link_close(&link, 0);
    assert_int_equal(
        hub_open(&federation.hub, "tcp://127.0.0.1:*", &federation.coordinator, &federation.roster),
        STATUS_OK);
    link = federation_link(&federation, &federation.member[1]);
    assert_true(federation_reaches_hub(&federation, link, "hello", 1));
    assert_int_equal(link_send(link, (const uint8_t *)"last", 4), STATUS_OK);
    link_close(&link, 5000);
    assert_int_equal(hub_receive(federation.hub, &peer, &bytes, &size, 20000), STATUS_OK);
    assert_memory_equal(bytes, "last", 4);
}

static void an_endpoint_in_use_is_named(void **state)
{
    (void)state;
    struct hub *second = NULL;
    assert_int_equal(hub_open(&second, hub_endpoint(federation.hub), &federation.coordinator,
                              &federation.roster),
                     STATUS_IO);
    assert_null(second);
    assert_non_null(strstr(status_message(), hub_endpoint(federation.hub)));
    assert_non_null(strstr(status_message(), "in use"));
}

static void the_endpoint_tells_the_real_port(void **state)
{
    (void)state;
    unsigned port = 0;
    assert_int_equal(sscanf(hub_endpoint(federation.hub), "tcp://127.0.0.1:%u", &port), 1);
    assert_in_range(port, 1, 65535);
}

static void foreign_endpoints_and_keys_are_refused(void **state)
{
    (void)state;
    struct hub *hub = NULL;
    struct link *link = NULL;
    static const char *const endpoints[] = {"", "127.0.0.1:1", "udp://127.0.0.1:1",
                                            "ipc:///tmp/socket", "inproc://x"};
    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
        assert_int_equal(hub_open(&hub, endpoints[i], &federation.coordinator, &federation.roster),
                         STATUS_BAD_INPUT);
        assert_int_equal(link_open(&link, endpoints[i], &federation.member[0],
                                   federation.coordinator.public_key),
                         STATUS_BAD_INPUT);
    }
    assert_int_equal(hub_open(&hub, "tcp://nowhere", &federation.coordinator, &federation.roster),
                     STATUS_IO);
    const char key[IDENTITY_KEY_TEXT] = "12345678901234567890123456789012"; // as long as a raw key
    assert_int_equal(link_open(&link, "tcp://127.0.0.1:1", &federation.member[0], key),
                     STATUS_BAD_INPUT);
    struct roster_entry entry = {.name = "ann", .public_key = "no key"};
    const struct roster roster = {.count = 1, .entries = &entry};
    assert_int_equal(hub_open(&hub, "tcp://127.0.0.1:*", &federation.coordinator, &roster),
                     STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "ann"));
    assert_null(hub);
    assert_null(link);
}

/* The last one, for a request to stop is never taken back. */
static void a_request_to_stop_ends_the_waiting(void **state)
{
    (void)state;
    const uint8_t *bytes = NULL;
    size_t size = 0, peer = 0;
    struct link *link = federation_link(&federation, &federation.member[0]);
    stop_request();
    assert_int_equal(hub_receive(federation.hub, &peer, &bytes, &size, 60000), STATUS_STOPPED);
    assert_int_equal(link_receive(link, &bytes, &size, 60000), STATUS_STOPPED);
    link_close(&link, 0);
}

#define OVER_A_HUB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_A_HUB(frames_travel_both_ways_and_name_their_sender),
        OVER_A_HUB(the_largest_frame_arrives_whole),
        OVER_A_HUB(large_frames_for_several_arrive_as_they_were_given),
        OVER_A_HUB(frames_of_a_sender_keep_their_order),
        OVER_A_HUB(waiting_ends_when_nothing_comes),
        OVER_A_HUB(nobody_is_sent_to_before_it_spoke_or_after_it_left),
        OVER_A_HUB(a_queue_is_bounded),
        OVER_A_HUB(the_newest_connection_of_a_key_is_answered),
        OVER_A_HUB(a_link_comes_back_to_a_coordinator_that_was_restarted),
        OVER_A_HUB(a_link_waits_for_a_coordinator_that_is_not_there_yet),
        OVER_A_HUB(what_was_queued_leaves_before_closing),
        OVER_A_HUB(an_endpoint_in_use_is_named),
        OVER_A_HUB(the_endpoint_tells_the_real_port),
        OVER_A_HUB(foreign_endpoints_and_keys_are_refused),
        OVER_A_HUB(a_request_to_stop_ends_the_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
