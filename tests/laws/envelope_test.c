// SPDX-License-Identifier: Apache-2.0
/* Laws of the envelope over random messages: what was packed is unpacked as it was, packing that
 * gives the same bytes again, and a frame with one byte changed is refused or is another message's
 * frame. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/messages.h"

#include <stdio.h>
#include <string.h>

static uint8_t payload[LIMIT_CHUNK];
static uint8_t frame[LIMIT_MESSAGE], again[LIMIT_MESSAGE];

/* Room for either direction; static, for a Join is large. */
static struct from_participant sent_up, got_up;
static struct from_coordinator sent_down, got_down;

static int setup(void **state)
{
    (void)state;
    struct random random;
    random_start(&random, 1, 0, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < sizeof payload; i++) {
        payload[i] = (uint8_t)random_bits(&random);
    }
    return 0;
}

static void check_participant(uint32_t step, struct random *random)
{
    size_t size = 0, size_again = 0;
    messages_participant(&sent_up, (enum participant_message)(step % PARTICIPANT_MESSAGES), random,
                         payload, LIMIT_CHUNK);
    assert_int_equal(envelope_pack_participant(frame, sizeof frame, &size, &sent_up), STATUS_OK);
    memset(&got_up, 0, sizeof got_up);
    assert_int_equal(envelope_unpack_participant(&got_up, frame, size), STATUS_OK);
    if (sent_up.kind == PARTICIPANT_CHUNK) {
        assert_int_equal(got_up.chunk.size, sent_up.chunk.size);
        assert_memory_equal(got_up.chunk.payload, sent_up.chunk.payload, sent_up.chunk.size);
        assert_in_range((uintptr_t)got_up.chunk.payload, (uintptr_t)frame,
                        (uintptr_t)(frame + size));
        got_up.chunk.payload = sent_up.chunk.payload;
    } else if (sent_up.kind == PARTICIPANT_EXCHANGE) {
        assert_int_equal(got_up.exchange.size, sent_up.exchange.size);
        assert_memory_equal(got_up.exchange.payload, sent_up.exchange.payload,
                            sent_up.exchange.size);
        got_up.exchange.payload = sent_up.exchange.payload;
    }
    assert_memory_equal(&got_up, &sent_up, sizeof sent_up);
    assert_int_equal(envelope_pack_participant(again, sizeof again, &size_again, &got_up),
                     STATUS_OK);
    assert_int_equal(size_again, size);
    assert_memory_equal(again, frame, size);
}

static void check_coordinator(uint32_t step, struct random *random)
{
    size_t size = 0, size_again = 0;
    messages_coordinator(&sent_down, (enum coordinator_message)(step % COORDINATOR_MESSAGES),
                         random, payload, LIMIT_CHUNK);
    assert_int_equal(envelope_pack_coordinator(frame, sizeof frame, &size, &sent_down), STATUS_OK);
    memset(&got_down, 0, sizeof got_down);
    assert_int_equal(envelope_unpack_coordinator(&got_down, frame, size), STATUS_OK);
    if (sent_down.kind == COORDINATOR_CHUNK) {
        assert_int_equal(got_down.chunk.size, sent_down.chunk.size);
        assert_memory_equal(got_down.chunk.payload, sent_down.chunk.payload, sent_down.chunk.size);
        got_down.chunk.payload = sent_down.chunk.payload;
    } else if (sent_down.kind == COORDINATOR_EXCHANGE) {
        assert_int_equal(got_down.exchange.size, sent_down.exchange.size);
        assert_memory_equal(got_down.exchange.payload, sent_down.exchange.payload,
                            sent_down.exchange.size);
        got_down.exchange.payload = sent_down.exchange.payload;
    }
    assert_memory_equal(&got_down, &sent_down, sizeof sent_down);
    assert_int_equal(envelope_pack_coordinator(again, sizeof again, &size_again, &got_down),
                     STATUS_OK);
    assert_int_equal(size_again, size);
    assert_memory_equal(again, frame, size);
}

static void what_was_packed_is_unpacked_as_it_was(void **state)
{
    (void)state;
    for (uint32_t step = 0; step < 700; step++) {
        struct random random;
        random_start(&random, 2, 0, RANDOM_TEST, 0, step);
        check_participant(step, &random);
        check_coordinator(step, &random);
    }
}

static void a_message_fits_exactly_its_size(void **state)
{
    (void)state;
    for (uint32_t step = 0; step < 70; step++) {
        struct random random;
        random_start(&random, 3, 0, RANDOM_TEST, 0, step);
        size_t size = 0, size_again = 0;
        messages_participant(&sent_up, (enum participant_message)(step % PARTICIPANT_MESSAGES),
                             &random, payload, LIMIT_CHUNK);
        assert_int_equal(envelope_pack_participant(frame, sizeof frame, &size, &sent_up),
                         STATUS_OK);
        assert_int_equal(envelope_pack_participant(frame, size, &size_again, &sent_up), STATUS_OK);
        assert_int_equal(envelope_pack_participant(frame, size - 1, &size_again, &sent_up),
                         STATUS_FULL);
    }
}

static void a_cut_frame_is_refused(void **state)
{
    (void)state;
    for (uint32_t step = 0; step < 140; step++) {
        struct random random;
        random_start(&random, 4, 0, RANDOM_TEST, 0, step);
        size_t size = 0;
        messages_participant(&sent_up, (enum participant_message)(step % PARTICIPANT_MESSAGES),
                             &random, payload, 4096);
        assert_int_equal(envelope_pack_participant(frame, sizeof frame, &size, &sent_up),
                         STATUS_OK);
        const size_t cut = random_below(&random, (uint32_t)size);
        assert_int_equal(envelope_unpack_participant(&got_up, frame, cut), STATUS_BAD_MESSAGE);
    }
}

/* There is one frame for a message: whatever is accepted is packed to the very same bytes. */
static void a_changed_frame_is_refused_or_the_frame_of_what_was_read(void **state)
{
    (void)state;
    int refused = 0, accepted = 0;
    for (uint32_t step = 0; step < 7000; step++) {
        struct random random;
        random_start(&random, 5, 0, RANDOM_TEST, 0, step);
        size_t size = 0, size_again = 0;
        messages_coordinator(&sent_down, (enum coordinator_message)(step % COORDINATOR_MESSAGES),
                             &random, payload, 64);
        assert_int_equal(envelope_pack_coordinator(frame, sizeof frame, &size, &sent_down),
                         STATUS_OK);
        frame[random_below(&random, (uint32_t)size)] ^= (uint8_t)(1u << random_below(&random, 8));
        const enum status status = envelope_unpack_coordinator(&got_down, frame, size);
        if (status != STATUS_OK) {
            assert_int_equal(status, STATUS_BAD_MESSAGE);
            refused++;
            continue;
        }
        accepted++;
        assert_int_equal(envelope_pack_coordinator(again, sizeof again, &size_again, &got_down),
                         STATUS_OK);
        assert_int_equal(size_again, size);
        assert_memory_equal(again, frame, size);
    }
    assert_true(refused > 500 && accepted > 500); // both sides of the law were met
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_packed_is_unpacked_as_it_was),
        cmocka_unit_test(a_message_fits_exactly_its_size),
        cmocka_unit_test(a_cut_frame_is_refused),
        cmocka_unit_test(a_changed_frame_is_refused_or_the_frame_of_what_was_read),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
