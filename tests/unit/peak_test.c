// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "peak.h"

#include <math.h>

static void sets_do_the_same_sums(void **state)
{
    (void)state;
    // Every lane of every chain goes to the fixed point of x * 0.999 + 0.001, which is 1.
    const struct peak_set *sets[] = {peak_portable(), peak_get()};
    for (int i = 0; i < 2; i++) {
        const double sums = (double)sets[i]->flops / 2;
        assert_true(fabs((double)sets[i]->run(100000) - sums) < 0.01 * sums);
        assert_true(sets[i]->name[0] != '\0');
    }
    assert_true(peak_get()->flops >= peak_portable()->flops);
}

static void a_peak_has_both_rates(void **state)
{
    (void)state;
    const struct peak_task task = {1, 0.001};
    struct peak_result result = {.gflops = 0};
    assert_int_equal(peak_run(&result, &task, NULL), STATUS_OK);
    assert_true(result.gflops > 0);
    assert_true(result.copy_gb_per_s > 0);
    assert_string_equal(result.instructions, peak_get()->name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_do_the_same_sums),
        cmocka_unit_test(a_peak_has_both_rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
