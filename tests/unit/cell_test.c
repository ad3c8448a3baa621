// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "cell.h"

#include "base/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_sets_have_different_names(void **state)
{
    (void)state;
    static struct cell_tests tests;
    assert_int_equal(cell_add_test(&tests, "LFW=/faces,/pairs.txt"), STATUS_OK);
    assert_int_equal(cell_add_test(&tests, "ORL=/orl"), STATUS_OK);
    assert_int_equal(tests.count, 2);
    assert_string_equal(tests.test[0].name, "LFW");
    assert_string_equal(tests.test[0].spec, "/faces,/pairs.txt");
    assert_int_not_equal(cell_add_test(&tests, "LFW=/other"), STATUS_OK);
    assert_int_not_equal(cell_add_test(&tests, "/no/name"), STATUS_OK);
    assert_int_equal(tests.count, 2);
}

static void a_model_that_nobody_has_alone_is_verified_by_its_owners(void **state)
{
    (void)state;
    static struct cell_tests tests;
    static struct config config;
    config_defaults(&config);
    assert_true(cell_own(&config, &tests));
    assert_int_equal(cell_add_test(&tests, "LFW=/faces,/pairs.txt"), STATUS_OK);
    assert_false(cell_own(&config, &tests));
    assert_int_equal(config_set(&config, "federation.share=[backbone.*, \"!*.running_*\"]"),
                     STATUS_OK);
    assert_true(cell_own(&config, &tests));
}

static void what_is_learned_is_a_part_of_what_a_cell_is(void **state)
{
    (void)state;
    static struct cell_tests tests;
    static struct config config, back;
    static struct config_texts words = {.count = 2, .values = {"--budgets", "3"}};
    static struct cell cell = {.config = &config, .seed = 5, .tests = &tests};
    char *plain = NULL, *learned = NULL, folder[] = "/tmp/fedveil-cell-XXXXXX";
    config_defaults(&config);
    assert_int_equal(cell_config(&cell, &plain), STATUS_OK);
    cell.learn = &words;
    assert_int_equal(cell_config(&cell, &learned), STATUS_OK);
    assert_memory_equal(plain, learned, strlen(plain));
    assert_string_equal(learned + strlen(plain), "# mask learn --budgets 3\n");

    // A folder of this cell is not one of other words, and its file can be read as a config.
    assert_non_null(mkdtemp(folder));
    char path[LIMIT_PATH];
    assert_int_equal(files_join(path, folder, "config.yaml"), STATUS_OK);
    assert_int_equal(files_write(path, learned, strlen(learned)), STATUS_OK);
    assert_int_equal(config_load(&back, path), STATUS_OK);
    assert_true(back.seed == 5);
    snprintf(cell.folder, sizeof cell.folder, "%s", folder);
    assert_int_equal(cell_open(&cell), STATUS_OK);
    words.values[1][0] = '4';
    assert_int_equal(cell_open(&cell), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "--budgets 3"));
    assert_non_null(strstr(status_message(), "--budgets 4"));
    cell.learn = NULL;
    assert_int_equal(cell_open(&cell), STATUS_BAD_CONFIG);
    unlink(path);
    rmdir(folder);
    free(plain);
    free(learned);
}

static void every_state_has_its_word(void **state)
{
    (void)state;
    assert_string_equal(cell_state_word(CELL_DONE), "done");
    assert_string_equal(cell_state_word(CELL_DIVERGED), "diverged");
    assert_string_not_equal(cell_state_word(CELL_FAILED), cell_state_word(CELL_WAITING));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets_have_different_names),
        cmocka_unit_test(a_model_that_nobody_has_alone_is_verified_by_its_owners),
        cmocka_unit_test(what_is_learned_is_a_part_of_what_a_cell_is),
        cmocka_unit_test(every_state_has_its_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
