// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "health.h"

enum { ROUNDS = 9 };

/* Two participants whose policies are open; the loss falls. */
static void make(struct store_round rounds[ROUNDS], struct store_reporter reporters[2 * ROUNDS])
{
    for (uint32_t r = 0; r < ROUNDS; r++) {
        for (size_t i = 0; i < 2; i++) {
            reporters[2 * r + i] = (struct store_reporter){.reported = true,
                                                           .train_seconds = 10,
                                                           .policy_seconds = i == 0 ? 1 : 3,
                                                           .probabilities = 2,
                                                           .k_probability = {0.5, 0.5}};
        }
        rounds[r] = (struct store_round){
            .round = r + 1, .loss = 20.0 - (double)r, .cohort = 2, .reporter = &reporters[2 * r]};
    }
}

static void a_sound_run_is_sound(void **state)
{
    (void)state;
    struct store_round rounds[ROUNDS];
    struct store_reporter reporters[2 * ROUNDS];
    struct health health;
    make(rounds, reporters);
    health_judge(&health, rounds, ROUNDS, ROUNDS);
    assert_false(health.diverged || health.collapsed);
    assert_float_equal(health.policy_share, 0.2, 1e-9);
    assert_float_equal(health.entropy, 1, 1e-9);
    health_judge(&health, NULL, 0, ROUNDS);
    assert_false(health.diverged || health.collapsed);
    assert_true(health.entropy < 0);
}

static void a_loss_that_never_falls_below_its_start_has_diverged(void **state)
{
    (void)state;
    struct store_round rounds[ROUNDS];
    struct store_reporter reporters[2 * ROUNDS];
    struct health health;
    make(rounds, reporters);
    for (size_t r = 3; r < ROUNDS; r++) {
        rounds[r].loss = 20;
    }
    health_judge(&health, rounds, ROUNDS, ROUNDS); // rounds 2 and 3 were lower
    assert_true(health.diverged);
    health_judge(&health, rounds, 5, ROUNDS); // two rounds say little
    assert_false(health.diverged);
    rounds[6].loss = 19.9;
    health_judge(&health, rounds, ROUNDS, ROUNDS);
    assert_false(health.diverged);
}

static void one_policy_that_collapsed_is_enough(void **state)
{
    (void)state;
    struct store_round rounds[ROUNDS];
    struct store_reporter reporters[2 * ROUNDS];
    struct health health;
    make(rounds, reporters);
    struct store_reporter *last = &reporters[2 * ROUNDS - 1];
    last->k_probability[0] = 0.04;
    last->k_probability[1] = 0.96;
    health_judge(&health, rounds, ROUNDS, ROUNDS);
    assert_true(health.collapsed);
    assert_true(health.entropy > 0.8 && health.entropy < 0.9); // of the mean, (0.27, 0.73)
    last->reported = false;
    health_judge(&health, rounds, ROUNDS, ROUNDS);
    assert_false(health.collapsed);
    health_judge(&health, rounds, ROUNDS - 1, ROUNDS);
    assert_false(health.collapsed);
    last->reported = true;
    last->probabilities = 1; // nothing to choose
    last->k_probability[0] = 1;
    health_judge(&health, rounds, ROUNDS, ROUNDS);
    assert_false(health.collapsed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_run_is_sound),
        cmocka_unit_test(a_loss_that_never_falls_below_its_start_has_diverged),
        cmocka_unit_test(one_policy_that_collapsed_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
