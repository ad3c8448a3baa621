// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/network_files.h"
#include "measures/lpips.h"

#include <string.h>

#define TRUNK  NETWORK_FILES_LPIPS_TRUNK
#define LINEAR NETWORK_FILES_LPIPS_LINEAR
#define LAST   NETWORK_FILES_LPIPS_LAST

static struct network_files files;

static int make_files(void **state)
{
    (void)state;
    network_files_make_lpips(&files);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    network_files_remove(&files);
    return 0;
}

static void open_as(const char *table, enum status expected, const char *sentence)
{
    struct lpips *lpips = NULL;
    network_files_table(&files, table);
    assert_int_equal(lpips_open(&lpips, files.stem), expected);
    if (expected != STATUS_OK) {
        assert_null(lpips);
        if (strstr(status_message(), sentence) == NULL) fail_msg("%s", status_message());
    }
    lpips_close(&lpips);
    lpips_close(&lpips);
}

static void whole_weights_are_taken(void **state)
{
    (void)state;
    open_as(TRUNK LINEAR LAST, STATUS_OK, "");
}

static void weights_that_lack_something_are_refused(void **state)
{
    (void)state;
    const enum status bad = STATUS_BAD_INPUT;
    open_as("", bad, "lpips.tsv:1: no trunk, allowed: ");
    open_as(LINEAR, bad, "no trunk");
    open_as(TRUNK, bad, "wants a tensor lpips.alex.lin0");
    open_as(TRUNK LINEAR, bad, "wants a tensor lpips.alex.lin4");
    open_as(TRUNK LINEAR "lpips.alex.lin4\t1\t363\t1\n", bad, "lpips.tsv:15: it lies beyond");
    open_as(TRUNK LINEAR "lpips.alex.lin4\t2\t0\t2\n", bad, "lin4 has 2 floats, allowed: 1");
    open_as("features.10.weight\t1x1x3x3\t0\t9\n", bad, "wants a tensor features.0.weight");
    open_as("features.0.weight\t1x3x11x11\t0\n" TRUNK LINEAR, bad, "lpips.tsv:1: allowed: four");
    open_as("features.0.weight\t1x3x11x12\t0\t396\n" TRUNK LINEAR, bad, "lpips.tsv:1: a window");
    open_as("features.0.weight\t3x11x11\t0\t363\n" TRUNK LINEAR, bad, "lpips.tsv:1: 3 axes");
    open_as("features.0.weight\t1x3x11x11\t1\t363\n" TRUNK LINEAR LAST, bad,
            "lpips.tsv:1: weights: 363 floats from 1 on lie beyond");
    open_as("features.0.weight\t1x4x9x9\t0\t324\n" TRUNK LINEAR LAST, bad,
            "lpips.tsv:1: 4 channels, but the input has 3");
}

static void pictures_too_small_for_the_trunk_are_refused(void **state)
{
    (void)state;
    uint8_t pictures[2][31 * 31 * 3];
    double distance = 0;
    struct lpips *lpips = NULL;
    for (size_t i = 0; i < sizeof pictures[0]; i++) {
        pictures[0][i] = (uint8_t)(i * 7);
        pictures[1][i] = (uint8_t)(i * 11);
    }
    network_files_table(&files, TRUNK LINEAR LAST);
    assert_int_equal(lpips_open(&lpips, files.stem), STATUS_OK);
    assert_int_equal(lpips_distance(lpips, &distance, pictures[0], pictures[1], 1, 8, 3),
                     STATUS_BAD_INPUT);
    assert_int_equal(lpips_distance(lpips, &distance, pictures[0], pictures[1], 1, 31, 3),
                     STATUS_OK); // and others are not, afterwards
    lpips_close(&lpips);
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    struct lpips *lpips = NULL;
    assert_int_equal(lpips_open(&lpips, "/tmp/no-such-weights"), STATUS_NOT_FOUND);
    assert_non_null(strstr(status_message(), "/tmp/no-such-weights.tsv"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_weights_are_taken),
        cmocka_unit_test(weights_that_lack_something_are_refused),
        cmocka_unit_test(pictures_too_small_for_the_trunk_are_refused),
        cmocka_unit_test(a_missing_file_is_named),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
