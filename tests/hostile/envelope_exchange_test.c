// SPDX-License-Identifier: Apache-2.0
/* Steps of the secure exchange that nobody of ours sends. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/frames.h"

#include <string.h>

enum { EXCHANGE_UP = 9, EXCHANGE_DOWN = 10 }; // fields of the two envelopes

static struct from_participant up;
static struct from_coordinator down;

/* A step that says it has `size` bytes, and has `behind`. */
static const struct frames_maker *exchange(unsigned field, uint64_t step, uint64_t phase,
                                           uint64_t size, size_t behind)
{
    static const uint8_t payload[LIMIT_CHUNK];
    struct frames_maker *maker = frames_empty();
    struct frames_maker *inner = frames_inner();
    frames_put_number(inner, 2, 1);
    frames_put_number(inner, 3, 1);
    frames_put_number(inner, 4, phase);
    frames_put_inner(maker, 1, inner);
    inner = frames_inner();
    if (step > 0) frames_put_number(inner, 1, step);
    if (size > 0) frames_put_number(inner, 2, size);
    frames_put_inner(maker, field, inner);
    frames_end(maker);
    frames_put(maker, payload, behind);
    return maker;
}

static void refuse_up(uint64_t step, uint64_t phase, uint64_t size, size_t behind,
                      const char *named)
{
    const struct frames_maker *maker = exchange(EXCHANGE_UP, step, phase, size, behind);
    assert_int_equal(envelope_unpack_participant(&up, maker->bytes, maker->size),
                     STATUS_BAD_MESSAGE);
    if (strstr(status_message(), named) == NULL) fail_msg("%s: no %s", status_message(), named);
}

static void a_step_goes_in_its_direction_and_phase(void **state)
{
    (void)state;
    const struct frames_maker *maker =
        exchange(EXCHANGE_UP, EXCHANGE_STEP_OPENING, PHASE_SHARES, 2, 2);
    assert_int_equal(envelope_unpack_participant(&up, maker->bytes, maker->size), STATUS_OK);
    assert_int_equal(up.exchange.step, EXCHANGE_STEP_OPENING);
    refuse_up(EXCHANGE_STEP_COUNTED, PHASE_CONSISTENCY, 2, 2, "this direction");
    refuse_up(EXCHANGE_STEPS, PHASE_SHARES, 2, 2, "exchange.step");
    refuse_up(UINT32_MAX, PHASE_SHARES, 2, 2, "exchange.step");
    refuse_up(EXCHANGE_STEP_RELEASE, PHASE_CONSISTENCY, 2, 2, "context.phase");
    refuse_up(EXCHANGE_STEP_RELEASE, PHASE_COUNT, 2, 2, "context.phase");

    maker = exchange(EXCHANGE_DOWN, EXCHANGE_STEP_COUNTED, PHASE_CONSISTENCY, 2, 2);
    assert_int_equal(envelope_unpack_coordinator(&down, maker->bytes, maker->size), STATUS_OK);
    assert_int_equal(down.exchange.step, EXCHANGE_STEP_COUNTED);
    maker = exchange(EXCHANGE_DOWN, EXCHANGE_STEP_RELEASE, PHASE_UNBLIND, 2, 2);
    assert_int_equal(envelope_unpack_coordinator(&down, maker->bytes, maker->size),
                     STATUS_BAD_MESSAGE);
    assert_non_null(strstr(status_message(), "this direction"));
}

static void a_payload_has_the_size_that_its_step_says(void **state)
{
    (void)state;
    const struct frames_maker *maker =
        exchange(EXCHANGE_UP, EXCHANGE_STEP_RELEASE, PHASE_UNBLIND, LIMIT_CHUNK, LIMIT_CHUNK);
    assert_int_equal(envelope_unpack_participant(&up, maker->bytes, maker->size), STATUS_OK);
    assert_int_equal(up.exchange.size, LIMIT_CHUNK);
    refuse_up(EXCHANGE_STEP_RELEASE, PHASE_UNBLIND, 0, 0, "exchange.size");
    refuse_up(EXCHANGE_STEP_RELEASE, PHASE_UNBLIND, 0, 1, "payload of 0");
    refuse_up(EXCHANGE_STEP_RELEASE, PHASE_UNBLIND, 3, 2, "payload of 3");
    refuse_up(EXCHANGE_STEP_RELEASE, PHASE_UNBLIND, 2, 3, "payload of 2");
    refuse_up(EXCHANGE_STEP_RELEASE, PHASE_UNBLIND, UINT32_MAX, 2, "payload of 4294967295");

    static uint8_t frame[LIMIT_MESSAGE];
    memset(&down, 0, sizeof down);
    down.kind = COORDINATOR_EXCHANGE;
    down.context.phase = PHASE_KEYS;
    down.exchange = (struct envelope_exchange){.payload = frame, .size = LIMIT_CHUNK + 1};
    size_t size = 0;
    assert_int_equal(envelope_pack_coordinator(frame, sizeof frame, &size, &down),
                     STATUS_BAD_MESSAGE);
    assert_non_null(strstr(status_message(), "exchange.size"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_goes_in_its_direction_and_phase),
        cmocka_unit_test(a_payload_has_the_size_that_its_step_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
