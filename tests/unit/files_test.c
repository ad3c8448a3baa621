// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE // unshare
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "base/limits.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/fedveil-files-XXXXXX";

static int make_test_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/fedveil-files-XXXXXX");
    return mkdtemp(folder) == NULL;
}

/* Counts what stands in the test folder; all of it must be plain files when `remove_all`. */
static size_t entries(bool remove_all)
{
    DIR *open_folder = opendir(folder);
    assert_non_null(open_folder);
    size_t count = 0;
    const struct dirent *entry = NULL;
    while ((entry = readdir(open_folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        count++;
        if (remove_all) unlinkat(dirfd(open_folder), entry->d_name, 0);
    }
    closedir(open_folder);
    return count;
}

static int remove_test_folder(void **state)
{
    (void)state;
    entries(true);
    return rmdir(folder);
}

static const char *in_folder(const char *name)
{
    static char path[LIMIT_PATH];
    assert_int_equal(files_join(path, folder, name), STATUS_OK);
    return path;
}

static void assert_message(const char *path, const char *rest)
{
    char expected[LIMIT_PATH + STATUS_MESSAGE_MAX];
    snprintf(expected, sizeof expected, "%s: %s", path, rest);
    assert_string_equal(status_message(), expected);
}

static void assert_holds(const char *path, const char *text)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(files_read(&bytes, &size, path, 1000), STATUS_OK);
    assert_int_equal(size, strlen(text));
    assert_string_equal((char *)bytes, text); // also: the byte after the last one is zero
    free(bytes);
}

static void a_written_file_reads_the_same(void **state)
{
    (void)state;
    const char *path = in_folder("file");
    assert_int_equal(files_write(path, "one", 3), STATUS_OK);
    assert_holds(path, "one");
    assert_int_equal(files_write(path, "another", 7), STATUS_OK);
    assert_holds(path, "another");
    assert_int_equal(files_write(path, "", 0), STATUS_OK);
    assert_holds(path, "");
    assert_int_equal(entries(false), 1);
}

static void a_relative_path_works(void **state)
{
    (void)state;
    char before[LIMIT_PATH];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(files_write("plain", "text", 4), STATUS_OK);
    assert_holds("plain", "text");
    assert_int_equal(chdir(before), 0);
    assert_true(files_exists(in_folder("plain")));
}

static void reading_names_what_is_missing_or_too_large(void **state)
{
    (void)state;
    uint8_t *bytes = NULL;
    size_t size = 0;
    const char *path = in_folder("file");
    assert_int_equal(files_read(&bytes, &size, path, 10), STATUS_NOT_FOUND);
    assert_message(path, "No such file or directory");
    assert_int_equal(files_write(path, "12345678901", 11), STATUS_OK);
    assert_int_equal(files_read(&bytes, &size, path, 10), STATUS_FULL);
    assert_message(path, "11 bytes, at most 10 allowed");
    assert_int_equal(files_read(&bytes, &size, path, 11), STATUS_OK);
    free(bytes);
    bytes = NULL;
    assert_int_equal(files_read(&bytes, &size, folder, 10), STATUS_IO);
    assert_message(folder, "not a plain file");
    assert_null(bytes);
}

static void reading_does_not_wait_for_a_pipe(void **state)
{
    (void)state;
    uint8_t *bytes = NULL;
    size_t size = 0;
    const char *path = in_folder("pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(files_read(&bytes, &size, path, 10), STATUS_IO);
    assert_message(path, "not a plain file");
    assert_int_equal(files_write(path, "x", 1), STATUS_IO);
    assert_message(path, "exists and is not a plain file");
}

static void writing_names_a_folder_that_is_missing(void **state)
{
    (void)state;
    const char *path = in_folder("no/file");
    assert_int_equal(files_write(path, "x", 1), STATUS_NOT_FOUND);
    assert_message(path, "No such file or directory");
    assert_int_equal(files_write(folder, "x", 1), STATUS_IO);
    assert_message(folder, "exists and is not a plain file");
}

/* In a child: no file may pass 10 kB. 0 when the old file stands alone and the path is named. */
static int write_too_much(const char *path)
{
    const struct rlimit limit = {10000, 10000};
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    static char bytes[100000];
    if (files_write(path, bytes, sizeof bytes) != STATUS_IO) return 2;
    if (strncmp(status_message(), path, strlen(path)) != 0) return 3;
    if (files_write_secret(in_folder("secret"), bytes, sizeof bytes) != STATUS_IO) return 4;
    return entries(false) == 1 ? 0 : 5;
}

static void a_failed_write_leaves_the_old_file_and_nothing_else(void **state)
{
    (void)state;
    char path[LIMIT_PATH];
    snprintf(path, sizeof path, "%s", in_folder("file"));
    assert_int_equal(files_write(path, "old", 3), STATUS_OK);
    const pid_t child = fork();
    if (child == 0) _exit(write_too_much(path));
    int result = -1;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    assert_holds(path, "old");
}

enum { CANNOT_MOUNT = 100 };

/* In a child with mounts of its own: a disk of 64 kB runs full. */
static int fill_a_disk(void)
{
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return CANNOT_MOUNT;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return CANNOT_MOUNT;
    if (mount("none", folder, "tmpfs", 0, "size=64k") != 0) return CANNOT_MOUNT;
    char path[LIMIT_PATH];
    char expected[LIMIT_PATH + 64];
    snprintf(path, sizeof path, "%s", in_folder("file"));
    snprintf(expected, sizeof expected, "%s: No space left on device", path);
    static char bytes[100000];
    if (files_write(path, "old", 3) != STATUS_OK) return 1;
    if (files_write(path, bytes, sizeof bytes) != STATUS_IO) return 2;
    if (strcmp(status_message(), expected) != 0) return 3;
    if (entries(false) != 1) return 4;
    return files_write(path, "new", 3) == STATUS_OK ? 0 : 5;
}

static void a_full_disk_is_named_and_leaves_the_old_file(void **state)
{
    (void)state;
    const pid_t child = fork();
    if (child == 0) _exit(fill_a_disk());
    int result = -1;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    if (WEXITSTATUS(result) == CANNOT_MOUNT) {
        print_message("no right to mount a small disk\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(result), 0);
}

static void a_secret_is_for_its_owner_and_never_replaced(void **state)
{
    (void)state;
    const char *path = in_folder("key");
    const mode_t before = umask(0);
    assert_int_equal(files_write_secret(path, "secret", 6), STATUS_OK);
    umask(before);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777u, 0600);
    assert_int_equal(files_write_secret(path, "other", 5), STATUS_IO);
    assert_message(path, "File exists");
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(files_read_secret(&bytes, &size, path, 100), STATUS_OK);
    assert_string_equal((char *)bytes, "secret");
    free(bytes);
}

static void a_secret_that_others_may_use_is_refused(void **state)
{
    (void)state;
    const char *path = in_folder("key");
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(files_read_secret(&bytes, &size, path, 100), STATUS_NOT_FOUND);
    assert_int_equal(files_write_secret(path, "secret", 6), STATUS_OK);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(files_read_secret(&bytes, &size, path, 100), STATUS_BAD_INPUT);
    assert_message(path, "others may use this secret (mode 0640), allowed is 0600");
    assert_int_equal(chmod(path, 0602), 0);
    assert_int_equal(files_read_secret(&bytes, &size, path, 100), STATUS_BAD_INPUT);
    assert_int_equal(chmod(path, 0400), 0);
    assert_int_equal(files_read_secret(&bytes, &size, path, 100), STATUS_OK);
    free(bytes);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, 12345), 0);
        assert_int_equal(files_read_secret(&bytes, &size, path, 100), STATUS_BAD_INPUT);
        assert_message(path, "belongs to another user (12345)");
    }
}

