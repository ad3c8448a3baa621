// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "unit/settings_fixture.h"

static void fields_start_with_their_defaults(void **state)
{
    (void)state;
    struct target target;
    assert_int_equal(read_text(&target, ""), STATUS_OK);
    assert_int_equal(target.count, 3);
    assert_false(target.on);
    assert_true(target.part.rate > 0.49 && target.part.rate < 0.51);
    assert_int_equal(target.part.color, RED);
    assert_int_equal(target.part.sizes.count, 1);
    assert_int_equal(target.part.sizes.values[0], 7);
    assert_string_equal(target.part.deep.path, "");
    assert_int_equal(target.part.deep.seed, 1);
    assert_int_equal(target.names.count, 1);
    assert_string_equal(target.names.values[0], "a.*");
}

static void reads_every_kind_of_value(void **state)
{
    (void)state;
    struct target target;
    assert_int_equal(read_text(&target, "names: ['!x', \"*\"] # patterns\n"
                                        "part:\n"
                                        "  deep: {path: /a b/c, seed: 18446744073709551615}\n"
                                        "  sizes:\n"
                                        "    - 0\n"
                                        "    - 9\n"
                                        "  color: green\n"
                                        "  rate: 2.5e-1\n"
                                        "on: true\n"
                                        "count: 10\n"),
                     STATUS_OK);
    assert_int_equal(target.count, 10);
    assert_true(target.on);
    assert_true(target.part.rate > 0.2499 && target.part.rate < 0.2501);
    assert_int_equal(target.part.color, GREEN);
    assert_int_equal(target.part.sizes.count, 2);
    assert_int_equal(target.part.sizes.values[1], 9);
    assert_string_equal(target.part.deep.path, "/a b/c");
    assert_true(target.part.deep.seed == UINT64_MAX);
    assert_int_equal(target.names.count, 2);
    assert_string_equal(target.names.values[0], "!x");
    assert_string_equal(target.names.values[1], "*");
}

static void empty_files_and_sections_change_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",        "\n\n",       "# only a comment\n",         "---\n",
        "part:\n", "part: {}\n", "part:\n  deep:\ncount: 3\n",
    };
    struct target defaults;
    assert_int_equal(read_text(&defaults, ""), STATUS_OK);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct target target;
        assert_int_equal(read_text(&target, texts[i]), STATUS_OK);
        assert_memory_equal(&target, &defaults, sizeof target);
    }
}

static void an_empty_list_replaces_the_default(void **state)
{
    (void)state;
    struct target target;
    assert_int_equal(read_text(&target, "names: []\npart: {sizes: []}\n"), STATUS_OK);
    assert_int_equal(target.names.count, 0);
    assert_int_equal(target.part.sizes.count, 0);
}

static void gives_the_line_of_each_key(void **state)
{
    (void)state;
    static const char text[] = "on: true\n\npart:\n  rate: 1\n  deep:\n    seed: 2\n";
    struct target target = {0};
    int lines[SETTINGS_ROWS_MAX];
    assert_int_equal(
        settings_read(&table, &target, "a.yaml", (const uint8_t *)text, sizeof text - 1, lines),
        STATUS_OK);
    static const int expected[] = {0, 1, 4, 0, 0, 0, 6, 0};
    assert_memory_equal(lines, expected, sizeof expected);
}

