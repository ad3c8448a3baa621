// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/argument.h"

static const char *const words[] = {"one", "two", NULL};

static void reads_what_is_allowed(void **state)
{
    (void)state;
    int value = 0, list[2] = {0};
    double number = 0;
    uint64_t seed = 0;
    const int most[] = {10, 20};
    assert_int_equal(argument_integer(&value, "--a", "7", 1, 7), STATUS_OK);
    assert_int_equal(value, 7);
    assert_int_equal(argument_unsigned(&seed, "--a", "18446744073709551615", 0, UINT64_MAX),
                     STATUS_OK);
    assert_true(seed == UINT64_MAX);
    assert_int_equal(argument_number(&number, "--a", "0.5", 0.5, 2), STATUS_OK);
    assert_float_equal(number, 0.5, 0);
    assert_int_equal(argument_word(&value, "--a", "two", words), STATUS_OK);
    assert_int_equal(value, 1);
    assert_int_equal(argument_integers(list, 2, "--a", "10,20", "A,B", most), STATUS_OK);
    assert_int_equal(list[0], 10);
    assert_int_equal(list[1], 20);
}

static void refuses_the_rest_and_says_what_is_allowed(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "", "x", "7x", " 7", "-7", "+7", "0x7", "11", "0", "1e1", "99999999999999999999"};
    int value = 3;
    uint64_t seed = 4;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(argument_integer(&value, "--a", wrong[i], 1, 10), STATUS_BAD_INPUT);
    }
    assert_string_equal(status_message(),
                        "--a: \"99999999999999999999\" is not a number from 1 to 10");
    assert_int_equal(argument_unsigned(&seed, "--a", "18446744073709551616", 0, UINT64_MAX),
                     STATUS_BAD_INPUT);
    assert_true(seed == 4);
    // What an int would cut to 1.
    assert_int_equal(argument_integer(&value, "--a", "4294967297", 1, 10), STATUS_BAD_INPUT);
    assert_int_equal(argument_word(&value, "--a", "thre", words), STATUS_BAD_INPUT);
    assert_string_equal(status_message(), "--a: \"thre\" is none of one, two");
    assert_int_equal(value, 3);
}

static void a_number_is_within_its_bounds(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "nan", "inf", "0.4", "2.1", "1x", "-1"};
    double number = 1;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(argument_number(&number, "--a", wrong[i], 0.5, 2), STATUS_BAD_INPUT);
    }
    assert_float_equal(number, 1, 0);
}

static void a_list_is_whole(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "1", "1,", ",1", "1,2,3", "0,1", "11,1", "1,21", "1 2"};
    const int most[] = {10, 20};
    int list[2] = {5, 6};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(argument_integers(list, 2, "--a", wrong[i], "A,B", most),
                         STATUS_BAD_INPUT);
    }
    assert_string_equal(status_message(), "--a: \"1 2\" is not A,B, each from 1 to 10,20");
    assert_int_equal(list[0], 5);
    assert_int_equal(list[1], 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_allowed),
        cmocka_unit_test(refuses_the_rest_and_says_what_is_allowed),
        cmocka_unit_test(a_number_is_within_its_bounds),
        cmocka_unit_test(a_list_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
