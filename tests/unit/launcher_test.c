// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "launcher.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/fedveil-launcher-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static struct launcher_process named(const char *name)
{
    struct launcher_process process = {0};
    snprintf(process.name, sizeof process.name, "%s", name);
    snprintf(process.log, sizeof process.log, "%s/%s.txt", folder, name);
    unlink(process.log);
    return process;
}

static void start(struct launcher_process *process, const char *script, int *output)
{
    char shell[] = "/bin/sh", run[] = "-c", text[512];
    snprintf(text, sizeof text, "%s", script);
    char *const arguments[] = {shell, run, text, NULL};
    if (launcher_start(process, arguments, output) != STATUS_OK) fail_msg("%s", status_message());
}

/* Waits for what the test itself causes; a hanging test is ended by its runner. */
static void wait_for_end(struct launcher_process *process)
{
    while (!launcher_ended(process)) {
        poll(NULL, 0, 5);
    }
}

static void an_end_is_told_once_with_its_code(void **state)
{
    (void)state;
    struct launcher_process process = named("code");
    char text[128];
    start(&process, "exit 3", NULL);
    wait_for_end(&process);
    assert_false(launcher_ended(&process));
    assert_false(process.running);
    assert_false(launcher_succeeded(&process));
    launcher_describe_end(text, sizeof text, &process);
    assert_string_equal(text, "ended with code 3");
    assert_true(process.peak_memory > 100000);
}

static void both_streams_go_to_the_log(void **state)
{
    (void)state;
    struct launcher_process process = named("streams");
    char text[128];
    start(&process, "echo first; echo second >&2; read x || echo no input", NULL);
    wait_for_end(&process);
    assert_true(launcher_succeeded(&process));
    launcher_last_lines(text, sizeof text, &process, 9);
    assert_string_equal(text, "first\nsecond\nno input");
}

static void output_can_be_read_from_a_pipe(void **state)
{
    (void)state;
    struct launcher_process process = named("pipe");
    char bytes[64];
    int output = -1;
    start(&process, "echo table; echo log >&2", &output);
    assert_true(output >= 0);
    size_t size = 0;
    for (ssize_t got; (got = read(output, bytes + size, sizeof bytes - size)) > 0;) {
        size += (size_t)got;
    }
    close(output);
    assert_int_equal(size, 6);
    assert_memory_equal(bytes, "table\n", 6);
    wait_for_end(&process);
}

static void a_program_that_cannot_be_executed_is_named(void **state)
{
    (void)state;
    struct launcher_process process = named("missing");
    char program[] = "/nonexistent/fedveil-coordinator";
    char *const arguments[] = {program, NULL};
    assert_int_not_equal(launcher_start(&process, arguments, NULL), STATUS_OK);
    assert_non_null(strstr(status_message(), program));
    assert_false(process.running);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); // not even a zombie is left
    assert_int_equal(errno, ECHILD);
}

static void a_signal_reaches_all_that_a_process_has_started(void **state)
{
    (void)state;
    struct launcher_process process = named("group");
    int output = -1;
    char byte = 0;
    // The grandchild holds the pipe open for as long as it lives.
    start(&process, "sleep 1000 & echo; wait", &output);
    assert_int_equal(read(output, &byte, 1), 1);
    launcher_signal(&process, SIGKILL);
    wait_for_end(&process);
    assert_int_equal(read(output, &byte, 1), 0);
    close(output);
    char text[128];
    launcher_describe_end(text, sizeof text, &process);
    assert_non_null(strstr(text, "signal 9"));
    launcher_signal(&process, SIGKILL); // of one that has ended: nothing
}

