// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/settings_table.h"
#include "unit/settings_fixture.h"

static void names_unknown_keys_and_the_nearest_one(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"on: true\ncuont: 1\n", "a.yaml:2: cuont: unknown key, did you mean count?"},
        {"part:\n  ratio: 1\n", "a.yaml:2: part.ratio: unknown key, did you mean part.rate?"},
        {"rate: 1\n", "a.yaml:1: rate: unknown key, did you mean part.rate?"},
        {"part:\n  wavelength: 1\n",
         "a.yaml:2: part.wavelength: unknown key, allowed: rate, color, sizes, deep"},
        {"prat:\n  rate: 1\n", "a.yaml:1: prat: unknown key, did you mean part?"},
        {"deep:\n  seed: 1\n", "a.yaml:1: deep: unknown key, did you mean part.deep?"},
        {"wavelength: 1\n", "a.yaml:1: wavelength: unknown key, allowed: count, on, part, names"},
        {"\"a\\nb\": 1\n", "a.yaml:1: a?b: unknown key, allowed: count, on, part, names"},
        {"\"count\\0\": 1\n", "a.yaml:1: count?: unknown key, did you mean count?"},
        {"\"\": 1\n", "a.yaml:1: unknown key, allowed: count, on, part, names"},
    };
    ASSERT_REFUSED(refusals);
}

static void finds_keys_and_sections(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        size_t row, parts;
    } cases[] = {
        {"count", 0, 0}, {"part", 2, 1}, {"part.rate", 2, 0}, {"part.deep", 5, 2}, {"names", 7, 0},
    };
    struct settings_found found;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(settings_table_find(&found, &table, cases[i].key));
        assert_int_equal(found.row, cases[i].row);
        assert_int_equal(found.parts, cases[i].parts);
    }
    static const char *const unknown[] = {"", "coun", "counts", "part.", ".count", "deep", "par"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        assert_false(settings_table_find(&found, &table, unknown[i]));
    }
}

static void says_what_each_kind_allows(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "a whole number from 1 to 10",
        "true or false",
        "a number from 0 to 1",
        "red or green",
        "a list of at most 3 whole numbers from 0 to 9",
        "a path of at most 15 bytes",
        "a whole number from 0 to 2^64 - 1",
        "a list of at most 2 texts of at most 63 bytes",
    };
    for (size_t i = 0; i < table.count; i++) {
        char note[SETTINGS_NOTE_MAX];
        settings_table_allowed(&table.rows[i], note);
        assert_string_equal(note, expected[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_keys_and_sections),
        cmocka_unit_test(says_what_each_kind_allows),
        cmocka_unit_test(names_unknown_keys_and_the_nearest_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
