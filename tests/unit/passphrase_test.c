// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "secure/passphrase.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char path[] = "passphrase_test.txt";

static void write_text(const char *text, size_t size, mode_t mode)
{
    assert_int_equal(files_write(path, text, size), STATUS_OK);
    assert_int_equal(chmod(path, mode), 0);
}

static void the_first_line_of_a_file_counts(void **state)
{
    (void)state;
    char passphrase[PASSPHRASE_MAX];
    write_text("two words\r\nmore\n", 16, 0600);
    assert_int_equal(passphrase_get(passphrase, path, "it", true), STATUS_OK);
    assert_string_equal(passphrase, "two words");
    passphrase_wipe(passphrase);
    assert_int_equal(passphrase[0], 0);
    write_text("two words\n", 10, 0644);
    assert_int_equal(passphrase_get(passphrase, path, "it", false), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "0600"));
    write_text("\nword\n", 6, 0600);
    assert_int_equal(passphrase_get(passphrase, path, "it", false), STATUS_BAD_INPUT);
    write_text("a\0b\n", 4, 0600);
    assert_int_equal(passphrase_get(passphrase, path, "it", false), STATUS_BAD_INPUT);
    assert_int_equal(passphrase[0], 0);
    char longest[PASSPHRASE_MAX];
    memset(longest, 'x', sizeof longest);
    write_text(longest, PASSPHRASE_MAX - 1, 0600);
    assert_int_equal(passphrase_get(passphrase, path, "it", false), STATUS_OK);
    write_text(longest, PASSPHRASE_MAX, 0600);
    assert_int_not_equal(passphrase_get(passphrase, path, "it", false), STATUS_OK);
    assert_int_equal(unlink(path), 0);
}

static void a_box_opens_for_its_passphrase_salt_and_context(void **state)
{
    (void)state;
    const uint8_t bytes[5] = {1, 2, 3, 4, 5};
    uint8_t box[sizeof bytes + PASSPHRASE_TAG_BYTES], again[sizeof bytes];
    const struct passphrase_lock lock = {
        .passphrase = "word", .cost = {1, 8 << 20}, .salt = {7}, .context = "c", .context_size = 1};
    assert_int_equal(passphrase_close(box, bytes, sizeof bytes, &lock), STATUS_OK);
    assert_int_equal(passphrase_open(again, sizeof again, box, &lock), STATUS_OK);
    assert_memory_equal(again, bytes, sizeof bytes);
    for (int what = 0; what < 4; what++) {
        struct passphrase_lock other = lock;
        if (what == 0) other.passphrase = "ward";
        if (what == 1) other.salt[15] = 1;
        if (what == 2) other.context = "d";
        if (what == 3) other.cost.operations = 2;
        assert_int_equal(passphrase_open(again, sizeof again, box, &other), STATUS_BAD_INPUT);
        assert_non_null(strstr(status_message(), "the passphrase is wrong"));
    }
    box[0] ^= 1;
    assert_int_equal(passphrase_open(again, sizeof again, box, &lock), STATUS_BAD_INPUT);
}

static void a_cost_that_a_stranger_chose_is_bounded(void **state)
{
    (void)state;
    static const struct passphrase_cost wrong[] = {
        {0, 8 << 20}, {17, 8 << 20}, {1, (8 << 20) - 1}, {1, (UINT64_C(1) << 30) + 1}};
    uint8_t box[PASSPHRASE_TAG_BYTES] = {0}, bytes[1];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const struct passphrase_lock lock = {.passphrase = "word", .cost = wrong[i]};
        assert_int_equal(passphrase_open(bytes, 0, box, &lock), STATUS_BAD_INPUT);
        assert_non_null(strstr(status_message(), "1 to 16 over 8 MiB to 1 GiB"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_of_a_file_counts),
        cmocka_unit_test(a_box_opens_for_its_passphrase_salt_and_context),
        cmocka_unit_test(a_cost_that_a_stranger_chose_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
