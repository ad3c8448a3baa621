// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "slots.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/fedveil-slots-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static void expect(struct slots *slots, bool expected)
{
    bool taken = !expected;
    assert_int_equal(slots_take(slots, &taken), STATUS_OK);
    assert_int_equal(taken, expected);
}

static void no_more_than_so_many_are_held(void **state)
{
    (void)state;
    struct slots three[3];
    for (unsigned i = 0; i < 3; i++) {
        slots_start(&three[i], folder, 2, i);
    }
    expect(&three[0], true);
    expect(&three[1], true);
    expect(&three[1], true); // it has one already
    expect(&three[2], false);
    slots_release(&three[0]);
    expect(&three[2], true);
    expect(&three[0], false);
    for (int i = 0; i < 3; i++) {
        slots_release(&three[i]);
        slots_release(&three[i]);
    }
}

static void without_a_limit_everyone_has_one(void **state)
{
    (void)state;
    struct slots slots[2];
    for (int i = 0; i < 2; i++) {
        slots_start(&slots[i], NULL, 0, 0);
        expect(&slots[i], true);
    }
    slots_release(&slots[0]);
}

static void the_slot_of_a_killed_process_is_free(void **state)
{
    (void)state;
    struct slots slots;
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        bool taken = false;
        slots_start(&slots, folder, 1, 0);
        if (slots_take(&slots, &taken) != STATUS_OK || !taken) _exit(1);
        if (write(ready[1], "1", 1) != 1) _exit(2);
        for (;;) {
            pause();
        }
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    slots_start(&slots, folder, 1, 5);
    expect(&slots, false);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    expect(&slots, true);
    slots_release(&slots);
}

static void names_a_folder_that_is_not_there(void **state)
{
    (void)state;
    struct slots slots;
    bool taken = false;
    slots_start(&slots, "/proc/no-such-folder", 2, 0);
    assert_int_equal(slots_take(&slots, &taken), STATUS_IO);
    assert_non_null(strstr(status_message(), "/proc/no-such-folder/slot-0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_more_than_so_many_are_held),
        cmocka_unit_test(without_a_limit_everyone_has_one),
        cmocka_unit_test(the_slot_of_a_killed_process_is_free),
        cmocka_unit_test(names_a_folder_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
