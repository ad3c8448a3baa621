// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "version.h"

#include <string.h>

static void it_is_the_version_and_a_commit_when_one_is_known(void **state)
{
    (void)state;
    const char *text = version_text();
    const size_t length = strlen(FEDVEIL_VERSION);
    assert_memory_equal(text, FEDVEIL_VERSION, length);
    if (text[length] == '\0') return;
    const char *commit = text + length;
    assert_memory_equal(commit, " (", 2);
    const size_t word = strcspn(commit + 2, " ,\"\n()"); // one field of a table
    assert_true(word > 0);
    assert_string_equal(commit + 2 + word, ")");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_version_and_a_commit_when_one_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
