// SPDX-License-Identifier: Apache-2.0
/* What a journal has flushed when, and what it takes for an entry. Linked with --wrap for what
 * writes. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/circle.h"

#include "base/files.h"
#include "base/limits.h"
#include "secrecy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[LIMIT_PATH], path[LIMIT_PATH];
static const uint32_t places[LIMIT_COHORT_SECURE + 1] = {0, 2, 3, LIMIT_PARTICIPANTS - 1};
static const struct ledger_entry entry = {
    .session = {1}, .round = 1, .attempt = 1, .model = {3}, .count = 4, .places = places};

static struct circle circle;

/* What was flushed, and written since; what the next calls say: 0 is that they work. */
static unsigned folder_flushes, file_flushes, unflushed_writes;
static int folder_errno, file_errno, write_errno;
static size_t entries_at_flush;

int __real_fsync(int file);
ssize_t __real_pwrite(int file, const void *bytes, size_t size, off_t offset);
int __wrap_fsync(int file);
ssize_t __wrap_pwrite(int file, const void *bytes, size_t size, off_t offset);

int __wrap_fsync(int file)
{
    struct stat about, wanted;
    assert_int_equal(fstat(file, &about), 0);
    const bool is_folder = S_ISDIR(about.st_mode);
    assert_int_equal(stat(is_folder ? folder : path, &wanted), 0);
    assert_int_equal(about.st_ino, wanted.st_ino);
    entries_at_flush = circle.ledger.count;
    errno = is_folder ? folder_errno : file_errno;
    if (errno != 0) return -1;
    if (is_folder) folder_flushes++;
    if (!is_folder) file_flushes++;
    if (!is_folder) unflushed_writes = 0;
    return 0;
}

/* Never more than 10 bytes at a time, as it may be. */
ssize_t __wrap_pwrite(int file, const void *bytes, size_t size, off_t offset)
{
    errno = write_errno;
    write_errno = 0;
    if (errno != 0) return -1;
    unflushed_writes++;
    return __real_pwrite(file, bytes, size < 10 ? size : 10, offset);
}

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s/flush-test-%d", TEST_BINARY_DIR, (int)getpid());
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
    folder_flushes = file_flushes = unflushed_writes = 0;
    folder_errno = file_errno = write_errno = 0;
    return 0;
}

static void an_entry_and_the_name_of_its_file_are_on_the_disk(void **state)
{
    (void)state;
    struct journal *journal = NULL;
    struct ledger ledger = {0};
    assert_int_equal(journal_open(&journal, &ledger, folder), STATUS_OK);
    assert_int_equal(folder_flushes, 1);
    for (unsigned i = 1; i <= 2; i++) {
        write_errno = EINTR;
        assert_int_equal(journal_write(journal, &entry), STATUS_OK);
        assert_int_equal(file_flushes, i);
        assert_int_equal(unflushed_writes, 0);
    }
    journal_close(&journal);
    assert_int_equal(journal_open(&journal, &ledger, folder), STATUS_OK);
    assert_int_equal(folder_flushes, 2); // whoever made the file may have died before that
    assert_int_equal(ledger.count, 2);
    journal_close(&journal);
    ledger_destroy(&ledger);
}

static void what_cannot_be_flushed_is_an_error(void **state)
{
    (void)state;
    struct journal *journal = NULL;
    struct ledger ledger = {0};
    folder_errno = EIO;
    assert_int_equal(journal_open(&journal, &ledger, folder), STATUS_IO);
    assert_null(journal);
    folder_errno = EINVAL; // a file system that does not know how
    assert_int_equal(journal_open(&journal, &ledger, folder), STATUS_OK);
    file_errno = EIO;
    assert_int_equal(journal_write(journal, &entry), STATUS_IO);
    file_errno = 0; // the kernel may have dropped what it could not write, and says so once
    assert_int_equal(journal_write(journal, &entry), STATUS_IO);
    journal_close(&journal);
    ledger_destroy(&ledger);
}

/* As far as the first entry of a session's attempt: its update is to be given. */
static void bring_to_journal(void)
{
    circle_open(&circle);
    circle.journals_late = true;
    circle_begin(&circle, 1);
    circle_make_board(&circle);
    circle_hear(&circle, EXCHANGE_STEP_KEYS);
    circle_make_parcels(&circle);
    session_trained(circle.bench.session);
    circle_hear(&circle, EXCHANGE_STEP_SHARES);
    assert_int_equal(circle.journals, 1);
}

