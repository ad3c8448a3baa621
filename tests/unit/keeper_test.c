// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "keeper.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { AGAIN = 3, FAILED = 1 };

/* What the processes of a job have in common. */
struct shared {
    int starts;
    int crashes; // so many starts end in one
    int how;     // signal of a crash; 0: the code AGAIN
    bool waits;
    volatile bool ready;
};

static struct shared *shared;

static int setup(void **state)
{
    (void)state;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return shared == MAP_FAILED ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    return munmap(shared, sizeof *shared);
}

static void hear(int number)
{
    (void)number;
}

static int job(void)
{
    if (shared->starts++ < shared->crashes) {
        if (shared->how == 0) return AGAIN;
        raise(shared->how);
    }
    if (!shared->waits) return 7;
    const struct sigaction action = {.sa_handler = hear};
    sigset_t none, term;
    sigemptyset(&none);
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    sigaction(SIGTERM, &action, NULL);
    shared->ready = true;
    sigsuspend(&none);
    return 5;
}

static int keep(void)
{
    int code = -1;
    if (!keeper_keep(&code, AGAIN, FAILED)) _exit(job());
    return code;
}

static void what_ends_by_itself_is_not_started_anew(void **state)
{
    (void)state;
    assert_int_equal(keep(), 7);
    assert_int_equal(shared->starts, 1);
}

static void what_a_signal_kills_is_started_anew(void **state)
{
    (void)state;
    shared->how = SIGKILL;
    shared->crashes = 2;
    assert_int_equal(keep(), 7);
    assert_int_equal(shared->starts, 3);
}

static void so_is_what_breaks_off(void **state)
{
    (void)state;
    shared->crashes = 1;
    assert_int_equal(keep(), 7);
    assert_int_equal(shared->starts, 2);
}

static void what_breaks_every_time_is_given_up(void **state)
{
    (void)state;
    shared->how = SIGKILL;
    shared->crashes = KEEPER_RESTARTS + 2;
    assert_int_equal(keep(), FAILED);
    assert_int_equal(shared->starts, KEEPER_RESTARTS + 1);
}

/* In a process of its own, since a signal is sent to it. */
static pid_t keep_elsewhere(void)
{
    const pid_t keeper = fork();
    assert_true(keeper >= 0);
    if (keeper == 0) _exit(keep());
    return keeper;
}

static void a_request_to_stop_is_passed_on_and_is_the_end(void **state)
{
    (void)state;
    shared->waits = true;
    const pid_t keeper = keep_elsewhere();
    while (!shared->ready) {
        usleep(1000);
    }
    assert_int_equal(kill(keeper, SIGTERM), 0);
    int ended = 0;
    assert_int_equal(waitpid(keeper, &ended, 0), keeper);
    assert_true(WIFEXITED(ended));
    assert_int_equal(WEXITSTATUS(ended), 5);
    assert_int_equal(shared->starts, 1);
}

static void the_pause_before_a_restart_ends_with_a_request_to_stop(void **state)
{
    (void)state;
    shared->how = SIGKILL;
    shared->crashes = KEEPER_RESTARTS;
    const pid_t keeper = keep_elsewhere();
    while (*(volatile int *)&shared->starts < 2) {
        usleep(1000);
    }
    assert_int_equal(kill(keeper, SIGTERM), 0);
    int ended = 0;
    assert_int_equal(waitpid(keeper, &ended, 0), keeper);
    assert_true(WIFEXITED(ended));
    assert_int_equal(WEXITSTATUS(ended), FAILED);
    assert_true(shared->starts < KEEPER_RESTARTS);
}

#define WITH_SHARED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SHARED(what_ends_by_itself_is_not_started_anew),
        WITH_SHARED(what_a_signal_kills_is_started_anew),
        WITH_SHARED(so_is_what_breaks_off),
        WITH_SHARED(what_breaks_every_time_is_given_up),
        WITH_SHARED(a_request_to_stop_is_passed_on_and_is_the_end),
        WITH_SHARED(the_pause_before_a_restart_ends_with_a_request_to_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
