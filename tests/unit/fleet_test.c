// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fleet.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

struct answer {
    pid_t process;
    int task;
};

static enum status answer(void *result, const void *task, struct fleet *fleet)
{
    struct answer *own = result;
    own->process = getpid();
    own->task = *(const int *)task;
    return fleet_meet(fleet);
}

static void each_process_gives_its_own_result(void **state)
{
    (void)state;
    const int task = 42;
    struct answer answers[3];
    assert_int_equal(fleet_run(answers, sizeof *answers, 3, answer, &task), STATUS_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(answers[i].task, 42);
        assert_int_not_equal(answers[i].process, getpid());
        assert_int_not_equal(answers[i].process, answers[(i + 1) % 3].process);
    }
}

/* The first to come fails; the others wait for it. */
static enum status fail_alone(void *result, const void *task, struct fleet *fleet)
{
    (void)result;
    const int *failing = task; // a pipe's end: one byte for one process
    char byte = 0;
    if (read(*failing, &byte, 1) == 1) return status_fail(STATUS_IO, "the cause");
    return fleet_meet(fleet);
}

static void a_failure_ends_the_others_and_is_told(void **state)
{
    (void)state;
    int ends[2];
    char results[3];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    close(ends[1]); // the children read nothing more
    assert_int_equal(fleet_run(results, 1, 3, fail_alone, &ends[0]), STATUS_IO);
    assert_string_equal(status_message(), "the cause");
    close(ends[0]);
}

static enum status die(void *result, const void *task, struct fleet *fleet)
{
    (void)result;
    (void)task;
    (void)fleet;
    raise(SIGKILL);
    return STATUS_OK;
}

static void a_death_is_a_failure(void **state)
{
    (void)state;
    char result = 0;
    assert_int_equal(fleet_run(&result, 1, 1, die, NULL), STATUS_NO_MEMORY);
    assert_non_null(strstr(status_message(), "signal 9"));
}

static void who_is_alone_waits_for_nobody(void **state)
{
    (void)state;
    assert_int_equal(fleet_meet(NULL), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_process_gives_its_own_result),
        cmocka_unit_test(a_failure_ends_the_others_and_is_told),
        cmocka_unit_test(a_death_is_a_failure),
        cmocka_unit_test(who_is_alone_waits_for_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
