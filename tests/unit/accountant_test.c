// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secure/accountant.h"

#include <math.h>
#include <string.h>

static void close_to(double found, double expected, double relative)
{
    if (!(fabs(found - expected) <= relative * fabs(expected))) {
        fail_msg("%.12g is not %.12g within %g of it", found, expected, relative);
    }
}

static void knows_the_orders(void **state)
{
    (void)state;
    close_to(accountant_order(0), 1.1, 1e-15);
    close_to(accountant_order(98), 10.9, 1e-15);
    close_to(accountant_order(99), 12, 1e-15);
    close_to(accountant_order(ACCOUNTANT_ORDERS - 1), 63, 1e-15);
    for (int i = 1; i < ACCOUNTANT_ORDERS; i++) {
        assert_true(accountant_order(i) > accountant_order(i - 1));
    }
}

static void nothing_spent_is_zero_and_no_noise_is_infinite(void **state)
{
    (void)state;
    struct accountant accountant;
    accountant_start(&accountant);
    accountant_add_gaussian(&accountant, 0, 1, 1000);
    accountant_add_gaussian(&accountant, 0.1, 0, 0);
    accountant_add_skellam(&accountant, 0, 0, 0, 10);
    accountant_add_skellam(&accountant, 1, 1, 0, 0);
    assert_true(accountant_epsilon(&accountant, 1e-5) <= 0);
    accountant_add_gaussian(&accountant, 1e-9, 0, 1);
    assert_true(isinf(accountant_epsilon(&accountant, 1e-5)));
    accountant_start(&accountant);
    accountant_add_skellam(&accountant, 1, 1, 0, 1);
    assert_true(isinf(accountant_epsilon(&accountant, 1e-5)));
}

static void releases_add_up(void **state)
{
    (void)state;
    struct accountant once, thrice;
    accountant_start(&once);
    accountant_start(&thrice);
    accountant_add_gaussian(&once, 0.04, 1.5, 300);
    accountant_add_skellam(&once, 50, 1000, 1e5, 30);
    for (int i = 0; i < 3; i++) {
        accountant_add_gaussian(&thrice, 0.04, 1.5, 100);
        accountant_add_skellam(&thrice, 50, 1000, 1e5, 10);
    }
    close_to(accountant_epsilon(&thrice, 1e-5), accountant_epsilon(&once, 1e-5), 1e-12);
}

static void grows_with_rate_steps_and_order_and_falls_with_noise(void **state)
{
    (void)state;
    for (double z = 0.1; z < 100; z *= 2.3) {
        for (double q = 1e-6; q < 1; q = q < 0.5 ? 4 * q : 1 - (1 - q) / 4) {
            double last = 0;
            for (int i = 0; i < ACCOUNTANT_ORDERS; i++) {
                const double order = accountant_order(i), rdp = accountant_gaussian(order, q, z);
                const double slack = 1e-9 * rdp + 1e-12;
                assert_true(isfinite(rdp) && rdp >= last - slack);
                assert_true(rdp <= accountant_gaussian(order, 1, z) + slack);
                assert_true(rdp >= accountant_gaussian(order, q, 1.5 * z) - slack);
                last = rdp;
            }
            if (1 - q < 1e-6) break;
        }
    }
}

/* Skellam noise of variance v = (z D2)^2 goes to Gaussian noise as steps become small. */
static void skellam_goes_to_the_gaussian(void **state)
{
    (void)state;
    double excess = HUGE_VAL;
    for (double norm = 10; norm < 1e6; norm *= 10) {
        const double gaussian = accountant_gaussian(5, 1, 2);
        const double skellam = accountant_skellam(5, norm, norm * norm, 4 * norm * norm);
        assert_true(skellam > gaussian && skellam - gaussian < excess);
        excess = skellam - gaussian;
    }
    assert_true(excess < 1e-9);
}

static void finds_a_multiplier_that_suffices_barely(void **state)
{
    (void)state;
    static const double epsilons[] = {0.5, 1, 3, 8, 50};
    for (size_t i = 0; i < sizeof epsilons / sizeof epsilons[0]; i++) {
        double multiplier = 0;
        assert_int_equal(accountant_find_multiplier(&multiplier, epsilons[i], 1e-5, 0.04, 500),
                         STATUS_OK);
        struct accountant enough, less;
        accountant_start(&enough);
        accountant_start(&less);
        accountant_add_gaussian(&enough, 0.04, multiplier, 500);
        accountant_add_gaussian(&less, 0.04, 0.9998 * multiplier, 500);
        assert_true(accountant_epsilon(&enough, 1e-5) <= epsilons[i]);
        assert_true(accountant_epsilon(&less, 1e-5) > epsilons[i]);
    }
}

static void says_when_no_noise_is_enough(void **state)
{
    (void)state;
    double multiplier = 0;
    assert_int_equal(accountant_find_multiplier(&multiplier, 0.01, 1e-9, 1, 1), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "no noise brings epsilon to 0.01"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_orders),
        cmocka_unit_test(nothing_spent_is_zero_and_no_noise_is_infinite),
        cmocka_unit_test(releases_add_up),
        cmocka_unit_test(grows_with_rate_steps_and_order_and_falls_with_noise),
        cmocka_unit_test(skellam_goes_to_the_gaussian),
        cmocka_unit_test(finds_a_multiplier_that_suffices_barely),
        cmocka_unit_test(says_when_no_noise_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
