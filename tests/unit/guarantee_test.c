// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secure/accountant.h"
#include "secure/guarantee.h"
#include "secure/quantise.h"

#include <math.h>

static struct config_federation settings(double multiplier, int rounds)
{
    struct config config;
    config_defaults(&config);
    config.federation.privacy = PRIVACY_SECURE_SUM;
    config.federation.participants = 10;
    config.federation.secure.cohort_min = 8;
    config.federation.dp.method = DP_SKELLAM;
    config.federation.dp.multiplier = multiplier;
    config.federation.rounds = rounds;
    assert_int_equal(config_check(&config), STATUS_OK);
    return config.federation;
}

static double epsilon_of(double multiplier, int rounds)
{
    struct guarantee guarantee;
    const struct config_federation federation = settings(multiplier, rounds);
    guarantee_state(&guarantee, &federation);
    assert_true(guarantee.given);
    return guarantee.epsilon;
}

static void without_noise_it_says_that_there_is_none(void **state)
{
    (void)state;
    struct config config;
    struct guarantee guarantee;
    config_defaults(&config);
    guarantee_state(&guarantee, &config.federation);
    assert_false(guarantee.given);
    assert_string_equal(guarantee.mechanism, "none");
    assert_string_equal(guarantee.text, "no differential privacy: no noise is added to updates");
    assert_string_equal(guarantee.warning, "");
    assert_null(guarantee.adjacency);
}

static void it_says_what_is_promised_to_whom_and_by_what(void **state)
{
    (void)state;
    struct guarantee guarantee;
    const struct config_federation federation = settings(4, 100);
    guarantee_state(&guarantee, &federation);
    assert_string_equal(guarantee.mechanism, "skellam");
    assert_string_equal(guarantee.adjacency, "add or remove one participant");
    assert_string_equal(
        guarantee.text,
        "differential privacy of a participant (add or remove one participant): epsilon 14.18 at "
        "delta 1e-05 over 100 rounds, by Skellam noise of 4 times the clip on each sum of updates; "
        "totals of metrics carry none");
    assert_string_equal(guarantee.warning, "");
}

/* Never better than the Gaussian of the same multiplier, and hardly worse where that means
 * anything; orders below 2, best for large epsilons, are not known for Skellam noise. */
static void it_is_close_to_the_gaussian_from_above(void **state)
{
    (void)state;
    for (double multiplier = 0.5; multiplier < 200; multiplier *= 1.7) {
        for (int rounds = 1; rounds < 2000; rounds *= 7) {
            struct accountant accountant;
            accountant_start(&accountant);
            accountant_add_gaussian(&accountant, 1, multiplier, rounds);
            const double gaussian = accountant_epsilon(&accountant, 1e-5);
            const double found = epsilon_of(multiplier, rounds);
            assert_true(found >= gaussian && found <= (gaussian < 20 ? 1.05 : 2) * gaussian);
        }
    }
}

/* What is stated before there is a model holds for the plan of any. */
static void a_plan_keeps_what_was_promised(void **state)
{
    (void)state;
    static const int bits[] = {16, 24, 32};
    for (size_t i = 0; i < 3; i++) {
        struct config_federation federation = settings(1.5, 20);
        struct manifest manifest = {0};
        struct model model;
        struct quantise plan;
        struct accountant accountant;
        const size_t shape = 1000;
        federation.quantise.bits = bits[i];
        assert_int_equal(manifest_add(&manifest, "a", &shape, 1, true), STATUS_OK);
        assert_int_equal(model_create(&model, &manifest), STATUS_OK);
        manifest_destroy(&manifest);
        if (quantise_plan(&plan, &model, &federation, 10) != STATUS_OK)
            fail_msg("%s", status_message());
        const double square = (double)plan.norm_square;
        accountant_start(&accountant);
        accountant_add_skellam(&accountant, sqrt(square), fmin(square, sqrt(1000 * square)),
                               (double)config_honest(&federation) * (double)plan.variance, 20);
        assert_true(accountant_epsilon(&accountant, 1e-5) <= epsilon_of(1.5, 20));
        quantise_destroy(&plan);
        model_destroy(&model);
    }
}

static void a_delta_that_promises_nothing_is_warned_of(void **state)
{
    (void)state;
    struct guarantee guarantee;
    struct config_federation federation = settings(4, 100);
    federation.dp.delta = 0.1;
    guarantee_state(&guarantee, &federation);
    assert_string_equal(guarantee.warning,
                        "federation.dp.delta: 0.1 is not below 1/10: to give one of 10 "
                        "participants away whole would keep such a promise");
}

static void of_dp_sgd_it_is_an_image_over_all_steps(void **state)
{
    (void)state;
    struct config config;
    struct guarantee guarantee;
    config_defaults(&config);
    config.federation.network.norm = NORM_GROUP;
    config.federation.mix.method = MIX_NONE;
    config.federation.dp.method = DP_SGD;
    config.federation.dp.multiplier = 1.5;
    config.federation.dp.sample_rate = 0.04;
    config.federation.rounds = 45;
    config.federation.local_epochs = 2; // 2250 steps: 7.32911117 by Opacus
    assert_int_equal(config_check(&config), STATUS_OK);
    guarantee_state(&guarantee, &config.federation);
    assert_true(guarantee.given && fabs(guarantee.epsilon - 7.32911117143) < 1e-6);
    assert_string_equal(guarantee.mechanism, "dp-sgd");
    assert_string_equal(guarantee.adjacency, "add or remove one image of one participant");
    assert_string_equal(
        guarantee.text,
        "differential privacy of an image (add or remove one image of one participant): epsilon "
        "7.329 at delta 1e-05 over 45 rounds, by noise of 1.5 times the clip on the gradients of "
        "each of 2250 steps, which take an image with probability 0.04; metrics carry none");
    assert_string_equal(guarantee.warning, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_dp_sgd_it_is_an_image_over_all_steps),
        cmocka_unit_test(without_noise_it_says_that_there_is_none),
        cmocka_unit_test(it_says_what_is_promised_to_whom_and_by_what),
        cmocka_unit_test(it_is_close_to_the_gaussian_from_above),
        cmocka_unit_test(a_plan_keeps_what_was_promised),
        cmocka_unit_test(a_delta_that_promises_nothing_is_warned_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
