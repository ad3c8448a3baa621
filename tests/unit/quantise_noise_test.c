// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secure/identity.h"
#include "secure/quantise.h"
#include "secure/skellam.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS = 20011, REPORTERS = 5 };

static uint64_t taken;

/* The same bits at each run. */
static void stream(uint8_t *bytes, size_t size)
{
    static const uint8_t key[IDENTITY_KEY_BYTES] = "a key for tests of chance only";
    identity_stream(bytes, size, key, taken++);
}

/* U near 1: draws of 0. */
static void still(uint8_t *bytes, size_t size)
{
    memset(bytes, 0xff, size);
}

static struct config_federation settings(void)
{
    struct config config;
    config_defaults(&config);
    config.federation.participants = REPORTERS;
    config.federation.privacy = PRIVACY_SECURE_SUM;
    config.federation.secure.cohort_min = 4;
    config.federation.secure.corrupt = 0.3; // one of five
    config.federation.quantise.weight_max = 100;
    config.federation.dp.method = DP_SKELLAM;
    config.federation.dp.clip = 0.75;
    config.federation.dp.multiplier = 1.5;
    return config.federation;
}

static struct model base_of(size_t numbers)
{
    struct manifest manifest = {0};
    struct model model;
    const size_t first = numbers / 2, second = numbers - first;
    assert_int_equal(manifest_add(&manifest, "a", &first, 1, true), STATUS_OK);
    assert_int_equal(manifest_add(&manifest, "n.running_var", &second, 1, false), STATUS_OK);
    assert_int_equal(model_create(&model, &manifest), STATUS_OK);
    manifest_destroy(&manifest);
    return model;
}

static struct quantise plan_of(const struct config_federation *federation, size_t numbers)
{
    struct model base = base_of(numbers);
    struct quantise plan;
    if (quantise_plan(&plan, &base, federation, REPORTERS) != STATUS_OK)
        fail_msg("%s", status_message());
    model_destroy(&base);
    return plan;
}

static float *update_of(size_t numbers, double norm, uint32_t salt)
{
    float *update = calloc(numbers, sizeof *update);
    struct random random;
    double square = 0;
    assert_non_null(update);
    random_start(&random, 1, salt, RANDOM_ROUNDING, 1, 0);
    for (size_t i = 0; i < numbers; i++) {
        update[i] = random_normal(&random);
        square += (double)update[i] * (double)update[i];
    }
    for (size_t i = 0; i < numbers; i++) {
        update[i] = (float)((double)update[i] * norm / sqrt(square));
    }
    return update;
}

static int64_t signed_value(uint32_t integer, int bits)
{
    const int64_t value = integer, half = (int64_t)1 << (bits - 1);
    return value < half ? value : value - 2 * half;
}

static double square_of(const uint32_t *integers, size_t count, int bits)
{
    double square = 0;
    for (size_t i = 0; i < count; i++) {
        const double value = (double)signed_value(integers[i], bits);
        square += value * value;
    }
    return square;
}

static struct random rounding_of(uint32_t participant)
{
    struct random rounding;
    random_start(&rounding, 5, participant, RANDOM_ROUNDING, 1, 0);
    return rounding;
}

static void the_sum_of_the_honest_has_the_noise_that_was_asked_for(void **state)
{
    (void)state;
    struct config_federation federation = settings();
    static const int bits[] = {16, 24, 32};
    for (size_t i = 0; i < 3; i++) {
        federation.quantise.bits = bits[i];
        struct quantise plan = plan_of(&federation, NUMBERS);
        const double steps = plan.scale[0] * 0.75, square = (double)plan.norm_square;
        // Three of four who are counted are honest.
        assert_true(3 * (double)plan.variance >= 1.5 * 1.5 * square);
        assert_true(3 * ((double)plan.variance - 1) < 1.5 * 1.5 * square);
        assert_true(square >= steps * steps + NUMBERS / 4.0);
        assert_true(steps >= QUANTISE_STEPS_MIN && steps <= 0x1p24);
        assert_memory_equal(&plan.scale[1], &plan.scale[0], sizeof plan.scale[0]);
        assert_memory_equal(&plan.bound[1], &plan.bound[0], sizeof plan.bound[0]);
        const double most =
            REPORTERS * ceil(steps) + skellam_reach(REPORTERS * (double)plan.variance);
        assert_true(most < ldexp(1, bits[i] - 1));
        quantise_destroy(&plan);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct config_federation federation = settings();
    struct model base = base_of(400000);
    struct quantise plan;
    assert_int_equal(quantise_check_noise(&federation), STATUS_OK);
    federation.dp.multiplier = 5;
    federation.quantise.bits = 16;
    assert_int_equal(quantise_check_noise(&federation), STATUS_OK); // fits one number
    assert_int_equal(quantise_plan(&plan, &base, &federation, REPORTERS), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "federation.dp.multiplier: noise of 5 for an update "
                                             "of 400000 numbers and 5 reporters does not fit "
                                             "federation.quantise.bits 16, allowed: "));
    federation.dp.multiplier = 40;
    assert_int_equal(quantise_check_noise(&federation), STATUS_BAD_CONFIG);
    federation.dp.method = DP_NONE;
    assert_int_equal(quantise_check_noise(&federation), STATUS_OK);
    model_destroy(&base);
}