static void a_secret_behind_a_link_is_refused(void **state)
{
    (void)state;
    char target[LIMIT_PATH];
    snprintf(target, sizeof target, "%s", in_folder("key"));
    uint8_t *bytes = NULL;
    size_t size = 0;
    const char *path = in_folder("link");
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(files_write_secret(path, "secret", 6), STATUS_IO);
    assert_false(files_exists(target));
    assert_int_equal(files_write_secret(target, "secret", 6), STATUS_OK);
    assert_int_equal(files_read_secret(&bytes, &size, path, 100), STATUS_BAD_INPUT);
    assert_message(path, "is a link; a secret must be a plain file");
}

static void folders_are_made_with_those_above(void **state)
{
    (void)state;
    char path[LIMIT_PATH];
    snprintf(path, sizeof path, "%s", in_folder("a/b/c"));
    assert_int_equal(files_make_folder(path), STATUS_OK);
    assert_int_equal(files_make_folder(path), STATUS_OK);
    assert_int_equal(files_make_folder("/"), STATUS_OK);
    assert_true(files_exists(path));
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(in_folder("a/b")), 0);
    assert_int_equal(rmdir(in_folder("a")), 0);
    assert_int_equal(files_make_folder(in_folder("a/b/")), STATUS_OK);
    assert_int_equal(rmdir(in_folder("a/b")), 0);
    assert_int_equal(rmdir(in_folder("a")), 0);
}

