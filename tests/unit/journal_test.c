// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "journal.h"

#include "base/files.h"
#include "base/limits.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[LIMIT_PATH], path[LIMIT_PATH];
static const uint32_t places[] = {0, 2, 3, 9999};
static const struct ledger_entry first = {
    .session = {1, 2}, .round = 1, .attempt = 1, .model = {3}, .count = 4, .places = places};
static const struct ledger_entry second = {.kind = LEDGER_SIGNED,
                                           .session = {255},
                                           .round = UINT32_MAX,
                                           .attempt = UINT32_MAX,
                                           .model = {4},
                                           .count = 3,
                                           .places = places};

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s/journal-test-%d", TEST_BINARY_DIR, (int)getpid());
    assert_int_equal(files_make_folder(folder), STATUS_OK);
    assert_int_equal(files_join(path, folder, "ledger"), STATUS_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static int fresh(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static void write_one(const struct ledger_entry *entry)
{
    struct journal *journal = NULL;
    struct ledger ledger = {0};
    assert_int_equal(journal_open(&journal, &ledger, folder), STATUS_OK);
    assert_int_equal(journal_write(journal, entry), STATUS_OK);
    journal_close(&journal);
    journal_close(&journal);
    ledger_destroy(&ledger);
}

static void expect_same(const struct ledger_entry *is, const struct ledger_entry *should)
{
    assert_int_equal(is->kind, should->kind);
    assert_memory_equal(is->session, should->session, sizeof is->session);
    assert_int_equal(is->round, should->round);
    assert_int_equal(is->attempt, should->attempt);
    assert_memory_equal(is->model, should->model, sizeof is->model);
    assert_int_equal(is->count, should->count);
    assert_memory_equal(is->places, should->places, is->count * sizeof *is->places);
}

static void what_was_written_is_read_when_it_is_opened_again(void **state)
{
    (void)state;
    struct journal *journal = NULL;
    struct ledger ledger = {0};
    struct stat about;
    write_one(&first);
    write_one(&second);
    assert_int_equal(journal_open(&journal, &ledger, folder), STATUS_OK);
    assert_int_equal(ledger.count, 2);
    expect_same(&ledger.list[0], &first);
    expect_same(&ledger.list[1], &second);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    journal_close(&journal);
    ledger_destroy(&ledger);
}

/* Killed right after it was written, before anything was said: it is remembered. */
static void an_entry_outlives_its_process(void **state)
{
    (void)state;
    struct journal *journal = NULL;
    struct ledger ledger = {0};
    int code = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (journal_open(&journal, &ledger, folder) == STATUS_OK &&
            journal_write(journal, &first) == STATUS_OK) {
            raise(SIGKILL);
        }
        _exit(1);
    }
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_true(WIFSIGNALED(code));
    assert_int_equal(journal_open(&journal, &ledger, folder), STATUS_OK);
    assert_int_equal(ledger.count, 1);
    expect_same(&ledger.list[0], &first);
    journal_close(&journal);
    ledger_destroy(&ledger);
}

static void an_unfinished_last_line_is_cut_off(void **state)
{
    (void)state;
    struct journal *journal = NULL;
    char *line = NULL, *shorter = NULL;
    assert_int_equal(journal_line(&line, &second), STATUS_OK);
    assert_int_equal(journal_line(&shorter, &first), STATUS_OK);
    for (size_t size = 0; size < strlen(line); size += 7) {
        struct ledger ledger = {0};
        unlink(path);
        write_one(&first);
        FILE *file = fopen(path, "ab");
        assert_non_null(file);
        assert_int_equal(fwrite(line, 1, size, file), size);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(journal_open(&journal, &ledger, folder), STATUS_OK);
        assert_int_equal(ledger.count, 1);
        assert_int_equal(journal_write(journal, &first), STATUS_OK); // a shorter one
        journal_close(&journal);
        ledger_destroy(&ledger);
        assert_int_equal(journal_open(&journal, &ledger, folder), STATUS_OK);
        assert_int_equal(ledger.count, 2);
        expect_same(&ledger.list[1], &first);
        struct stat about;
        assert_int_equal(stat(path, &about), 0);
        assert_int_equal(about.st_size, 2 * strlen(shorter)); // nothing of it is left
        journal_close(&journal);
        ledger_destroy(&ledger);
    }
    free(shorter);
    free(line);
}

static void expect_refusal(const char *text, size_t size, const char *where)
{
    struct journal *journal = NULL;
    struct ledger ledger = {0};
    assert_int_equal(files_write(path, text, size), STATUS_OK);
    assert_int_equal(journal_open(&journal, &ledger, folder), STATUS_BAD_INPUT);
    assert_null(journal);
    if (strstr(status_message(), where) == NULL) fail_msg("%s: no %s", status_message(), where);
    ledger_destroy(&ledger);
}

/* Each byte of a line that is flipped, but for its end, which makes it an unfinished one. */
static void a_changed_line_is_refused_with_its_number(void **state)
{
    (void)state;
    char *one = NULL, *two = NULL, both[2048];
    assert_int_equal(journal_line(&one, &first), STATUS_OK);
    assert_int_equal(journal_line(&two, &second), STATUS_OK);
    const size_t length = strlen(one), size = length + strlen(two);
    for (size_t at = 0; at + 1 < size; at++) {
        if (at + 1 == length) continue;
        snprintf(both, sizeof both, "%s%s", one, two);
        both[at] ^= 1;
        expect_refusal(both, size, at < length ? "ledger:1: " : "ledger:2: ");
    }
    free(one);
    free(two);
}

static void only_the_form_that_is_written_is_read(void **state)
{
    (void)state;
    char *line = NULL, text[2048];
    assert_int_equal(journal_line(&line, &first), STATUS_OK);
    expect_refusal("\n", 1, "ledger:1: ");
    expect_refusal("hello\n", 6, "ledger:1: ");
    snprintf(text, sizeof text, "%s\n", line);
    expect_refusal(text, strlen(text), "ledger:2: ");
    snprintf(text, sizeof text, " %s", line);
    expect_refusal(text, strlen(text), "ledger:1: ");
    snprintf(text, sizeof text, "%.*s \n", (int)strlen(line) - 1, line);
    expect_refusal(text, strlen(text), "ledger:1: ");
    snprintf(text, sizeof text, "%s", line);
    text[5] = 0;
    expect_refusal(text, strlen(line), "zero byte");
    free(line);
}

static void two_processes_do_not_share_a_folder(void **state)
{
    (void)state;
    struct journal *journal = NULL, *other = NULL;
    struct ledger ledger = {0};
    assert_int_equal(journal_open(&journal, &ledger, folder), STATUS_OK);
    assert_int_equal(journal_open(&other, &ledger, folder), STATUS_IO);
    assert_non_null(strstr(status_message(), "another participant"));
    journal_close(&journal);
    assert_int_equal(journal_open(&other, &ledger, folder), STATUS_OK);
    journal_close(&other);
    ledger_destroy(&ledger);
}

static void a_folder_that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    struct journal *journal = NULL;
    struct ledger ledger = {0};
    assert_int_equal(journal_open(&journal, &ledger, "/proc/self"), STATUS_IO);
    assert_null(journal);
    char other[LIMIT_PATH];
    assert_int_equal(files_join(other, folder, "other"), STATUS_OK);
    assert_int_equal(files_write(other, "", 0), STATUS_OK);
    assert_int_equal(symlink("other", path), 0); // which is not followed
    assert_int_equal(journal_open(&journal, &ledger, folder), STATUS_IO);
    assert_int_equal(unlink(other), 0);
    ledger_destroy(&ledger);
}

