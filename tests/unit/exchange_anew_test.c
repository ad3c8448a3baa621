// SPDX-License-Identifier: Apache-2.0
/* A secure exchange that was begun with a coordinator that is gone: its successor, whom the session
 * joins anew, hears nothing of it, and nothing of it is released. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/circle.h"

#include <string.h>

static struct circle circle;

static void join_anew(void)
{
    struct from_coordinator *message = opposite_message_of(COORDINATOR_REFUSE, 0);
    message->refuse.again = true;
    opposite_hear(&circle.bench, message);
    message = opposite_message_of(COORDINATOR_WELCOME, 0);
    memset(message->welcome.session, 5, sizeof message->welcome.session);
    message->welcome.index = CIRCLE_SELF;
    message->welcome.participants = CIRCLE_COUNT;
    message->welcome.next_round = CIRCLE_ROUND;
    opposite_hear(&circle.bench, message);
}

static void expect_nothing_of_it(void)
{
    for (int i = 0; i < 3; i++) {
        circle.bench.now_ms += SESSION_ALIVE_MS;
        session_tick(circle.bench.session, circle.bench.now_ms);
        while (session_next(circle.bench.session, &opposite_output)) {
            assert_int_not_equal(opposite_output.kind, SESSION_JOURNAL);
            if (opposite_output.kind != SESSION_MESSAGE) continue;
            assert_int_not_equal(opposite_output.message.kind, PARTICIPANT_EXCHANGE);
        }
    }
    assert_int_equal(circle.releases.count, 0);
}

static void what_was_not_answered_is_not_said_again(void **state)
{
    (void)state;
    circle_open(&circle);
    circle_begin(&circle, 1);
    circle_make_board(&circle);
    circle_hear(&circle, EXCHANGE_STEP_KEYS);
    join_anew();
    expect_nothing_of_it();
    circle_close(&circle);
}

static void what_was_journaled_is_not_released(void **state)
{
    (void)state;
    circle_open(&circle);
    circle_begin(&circle, 1);
    circle_agree(&circle);
    assert_int_equal(circle.journals, 1);
    join_anew();
    session_journaled(circle.bench.session);
    expect_nothing_of_it();
    circle_close(&circle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_not_answered_is_not_said_again),
        cmocka_unit_test(what_was_journaled_is_not_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
