// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secure/quantise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REPORTERS = 7, NUMBERS = 3001 };

static struct model base;
static struct quantise plan;
static float updates[REPORTERS][NUMBERS];
static double weights[REPORTERS];
static uint32_t integers[REPORTERS][NUMBERS];

/* Updates of `bits` bits, some of them cut to their bound. */
static void make(int bits)
{
    struct manifest manifest = {0};
    struct config_federation federation = {0};
    federation.quantise.bits = bits;
    federation.quantise.range = 2;
    federation.quantise.weight_max = 500;
    const size_t shapes[2] = {1234, NUMBERS - 1234};
    assert_int_equal(manifest_add(&manifest, "w", &shapes[0], 1, true), STATUS_OK);
    assert_int_equal(manifest_add(&manifest, "v", &shapes[1], 1, true), STATUS_OK);
    assert_int_equal(model_create(&base, &manifest), STATUS_OK);
    manifest_destroy(&manifest);
    assert_int_equal(quantise_plan(&plan, &base, &federation, REPORTERS), STATUS_OK);
    for (uint32_t n = 0; n < REPORTERS; n++) {
        struct random values, rounding;
        uint64_t cut;
        random_start(&values, 3, n, RANDOM_TEST, 0, 0);
        random_start(&rounding, 3, n, RANDOM_ROUNDING, 0, 0);
        weights[n] = 100 + 50 * (double)n;
        for (size_t i = 0; i < NUMBERS; i++) {
            updates[n][i] = 2 * random_normal(&values);
        }
        assert_int_equal(
            quantise_encode(&plan, integers[n], updates[n], weights[n], &rounding, &cut),
            STATUS_OK);
    }
}

static void forget(void)
{
    quantise_destroy(&plan);
    model_destroy(&base);
}

/* The sum in the order of a permutation, each update packed and unpacked on its way. */
static void sum_in_order(uint32_t *sum, const uint32_t *order, size_t count)
{
    static uint8_t bytes[NUMBERS * 4];
    static uint32_t received[NUMBERS];
    memset(sum, 0, NUMBERS * sizeof *sum);
    for (size_t i = 0; i < count; i++) {
        quantise_pack(&plan, bytes, integers[order[i]], NUMBERS);
        quantise_unpack(&plan, received, bytes, NUMBERS);
        quantise_add(sum, received, NUMBERS);
    }
}

static void the_order_of_the_reporters_does_not_matter(void **state)
{
    (void)state;
    static uint32_t first[NUMBERS], other[NUMBERS];
    uint32_t order[REPORTERS];
    struct random random;
    random_start(&random, 4, 0, RANDOM_TEST, 0, 0);
    for (int bits = 16; bits <= 32; bits += 8) {
        make(bits);
        for (int trial = 0; trial < 20; trial++) {
            random_permutation(&random, order, REPORTERS);
            sum_in_order(trial == 0 ? first : other, order, REPORTERS);
            if (trial > 0) assert_memory_equal(first, other, sizeof first);
        }
        forget();
    }
}

static void grouping_does_not_matter(void **state)
{
    (void)state;
    static uint32_t all[NUMBERS], left[NUMBERS], right[NUMBERS];
    const uint32_t order[REPORTERS] = {0, 1, 2, 3, 4, 5, 6};
    for (int bits = 16; bits <= 32; bits += 8) {
        make(bits);
        sum_in_order(all, order, REPORTERS);
        for (size_t split = 1; split < REPORTERS; split++) {
            sum_in_order(left, order, split);
            sum_in_order(right, order + split, REPORTERS - split);
            quantise_add(left, right, NUMBERS);
            assert_memory_equal(all, left, sizeof all);
        }
        forget();
    }
}

/* Modulo 2^bits in place of 2^32, as integers travel when they are blinded. */
static void only_the_low_bits_of_a_sum_count(void **state)
{
    (void)state;
    static uint32_t sum[NUMBERS];
    static float mean[NUMBERS], again[NUMBERS];
    const uint32_t order[REPORTERS] = {0, 1, 2, 3, 4, 5, 6};
    for (int bits = 16; bits <= 24; bits += 8) {
        make(bits);
        sum_in_order(sum, order, REPORTERS);
        quantise_decode(&plan, mean, sum, 100);
        for (size_t i = 0; i < NUMBERS; i++) {
            sum[i] += (uint32_t)i << bits;
        }
        quantise_decode(&plan, again, sum, 100);
        assert_memory_equal(mean, again, sizeof mean);
        forget();
    }
}

/* The mean of the cut updates in doubles, within one step for each reporter. */
static void the_mean_is_that_of_real_numbers(void **state)
{
    (void)state;
    static uint32_t sum[NUMBERS];
    static float mean[NUMBERS];
    const uint32_t order[REPORTERS] = {3, 1, 2, 0, 4, 6, 5};
    for (int bits = 16; bits <= 32; bits += 8) {
        make(bits);
        sum_in_order(sum, order, REPORTERS);
        double weight_sum = 0;
        for (size_t n = 0; n < REPORTERS; n++) {
            weight_sum += weights[n];
        }
        quantise_decode(&plan, mean, sum, weight_sum);
        for (size_t i = 0; i < NUMBERS; i++) {
            const size_t tensor = i >= 1234;
            double exact = 0;
            for (size_t n = 0; n < REPORTERS; n++) {
                const double x = (double)updates[n][i] * weights[n] / 500;
                exact += fmax(-plan.bound[tensor], fmin(plan.bound[tensor], x));
            }
            exact *= 500 / weight_sum;
            const double step = 500 / (plan.scale[tensor] * weight_sum);
            assert_true(fabs((double)mean[i] - exact) < REPORTERS * step + 1e-6);
        }
        forget();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_the_reporters_does_not_matter),
        cmocka_unit_test(grouping_does_not_matter),
        cmocka_unit_test(only_the_low_bits_of_a_sum_count),
        cmocka_unit_test(the_mean_is_that_of_real_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
