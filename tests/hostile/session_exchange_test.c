// SPDX-License-Identifier: Apache-2.0
/* A coordinator that does not keep to the secure exchange: the session ignores what comes at the
 * wrong time, leaves one that contradicts itself, and releases nothing to it. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/circle.h"

#include <stdlib.h>
#include <string.h>

/* A whole honest run, whose payloads fit every other: all draw the same. */
static struct circle honest, circle;

/* The steps of the coordinator in their order; complaints are tested elsewhere. */
static const enum exchange_step order[] = {EXCHANGE_STEP_KEYS, EXCHANGE_STEP_SHARES,
                                           EXCHANGE_STEP_COUNTED, EXCHANGE_STEP_SIGNATURES};
enum { STEPS = 4 };

/* How far a session was brought: so many steps of `order` were heard. */
enum { RELEASED = STEPS, STATES };

static int setup(void **state)
{
    (void)state;
    circle_open(&honest);
    circle_begin(&honest, 1);
    circle_agree(&honest);
    assert_int_equal(honest.times[EXCHANGE_STEP_RELEASE], 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    circle_close(&honest);
    return 0;
}

static void give_honest(size_t step)
{
    const struct circle_payload *payload = &honest.heard[order[step]];
    circle_give(&circle, order[step], payload->bytes, payload->size);
    const enum session_job_kind job = opposite_job_of(&circle.bench);
    const bool wanted = job == SESSION_TRAIN || job == SESSION_ENCODE;
    if (order[step] == EXCHANGE_STEP_SHARES && wanted) circle_update(&circle);
}

static void bring_to(size_t reached)
{
    circle_open(&circle);
    circle_begin(&circle, 1);
    for (size_t step = 0; step < STEPS && step < reached; step++) {
        give_honest(step);
    }
}

static bool ended(void)
{
    return opposite_job_of(&circle.bench) == SESSION_END;
}

/* It left, said why in the log and to the coordinator, and says nothing more, whatever comes. */
static void expect_left(size_t released, const char *why)
{
    assert_true(circle.left && ended());
    if (strstr(circle.error, why) == NULL) fail_msg("\"%s\": no %s", circle.error, why);
    for (size_t step = 0; step < STEPS; step++) {
        give_honest(step);
    }
    circle.bench.now_ms += SESSION_ALIVE_MS;
    session_tick(circle.bench.session, circle.bench.now_ms);
    circle_listen(&circle);
    assert_int_equal(circle.times[EXCHANGE_STEP_RELEASE], released);
}

/* Goes on as if nothing had been, and ends with the same shares. */
static void expect_unmoved(size_t reached)
{
    const struct circle_payload *shares = &honest.said[EXCHANGE_STEP_RELEASE];
    assert_false(circle.left);
    for (size_t step = reached; step < STEPS; step++) {
        give_honest(step);
    }
    assert_int_equal(circle.journals, 2);
    assert_true(circle.times[EXCHANGE_STEP_RELEASE] >= 1);
    assert_int_equal(circle.said[EXCHANGE_STEP_RELEASE].size, shares->size);
    assert_memory_equal(circle.said[EXCHANGE_STEP_RELEASE].bytes, shares->bytes, shares->size);
}

static size_t said_in_all(void)
{
    size_t sum = 0;
    for (size_t step = 0; step < EXCHANGE_STEPS; step++) {
        sum += circle.times[step];
    }
    return sum;
}

/* Every step at every time: too early it is ignored, again it gives the same answer. */
static void a_step_is_taken_at_its_time_only(void **state)
{
    (void)state;
    for (size_t reached = 0; reached < STATES; reached++) {
        for (size_t step = 0; step < STEPS; step++) {
            bring_to(reached);
            const uint64_t ignored = session_ignored(circle.bench.session);
            const size_t said = said_in_all();
            const struct circle_payload *payload = &honest.heard[order[step]];
            circle_give(&circle, order[step], payload->bytes, payload->size);
            if (step > reached) {
                assert_int_equal(session_ignored(circle.bench.session), ignored + 1);
                assert_int_equal(said_in_all(), said);
            } else if (step < reached) {
                assert_int_equal(session_ignored(circle.bench.session), ignored);
            }
            const bool next = step == reached;
            if (next && order[step] == EXCHANGE_STEP_SHARES) circle_update(&circle);
            expect_unmoved(reached + (next ? 1 : 0));
            circle_close(&circle);
        }
    }
}

/* What was answered once is answered with the same bytes, however often it is asked. */
static void a_second_request_is_answered_by_the_same_bytes(void **state)
{
    (void)state;
    static const enum exchange_step answers[] = {EXCHANGE_STEP_SHARES, EXCHANGE_STEP_RECEIPT,
                                                 EXCHANGE_STEP_SIGNATURES, EXCHANGE_STEP_RELEASE};
    bring_to(RELEASED);
    for (size_t step = 0; step < STEPS; step++) {
        const struct circle_payload *is = &circle.said[answers[step]];
        const struct circle_payload *should = &honest.said[answers[step]];
        const size_t before = circle.times[answers[step]];
        const struct circle_payload *payload = &honest.heard[order[step]];
        circle_give(&circle, order[step], payload->bytes, payload->size);
        assert_int_equal(circle.times[answers[step]], before + 1);
        assert_int_equal(is->size, should->size);
        assert_memory_equal(is->bytes, should->bytes, is->size);
    }
    assert_int_equal(circle.journals, 2);
    circle_close(&circle);
}

/* Two boards, two sets of parcels, two lists, two sets of signatures: at any time, the second one
 * ends all. Once released, nothing is said again. */
static void who_says_two_things_at_one_step_is_left(void **state)
{
    (void)state;
    for (size_t step = 0; step < STEPS; step++) {
        const struct circle_payload *payload = &honest.heard[order[step]];
        uint8_t *other = malloc(payload->size);
        assert_non_null(other);
        memcpy(other, payload->bytes, payload->size);
        other[payload->size - 1] ^= 1;
        for (size_t reached = step + 1; reached < STATES; reached++) {
            bring_to(reached);
            const size_t released = circle.times[EXCHANGE_STEP_RELEASE];
            circle_give(&circle, order[step], other, payload->size);
            expect_left(released, "secure exchange");
            circle_close(&circle);
        }
        free(other);
    }
}

/* Every byte is covered: places, counts, keys, plans, signatures. */
static void a_changed_payload_is_refused(void **state)
{
    (void)state;
    for (size_t step = 0; step < STEPS; step++) {
        const struct circle_payload *payload = &honest.heard[order[step]];
        const size_t stride = 1 + payload->size / 40;
        uint8_t *other = malloc(payload->size);
        assert_non_null(other);
        for (size_t at = 0; at < payload->size; at += stride) {
            bring_to(step);
            memcpy(other, payload->bytes, payload->size);
            other[at] ^= 0x40;
            circle_give(&circle, order[step], other, payload->size);
            expect_left(0, "secure exchange");
            circle_close(&circle);
        }
        free(other);
    }
}

static void a_payload_of_another_size_is_refused(void **state)
{
    (void)state;
    static uint8_t large[LIMIT_CHUNK];
    for (size_t step = 0; step < STEPS; step++) {
        const struct circle_payload *payload = &honest.heard[order[step]];
        memset(large, 0, sizeof large);
        memcpy(large, payload->bytes, payload->size);
        const size_t sizes[] = {1,
                                4,
                                payload->size - 1,
                                payload->size - 4,
                                payload->size + 1,
                                payload->size + 4,
                                LIMIT_CHUNK};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            bring_to(step);
            circle_give(&circle, order[step], large, sizes[i]);
            expect_left(0, "secure exchange");
            circle_close(&circle);
        }
    }
}

