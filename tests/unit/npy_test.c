// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "train/npy.h"

#include "base/files.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The head that numpy 2.4.6 writes for such an array (numpy.save), to the last byte. */
static void the_file_is_the_one_that_numpy_writes(void **state)
{
    (void)state;
    static const char head[] =
        "\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
        "                                                          \n";
    static const float values[] = {0, 1.5f, -2, 3, 1e-30f, 5};
    char path[] = "/tmp/fedveil-npy-XXXXXX";
    const int made = mkstemp(path);
    assert_true(made >= 0);
    close(made);
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(npy_write(path, values, 2, 3), STATUS_OK);
    assert_int_equal(files_read(&bytes, &size, path, 1 << 16), STATUS_OK);
    assert_int_equal(sizeof head - 1, 128);
    assert_int_equal(size, 128 + sizeof values);
    assert_memory_equal(bytes, head, 128);
    assert_memory_equal(bytes + 128, values, sizeof values);
    free(bytes);
    unlink(path);
}

static void a_place_that_cannot_be_written_is_named(void **state)
{
    (void)state;
    const float value = 1;
    assert_int_equal(npy_write("/no/such/folder/a.npy", &value, 1, 1), STATUS_NOT_FOUND);
    assert_non_null(strstr(status_message(), "/no/such/folder/a.npy"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_is_the_one_that_numpy_writes),
        cmocka_unit_test(a_place_that_cannot_be_written_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
