// SPDX-License-Identifier: Apache-2.0
#define _XOPEN_SOURCE 700 // nftw
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "base/limits.h"
#include "base/memory.h"

#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char root[LIMIT_PATH];

static int make_root(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/fedveil-memory-XXXXXX");
    return mkdtemp(root) == NULL;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int remove_root(void **state)
{
    (void)state;
    return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* A file of a group under the root. */
static void put(const char *group, const char *file, const char *text)
{
    char folder[LIMIT_PATH], path[LIMIT_PATH];
    assert_int_equal(files_join(folder, root, group), STATUS_OK);
    assert_int_equal(files_make_folder(folder), STATUS_OK);
    assert_int_equal(files_join(path, folder, file), STATUS_OK);
    assert_int_equal(files_write(path, text, strlen(text)), STATUS_OK);
}

static void the_machine_tells_what_is_available(void **state)
{
    (void)state;
    assert_int_equal(memory_of_machine("MemTotal:       24684084 kB\n"
                                       "MemFree:        22327656 kB\n"
                                       "MemAvailable:   24142272 kB\n"
                                       "Buffers:           25016 kB\n"),
                     (size_t)24142272 * 1024);
    assert_int_equal(memory_of_machine("MemAvailable: 0 kB\n"), 0);
}

static void a_machine_that_tells_nothing_is_unknown(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "MemTotal: 1 kB\n",
                                        "MemAvailable",
                                        "MemAvailable:",
                                        "MemAvailable: much\n",
                                        "MemAvailable: -5 kB\n",
                                        "MemAvailable: 99999999999999999999999999 kB\n",
                                        "OtherMemAvailable: 7 kB\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(memory_of_machine(texts[i]), SIZE_MAX);
    }
}

static void a_group_of_the_second_version_allows_its_limit_less_what_is_used(void **state)
{
    (void)state;
    put("user/job", "memory.max", "1000000\n");
    put("user/job", "memory.current", "700000\n");
    assert_int_equal(memory_of_groups(root, "0::/user/job\n"), 300000);
    // What is cached of files is given back when it is wanted.
    put("user/job", "memory.stat", "anon 1\nfile 5\ninactive_file 100000\nactive_file 50000\n");
    assert_int_equal(memory_of_groups(root, "0::/user/job\n"), 450000);
    put("user/job", "memory.current", "2000000\n");
    assert_int_equal(memory_of_groups(root, "0::/user/job\n"), 0);
    put("user/job", "memory.max", "max\n");
    assert_int_equal(memory_of_groups(root, "0::/user/job\n"), SIZE_MAX);
}

static void the_tightest_group_above_decides(void **state)
{
    (void)state;
    put("user/job", "memory.max", "max\n");
    put("user/job", "memory.current", "10\n");
    put("user", "memory.max", "5000\n");
    put("user", "memory.current", "1000\n");
    put("user/job/inner", "memory.max", "9000\n");
    put("user/job/inner", "memory.current", "10\n");
    assert_int_equal(memory_of_groups(root, "0::/user/job/inner\n"), 4000);
    // A container sees another path than there is, but still what is above.
    put("", "memory.max", "800\n");
    put("", "memory.current", "100\n");
    assert_int_equal(memory_of_groups(root, "0::/nowhere/else\n"), 700);
    assert_int_equal(memory_of_groups(root, "0::/\n"), 700);
}

static void a_group_of_the_first_version_is_found_by_its_controller(void **state)
{
    (void)state;
    put("memory/job", "memory.limit_in_bytes", "9000\n");
    put("memory/job", "memory.usage_in_bytes", "6000\n");
    put("memory/job", "memory.stat",
        "inactive_file 1\ntotal_inactive_file 500\ntotal_active_file 25\n");
    put("memory", "memory.limit_in_bytes", "9223372036854771712\n");
    put("memory", "memory.usage_in_bytes", "8000\n");
    assert_int_equal(memory_of_groups(root, "5:cpu:/x\n4:memory:/job\n0::/\n"), 3525);
    assert_int_equal(memory_of_groups(root, "5:cpu,memory,pids:/job"), 3525);
    assert_int_equal(memory_of_groups(root, "5:cpu,hugememory:/job\n"), SIZE_MAX);
    assert_int_equal(memory_of_groups(root, "5:memory2:/job\n"), SIZE_MAX);
}

static void groups_that_tell_nothing_are_unknown(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n", "0::", "0::/gone\n", "memory", "4:memory\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(memory_of_groups(root, texts[i]), SIZE_MAX);
    }
    char *line = malloc(3 * LIMIT_PATH);
    assert_non_null(line);
    memset(line, 'a', 3 * LIMIT_PATH);
    memcpy(line, "0::/", 4);
    line[3 * LIMIT_PATH - 1] = '\0';
    assert_int_equal(memory_of_groups(root, line), SIZE_MAX);
    free(line);
}

static void this_machine_has_some(void **state)
{
    (void)state;
    assert_true(memory_available() > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_machine_tells_what_is_available),
        cmocka_unit_test(a_machine_that_tells_nothing_is_unknown),
        cmocka_unit_test_setup_teardown(
            a_group_of_the_second_version_allows_its_limit_less_what_is_used, make_root,
            remove_root),
        cmocka_unit_test_setup_teardown(the_tightest_group_above_decides, make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_group_of_the_first_version_is_found_by_its_controller,
                                        make_root, remove_root),
        cmocka_unit_test_setup_teardown(groups_that_tell_nothing_are_unknown, make_root,
                                        remove_root),
        cmocka_unit_test(this_machine_has_some),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
