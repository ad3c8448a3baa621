// SPDX-License-Identifier: Apache-2.0
/* Every step of a coordinator in every state of a session, those included in which the journal is
 * waited for: what is taken, what is ignored, and what is said. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/circle.h"

#include <string.h>

/* A whole honest run, whose payloads fit every other: all draw the same. */
static struct circle honest, circle;

/* What a session has last done. */
enum { NOTHING, KEYED, SHARED, READY, TRAINED, GIVEN, LISTED, SIGNED, RELEASED, STATES };

#define TAKES(step) (1u << EXCHANGE_STEP_##step)
static const unsigned taken[STATES] = {
    [KEYED] = TAKES(KEYS),
    [SHARED] = TAKES(KEYS) | TAKES(SHARES) | TAKES(RECEIPT),
    [READY] = TAKES(KEYS) | TAKES(SHARES) | TAKES(RECEIPT) | TAKES(OPENING),
    [TRAINED] = TAKES(KEYS) | TAKES(SHARES) | TAKES(RECEIPT) | TAKES(OPENING),
    [GIVEN] = TAKES(KEYS) | TAKES(SHARES) | TAKES(RECEIPT) | TAKES(OPENING) | TAKES(COUNTED),
    [LISTED] = TAKES(KEYS) | TAKES(SHARES) | TAKES(COUNTED),
    [SIGNED] = TAKES(KEYS) | TAKES(SHARES) | TAKES(COUNTED) | TAKES(SIGNATURES),
    [RELEASED] = TAKES(KEYS) | TAKES(SHARES) | TAKES(COUNTED) | TAKES(SIGNATURES),
};

static int setup(void **state)
{
    (void)state;
    circle_open(&honest);
    circle_begin(&honest, 1);
    circle_agree(&honest);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    circle_close(&honest);
    return 0;
}

/* Complaints are real, openings are of what nobody complained of. */
static void give(enum exchange_step step)
{
    const struct exchange_complaint complaint = circle_complaint(&honest, 1);
    const struct exchange_opening opening = {
        exchange_record(0), exchange_record(CIRCLE_SELF), {{{0}, {0}}}};
    const struct circle_payload *payload = &honest.heard[step];
    if (step == EXCHANGE_STEP_RECEIPT) {
        circle_give(&circle, step, (const uint8_t *)&complaint, sizeof complaint);
    } else if (step == EXCHANGE_STEP_OPENING) {
        circle_give(&circle, step, (const uint8_t *)&opening, sizeof opening);
    } else if (step == EXCHANGE_STEP_RELEASE) {
        circle_give(&circle, step, (const uint8_t *)"a release", 9);
    } else {
        circle_give(&circle, step, payload->bytes, payload->size);
    }
}

static void write_journal(void)
{
    session_journaled(circle.bench.session);
    circle_listen(&circle);
}

static void bring_to(int reached)
{
    circle_open(&circle);
    circle.journals_late = true;
    circle.attempt = 1;
    if (reached == NOTHING) {
        struct from_coordinator *message = circle_announcement(&circle, 1);
        message->model.train = false;
        opposite_hear(&circle.bench, message);
        circle_listen(&circle);
        return;
    }
    circle_begin(&circle, 1);
    if (reached >= SHARED) give(EXCHANGE_STEP_KEYS);
    if (reached >= READY) give(EXCHANGE_STEP_SHARES);
    if (reached >= TRAINED) session_trained(circle.bench.session);
    if (reached >= TRAINED) circle_listen(&circle);
    if (reached >= GIVEN) write_journal();
    if (reached >= GIVEN) circle_update(&circle);
    if (reached >= LISTED) give(EXCHANGE_STEP_COUNTED);
    if (reached >= SIGNED) write_journal();
    if (reached >= RELEASED) give(EXCHANGE_STEP_SIGNATURES);
}

static void each_step_is_taken_in_its_states_only(void **state)
{
    (void)state;
    for (int reached = 0; reached < STATES; reached++) {
        for (size_t step = 0; step < EXCHANGE_STEPS; step++) {
            bring_to(reached);
            size_t before[EXCHANGE_STEPS];
            memcpy(before, circle.times, sizeof before);
            const uint64_t ignored = session_ignored(circle.bench.session);
            const bool takes = (taken[reached] >> step & 1) != 0;
            give((enum exchange_step)step);
            assert_int_equal(session_ignored(circle.bench.session), ignored + !takes);
            assert_int_equal(circle.left, takes && step == EXCHANGE_STEP_OPENING);
            if (!takes) assert_memory_equal(circle.times, before, sizeof before);
            if (takes && step == EXCHANGE_STEP_RECEIPT) {
                assert_int_equal(circle.times[EXCHANGE_STEP_OPENING], 1);
            }
            circle_close(&circle);
        }
    }
}

/* Said again and again; nothing that waits for the journal. */
static void each_state_says_what_is_not_answered(void **state)
{
    (void)state;
    static const enum exchange_step says[STATES] = {
        EXCHANGE_STEPS,        EXCHANGE_STEP_KEYS,       EXCHANGE_STEP_SHARES,
        EXCHANGE_STEP_RECEIPT, EXCHANGE_STEP_RECEIPT,    EXCHANGE_STEP_RECEIPT,
        EXCHANGE_STEPS,        EXCHANGE_STEP_SIGNATURES, EXCHANGE_STEP_RELEASE};
    for (int reached = 0; reached < STATES; reached++) {
        bring_to(reached);
        size_t times[EXCHANGE_STEPS];
        memcpy(times, circle.times, sizeof times);
        if (says[reached] < EXCHANGE_STEPS) times[says[reached]]++;
        circle.bench.now_ms += SESSION_ALIVE_MS;
        session_tick(circle.bench.session, circle.bench.now_ms);
        circle_listen(&circle);
        assert_memory_equal(circle.times, times, sizeof times);
        assert_true(reached >= READY || circle.times[EXCHANGE_STEP_RECEIPT] == 0);
        assert_true(reached >= GIVEN || circle.offers == 0);
        assert_true(reached >= SIGNED || circle.times[EXCHANGE_STEP_SIGNATURES] == 0);
        circle_close(&circle);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_step_is_taken_in_its_states_only),
        cmocka_unit_test(each_state_says_what_is_not_answered),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
