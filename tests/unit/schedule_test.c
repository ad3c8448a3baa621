// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "train/schedule.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

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

/* How often each of three k is chosen in 1,000 steps; they must come in one block each. */
static void count(const struct config_federation *federation, size_t counts[3], bool falling)
{
    size_t last = falling ? 2 : 0;
    memset(counts, 0, 3 * sizeof counts[0]);
    for (int step = 0; step < 1000; step++) {
        const size_t choice = schedule_choice(federation, step / 1000.0);
        assert_in_range(choice, 0, 2);
        assert_true(falling ? choice <= last : choice >= last);
        last = choice;
        counts[choice]++;
    }
}

static void each_k_has_its_share_of_the_run_in_order(void **state)
{
    (void)state;
    struct config_federation federation = {0};
    federation.mix.shares.count = 3;
    federation.mix.shares.values[0] = 5;
    federation.mix.shares.values[1] = 2;
    federation.mix.shares.values[2] = 3;
    size_t counts[3];
    for (int falling = 0; falling < 2; falling++) {
        federation.mix.order = falling ? ORDER_FALLING : ORDER_RISING;
        count(&federation, counts, falling);
        assert_in_range(counts[0], 499, 501);
        assert_in_range(counts[1], 199, 201);
        assert_in_range(counts[2], 299, 301);
    }
}

static void a_k_without_a_share_never_comes(void **state)
{
    (void)state;
    struct config_federation federation = {0};
    federation.mix.shares.count = 3;
    federation.mix.shares.values[1] = 7;
    size_t counts[3];
    for (int falling = 0; falling < 2; falling++) {
        federation.mix.order = falling ? ORDER_FALLING : ORDER_RISING;
        assert_int_equal(schedule_choice(&federation, 0), 1);
        count(&federation, counts, falling);
        assert_int_equal(counts[1], 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_k_has_its_share_of_the_run_in_order),
        cmocka_unit_test(a_k_without_a_share_never_comes),
        cmocka_unit_test(cosine_falls_from_the_top_to_zero),
        cmocka_unit_test(steps_multiply_at_each_milestone),
        cmocka_unit_test(warm_up_rises_in_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