static void children_lead_their_own_group_and_inherit_no_files(void **state)
{
    (void)state;
    struct launcher_process process = named("group-id");
    char text[256];
    FILE *open_file = fopen("/dev/null", "re");
    assert_non_null(open_file);
    start(&process,
          "[ $(cut -d' ' -f5 /proc/$$/stat) = $$ ] && echo leads; ls /proc/$$/fd; echo end", NULL);
    wait_for_end(&process);
    fclose(open_file);
    launcher_last_lines(text, sizeof text, &process, 9);
    // No pipe: the shell would hold its ends for a moment.
    assert_string_equal(text, "leads\n0\n1\n2\nend");
}

/* A middle process starts one of its own and dies by force. */
static void nothing_outlives_its_parent(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const pid_t middle = fork();
    assert_true(middle >= 0);
    if (middle == 0) {
        struct launcher_process process = named("orphan");
        int output = -1;
        start(&process, "echo; exec sleep 1000", &output);
        char byte = 0;
        if (read(output, &byte, 1) != 1) _exit(1);
        if (write(ends[1], &process.pid, sizeof process.pid) < 0) _exit(1);
        for (;;) {
            pause();
        }
    }
    pid_t orphan = 0;
    assert_int_equal(read(ends[0], &orphan, sizeof orphan), sizeof orphan);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(kill(orphan, 0), 0);
    kill(middle, SIGKILL);
    assert_int_equal(waitpid(middle, NULL, 0), middle);
    char path[64], stat[256] = "";
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)orphan);
    for (;;) { // gone, or a zombie that nobody has waited for
        FILE *file = fopen(path, "re");
        if (file == NULL) break;
        const size_t got = fread(stat, 1, sizeof stat - 1, file);
        fclose(file);
        stat[got] = '\0';
        if (got == 0 || strstr(stat, ") Z") != NULL) break;
        poll(NULL, 0, 5);
    }
}

static void the_last_lines_are_whole(void **state)
{
    (void)state;
    struct launcher_process process = named("lines");
    char text[32];
    start(&process, "for i in 1 2 3 4 5 6 7 8 9; do echo line number $i; done; echo", NULL);
    wait_for_end(&process);
    launcher_last_lines(text, sizeof text, &process, 2);
    assert_string_equal(text, "line number 8\nline number 9");
    launcher_last_lines(text, sizeof text, &process, 9); // more than there is room for
    assert_string_equal(text, "line number 8\nline number 9");
    launcher_last_lines(text, sizeof text, &process, 1);
    assert_string_equal(text, "line number 9");
    struct launcher_process unknown = named("unknown");
    launcher_last_lines(text, sizeof text, &unknown, 1);
    assert_string_equal(text, "");
}

static void programs_are_found_beside_this_one_only(void **state)
{
    (void)state;
    char path[LIMIT_PATH];
    assert_int_equal(launcher_program(path, "unit_launcher"), STATUS_OK);
    assert_int_equal(path[0], '/');
    assert_int_equal(access(path, X_OK), 0);
    assert_int_equal(launcher_program(path, "sh"), STATUS_NOT_FOUND); // though PATH has one
    assert_non_null(strstr(status_message(), "/sh"));
}

static void more_open_files_than_the_system_allows_are_refused(void **state)
{
    (void)state;
    assert_int_equal(launcher_allow_files(16), STATUS_OK);
    assert_int_equal(launcher_allow_files((size_t)1 << 40), STATUS_FULL);
    assert_true(launcher_cores() >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_end_is_told_once_with_its_code),
        cmocka_unit_test(both_streams_go_to_the_log),
        cmocka_unit_test(output_can_be_read_from_a_pipe),
        cmocka_unit_test(a_program_that_cannot_be_executed_is_named),
        cmocka_unit_test(a_signal_reaches_all_that_a_process_has_started),
        cmocka_unit_test(children_lead_their_own_group_and_inherit_no_files),
        cmocka_unit_test(nothing_outlives_its_parent),
        cmocka_unit_test(the_last_lines_are_whole),
        cmocka_unit_test(programs_are_found_beside_this_one_only),
        cmocka_unit_test(more_open_files_than_the_system_allows_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
