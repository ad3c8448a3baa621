// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/stop.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs `body` in a process of its own, for a request to stop is never taken back. */
static int in_child(int (*body)(void))
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(body());
    int result = 0;
    assert_int_equal(waitpid(child, &result, 0), child);
    return result;
}

static int term_is_noticed(void)
{
    stop_install();
    if (stop_requested()) return 1;
    raise(SIGTERM);
    return stop_requested() ? 0 : 2;
}

static int interrupt_is_noticed(void)
{
    stop_install();
    raise(SIGINT);
    return stop_requested() ? 0 : 2;
}

static int a_closed_terminal_is_noticed(void)
{
    stop_install();
    raise(SIGHUP);
    return stop_requested() ? 0 : 2;
}

static int nohup_stays_nohup(void)
{
    signal(SIGHUP, SIG_IGN);
    stop_install();
    raise(SIGHUP);
    return stop_requested() ? 2 : 0;
}

static int a_reader_that_goes_away_is_no_end(void)
{
    stop_install();
    raise(SIGPIPE);
    return stop_requested() ? 2 : 0;
}

static int second_interrupt(void)
{
    stop_install();
    raise(SIGINT);
    raise(SIGINT);
    return 0; // not reached
}

static int own_request(void)
{
    stop_request();
    return stop_requested() ? 0 : 2;
}

static void nobody_has_asked_at_first(void **state)
{
    (void)state;
    assert_false(stop_requested());
}

static void signals_and_the_program_can_ask_for_the_end(void **state)
{
    (void)state;
    assert_int_equal(in_child(term_is_noticed), 0);
    assert_int_equal(in_child(interrupt_is_noticed), 0);
    assert_int_equal(in_child(own_request), 0);
    assert_int_equal(in_child(a_closed_terminal_is_noticed), 0);
    assert_int_equal(in_child(nohup_stays_nohup), 0);
    assert_int_equal(in_child(a_reader_that_goes_away_is_no_end), 0);
}

static void the_second_signal_ends_the_program(void **state)
{
    (void)state;
    const int result = in_child(second_interrupt);
    assert_true(WIFSIGNALED(result));
    assert_int_equal(WTERMSIG(result), SIGINT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_has_asked_at_first),
        cmocka_unit_test(signals_and_the_program_can_ask_for_the_end),
        cmocka_unit_test(the_second_signal_ends_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