static void refuses_values_of_the_wrong_type(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"count: three\n", "a.yaml:1: count: got \"three\", allowed: a whole number from 1 to 10"},
        {"count: 1.5\n", "a.yaml:1: count: got \"1.5\", allowed: a whole number from 1 to 10"},
        {"count: \"3\"\n",
         "a.yaml:1: count: got \"3\" in quotes, allowed: a whole number from 1 to 10"},
        {"count:\n", "a.yaml:1: count: got nothing, allowed: a whole number from 1 to 10"},
        {"count: [3]\n", "a.yaml:1: count: got a list, allowed: a whole number from 1 to 10"},
        {"count: {a: 3}\n", "a.yaml:1: count: got a section, allowed: a whole number from 1 to 10"},
        {"on: yes\n", "a.yaml:1: on: got \"yes\", allowed: true or false"},
        {"on: 1\n", "a.yaml:1: on: got \"1\", allowed: true or false"},
        {"on: True\n", "a.yaml:1: on: got \"True\", allowed: true or false"},
        {"part:\n  rate: much\n",
         "a.yaml:2: part.rate: got \"much\", allowed: a number from 0 to 1"},
        {"part: 3\n", "a.yaml:1: part: got a value, allowed: a section of keys"},
        {"part: [3]\n", "a.yaml:1: part: got a list, allowed: a section of keys"},
        {"part: \"\"\n", "a.yaml:1: part: got a value, allowed: a section of keys"},
        {"part: {sizes: 3}\n",
         "a.yaml:1: part.sizes: got \"3\", allowed: a list of at most 3 whole "
         "numbers from 0 to 9"},
        {"part: {sizes: {a: 3}}\n",
         "a.yaml:1: part.sizes: got a section, allowed: a list of at most "
         "3 whole numbers from 0 to 9"},
        {"part:\n  sizes:\n    - 1\n    - [2]\n", "a.yaml:4: part.sizes: got a list or section as "
                                                  "an entry, allowed: a list of at most 3 whole "
                                                  "numbers from 0 to 9"},
        {"part: {sizes: [1, x]}\n", "a.yaml:1: part.sizes: got \"x\", allowed: a list of at most 3 "
                                    "whole numbers from 0 to 9"},
        {"[1, 2]\n", "a.yaml:1: got a list, allowed: a section of keys"},
        {"count\n", "a.yaml:1: got a value, allowed: a section of keys"},
        {"? [a]\n: 1\n", "a.yaml:1: got a list or section as a key, allowed: a name"},
    };
    ASSERT_REFUSED(refusals);
}

static void refuses_keys_given_twice(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"count: 1\non: true\ncount: 1\n",
         "a.yaml:3: count: duplicate key, allowed once, and line 1 has it"},
        {"part:\n  rate: 1\ncount: 1\npart:\n  color: red\n",
         "a.yaml:4: part: duplicate key, allowed once, and line 1 has it"},
        {"part:\n  deep:\n    seed: 1\n  deep:\n    path: a\n",
         "a.yaml:4: part.deep: duplicate key, allowed once, and line 2 has it"},
    };
    ASSERT_REFUSED(refusals);
}

static void refuses_malformed_yaml_with_its_line(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"count: 1\n\ton: true\n",
         "a.yaml:2: malformed YAML: found a tab character that violates indentation"},
        {"count: 1\nnames: [a\n", "a.yaml:3: malformed YAML: did not find expected ',' or ']'"},
        {"on: true\ncount: 1: 2\n",
         "a.yaml:2: malformed YAML: mapping values are not allowed in this "
         "context"},
        {"count: \"1\n", "a.yaml:2: malformed YAML: found unexpected end of stream"},
        {"on: true\ncount: \x01\n", "a.yaml:2: malformed YAML: control characters are not allowed"},
        {"on: true\n\ncount: \xff\n", "a.yaml:3: malformed YAML: invalid leading UTF-8 octet"},
    };
    ASSERT_REFUSED(refusals);
}

static void refuses_what_would_say_something_elsewhere(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"count: &c 3\n",
         "a.yaml:1: count: anchors (&name) are not allowed; quote a text that begins so"},
        {"part: &p\n  rate: 1\n",
         "a.yaml:1: part: anchors (&name) are not allowed; quote a text that begins so"},
        {"part: {sizes: &s [1]}\n",
         "a.yaml:1: part.sizes: anchors (&name) are not allowed; quote a text that begins so"},
        {"on: true\ncount: *c\n",
         "a.yaml:2: count: aliases (*name) are not allowed; write the value "
         "itself, or quote a text that begins so"},
        {"names: [*]\n", "a.yaml:1: malformed YAML: did not find expected alphabetic or numeric "
                         "character"},
        {"<<: *c\n", "a.yaml:1: <<: unknown key, allowed: count, on, part, names"},
        {"count: !!int 3\n",
         "a.yaml:1: count: tags (!name) are not allowed; quote a text that begins so"},
        {"names:\n  - !x\n",
         "a.yaml:2: names: tags (!name) are not allowed; quote a text that begins so"},
        {"count: 1\n---\ncount: 2\n", "a.yaml:2: a second document begins, allowed: one"},
    };
    ASSERT_REFUSED(refusals);
}

