// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "reference/numbers.h"
#include "train/supply_cache.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COUNT = 100000 };

static char folder[] = "/tmp/fedveil-supply-cache-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder); // which is empty
}

static void assert_folder_is_empty(void)
{
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (const struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        if (entry->d_name[0] != '.') fail_msg("%s is left", entry->d_name);
    }
    closedir(entries);
}

static void what_was_written_is_read_back(void **state)
{
    (void)state;
    float *numbers = numbers_random(COUNT, 1);
    struct supply_cache cache;
    assert_int_equal(supply_cache_create(&cache, folder, COUNT * sizeof(float)), STATUS_OK);
    assert_int_equal(supply_cache_write(&cache, numbers + 700, COUNT - 700, 700), STATUS_OK);
    assert_int_equal(supply_cache_write(&cache, numbers, 700, 0), STATUS_OK);
    assert_int_equal(supply_cache_map(&cache), STATUS_OK);
    for (int i = 0; i < 2; i++) {
        assert_memory_equal(cache.numbers, numbers, COUNT * sizeof(float));
        supply_cache_release(&cache, 5, COUNT - 5); // costs time, no number
        supply_cache_fetch(&cache, 5, COUNT - 5);
    }
    supply_cache_destroy(&cache);
    supply_cache_destroy(&cache); // twice is safe
    free(numbers);
}

static void the_file_is_its_owners_and_has_no_name(void **state)
{
    (void)state;
    struct supply_cache cache;
    struct stat info;
    const mode_t mask = umask(0);
    assert_int_equal(supply_cache_create(&cache, folder, 4096), STATUS_OK);
    umask(mask);
    assert_int_equal(fstat(cache.file, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(info.st_nlink, 0);
    assert_folder_is_empty();
    supply_cache_destroy(&cache);
}

static void a_folder_that_is_none_is_named(void **state)
{
    (void)state;
    struct supply_cache cache;
    assert_int_equal(supply_cache_create(&cache, "/nowhere/at/all", 4096), STATUS_IO);
    assert_non_null(strstr(status_message(), "/nowhere/at/all/bands-"));
    assert_non_null(strstr(status_message(), "data.cache"));
}

/* A limit on the size of files stands for a disk that is too small. */
static void a_file_without_room_is_named_with_the_bytes_it_needs(void **state)
{
    (void)state;
    struct rlimit before, small;
    struct supply_cache cache;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 65536;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const enum status status = supply_cache_create(&cache, folder, 1234567);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, STATUS_IO);
    assert_non_null(strstr(status_message(), folder));
    assert_non_null(strstr(status_message(), "1234567 bytes"));
    assert_folder_is_empty();
    assert_int_equal(supply_cache_create(&cache, folder, SIZE_MAX), STATUS_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read_back),
        cmocka_unit_test(the_file_is_its_owners_and_has_no_name),
        cmocka_unit_test(a_folder_that_is_none_is_named),
        cmocka_unit_test(a_file_without_room_is_named_with_the_bytes_it_needs),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
