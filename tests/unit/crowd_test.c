// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "crowd.h"

#include <math.h>

static void a_crowd_is_set_against_one(void **state)
{
    (void)state;
    static struct crowd crowd;
    struct trial trial;
    trial_defaults(&trial);
    trial.channels = 2;
    trial.width = TRIAL_WIDTH_MIN;
    trial.batch = 2;
    trial.classes = 5;
    trial.threads = 1;
    trial.steps = 1;
    assert_int_equal(crowd_run(&crowd, &trial, 2), STATUS_OK);
    const double rate = trial_images_per_second(&trial, &crowd.each[0]) +
                        trial_images_per_second(&trial, &crowd.each[1]);
    assert_int_equal(crowd.processes, 2);
    assert_true(fabs(crowd.together - rate) <= 1e-9 * rate);
    assert_true(fabs(crowd.share - rate / crowd.single) <= 1e-9 * crowd.share);
    assert_int_equal(crowd.total.peak_memory,
                     crowd.each[0].peak_memory + crowd.each[1].peak_memory);
    assert_true(crowd.limited == (crowd.share < 0.95));
    if (!crowd.limited) return;
    assert_true(crowd.alone > 0);
    assert_true(crowd.peak_alone.gflops > 0 && crowd.peak_each.gflops > 0);
    assert_true(crowd.peak_alone.copy_gb_per_s > 0 && crowd.peak_each.copy_gb_per_s > 0);
}

static void a_failure_is_told(void **state)
{
    (void)state;
    static struct crowd crowd;
    struct trial trial;
    trial_defaults(&trial);
    trial.net = TRIAL_IR_SE_50;
    trial.width = TRIAL_WIDTH_MAX;
    assert_int_equal(crowd_run(&crowd, &trial, 2), STATUS_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crowd_is_set_against_one),
        cmocka_unit_test(a_failure_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
