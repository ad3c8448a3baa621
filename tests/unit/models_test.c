// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "models.h"

#include "base/files.h"
#include "fakes/album.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void without_a_file_nothing_is_trained(void **state)
{
    (void)state;
    struct plan *plan = calloc(1, sizeof *plan);
    assert_non_null(plan);
    assert_int_equal(models_train(plan, album_path("")), STATUS_OK);
    assert_string_equal(plan->comparison, "");
    assert_false(files_exists(album_path("models.log")));
    free(plan);
}

static void a_missing_program_is_named(void **state)
{
    (void)state;
    struct plan *plan = calloc(1, sizeof *plan);
    assert_non_null(plan);
    snprintf(plan->train, LIMIT_PATH, "m.yaml");
    // Tests do not lie beside the programs.
    assert_int_equal(models_train(plan, album_path("")), STATUS_NOT_FOUND);
    assert_non_null(strstr(status_message(), "fedveil-sim"));
    assert_string_equal(plan->comparison, album_path("models"));
    free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_a_file_nothing_is_trained, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(a_missing_program_is_named, album_create, album_destroy),
    };
    return cmocka_run_group_tests_name("models", tests, NULL, NULL);
}
