// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "wire/phase.h"

#include <string.h>

static void every_phase_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < PHASE_COUNT; i++) {
        const char *name = phase_name((enum phase)i);
        assert_non_null(name);
        assert_true(strlen(name) > 0);
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(name, phase_name((enum phase)j));
        }
    }
}

static void the_numbers_are_those_of_the_wire(void **state)
{
    (void)state;
    assert_int_equal(PHASE_JOIN, 0);
    assert_int_equal(PHASE_UPDATES, 4);
    assert_int_equal(PHASE_PUBLISH, 7);
    assert_int_equal(PHASE_FAILED, 9);
    assert_string_equal(phase_name(PHASE_UPDATES), "updates");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_phase_has_a_name_of_its_own),
        cmocka_unit_test(the_numbers_are_those_of_the_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
