// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/settings_value.h"
#include "unit/settings_fixture.h"

#include <math.h>
#include <stdlib.h>

static void refuses_values_out_of_their_range(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"count: 0\n",
         "a.yaml:1: count: \"0\" is out of range, allowed: a whole number from 1 to 10"},
        {"count: 11\n",
         "a.yaml:1: count: \"11\" is out of range, allowed: a whole number from 1 to 10"},
        {"count: 99999999999999999999\n",
         "a.yaml:1: count: \"99999999999999999999\" is out of range, "
         "allowed: a whole number from 1 to 10"},
        {"part: {rate: -1e-9}\n",
         "a.yaml:1: part.rate: \"-1e-9\" is out of range, allowed: a number from 0 to 1"},
        {"part: {rate: 1e999}\n",
         "a.yaml:1: part.rate: \"1e999\" is out of range, allowed: a number from 0 to 1"},
        {"part: {deep: {seed: 18446744073709551616}}\n",
         "a.yaml:1: part.deep.seed: \"18446744073709551616\" is out of range, allowed: a whole "
         "number "
         "from 0 to 2^64 - 1"},
        {"part: {deep: {seed: -1}}\n",
         "a.yaml:1: part.deep.seed: \"-1\" is out of range, allowed: a "
         "whole number from 0 to 2^64 - 1"},
        {"part: {sizes: [1, 10]}\n",
         "a.yaml:1: part.sizes: \"10\" is out of range, allowed: a list of "
         "at most 3 whole numbers from 0 to 9"},
        {"part: {color: blue}\n", "a.yaml:1: part.color: got \"blue\", allowed: red or green"},
        {"part: {color: }\n", "a.yaml:1: part.color: got nothing, allowed: red or green"},
        {"part: {deep: {path: 0123456789abcdef}}\n",
         "a.yaml:1: part.deep.path: \"0123456789abcdef\" is too long, allowed: a path of at most "
         "15 "
         "bytes"},
    };
    ASSERT_REFUSED(refusals);
}

static void refuses_numbers_that_are_not_finite(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"part: {rate: .nan}\n",
         "a.yaml:1: part.rate: got \".nan\", allowed: a number from 0 to 1"},
        {"part: {rate: nan}\n", "a.yaml:1: part.rate: got \"nan\", allowed: a number from 0 to 1"},
        {"part: {rate: .inf}\n",
         "a.yaml:1: part.rate: got \".inf\", allowed: a number from 0 to 1"},
        {"part: {rate: -inf}\n",
         "a.yaml:1: part.rate: got \"-inf\", allowed: a number from 0 to 1"},
    };
    ASSERT_REFUSED(refusals);
}

static void refuses_lists_that_are_too_long(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"part:\n  sizes:\n    - 1\n    - 2\n    - 3\n    - 4\n",
         "a.yaml:6: part.sizes: too many entries, allowed: a list of at most 3 whole numbers from "
         "0 "
         "to 9"},
        {"names: [a, b, c]\n", "a.yaml:1: names: too many entries, allowed: a list of at most 2 "
                               "texts of at most 63 bytes"},
    };
    ASSERT_REFUSED(refusals);
}

enum { ROW_COUNT, ROW_ON, ROW_RATE, ROW_COLOR, ROW_SIZES, ROW_PATH, ROW_SEED, ROW_NAMES };

static enum status assign(struct target *target, size_t row, const char *text)
{
    const struct settings_place place = {.origin = "test", .key = table.rows[row].key};
    return settings_value_assign(&table.rows[row], target, &place, text);
}

static void numbers_are_whole_tokens_in_decimal(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",    "03",  "+3",  " 3",  "3 ", "0x3", "1_0", "3.0",
                                        "1e1", "3,0", "--3", "- 3", "-",  "٣",   "1e",  "0b1"};
    static const char *const wrong_doubles[] = {"",         ".5",   "1.",  "00.5", "0x1p-1",
                                                "+0.5",     "0.5f", "1e",  "1e+",  "0,5",
                                                "infinity", "1 ",   "--0", "0.5.0"};
    struct target target = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(assign(&target, ROW_COUNT, wrong[i]), STATUS_BAD_CONFIG);
        assert_int_equal(assign(&target, ROW_SEED, wrong[i]), STATUS_BAD_CONFIG);
    }
    for (size_t i = 0; i < sizeof wrong_doubles / sizeof wrong_doubles[0]; i++) {
        assert_int_equal(assign(&target, ROW_RATE, wrong_doubles[i]), STATUS_BAD_CONFIG);
    }
    assert_int_equal(target.count, 0);
    assert_int_equal(target.part.deep.seed, 0);
}

