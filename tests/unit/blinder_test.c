// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secure/blinder.h"

static void destroys_nothing_twice(void **state)
{
    (void)state;
    struct blinder *blinder = NULL;
    blinder_destroy(&blinder);
    blinder_destroy(&blinder);
    assert_null(blinder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(destroys_nothing_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