/* A plan whose noise `still` leaves out; a small table does. */
static struct quantise silent(const struct config_federation *federation)
{
    struct quantise plan = plan_of(federation, NUMBERS);
    plan.variance = 1;
    return plan;
}

static void a_long_update_is_scaled_to_the_clip_and_a_short_one_is_not(void **state)
{
    (void)state;
    const struct config_federation federation = settings();
    struct quantise plan = silent(&federation);
    static uint32_t integers[NUMBERS];
    static const struct {
        double norm, weight, expected;
    } cases[] = {
        {30, 100, 0.75}, {0.75, 100, 0.75}, {0.5, 100, 0.5}, {30, 50, 0.375}, {30, 900, 0.75}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        float *update = update_of(NUMBERS, cases[i].norm, 1);
        struct random rounding = rounding_of(0);
        assert_int_equal(
            quantise_encode_noisy(&plan, integers, update, cases[i].weight, &rounding, still),
            STATUS_OK);
        const double square = square_of(integers, NUMBERS, 32);
        assert_true(square <= (double)plan.norm_square);
        assert_true(fabs(sqrt(square) / plan.scale[0] - cases[i].expected) < 1e-3);
        free(update);
    }
    quantise_destroy(&plan);
}

/* A plan that no random rounding satisfies: the fallback does. */
static void the_norm_holds_when_every_rounding_is_too_long(void **state)
{
    (void)state;
    const struct config_federation federation = settings();
    struct quantise plan = silent(&federation);
    static uint32_t integers[NUMBERS];
    float *update = update_of(NUMBERS, 0.75, 1);
    struct random rounding = rounding_of(0);
    const double steps = plan.scale[0] * 0.75;
    // Towards zero the square falls by the sum of sizes, about 0.8 steps sqrt(numbers).
    plan.norm_square = (uint64_t)(steps * steps - 0.4 * steps * sqrt(NUMBERS));
    assert_int_equal(quantise_encode_noisy(&plan, integers, update, 100, &rounding, still),
                     STATUS_OK);
    assert_true(square_of(integers, NUMBERS, 32) <= (double)plan.norm_square);
    const struct random start = rounding_of(0);
    assert_int_equal(rounding.counter[0] - start.counter[0], 8 * ((NUMBERS + 3) / 4));
    free(update);
    quantise_destroy(&plan);
}

static void rounding_is_unbiased_and_the_mean_has_the_noise(void **state)
{
    (void)state;
    struct config_federation federation = settings();
    federation.quantise.bits = 16;
    struct quantise plan = plan_of(&federation, NUMBERS);
    static uint32_t integers[NUMBERS], sum[NUMBERS];
    static float mean[NUMBERS], expected[NUMBERS];
    memset(sum, 0, sizeof sum);
    memset(expected, 0, sizeof expected);
    taken = 0;
    for (uint32_t p = 0; p < REPORTERS; p++) {
        float *update = update_of(NUMBERS, 0.7, p);
        struct random rounding = rounding_of(p);
        assert_int_equal(quantise_encode_noisy(&plan, integers, update, 100, &rounding, stream),
                         STATUS_OK);
        quantise_add(sum, integers, NUMBERS);
        for (size_t i = 0; i < NUMBERS; i++) {
            assert_true(integers[i] < 1u << 16);
            expected[i] += update[i] / REPORTERS;
        }
        free(update);
    }
    quantise_decode(&plan, mean, sum, REPORTERS * 100.0);
    double first = 0, second = 0;
    for (size_t i = 0; i < NUMBERS; i++) {
        const double apart = (double)mean[i] - (double)expected[i];
        first += apart / NUMBERS;
        second += apart * apart / NUMBERS;
    }
    // Variance of the mean's noise; rounding adds at most 1/4 a reporter.
    const double unit = plan.scale[0] * REPORTERS;
    const double variance = REPORTERS * ((double)plan.variance + 0.25) / (unit * unit);
    assert_true(fabs(first) < 5 * sqrt(variance / NUMBERS));
    assert_true(fabs(second / variance - 1) < 5 * sqrt(2.0 / NUMBERS));
    // At least multiplier * clip / reporters: a third more, five add what three must.
    assert_true(sqrt(second) > 1.5 * 0.75 / REPORTERS);
    quantise_destroy(&plan);
}

static void no_number_that_is_not_finite_is_encoded(void **state)
{
    (void)state;
    const struct config_federation federation = settings();
    struct quantise plan = plan_of(&federation, 10);
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        uint32_t integers[10];
        float update[10] = {0};
        struct random rounding = rounding_of(0);
        update[7] = bad[i];
        assert_int_equal(quantise_encode_noisy(&plan, integers, update, 1, &rounding, stream),
                         STATUS_NOT_FINITE);
        assert_string_equal(status_message(), "tensor 1 of the update: number 2 is not finite");
    }
    quantise_destroy(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sum_of_the_honest_has_the_noise_that_was_asked_for),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(a_long_update_is_scaled_to_the_clip_and_a_short_one_is_not),
        cmocka_unit_test(the_norm_holds_when_every_rounding_is_too_long),
        cmocka_unit_test(rounding_is_unbiased_and_the_mean_has_the_noise),
        cmocka_unit_test(no_number_that_is_not_finite_is_encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
