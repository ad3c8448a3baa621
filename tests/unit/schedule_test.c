// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "train/schedule.h"

#include <math.h>

static void is(const struct config_federation *federation, double epoch, double expected)
{
    assert_true(fabs(schedule_rate(federation, epoch, 10) - expected) < 1e-12);
}

static void cosine_falls_from_the_top_to_zero(void **state)
{
    (void)state;
    struct config_federation federation = {0};
    federation.optimiser.learning_rate = 0.1;
    federation.optimiser.schedule = SCHEDULE_COSINE;
    is(&federation, 0, 0.1);
    is(&federation, 5, 0.05);
    is(&federation, 10, 0);
}

static void steps_multiply_at_each_milestone(void **state)
{
    (void)state;
    struct config_federation federation = {0};
    federation.optimiser.learning_rate = 0.1;
    federation.optimiser.schedule = SCHEDULE_STEP;
    federation.optimiser.decay = 0.5;
    federation.optimiser.milestones.count = 2;
    federation.optimiser.milestones.values[0] = 4;
    federation.optimiser.milestones.values[1] = 8;
    is(&federation, 3.99, 0.1);
    is(&federation, 4, 0.05);
    is(&federation, 9, 0.025);
}

static void warm_up_rises_in_a_line(void **state)
{
    (void)state;
    struct config_federation federation = {0};
    federation.optimiser.learning_rate = 0.1;
    federation.optimiser.schedule = SCHEDULE_CONSTANT;
    federation.optimiser.warmup_epochs = 2;
    is(&federation, 0, 0);
    is(&federation, 1, 0.05);
    is(&federation, 2, 0.1);
    is(&federation, 9, 0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cosine_falls_from_the_top_to_zero),
        cmocka_unit_test(steps_multiply_at_each_milestone),
        cmocka_unit_test(warm_up_rises_in_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
