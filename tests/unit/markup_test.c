// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "report/markup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void expect_text(const char *text, const char *expected)
{
    char *made = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&made, &size);
    assert_non_null(out);
    markup_text(out, text);
    fclose(out);
    assert_string_equal(made, expected);
    free(made);
}

static void no_text_from_outside_becomes_a_tag(void **state)
{
    (void)state;
    expect_text("<script>alert(\"x\" & 'y')</script>",
                "&lt;script&gt;alert(&quot;x&quot; &amp; &#39;y&#39;)&lt;/script&gt;");
    expect_text("p001 ± 2", "p001 ± 2");
    expect_text("a\x1b[31mb\tc\nd", "a [31mb c\nd");
}

static void expect_base64(const char *bytes, const char *expected)
{
    char *made = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&made, &size);
    assert_non_null(out);
    markup_base64(out, (const uint8_t *)bytes, strlen(bytes));
    fclose(out);
    assert_string_equal(made, expected);
    free(made);
}

/* The vectors of RFC 4648, section 10. */
static void base64_agrees_with_the_rfc(void **state)
{
    (void)state;
    expect_base64("", "");
    expect_base64("f", "Zg==");
    expect_base64("fo", "Zm8=");
    expect_base64("foo", "Zm9v");
    expect_base64("foob", "Zm9vYg==");
    expect_base64("fooba", "Zm9vYmE=");
    expect_base64("foobar", "Zm9vYmFy");
    expect_base64("\xfb\xff\xfe", "+//+");
}

static void quantities_are_rounded_for_people(void **state)
{
    (void)state;
    char text[MARKUP_QUANTITY];
    markup_percent(text, 0.9344);
    assert_string_equal(text, "93.4 %");
    markup_percent(text, (double)NAN);
    assert_string_equal(text, "–");
    markup_bytes(text, 640);
    assert_string_equal(text, "640 B");
    markup_bytes(text, 999.6);
    assert_string_equal(text, "1.0 kB");
    markup_bytes(text, 49.21e6);
    assert_string_equal(text, "49.2 MB");
    markup_bytes(text, 787e6);
    assert_string_equal(text, "787 MB");
    markup_bytes(text, -1);
    assert_string_equal(text, "–");
    markup_count(text, 999);
    assert_string_equal(text, "999");
    markup_count(text, UINT64_MAX);
    assert_string_equal(text, "18\u202f446\u202f744\u202f073\u202f709\u202f551\u202f615");
}

static void durations_change_units_where_rounding_does(void **state)
{
    (void)state;
    char text[MARKUP_QUANTITY];
    markup_duration(text, 0.84);
    assert_string_equal(text, "0.8 s");
    markup_duration(text, 42.4);
    assert_string_equal(text, "42 s");
    markup_duration(text, 59.6);
    assert_string_equal(text, "1 min 00 s");
    markup_duration(text, 185);
    assert_string_equal(text, "3 min 05 s");
    markup_duration(text, 3599.7);
    assert_string_equal(text, "1 h 00 min");
    markup_duration(text, 7620);
    assert_string_equal(text, "2 h 07 min");
    markup_duration(text, (double)INFINITY);
    assert_string_equal(text, "–");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_text_from_outside_becomes_a_tag),
        cmocka_unit_test(base64_agrees_with_the_rfc),
        cmocka_unit_test(quantities_are_rounded_for_people),
        cmocka_unit_test(durations_change_units_where_rounding_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
