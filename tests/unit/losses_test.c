// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/losses.h"

#include <math.h>

static void logits_far_out_cost_what_they_are_off(void **state)
{
    (void)state;
    const float logits[4] = {-1000, -90, 90, 1000};
    float gradient[4];
    assert_true(fabs(losses_logistic(gradient, logits, 4, 1, 1) - 1090.0 / 4) < 1e-9);
    const float expected[4] = {-0.25f, -0.25f, 0, 0};
    for (int i = 0; i < 4; i++) {
        assert_true(fabsf(gradient[i] - expected[i]) < 1e-7f);
    }
    assert_true(fabs(losses_logistic(gradient, logits, 4, 0, 2) - 1090.0 / 4) < 1e-9);
    assert_true(fabsf(gradient[0]) < 1e-7f && fabsf(gradient[3] - 0.5f) < 1e-7f);
}

static void an_undecided_critic_costs_the_logarithm_of_two(void **state)
{
    (void)state;
    const float logits[2] = {0, 0};
    float gradient[2];
    assert_true(fabs(losses_logistic(gradient, logits, 2, 1, 1) - log(2)) < 1e-12);
    assert_true(fabsf(gradient[0] + 0.25f) < 1e-7f);
}

static void the_absolute_gradient_is_added(void **state)
{
    (void)state;
    const float y[4] = {1, 2, 3, 4}, target[4] = {2, 2, 1, 4.5f};
    float gradient[4] = {10, 20, 30, 40};
    assert_true(fabs(losses_absolute(gradient, y, target, 4, 100) - 3.5 / 4) < 1e-9);
    const float expected[4] = {-15, 20, 55, 15};
    for (int i = 0; i < 4; i++) {
        assert_true(fabsf(gradient[i] - expected[i]) < 1e-5f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logits_far_out_cost_what_they_are_off),
        cmocka_unit_test(an_undecided_critic_costs_the_logarithm_of_two),
        cmocka_unit_test(the_absolute_gradient_is_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
