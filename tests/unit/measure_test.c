// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "measure.h"

static void the_median_is_not_moved_by_one_interruption(void **state)
{
    (void)state;
    struct measure measure = {.count = 0};
    const double seconds[] = {3, 1, 2, 900, 2.5};
    for (int i = 0; i < 5; i++) {
        measure_add(&measure, seconds[i]);
    }
    assert_float_equal(measure_median(&measure), 2.5, 0);
    assert_float_equal(measure.seconds[0], 3, 0); // the times stay in their order
}

static void of_an_even_number_the_upper_counts(void **state)
{
    (void)state;
    struct measure measure = {.count = 0};
    measure_add(&measure, 4);
    assert_float_equal(measure_median(&measure), 4, 0);
    measure_add(&measure, 1);
    assert_float_equal(measure_median(&measure), 4, 0);
}

static void count_call(void *context)
{
    ++*(int *)context;
}

static void one_call_warms_up(void **state)
{
    (void)state;
    int calls = 0;
    assert_true(measure_calls(count_call, &calls, 5) >= 0);
    assert_int_equal(calls, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_median_is_not_moved_by_one_interruption),
        cmocka_unit_test(of_an_even_number_the_upper_counts),
        cmocka_unit_test(one_call_warms_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
