// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "cell.h"

#include <string.h>

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
        cmocka_unit_test(every_state_has_its_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
