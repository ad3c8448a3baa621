// SPDX-License-Identifier: Apache-2.0
/* What a frame looks like, byte by byte. What is refused stands in
 * tests/hostile/envelope_test.c. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/frames.h"

#include <string.h>

static struct from_participant up;
static struct from_coordinator down;
static uint8_t frame[LIMIT_MESSAGE];

static void an_alive_is_these_bytes(void **state)
{
    (void)state;
    static const uint8_t expected[] = {10, 0, 0, 0, 0x0a, 6, 0x10, 1, 0x18, 1, 0x20, 1, 0x42, 0};
    memset(&up, 0, sizeof up);
    up.kind = PARTICIPANT_ALIVE;
    up.context = (struct envelope_context){.round = 1, .attempt = 1, .phase = PHASE_GATHER};
    size_t size = 0;
    assert_int_equal(envelope_pack_participant(frame, sizeof frame, &size, &up), STATUS_OK);
    assert_int_equal(size, sizeof expected);
    assert_memory_equal(frame, expected, sizeof expected);
    struct frames_maker *maker = frames_begin();
    frames_put_bytes(maker, 8, "", 0);
    frames_end(maker);
    assert_int_equal(envelope_unpack_participant(&up, maker->bytes, maker->size), STATUS_OK);
    assert_int_equal(up.kind, PARTICIPANT_ALIVE);
    assert_int_equal(up.context.phase, PHASE_GATHER);
}

static void a_chunk_carries_its_payload_behind_it(void **state)
{
    (void)state;
    static const uint8_t expected[] = {16,   0, 0,    0,    0x0a, 6,    0x10, 1, 0x18, 1,   0x20, 1,
                                       0x2a, 6, 0x08, 0x80, 0x80, 0x40, 0x10, 3, 'a',  'b', 'c'};
    memset(&down, 0, sizeof down);
    down.kind = COORDINATOR_CHUNK;
    down.context = (struct envelope_context){.round = 1, .attempt = 1, .phase = PHASE_GATHER};
    down.chunk = (struct envelope_chunk){
        .offset = LIMIT_CHUNK, .payload = (const uint8_t *)"abc", .size = 3};
    size_t size = 0;
    assert_int_equal(envelope_pack_coordinator(frame, sizeof frame, &size, &down), STATUS_OK);
    assert_int_equal(size, sizeof expected);
    assert_memory_equal(frame, expected, sizeof expected);
    memset(&down, 0, sizeof down);
    assert_int_equal(envelope_unpack_coordinator(&down, frame, size), STATUS_OK);
    assert_int_equal(down.chunk.offset, LIMIT_CHUNK);
    assert_int_equal(down.chunk.size, 3);
    assert_ptr_equal(down.chunk.payload, frame + size - 3);
    assert_int_equal(envelope_unpack_coordinator(&down, frame, size - 1), STATUS_BAD_MESSAGE);
}

static void a_step_of_the_exchange_carries_its_payload_behind_it(void **state)
{
    (void)state;
    static const uint8_t expected[] = {14,   0, 0,    0, 0x0a, 6, 0x10, 1, 0x18, 1,
                                       0x20, 3, 0x4a, 4, 0x08, 1, 0x10, 2, 'a',  'b'};
    memset(&up, 0, sizeof up);
    up.kind = PARTICIPANT_EXCHANGE;
    up.context = (struct envelope_context){.round = 1, .attempt = 1, .phase = PHASE_SHARES};
    up.exchange = (struct envelope_exchange){
        .step = EXCHANGE_STEP_SHARES, .payload = (const uint8_t *)"ab", .size = 2};
    size_t size = 0;
    assert_int_equal(envelope_pack_participant(frame, sizeof frame, &size, &up), STATUS_OK);
    assert_int_equal(size, sizeof expected);
    assert_memory_equal(frame, expected, sizeof expected);
    memset(&up, 0, sizeof up);
    assert_int_equal(envelope_unpack_participant(&up, frame, size), STATUS_OK);
    assert_int_equal(up.kind, PARTICIPANT_EXCHANGE);
    assert_int_equal(up.exchange.step, EXCHANGE_STEP_SHARES);
    assert_int_equal(up.exchange.size, 2);
    assert_ptr_equal(up.exchange.payload, frame + size - 2);
}

/* Which step goes in which direction, and in which phase. */
static void each_step_has_its_directions_and_its_phase(void **state)
{
    (void)state;
    static const enum phase phases[EXCHANGE_STEPS] = {
        PHASE_KEYS,        PHASE_SHARES,      PHASE_SHARES, PHASE_SHARES,
        PHASE_CONSISTENCY, PHASE_CONSISTENCY, PHASE_UNBLIND};
    for (int step = 0; step < (int)EXCHANGE_STEPS; step++) {
        for (int phase = 0; phase < (int)PHASE_COUNT; phase++) {
            const struct envelope_context context = {
                .round = 1, .attempt = 1, .phase = (enum phase)phase};
            const struct envelope_exchange exchange = {
                .step = (enum exchange_step)step, .payload = (const uint8_t *)"a", .size = 1};
            up = (struct from_participant){
                .context = context, .kind = PARTICIPANT_EXCHANGE, .exchange = exchange};
            down = (struct from_coordinator){
                .context = context, .kind = COORDINATOR_EXCHANGE, .exchange = exchange};
            const bool fits = phases[step] == (enum phase)phase;
            const bool goes_up = fits && step != (int)EXCHANGE_STEP_COUNTED;
            const bool goes_down = fits && step != (int)EXCHANGE_STEP_RELEASE;
            size_t size = 0;
            assert_int_equal(envelope_pack_participant(frame, sizeof frame, &size, &up),
                             goes_up ? STATUS_OK : STATUS_BAD_MESSAGE);
            assert_int_equal(envelope_pack_coordinator(frame, sizeof frame, &size, &down),
                             goes_down ? STATUS_OK : STATUS_BAD_MESSAGE);
        }
        assert_int_equal(envelope_step_phase((enum exchange_step)step), phases[step]);
    }
}

