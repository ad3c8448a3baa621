// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "defence/figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char path[LIMIT_PATH];

static int name_file(void **state)
{
    (void)state;
    snprintf(path, sizeof path, TEST_BINARY_DIR "/figures.%ld.json", (long)getpid());
    return 0;
}

static int remove_file(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static void a_file_gives_back_numbers_remarks_and_what_is_not_a_number(void **state)
{
    (void)state;
    static struct figures figures, back;
    figures = (struct figures){.inputs = "00ff", .seconds = 1.5};
    figures_set(&figures, "linear.ssim", 0.25);
    figures_set(&figures, "linear.psnr", (double)NAN);
    figures_set(&figures, "linear.ssim", 0.5);
    figures_note(&figures, "the \"%s\" of\n%d", "noise", 3);
    figures_note(&figures, "the \"%s\" of\n%d", "noise", 3);
    assert_int_equal(figures_write(&figures, path), STATUS_OK);
    assert_int_equal(figures_read(&back, path), STATUS_OK);
    assert_string_equal(back.inputs, "00ff");
    assert_string_equal(back.failure, "");
    assert_int_equal(back.count, 2);
    assert_string_equal(back.list[0].key, "linear.ssim");
    assert_true(fabs(figures_get(&back, "linear.ssim") - 0.5) < 1e-9);
    assert_true(isnan(figures_get(&back, "linear.psnr")));
    assert_true(isnan(figures_get(&back, "linear.none")));
    assert_true(fabs(back.seconds - 1.5) < 1e-9);
    assert_int_equal(back.note_count, 1);
    assert_string_equal(back.note[0], "the \"noise\" of\n3");
}

static void joined_figures_keep_both(void **state)
{
    (void)state;
    static struct figures all, one;
    all = (struct figures){0};
    one = (struct figures){0};
    figures_set(&all, "a", 1);
    figures_set(&one, "b", 2);
    figures_note(&one, "seen");
    figures_join(&all, &one);
    assert_int_equal((int)figures_get(&all, "a"), 1);
    assert_int_equal((int)figures_get(&all, "b"), 2);
    assert_string_equal(all.note[0], "seen");
}

static void what_is_not_such_a_file_is_refused(void **state)
{
    (void)state;
    static struct figures figures;
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{\"inputs\": \"\", \"failure\": \"\", \"seconds\": 1}",
        "{\"inputs\": \"\", \"failure\": \"\", \"seconds\": 1, \"figures\": {\"a\": \"b\"}}",
        "{\"inputs\": \"\", \"failure\": \"\", \"seconds\": 1, \"figures\": {}, \"notes\": [[]]}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(files_write(path, texts[i], strlen(texts[i])), STATUS_OK);
        assert_int_equal(figures_read(&figures, path), STATUS_BAD_INPUT);
        assert_non_null(strstr(status_message(), path));
        assert_int_equal(figures.count, 0);
    }
    unlink(path);
    assert_int_equal(figures_read(&figures, path), STATUS_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_gives_back_numbers_remarks_and_what_is_not_a_number,
                                        name_file, remove_file),
        cmocka_unit_test(joined_figures_keep_both),
        cmocka_unit_test_setup_teardown(what_is_not_such_a_file_is_refused, name_file, remove_file),
    };
    return cmocka_run_group_tests_name("figures", tests, NULL, NULL);
}
