// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "model/model.h"
#include "model/tensor_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/fedveil-tensors-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path, sizeof path, "%s/file", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); // fails when something else is left
}

static const struct tensor_spec two[] = {{"wide", TENSOR_I64, 1, {2}},
                                         {"flat", TENSOR_F32, 2, {2, 3}}};

static void numbers_come_in_any_order(void **state)
{
    (void)state;
    struct tensor_file *file = NULL;
    const float flat[] = {1, 2, 3, 4, 5, 6};
    const int64_t wide[] = {-1, (int64_t)1 << 40};
    const struct model_note notes[] = {{"key", "value"}, {NULL, NULL}};
    assert_int_equal(tensor_file_create(&file, path, 0600, two, 2, notes), STATUS_OK);
    assert_int_equal(tensor_file_put(file, 1, flat + 2, 2, 4), STATUS_OK);
    assert_int_equal(tensor_file_put(file, 0, wide + 1, 1, 1), STATUS_OK);
    assert_int_equal(tensor_file_put(file, 1, flat, 0, 2), STATUS_OK);
    assert_int_equal(tensor_file_put(file, 0, wide, 0, 1), STATUS_OK);
    assert_false(files_exists(path)); // not before it is whole
    assert_int_equal(tensor_file_end(&file), STATUS_OK);
    assert_null(file);

    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(files_read(&bytes, &size, path, 4096), STATUS_OK);
    const size_t data = 8 + bytes[0] + 256u * bytes[1];
    assert_int_equal(data % 8, 0);
    assert_int_equal(size, data + sizeof wide + sizeof flat);
    assert_memory_equal(bytes + data, wide, sizeof wide);
    assert_memory_equal(bytes + data + sizeof wide, flat, sizeof flat);
    bytes[data] = '\0';
    const char *const parts[] = {
        "\"__metadata__\":{\"key\":\"value\"}",
        "\"wide\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[0,16]}",
        "\"flat\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[16,40]}",
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strstr((char *)bytes + 8, parts[i]) == NULL) {
            fail_msg("no %s in %s", parts[i], (char *)bytes + 8);
        }
    }
    free(bytes);
    unlink(path);
}

static void a_file_that_is_given_up_leaves_nothing(void **state)
{
    (void)state;
    struct tensor_file *file = NULL;
    const int64_t wide[] = {1, 2};
    assert_int_equal(files_write(path, "old", 3), STATUS_OK);
    assert_int_equal(tensor_file_create(&file, path, 0600, two, 2, NULL), STATUS_OK);
    assert_int_equal(tensor_file_put(file, 0, wide, 0, 2), STATUS_OK);
    tensor_file_destroy(&file);
    assert_null(file);
    tensor_file_destroy(&file); // twice
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, 3);
    unlink(path);
}

static void sizes_are_checked_before_they_are_multiplied(void **state)
{
    (void)state;
    struct tensor_file *file = NULL;
    const struct tensor_spec wraps = {
        "wraps", TENSOR_F32, 4, {(size_t)1 << 31, (size_t)1 << 31, 1, 4}};
    assert_int_equal(tensor_file_create(&file, path, 0600, &wraps, 1, NULL), STATUS_FULL);
    assert_non_null(strstr(status_message(), "tensor wraps: more than the 4398046511104 bytes"));
    const struct tensor_spec both[] = {{"a", TENSOR_F32, 1, {(size_t)1 << 40}},
                                       {"b", TENSOR_F32, 1, {1}}};
    assert_true(tensor_file_bytes(&both[0]) == LIMIT_FILE_TENSORS);
    assert_int_equal(tensor_file_create(&file, path, 0600, both, 2, NULL), STATUS_FULL);
    assert_non_null(strstr(status_message(), "tensor b"));
    assert_null(file);
    assert_false(files_exists(path));
}

static void a_folder_that_is_missing_is_named(void **state)
{
    (void)state;
    struct tensor_file *file = NULL;
    assert_int_equal(tensor_file_create(&file, "/nowhere/at/all", 0600, two, 2, NULL),
                     STATUS_NOT_FOUND);
    assert_string_equal(status_message(), "/nowhere/at/all: No such file or directory");
    assert_null(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_in_any_order),
        cmocka_unit_test(a_file_that_is_given_up_leaves_nothing),
        cmocka_unit_test(sizes_are_checked_before_they_are_multiplied),
        cmocka_unit_test(a_folder_that_is_missing_is_named),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