static void numbers_may_have_a_fraction_and_an_exponent(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {{"0", 0}, {"1", 1}, {"0.25", 0.25}, {"25e-2", 0.25}, {"0.0025E+2", 0.25}};
    struct target target = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(assign(&target, ROW_RATE, cases[i].text), STATUS_OK);
        assert_true(fabs(target.part.rate - cases[i].value) < 1e-15);
    }
}

static void minus_zero_is_zero(void **state)
{
    (void)state;
    struct target target = {.part.rate = 1};
    assert_int_equal(assign(&target, ROW_RATE, "-0.0"), STATUS_OK);
    assert_false(signbit(target.part.rate));
}

static void texts_are_utf8_without_control_characters(void **state)
{
    (void)state;
    static const char *const right[] = {"",     "plain",   "Zürich",
                                        "日本", "a\"b\\c", "\xf0\x9f\x98\x80"};
    static const char *const wrong[] = {
        "a\nb",
        "a\tb",
        "\x7f",
        "\x80",
        "\xc3",
        "\xc0\xaf",
        "\xc2\x85",
        "\xe2\x80\xa8",
        "\xed\xa0\x80",
        "\xef\xbb\xbf",
        "\xef\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf8\x88\x80\x80\x80",
        "\xe2\x82",
        "\x1b[2J",
    };
    struct target target = {0};
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        assert_int_equal(assign(&target, ROW_PATH, right[i]), STATUS_OK);
        assert_string_equal(target.part.deep.path, right[i]);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(assign(&target, ROW_PATH, wrong[i]), STATUS_BAD_CONFIG);
        assert_non_null(strstr(status_message(), "holds a control character or is not UTF-8"));
        assert_null(strpbrk(status_message(), "\n\t\033\x7f"));
    }
}

static void a_shorter_text_leaves_nothing_of_a_longer_one(void **state)
{
    (void)state;
    struct target target = {0};
    static const char expected[16] = "ab";
    assert_int_equal(assign(&target, ROW_PATH, "0123456789abcde"), STATUS_OK);
    assert_int_equal(assign(&target, ROW_PATH, "ab"), STATUS_OK);
    assert_memory_equal(target.part.deep.path, expected, sizeof expected);
}

static void a_long_value_is_cut_in_its_message(void **state)
{
    (void)state;
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct target target = {0};
    assert_int_equal(assign(&target, ROW_COUNT, text), STATUS_BAD_CONFIG);
    assert_true(strlen(status_message()) < 160);
    assert_non_null(strstr(status_message(), "xxx...\", allowed"));
    // "é" is two bytes: none is cut in the middle.
    for (size_t i = 1; i + 1 < sizeof text; i += 2) {
        memcpy(&text[i], "é", 2);
    }
    assert_int_equal(assign(&target, ROW_COUNT, text), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "éé...\", allowed"));
}

static void a_number_prints_as_short_as_it_reads_back(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0", "1", "0.1", "0.55", "0.0005", "1e-09", "0.333333333333333", "0.30000000000000004"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct target target = {0};
        char *made = NULL;
        size_t size = 0;
        assert_int_equal(assign(&target, ROW_RATE, texts[i]), STATUS_OK);
        FILE *out = open_memstream(&made, &size);
        settings_value_print(out, &table.rows[ROW_RATE], &target);
        fclose(out);
        assert_string_equal(made, texts[i]);
        free(made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_whole_tokens_in_decimal),
        cmocka_unit_test(numbers_may_have_a_fraction_and_an_exponent),
        cmocka_unit_test(minus_zero_is_zero),
        cmocka_unit_test(texts_are_utf8_without_control_characters),
        cmocka_unit_test(a_shorter_text_leaves_nothing_of_a_longer_one),
        cmocka_unit_test(a_long_value_is_cut_in_its_message),
        cmocka_unit_test(a_number_prints_as_short_as_it_reads_back),
        cmocka_unit_test(refuses_values_out_of_their_range),
        cmocka_unit_test(refuses_numbers_that_are_not_finite),
        cmocka_unit_test(refuses_lists_that_are_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