static void two_models_for_one_round_are_refused(void **state)
{
    (void)state;
    for (size_t reached = 0; reached < 2 * STATES; reached++) {
        bring_to(reached % STATES);
        const size_t released = circle.times[EXCHANGE_STEP_RELEASE];
        struct from_coordinator *message = circle_announcement(&circle, 1);
        if (reached >= STATES) message->context.attempt++;
        digest_compute(message->model.digest, opposite_second, sizeof opposite_second);
        opposite_hear(&circle.bench, message);
        circle_listen(&circle);
        expect_left(released, "two models");
        circle_close(&circle);
    }
    bring_to(1);
    opposite_hear(&circle.bench, circle_announcement(&circle, 1)); // the same is a repetition
    expect_unmoved(1);
    circle_close(&circle);
}

/* The scale of an update follows from it: by another one for each, updates would show in a sum. */
static void another_cohort_than_the_config_has_is_refused(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {
        0, 1, 2, CIRCLE_COUNT - 1, CIRCLE_COUNT + 1, LIMIT_PARTICIPANTS};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        circle_open(&circle);
        circle.bench.reporters_max = sizes[i];
        circle_begin(&circle, 1);
        assert_int_equal(circle.times[EXCHANGE_STEP_KEYS], 0);
        expect_left(0, "a cohort of");
        circle_close(&circle);
    }
}