static void an_assignment_is_taken_as_it_stands(void **state)
{
    (void)state;
    struct target target = {0};
    settings_defaults(&table, &target);
    assert_int_equal(settings_set(&table, &target, "count=9"), STATUS_OK);
    assert_int_equal(settings_set(&table, &target, "part.deep.path=/a: b #=*"), STATUS_OK);
    assert_int_equal(settings_set(&table, &target, "part.sizes=[ 1,2 , 3]"), STATUS_OK);
    assert_int_equal(settings_set(&table, &target, "names=[!a.*, \"b c\"]"), STATUS_OK);
    assert_int_equal(target.count, 9);
    assert_string_equal(target.part.deep.path, "/a: b #=*");
    assert_int_equal(target.part.sizes.count, 3);
    assert_int_equal(target.part.sizes.values[2], 3);
    assert_int_equal(target.names.count, 2);
    assert_string_equal(target.names.values[0], "!a.*");
    assert_string_equal(target.names.values[1], "b c");
    assert_int_equal(settings_set(&table, &target, "names=[ ]"), STATUS_OK);
    assert_int_equal(target.names.count, 0);
    assert_int_equal(settings_set(&table, &target, "part.deep.path="), STATUS_OK);
    assert_string_equal(target.part.deep.path, "");
}

static void a_wrong_assignment_names_its_key(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"count=0", "--set: count: \"0\" is out of range, allowed: a whole number from 1 to 10"},
        {"count=", "--set: count: got nothing, allowed: a whole number from 1 to 10"},
        {"count = 3", "--set: count : unknown key, did you mean count?"},
        {"count", "--set: count: no value, write KEY=VALUE, allowed: a whole number from 1 to 10"},
        {"part.colour=red", "--set: part.colour: unknown key, did you mean part.color?"},
        {"part=3", "--set: part: got a value, allowed: a section of keys"},
        {"part.sizes=1", "--set: part.sizes: got \"1\", allowed: a list of at most 3 whole numbers "
                         "from 0 to 9"},
        {"part.sizes=[1,]", "--set: part.sizes: got nothing, allowed: a list of at most 3 whole "
                            "numbers from 0 to 9"},
        {"part.sizes=[1,2,3,4]",
         "--set: part.sizes: too many entries, allowed: a list of at most 3 "
         "whole numbers from 0 to 9"},
        {"", "--set: unknown key, allowed: count, on, part, names"},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct target target = {0};
        settings_defaults(&table, &target);
        assert_int_equal(settings_set(&table, &target, refusals[i].text), STATUS_BAD_CONFIG);
        assert_string_equal(status_message(), refusals[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_start_with_their_defaults),
        cmocka_unit_test(reads_every_kind_of_value),
        cmocka_unit_test(empty_files_and_sections_change_nothing),
        cmocka_unit_test(an_empty_list_replaces_the_default),
        cmocka_unit_test(gives_the_line_of_each_key),
        cmocka_unit_test(refuses_values_of_the_wrong_type),
        cmocka_unit_test(refuses_keys_given_twice),
        cmocka_unit_test(refuses_malformed_yaml_with_its_line),
        cmocka_unit_test(refuses_what_would_say_something_elsewhere),
        cmocka_unit_test(an_assignment_is_taken_as_it_stands),
        cmocka_unit_test(a_wrong_assignment_names_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
