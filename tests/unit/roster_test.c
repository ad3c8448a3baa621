// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "secure/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_A "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define KEY_B "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"

static char path[] = "/tmp/fedveil-roster-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    const int file = mkstemp(path);
    return file < 0 || close(file) != 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void expect_refusal(const char *text, const char *why)
{
    struct roster roster;
    assert_int_equal(files_write(path, text, strlen(text)), STATUS_OK);
    assert_int_equal(roster_load(&roster, path), STATUS_BAD_INPUT);
    assert_null(roster.entries);
    char expected[200];
    snprintf(expected, sizeof expected, "%s%s", path, why);
    if (strncmp(status_message(), expected, strlen(expected)) != 0) {
        fail_msg("expected: %s\ngot: %s", expected, status_message());
    }
}

static void the_place_of_a_line_is_the_index(void **state)
{
    (void)state;
    struct roster roster;
    const char text[] =
        "# who may take part\n\nclinic-2 " KEY_A "\n  \n\t# later\nclinic.1\t" KEY_B " \r\n";
    assert_int_equal(files_write(path, text, sizeof text - 1), STATUS_OK);
    assert_int_equal(roster_load(&roster, path), STATUS_OK);
    assert_int_equal(roster.count, 2);
    assert_string_equal(roster.entries[0].name, "clinic-2");
    assert_string_equal(roster.entries[0].public_key, KEY_A);
    assert_string_equal(roster.entries[1].name, "clinic.1");
    assert_string_equal(roster.entries[1].public_key, KEY_B);
    roster_destroy(&roster);
    roster_destroy(&roster);
}

static void a_malformed_line_is_named(void **state)
{
    (void)state;
    expect_refusal("", ": names nobody");
    expect_refusal("# nobody\n", ": names nobody");
    expect_refusal("a\n", ":1: allowed is a line NAME PUBLIC-KEY");
    expect_refusal("a " KEY_A " more\n", ":1: allowed is a line");
    expect_refusal("\na " KEY_A "\nb/c " KEY_B "\n", ":3: the name");
    expect_refusal("../b " KEY_B "\n", ":1: the name");
    expect_refusal(".b " KEY_B "\n", ":1: the name");
    expect_refusal("-b " KEY_B "\n", ":1: the name");
    expect_refusal("b\x1b[2J " KEY_B "\n", ":1: the name");
    expect_refusal("0123456789012345678901234567890123456789012345678901234567890123 " KEY_B "\n",
                   ":1: the name");
    expect_refusal("a " KEY_A "\nb rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf\n", ":2: the key");
    expect_refusal("b " KEY_B "0\n", ":1: the key");
    expect_refusal("b ########################################\n", ":1: the key");
}

static void nobody_stands_twice(void **state)
{
    (void)state;
    expect_refusal("a " KEY_A "\n\na " KEY_B "\n", ":3: the name a stands in line 1 already");
    expect_refusal("a " KEY_A "\nb " KEY_A "\n", ":2: the key " KEY_A " stands in line 1 already");
}

static void a_zero_byte_hides_nothing(void **state)
{
    (void)state;
    struct roster roster;
    const char text[] = "a " KEY_A "\0\nb " KEY_B "\n";
    assert_int_equal(files_write(path, text, sizeof text - 1), STATUS_OK);
    assert_int_equal(roster_load(&roster, path), STATUS_BAD_INPUT);
}

static void the_largest_roster_is_saved_and_loaded(void **state)
{
    (void)state;
    struct roster roster = {.entries = calloc(LIMIT_PARTICIPANTS, sizeof *roster.entries)}, again;
    assert_non_null(roster.entries);
    for (size_t i = 0; i < LIMIT_PARTICIPANTS; i++) {
        struct roster_entry *entry = &roster.entries[roster.count++];
        snprintf(entry->name, sizeof entry->name, "participant-%zu", i);
        snprintf(entry->public_key, sizeof entry->public_key, "%05zu%.35s", i, KEY_A);
    }
    assert_int_equal(roster_save(&roster, path), STATUS_OK);
    assert_int_equal(roster_load(&again, path), STATUS_OK);
    assert_int_equal(again.count, LIMIT_PARTICIPANTS);
    assert_memory_equal(again.entries, roster.entries, LIMIT_PARTICIPANTS * sizeof *roster.entries);
    roster_destroy(&again);
    roster_destroy(&roster);
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    fputs("one-more " KEY_B "\n", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(roster_load(&again, path), STATUS_FULL);
}

static void what_could_not_be_loaded_is_not_saved(void **state)
{
    (void)state;
    struct roster_entry entries[2] = {{"a", KEY_A}, {"b", KEY_A}};
    const struct roster roster = {.count = 2, .entries = entries}, nobody = {0};
    assert_int_equal(files_write(path, "old", 3), STATUS_OK);
    assert_int_equal(roster_save(&roster, path), STATUS_BAD_INPUT);
    entries[1] = (struct roster_entry){"b c", KEY_B};
    assert_int_equal(roster_save(&roster, path), STATUS_BAD_INPUT);
    assert_int_equal(roster_save(&nobody, path), STATUS_BAD_INPUT);
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(files_read(&bytes, &size, path, 100), STATUS_OK);
    assert_string_equal((const char *)bytes, "old");
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_place_of_a_line_is_the_index),
        cmocka_unit_test(a_malformed_line_is_named),
        cmocka_unit_test(nobody_stands_twice),
        cmocka_unit_test(a_zero_byte_hides_nothing),
        cmocka_unit_test(the_largest_roster_is_saved_and_loaded),
        cmocka_unit_test(what_could_not_be_loaded_is_not_saved),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