static void nothing_is_given_before_it_is_on_the_disk(void **state)
{
    (void)state;
    struct secrecy secrecy = {0};
    struct ledger ledger = {0};
    assert_int_equal(journal_open(&secrecy.journal, &ledger, folder), STATUS_OK);
    bring_to_journal();
    entries_at_flush = 99;
    secrecy_remember(&secrecy, &circle.entry, circle.bench.session);
    assert_int_equal(entries_at_flush, 0);
    assert_int_equal(circle.ledger.count, 1);
    assert_int_equal(opposite_job_of(&circle.bench), SESSION_ENCODE);
    circle_close(&circle);

    bring_to_journal();
    file_errno = EIO;
    secrecy_remember(&secrecy, &circle.entry, circle.bench.session);
    assert_int_equal(circle.ledger.count, 0);
    circle_listen(&circle);
    assert_int_equal(opposite_job_of(&circle.bench), SESSION_END);
    assert_true(circle.left);
    circle_close(&circle);
    journal_close(&secrecy.journal);
    ledger_destroy(&ledger);
}

static enum status parse(char *text)
{
    struct ledger ledger = {0};
    size_t kept = 0;
    const enum status status = journal_parse(&ledger, &kept, text, strlen(text), "ledger");
    if (status == STATUS_OK) assert_int_equal(ledger.count, 1);
    ledger_destroy(&ledger);
    return status;
}

static enum status parse_entry(struct ledger_entry changed)
{
    char *line = NULL;
    assert_int_equal(journal_line(&line, &changed), STATUS_OK);
    const enum status status = parse(line);
    free(line);
    return status;
}

/* With the right checksum. */
static void numbers_out_of_range_are_refused(void **state)
{
    (void)state;
    static const uint32_t twice[] = {4, 4}, descending[] = {4, 3}, beyond[] = {LIMIT_PARTICIPANTS};
    static uint32_t many[LIMIT_COHORT_SECURE];
    struct ledger_entry changed = entry;
    assert_int_equal(parse_entry(changed), STATUS_OK);
    changed.round = 0;
    assert_int_equal(parse_entry(changed), STATUS_BAD_INPUT);
    changed = entry;
    changed.attempt = 0;
    assert_int_equal(parse_entry(changed), STATUS_BAD_INPUT);
    changed = entry;
    changed.count = 2;
    changed.places = twice;
    assert_int_equal(parse_entry(changed), STATUS_BAD_INPUT);
    changed.places = descending;
    assert_int_equal(parse_entry(changed), STATUS_BAD_INPUT);
    changed.count = 1;
    changed.places = beyond;
    assert_int_equal(parse_entry(changed), STATUS_BAD_INPUT);
    for (uint32_t i = 0; i < LIMIT_COHORT_SECURE; i++) {
        many[i] = i;
    }
    changed.count = LIMIT_COHORT_SECURE;
    changed.places = many;
    assert_int_equal(parse_entry(changed), STATUS_OK);
}

/* Of the largest list with one more, and of one with none. */
static void a_list_has_one_place_at_least_and_not_too_many(void **state)
{
    (void)state;
    for (size_t count = 0; count <= LIMIT_COHORT_SECURE + 1; count += LIMIT_COHORT_SECURE + 1) {
        const size_t room = 1000 + 8 * count;
        char *text = calloc(1, room);
        uint8_t checksum[DIGEST_BYTES];
        assert_non_null(text);
        size_t used = (size_t)snprintf(text, room, "signed %032d 1 1 %064d %zu", 0, 0, count);
        for (size_t i = 0; i < count; i++) {
            used += (size_t)snprintf(text + used, room - used, " %zu", i);
        }
        digest_compute(checksum, text, used);
        text[used++] = ' ';
        for (size_t i = 0; i < sizeof checksum; i++) {
            used += (size_t)snprintf(text + used, room - used, "%02x", checksum[i]);
        }
        text[used] = '\n';
        assert_int_equal(parse(text), STATUS_BAD_INPUT);
        free(text);
    }
}

static void a_line_without_its_checksum_is_refused(void **state)
{
    (void)state;
    for (size_t kept = 0; kept <= 2 * DIGEST_BYTES; kept += 16) {
        char *line = NULL;
        assert_int_equal(journal_line(&line, &entry), STATUS_OK);
        char *checksum = strrchr(line, ' ') + 1;
        memcpy(checksum + kept, "\n", 2);
        assert_int_equal(parse(line), kept == 2 * DIGEST_BYTES ? STATUS_OK : STATUS_BAD_INPUT);
        free(line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_entry_and_the_name_of_its_file_are_on_the_disk, fresh),
        cmocka_unit_test_setup(what_cannot_be_flushed_is_an_error, fresh),
        cmocka_unit_test_setup(nothing_is_given_before_it_is_on_the_disk, fresh),
        cmocka_unit_test_setup(numbers_out_of_range_are_refused, fresh),
        cmocka_unit_test_setup(a_list_has_one_place_at_least_and_not_too_many, fresh),
        cmocka_unit_test_setup(a_line_without_its_checksum_is_refused, fresh),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