static void two_cohorts_for_one_attempt_are_refused(void **state)
{
    (void)state;
    for (int which = 0; which < 3; which++) {
        bring_to(1);
        struct from_coordinator *message = circle_announcement(&circle, which == 1 ? 2 : 1);
        message->model.reporters_max++;
        if (which == 2) message->model.train = false; // to others
        opposite_hear(&circle.bench, message);
        circle_listen(&circle);
        if (which < 2) {
            expect_left(0, which == 0 ? "two cohorts were announced" : "a cohort of");
        } else {
            expect_unmoved(1);
        }
        circle_close(&circle);
    }
}

/* What belongs to another round or attempt is not looked at. */
static void what_is_of_another_attempt_is_ignored(void **state)
{
    (void)state;
    for (size_t step = 0; step < STEPS; step++) {
        for (int which = 0; which < 4; which++) {
            bring_to(step);
            const uint64_t ignored = session_ignored(circle.bench.session);
            const size_t said = said_in_all();
            struct from_coordinator *message =
                opposite_message_of(COORDINATOR_EXCHANGE, CIRCLE_ROUND);
            const struct circle_payload *payload = &honest.heard[order[step]];
            message->exchange =
                (struct envelope_exchange){order[step], payload->bytes, payload->size};
            if (which == 0) message->context.round--;
            if (which == 1) message->context.round++;
            if (which == 2) message->context.attempt++;
            if (which == 3) message->context.session[0] ^= 1;
            opposite_hear(&circle.bench, message);
            circle_listen(&circle);
            assert_int_equal(session_ignored(circle.bench.session), ignored + 1);
            assert_int_equal(said_in_all(), said);
            expect_unmoved(step);
            circle_close(&circle);
        }
    }
    // Payloads of attempt 1, said to be of attempt 2.
    circle_open(&circle);
    circle_begin(&circle, 2);
    give_honest(0);
    expect_left(0, "secure exchange");
    circle_close(&circle);
}

/* An attempt that was announced again after a later one does not come back. */
static void an_old_attempt_does_not_come_back(void **state)
{
    (void)state;
    bring_to(1);
    opposite_hear(&circle.bench, circle_announcement(&circle, 2));
    circle.attempt = 2;
    circle_listen(&circle);
    assert_int_equal(circle.times[EXCHANGE_STEP_KEYS], 2);
    opposite_hear(&circle.bench, circle_announcement(&circle, 1));
    circle_listen(&circle);
    assert_int_equal(circle.times[EXCHANGE_STEP_KEYS], 2);
    circle.attempt = 1;
    const size_t said = said_in_all();
    for (size_t step = 0; step < STEPS; step++) {
        const struct circle_payload *payload = &honest.heard[order[step]];
        circle_give(&circle, order[step], payload->bytes, payload->size);
    }
    assert_int_equal(said_in_all(), said);
    circle_close(&circle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_taken_at_its_time_only),
        cmocka_unit_test(a_second_request_is_answered_by_the_same_bytes),
        cmocka_unit_test(who_says_two_things_at_one_step_is_left),
        cmocka_unit_test(a_changed_payload_is_refused),
        cmocka_unit_test(a_payload_of_another_size_is_refused),
        cmocka_unit_test(two_models_for_one_round_are_refused),
        cmocka_unit_test(another_cohort_than_the_config_has_is_refused),
        cmocka_unit_test(two_cohorts_for_one_attempt_are_refused),
        cmocka_unit_test(what_is_of_another_attempt_is_ignored),
        cmocka_unit_test(an_old_attempt_does_not_come_back),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
