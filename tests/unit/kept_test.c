// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "kept.h"

#include "base/files.h"
#include "base/limits.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[LIMIT_PATH], path[LIMIT_PATH];
static uint8_t integers[] = {1, 2, 3, 250};

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s/kept-test-%d", TEST_BINARY_DIR, (int)getpid());
    assert_int_equal(files_make_folder(folder), STATUS_OK);
    assert_int_equal(files_join(path, folder, "update"), STATUS_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static struct kept example(uint32_t round)
{
    return (struct kept){.round = round,
                         .model = {9, 8},
                         .weight = 77,
                         .metrics = {.loss = 1.5, .choices = 2, .k_count = {3, 4}},
                         .bytes = integers,
                         .size = sizeof integers};
}

static void what_was_kept_is_there_again(void **state)
{
    (void)state;
    struct kept found;
    struct stat facts;
    uint8_t *copy = NULL;
    unlink(path);
    assert_int_equal(kept_open(&found, folder), STATUS_OK);
    assert_int_equal(found.round, 0);
    for (uint32_t round = 3; round < 5; round++) {
        const struct kept kept = example(round);
        assert_int_equal(kept_write(&kept, folder), STATUS_OK);
        assert_int_equal(kept_open(&found, folder), STATUS_OK);
        assert_int_equal(found.round, round);
        assert_memory_equal(found.model, kept.model, sizeof kept.model);
        assert_int_equal(found.weight, 77);
        assert_memory_equal(&found.metrics, &kept.metrics, sizeof kept.metrics);
        assert_int_equal(found.size, sizeof integers);
        assert_memory_equal(found.bytes, integers, sizeof integers);
        assert_int_equal(kept_copy(&copy, &found), STATUS_OK);
        assert_memory_equal(copy, integers, sizeof integers);
        free(copy);
        kept_close(&found);
    }
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
}

static void a_damaged_file_counts_as_none(void **state)
{
    (void)state;
    const struct kept kept = example(3);
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(kept_write(&kept, folder), STATUS_OK);
    assert_int_equal(files_read(&bytes, &size, path, 1 << 20), STATUS_OK);
    for (size_t at = 0; at <= size; at += 1 + size / 50) {
        struct kept found;
        const size_t length = at == 0 ? size - 1 : at == size ? size + 1 : size;
        if (at > 0 && at < size) bytes[at] ^= 16;
        unlink(path);
        assert_int_equal(files_write_secret(path, bytes, length), STATUS_OK);
        if (at > 0 && at < size) bytes[at] ^= 16;
        assert_int_equal(kept_open(&found, folder), STATUS_OK);
        assert_int_equal(found.round, 0);
        assert_null(found.bytes);
    }
    free(bytes);
}

static void a_folder_that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    const struct kept kept = example(3);
    assert_int_not_equal(kept_write(&kept, "/proc/self/nowhere"), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_kept_is_there_again),
        cmocka_unit_test(a_damaged_file_counts_as_none),
        cmocka_unit_test(a_folder_that_cannot_be_written_is_an_error),
    };
    log_start("kept", LOG_ERROR);
    return cmocka_run_group_tests(tests, setup, teardown);
}