static void the_largest_chunk_fits_and_a_longer_one_does_not(void **state)
{
    (void)state;
    static uint8_t payload[LIMIT_CHUNK + 1];
    memset(&up, 0, sizeof up);
    up.kind = PARTICIPANT_CHUNK;
    up.chunk = (struct envelope_chunk){.payload = payload, .size = LIMIT_CHUNK};
    up.chunk.offset = ENVELOPE_BODY_MAX - LIMIT_CHUNK;
    size_t size = 0;
    assert_int_equal(envelope_pack_participant(frame, sizeof frame, &size, &up), STATUS_OK);
    assert_int_equal(envelope_unpack_participant(&up, frame, size), STATUS_OK);
    up.chunk.payload = payload;
    up.chunk.size = LIMIT_CHUNK + 1;
    assert_int_equal(envelope_pack_participant(frame, sizeof frame, &size, &up),
                     STATUS_BAD_MESSAGE);
    up.chunk.size = 0;
    assert_int_equal(envelope_pack_participant(frame, sizeof frame, &size, &up),
                     STATUS_BAD_MESSAGE);
}

static void every_kind_has_a_name_of_its_own(void **state)
{
    (void)state;
    assert_string_equal(envelope_participant_name(PARTICIPANT_JOIN), "join");
    assert_string_equal(envelope_coordinator_name(COORDINATOR_END), "end");
    for (int i = 0; i < (int)PARTICIPANT_MESSAGES; i++) {
        assert_non_null(envelope_participant_name((enum participant_message)i));
    }
    for (int i = 0; i < (int)COORDINATOR_MESSAGES; i++) {
        assert_non_null(envelope_coordinator_name((enum coordinator_message)i));
    }
    assert_string_equal(envelope_step_name(EXCHANGE_STEP_COUNTED), "counted");
    for (int i = 0; i < (int)EXCHANGE_STEPS; i++) {
        assert_non_null(envelope_step_name((enum exchange_step)i));
    }
}

static void any_text_makes_a_reason_that_travels(void **state)
{
    (void)state;
    char reason[ENVELOPE_REASON];
    envelope_set_reason(reason, "/tmp/\xc3\xa9t\xe9: line\n2");
    assert_string_equal(reason, "/tmp/\xc3\xa9t?: line?2");
    char text[2 * ENVELOPE_REASON];
    memset(text, 'a', sizeof text);
    for (size_t i = 1; i + 1 < sizeof text; i += 2) { // a, then two-byte characters
        text[i] = '\xc3';
        text[i + 1] = '\xa9';
    }
    text[sizeof text - 1] = 0;
    envelope_set_reason(reason, text);
    assert_int_equal(strlen(reason), ENVELOPE_REASON - 1);
    envelope_set_reason(reason, text + 1);
    assert_int_equal(strlen(reason), ENVELOPE_REASON - 2); // no half character
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_text_makes_a_reason_that_travels),
        cmocka_unit_test(an_alive_is_these_bytes),
        cmocka_unit_test(a_chunk_carries_its_payload_behind_it),
        cmocka_unit_test(a_step_of_the_exchange_carries_its_payload_behind_it),
        cmocka_unit_test(each_step_has_its_directions_and_its_phase),
        cmocka_unit_test(the_largest_chunk_fits_and_a_longer_one_does_not),
        cmocka_unit_test(every_kind_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
