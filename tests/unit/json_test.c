// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static char printed[4096];

static FILE *start(void)
{
    memset(printed, 0, sizeof printed);
    FILE *out = fmemopen(printed, sizeof printed - 1, "w");
    assert_non_null(out);
    return out;
}

static void assert_text(const char *text, const char *expected)
{
    FILE *out = start();
    json_text(out, text);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(printed, expected);
}

static void texts_are_quoted_and_escaped(void **state)
{
    (void)state;
    assert_text("", "\"\"");
    assert_text("plain /path", "\"plain /path\"");
    assert_text("a\"b\\c", "\"a\\\"b\\\\c\"");
    assert_text("\x01\t\n\x1f\x7f", "\"\\u0001\\u0009\\u000a\\u001f\\u007f\"");
}

static void utf8_stays_and_other_bytes_do_not(void **state)
{
    (void)state;
    assert_text("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x99\x82 \xf4\x8f\xbf\xbf",
                "\"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x99\x82 \xf4\x8f\xbf\xbf\"");
    assert_text("\xff", "\"\\ufffd\"");
    assert_text("\x80x", "\"\\ufffdx\"");
    assert_text("\xc3", "\"\\ufffd\"");       // ends too early
    assert_text("\xc3\"", "\"\\ufffd\\\"\""); // must not swallow the quote
    assert_text("\xe2\x82", "\"\\ufffd\\ufffd\"");
    assert_text("\xc0\xaf", "\"\\ufffd\\ufffd\"");                       // overlong
    assert_text("\xe0\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\"");            // overlong
    assert_text("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"");            // a surrogate
    assert_text("\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""); // above U+10FFFF
}

static void no_byte_breaks_out_of_the_quotes(void **state)
{
    (void)state;
    for (int first = 1; first < 256; first++) {
        for (int second = 1; second < 256; second++) {
            const char text[] = {(char)first, (char)second, '\0'};
            FILE *out = start();
            json_text(out, text);
            assert_int_equal(fclose(out), 0);
            const size_t length = strlen(printed);
            assert_true(length >= 3 && printed[0] == '"' && printed[length - 1] == '"');
            for (size_t i = 1; i + 1 < length; i++) {
                assert_true((unsigned char)printed[i] >= 0x20);
                assert_true(printed[i] != '"');
                // What is escaped is skipped, and ends before the last quote.
                if (printed[i] == '\\') i++;
                assert_true(i + 1 < length);
            }
        }
    }
}

static void numbers_that_are_not_finite_are_null(void **state)
{
    (void)state;
    FILE *out = start();
    json_number(out, 0.25);
    putc(' ', out);
    json_number(out, 1e20);
    putc(' ', out);
    json_number(out, (double)NAN);
    putc(' ', out);
    json_number(out, -(double)INFINITY);
    putc(' ', out);
    json_fixed(out, 2.0 / 3, 3);
    putc(' ', out);
    json_fixed(out, (double)INFINITY, 3);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(printed, "0.25 1e+20 null null 0.667 null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_quoted_and_escaped),
        cmocka_unit_test(utf8_stays_and_other_bytes_do_not),
        cmocka_unit_test(no_byte_breaks_out_of_the_quotes),
        cmocka_unit_test(numbers_that_are_not_finite_are_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
