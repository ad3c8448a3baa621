// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secure/dp_sgd.h"
#include "secure/identity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 200001 }; // several pieces, and an odd last one

static uint8_t next_key;

/* A key that repeats, which no program uses; each call gives another. */
static void known(uint8_t *bytes, size_t size)
{
    memset(bytes, next_key++, size);
}

static float *noise_of(uint8_t first, size_t count, double deviation)
{
    float *noise = calloc(count, sizeof *noise);
    assert_non_null(noise);
    next_key = first;
    dp_sgd_noise(noise, count, deviation, known);
    return noise;
}

static void noise_is_normal_with_the_deviation_asked_for(void **state)
{
    (void)state;
    const double deviation = 2.5;
    float *noise = noise_of(1, COUNT, deviation);
    double powers[5] = {0};
    size_t within = 0, beyond = 0;
    for (size_t i = 0; i < COUNT; i++) {
        const double z = (double)noise[i] / deviation;
        for (int p = 1; p <= 4; p++) {
            powers[p] += pow(z, p) / COUNT;
        }
        within += fabs(z) < 1;
        beyond += fabs(z) > 3;
    }
    // Five deviations of each estimate.
    assert_true(fabs(powers[1]) < 5 / sqrt(COUNT));
    assert_true(fabs(powers[2] - 1) < 5 * sqrt(2.0 / COUNT));
    assert_true(fabs(powers[3]) < 5 * sqrt(15.0 / COUNT));
    assert_true(fabs(powers[4] - 3) < 5 * sqrt(96.0 / COUNT));
    assert_true(fabs((double)within / COUNT - 0.682689) < 5 * sqrt(0.2166 / COUNT));
    assert_true(fabs((double)beyond / COUNT - 0.002700) < 5 * sqrt(0.0027 / COUNT));
    free(noise);
}

static void neighbours_within_a_pair_and_between_pieces_are_uncorrelated(void **state)
{
    (void)state;
    static const size_t lags[] = {1, 2, 4096, 8192};
    float *noise = noise_of(2, COUNT, 1);
    for (size_t l = 0; l < sizeof lags / sizeof lags[0]; l++) {
        double product = 0, squares = 0;
        const double pairs = (double)(COUNT - lags[l]);
        for (size_t i = 0; i + lags[l] < COUNT; i++) {
            const double a = (double)noise[i], b = (double)noise[i + lags[l]];
            product += a * b / pairs;
            squares += a * a * b * b / pairs;
        }
        assert_true(fabs(product) < 5 / sqrt(pairs));
        assert_true(fabs(squares - 1) < 5 * sqrt(8.0 / pairs));
    }
    free(noise);
}

static void noise_is_added_and_each_call_has_its_own(void **state)
{
    (void)state;
    float *first = noise_of(3, 1000, 1), *again = noise_of(3, 1000, 1),
          *other = noise_of(4, 1000, 1);
    assert_memory_equal(first, again, 1000 * sizeof(float));
    size_t same = 0;
    for (size_t i = 0; i < 1000; i++) {
        same += fabsf(first[i] - other[i]) < 1e-6f;
        again[i] = 10;
    }
    assert_true(same < 5);
    next_key = 3;
    dp_sgd_noise(again, 1000, 1, known);
    for (size_t i = 0; i < 1000; i++) {
        assert_true(fabsf(again[i] - 10 - first[i]) < 1e-5f);
    }
    free(first);
    free(again);
    free(other);
}

/* What programs use is not what a test can repeat. */
static void the_systems_randomness_gives_other_noise_each_time(void **state)
{
    (void)state;
    float a[64] = {0}, b[64] = {0};
    dp_sgd_noise(a, 64, 1, identity_random);
    dp_sgd_noise(b, 64, 1, identity_random);
    assert_memory_not_equal(a, b, sizeof a);
}

static void an_image_is_in_the_sample_with_its_probability(void **state)
{
    (void)state;
    static uint32_t index[COUNT];
    static const double rates[] = {0.01, 0.3, 0.9};
    for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++) {
        const double q = rates[r];
        next_key = (uint8_t)(10 + r);
        const size_t taken = dp_sgd_sample(index, COUNT, q, known);
        assert_true(fabs((double)taken - q * COUNT) < 5 * sqrt(COUNT * q * (1 - q)));
        // Alone: neighbours come together as often as chance has it.
        size_t together = 0;
        for (size_t i = 1; i < taken; i++) {
            assert_true(index[i] > index[i - 1] && index[i] < COUNT);
            together += index[i] == index[i - 1] + 1;
        }
        assert_true(fabs((double)together - q * q * COUNT) < 6 * sqrt(COUNT * q * q));
    }
}