static void a_file_in_the_way_of_a_folder_is_named(void **state)
{
    (void)state;
    char path[LIMIT_PATH];
    snprintf(path, sizeof path, "%s", in_folder("file"));
    assert_int_equal(files_write(path, "x", 1), STATUS_OK);
    assert_int_equal(files_make_folder(path), STATUS_IO);
    assert_message(path, "exists and is not a folder");
    assert_int_equal(files_make_folder(in_folder("file/below")), STATUS_IO);
    assert_message(path, "exists and is not a folder");
}

static void joining_puts_one_slash(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"a//", "/b", "a/b"},        {"/", "b", "/b"},
        {"", "b", "b"},    {"", "/b", "/b"},   {"/a/b", "c/d", "/a/b/c/d"},
    };
    char out[LIMIT_PATH];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(files_join(out, cases[i][0], cases[i][1]), STATUS_OK);
        assert_string_equal(out, cases[i][2]);
    }
    assert_int_equal(files_join(out, "a", "b"), STATUS_OK);
    assert_int_equal(files_join(out, out, "c"), STATUS_OK);
    assert_string_equal(out, "a/b/c");
}

static void paths_that_are_too_long_are_refused(void **state)
{
    (void)state;
    char name[LIMIT_PATH + 1];
    memset(name, 'x', LIMIT_PATH);
    name[LIMIT_PATH] = '\0';
    char out[LIMIT_PATH];
    assert_int_equal(files_write(name, "x", 1), STATUS_FULL);
    assert_int_equal(files_write_secret(name, "x", 1), STATUS_FULL);
    assert_int_equal(files_make_folder(name), STATUS_FULL);
    name[LIMIT_PATH - 2] = '\0';
    assert_int_equal(files_join(out, "a", name), STATUS_FULL);
    name[LIMIT_PATH - 3] = '\0';
    assert_int_equal(files_join(out, "a", name), STATUS_OK);
    assert_int_equal(strlen(out), LIMIT_PATH - 1);
}

static void a_file_in_pieces_is_seen_when_it_is_whole(void **state)
{
    (void)state;
    struct files_new *file = NULL;
    struct stat info;
    const char *path = in_folder("file");
    assert_int_equal(files_write(path, "old", 3), STATUS_OK);
    assert_int_equal(files_begin(&file, path, 0600), STATUS_OK);
    assert_int_equal(files_put(file, "piece", 5, 4), STATUS_OK);
    assert_int_equal(files_put(file, "one ", 4, 0), STATUS_OK);
    assert_holds(path, "old");
    assert_int_equal(files_end(&file), STATUS_OK);
    assert_null(file);
    assert_holds(path, "one piece");
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(entries(false), 1);

    assert_int_equal(files_begin(&file, path, 0600), STATUS_OK);
    assert_int_equal(files_put(file, "another", 7, 0), STATUS_OK);
    files_discard(&file);
    assert_null(file);
    files_discard(&file);
    assert_holds(path, "one piece");
    assert_int_equal(entries(false), 1);
}

static void a_folder_goes_with_all_that_is_in_it(void **state)
{
    (void)state;
    char above[LIMIT_PATH], below[LIMIT_PATH];
    assert_int_equal(files_join(above, folder, "above"), STATUS_OK);
    assert_int_equal(files_join(below, above, "middle/below"), STATUS_OK);
    assert_int_equal(files_make_folder(below), STATUS_OK);
    assert_int_equal(files_remove(above), STATUS_OK);
    assert_false(files_exists(above));
    assert_int_equal(files_remove(above), STATUS_OK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_test_folder, remove_test_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_written_file_reads_the_same),
        CASE(a_relative_path_works),
        CASE(a_file_in_pieces_is_seen_when_it_is_whole),
        CASE(reading_names_what_is_missing_or_too_large),
        CASE(reading_does_not_wait_for_a_pipe),
        CASE(writing_names_a_folder_that_is_missing),
        CASE(a_failed_write_leaves_the_old_file_and_nothing_else),
        CASE(a_full_disk_is_named_and_leaves_the_old_file),
        CASE(a_secret_is_for_its_owner_and_never_replaced),
        CASE(a_secret_that_others_may_use_is_refused),
        CASE(a_secret_behind_a_link_is_refused),
        CASE(folders_are_made_with_those_above),
        CASE(a_file_in_the_way_of_a_folder_is_named),
        CASE(a_folder_goes_with_all_that_is_in_it),
        CASE(joining_puts_one_slash),
        CASE(paths_that_are_too_long_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
