// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secure/unblinder.h"

static void destroys_nothing_twice(void **state)
{
    (void)state;
    struct unblinder *unblinder = NULL;
    unblinder_destroy(&unblinder);
    unblinder_destroy(&unblinder);
    assert_null(unblinder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(destroys_nothing_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