/* As on a full disk: half a line gets there, and nothing is built upon it. */
static void after_a_failure_nothing_more_is_written(void **state)
{
    (void)state;
    struct journal *journal = NULL;
    struct ledger ledger = {0};
    struct rlimit before;
    assert_int_equal(journal_open(&journal, &ledger, folder), STATUS_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit small = {.rlim_cur = 100, .rlim_max = before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const enum status status = journal_write(journal, &first);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, STATUS_IO);
    assert_int_equal(journal_write(journal, &first), STATUS_IO);
    journal_close(&journal);
    assert_int_equal(journal_open(&journal, &ledger, folder), STATUS_OK);
    assert_int_equal(ledger.count, 0);
    journal_close(&journal);
    ledger_destroy(&ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_was_written_is_read_when_it_is_opened_again, fresh),
        cmocka_unit_test_setup(an_entry_outlives_its_process, fresh),
        cmocka_unit_test_setup(an_unfinished_last_line_is_cut_off, fresh),
        cmocka_unit_test_setup(a_changed_line_is_refused_with_its_number, fresh),
        cmocka_unit_test_setup(only_the_form_that_is_written_is_read, fresh),
        cmocka_unit_test_setup(two_processes_do_not_share_a_folder, fresh),
        cmocka_unit_test_setup(after_a_failure_nothing_more_is_written, fresh),
        cmocka_unit_test_setup(a_folder_that_cannot_be_written_is_an_error, fresh),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
