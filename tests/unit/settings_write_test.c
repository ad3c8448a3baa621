// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "unit/settings_fixture.h"

#include <stdlib.h>

static void assert_writes(enum status status, char *text, const char *expected)
{
    assert_int_equal(status, STATUS_OK);
    assert_string_equal(text, expected);
    free(text);
}

static void writes_every_key_in_its_section(void **state)
{
    (void)state;
    struct target target;
    char *text = NULL;
    assert_int_equal(read_text(&target, "names: ['!x', 'a\"b\\c']\npart: {sizes: [1, 2], deep: "
                                        "{path: /a b}}\n"),
                     STATUS_OK);
    const enum status status = settings_write(&table, &target, &text);
    assert_writes(status, text,
                  "count: 3\n"
                  "on: false\n"
                  "part:\n"
                  "  rate: 0.5\n"
                  "  color: red\n"
                  "  sizes: [1, 2]\n"
                  "  deep:\n"
                  "    path: \"/a b\"\n"
                  "    seed: 1\n"
                  "names: [\"!x\", \"a\\\"b\\\\c\"]\n");
}

static void what_is_written_reads_the_same(void **state)
{
    (void)state;
    struct target target;
    char *text = NULL;
    assert_int_equal(read_text(&target, "names: ['!x', 'a\"b\\c: #']\npart:\n  rate: "
                                        "0.1234567890123456789\n  deep: {path: \"日本 '*&\"}\n"),
                     STATUS_OK);
    assert_int_equal(settings_write(&table, &target, &text), STATUS_OK);
    struct target again;
    assert_int_equal(read_text(&again, text), STATUS_OK);
    assert_memory_equal(&again, &target, sizeof target);
    free(text);
}

static void the_canonical_text_holds_one_section(void **state)
{
    (void)state;
    struct target target;
    char *text = NULL;
    assert_int_equal(read_text(&target, "part: {deep: {seed: 5}, color: green}\n"), STATUS_OK);
    enum status status = settings_write_canonical(&table, &target, "part", &text);
    assert_writes(status, text,
                  "part.rate=0.5\npart.color=green\npart.sizes=[7]\npart.deep.path=\"\"\n"
                  "part.deep.seed=5\n");
    status = settings_write_canonical(&table, &target, "par", &text);
    assert_writes(status, text, "");
}

static void the_reference_explains_each_key(void **state)
{
    (void)state;
    static const struct settings_row long_rows[] = {
        {"part.deep.seed", SETTINGS_UINT64, FIELD(part.deep.seed), 0, "1", 0, 0, NULL,
         "A sentence that is by far too long for one line, so that it has to be broken at the last "
         "blank that fits."},
    };
    static const struct settings_table long_table = {long_rows, 1};
    struct target target = {.part.deep.seed = 4};
    char *text = NULL;
    const enum status status = settings_write_reference(&long_table, &target, "Title.", &text);
    assert_writes(
        status, text,
        "# Title.\n"
        "\n"
        "part:\n"
        "  deep:\n"
        "    # A sentence that is by far too long for one line, so that it has to be broken "
        "at the last\n"
        "    # blank that fits.\n"
        "    # Allowed: a whole number from 0 to 2^64 - 1.\n"
        "    seed: 4\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_every_key_in_its_section),
        cmocka_unit_test(what_is_written_reads_the_same),
        cmocka_unit_test(the_canonical_text_holds_one_section),
        cmocka_unit_test(the_reference_explains_each_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