/* The size of a sample is itself drawn: a fixed one would be another mechanism, with another
 * proof. */
static void samples_of_one_rate_have_many_sizes(void **state)
{
    (void)state;
    enum { DRAWS = 250, IMAGES = 200 };
    uint32_t index[IMAGES];
    const double q = 0.25;
    double mean = 0, squares = 0;
    next_key = 0;
    size_t ever[IMAGES] = {0};
    for (int i = 0; i < DRAWS; i++) {
        const size_t taken = dp_sgd_sample(index, IMAGES, q, known);
        for (size_t j = 0; j < taken; j++) {
            ever[index[j]]++;
        }
        mean += (double)taken / DRAWS;
        squares += (double)taken * (double)taken / DRAWS;
    }
    const double variance = squares - mean * mean, expected = IMAGES * q * (1 - q);
    assert_true(fabs(mean - IMAGES * q) < 6 * sqrt(expected / DRAWS));
    assert_true(variance > expected * 0.6 && variance < expected * 1.5);
    for (size_t j = 0; j < IMAGES; j++) {
        assert_true(fabs((double)ever[j] - DRAWS * q) < 6.5 * sqrt(DRAWS * q * (1 - q)));
    }
}

static void rate_one_takes_all(void **state)
{
    (void)state;
    uint32_t index[5000];
    assert_int_equal(dp_sgd_sample(index, 5000, 1, identity_random), 5000);
    for (uint32_t i = 0; i < 5000; i++) {
        assert_int_equal(index[i], i);
    }
    assert_int_equal(dp_sgd_sample(index, 0, 1, identity_random), 0);
}

static void a_round_has_as_many_steps_as_its_epochs_need(void **state)
{
    (void)state;
    static const struct {
        int epochs;
        double rate;
        uint64_t steps;
    } cases[] = {{1, 1, 1},
                 {1, 0.1, 10},
                 {3, 0.3, 10},
                 {3, 1, 3},
                 {1, 0.3, 4},
                 {2, 0.07, 29},
                 {1, 0.01, 100},
                 {1, 1e-6, 1000000},
                 {7, 0.7, 10},
                 {1, 0.99, 2},
                 {1000, 1e-6, 1000000000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config_federation federation = {.local_epochs = cases[i].epochs};
        federation.dp.sample_rate = cases[i].rate;
        assert_int_equal(dp_sgd_steps(&federation), cases[i].steps);
    }
}

/* Opacus: q = 0.04, z = 1.5, 2250 steps, delta 1e-5. */
static void epsilon_is_that_of_the_sampled_gaussian(void **state)
{
    (void)state;
    struct config_federation federation = {.local_epochs = 90};
    federation.dp.sample_rate = 0.04;
    federation.dp.multiplier = 1.5;
    federation.dp.delta = 1e-5;
    assert_int_equal(dp_sgd_steps(&federation), 2250);
    assert_true(fabs(dp_sgd_epsilon(&federation, 2250) - 7.32911117143) < 1e-6);
    assert_false(dp_sgd_epsilon(&federation, 0) > 0);
    assert_true(dp_sgd_epsilon(&federation, 10) < dp_sgd_epsilon(&federation, 20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_is_normal_with_the_deviation_asked_for),
        cmocka_unit_test(neighbours_within_a_pair_and_between_pieces_are_uncorrelated),
        cmocka_unit_test(noise_is_added_and_each_call_has_its_own),
        cmocka_unit_test(the_systems_randomness_gives_other_noise_each_time),
        cmocka_unit_test(an_image_is_in_the_sample_with_its_probability),
        cmocka_unit_test(samples_of_one_rate_have_many_sizes),
        cmocka_unit_test(rate_one_takes_all),
        cmocka_unit_test(a_round_has_as_many_steps_as_its_epochs_need),
        cmocka_unit_test(epsilon_is_that_of_the_sampled_gaussian),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
