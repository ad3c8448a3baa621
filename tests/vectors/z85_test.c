// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secure/z85.h"

#include <string.h>

/* The two test cases of ZeroMQ RFC 32. */
static const uint8_t hello_bytes[] = {0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b};
static const char hello_text[] = "HelloWorld";
static const uint8_t key_bytes[] = {
    0x8e, 0x0b, 0xdd, 0x69, 0x76, 0x28, 0xb9, 0x1d, 0x8f, 0x24, 0x55, 0x87, 0xee, 0x95, 0xc5, 0xb0,
    0x4d, 0x48, 0x96, 0x3f, 0x79, 0x25, 0x98, 0x77, 0xb4, 0x9c, 0xd9, 0x06, 0x3a, 0xea, 0xd3, 0xb7};
static const char key_text[] = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";

static void the_cases_of_the_rfc_are_encoded_and_decoded(void **state)
{
    (void)state;
    char text[41];
    uint8_t bytes[32];
    z85_encode(text, hello_bytes, sizeof hello_bytes);
    assert_string_equal(text, hello_text);
    z85_encode(text, key_bytes, sizeof key_bytes);
    assert_string_equal(text, key_text);
    assert_true(z85_decode(bytes, sizeof hello_bytes, hello_text));
    assert_memory_equal(bytes, hello_bytes, sizeof hello_bytes);
    assert_true(z85_decode(bytes, sizeof key_bytes, key_text));
    assert_memory_equal(bytes, key_bytes, sizeof key_bytes);
}

static void every_byte_in_every_place_comes_back(void **state)
{
    (void)state;
    for (int place = 0; place < 4; place++) {
        for (int value = 0; value < 256; value++) {
            uint8_t bytes[4] = {0xff, 0xff, 0xff, 0xff}, again[4] = {0};
            char text[6];
            bytes[place] = (uint8_t)value;
            z85_encode(text, bytes, sizeof bytes);
            assert_int_equal(strlen(text), 5);
            assert_true(z85_decode(again, sizeof again, text));
            assert_memory_equal(again, bytes, sizeof bytes);
        }
    }
}

static void what_is_no_encoding_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[4];
    assert_true(z85_decode(bytes, sizeof bytes, "%nSc0"));  // 2^32 - 1
    assert_false(z85_decode(bytes, sizeof bytes, "%nSc1")); // 2^32
    assert_false(z85_decode(bytes, sizeof bytes, "#####"));
    assert_false(z85_decode(bytes, sizeof bytes, "Hell"));
    assert_false(z85_decode(bytes, sizeof bytes, "HelloW"));
    assert_false(z85_decode(bytes, sizeof bytes, ""));
    static const char *const wrong[] = {"Hel\"o", "Hel o", "Hel\\o", "Hel,o", "Hel\xe4o", "Hel\no",
                                        "Hel~o",  "Hel'o", "Hel|o",  "Hel`o", "Hel_o",    "Hel;o"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(z85_decode(bytes, sizeof bytes, wrong[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cases_of_the_rfc_are_encoded_and_decoded),
        cmocka_unit_test(every_byte_in_every_place_comes_back),
        cmocka_unit_test(what_is_no_encoding_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
