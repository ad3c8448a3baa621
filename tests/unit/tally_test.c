// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secure/blinding.h"
#include "secure/tally.h"

#include <math.h>
#include <string.h>

static uint64_t word(const uint8_t bytes[TALLY_BYTES], size_t index)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++) {
        value |= (uint64_t)bytes[8 * index + i] << (8 * i);
    }
    return value;
}

static void add(uint8_t sum[TALLY_BYTES], const uint8_t bytes[TALLY_BYTES])
{
    for (size_t i = 0; i < TALLY_WORDS; i++) {
        const uint64_t value = word(sum, i) + word(bytes, i);
        for (size_t j = 0; j < 8; j++) {
            sum[8 * i + j] = (uint8_t)(value >> (8 * j));
        }
    }
}

static const struct tally north = {
    .weight = 100,
    .loss = 2.5,
    .training_accuracy = 0.25,
    .images = 300,
    .train_seconds = 1.5,
    .mask_seconds = 0.25,
    .policy_seconds = 0.125,
    .peak_memory = 7 * 1048576.0,
    .saturated = 11,
    .k_count = {3, [LIMIT_CHOICES - 1] = 5},
    .k_probability = {0.25, 0.75},
};

static void words_stand_in_the_order_of_the_header(void **state)
{
    (void)state;
    uint8_t bytes[TALLY_BYTES];
    assert_int_equal(tally_pack(bytes, &north), STATUS_OK);
    const uint64_t expected[] = {100, 250 << 20, 25 << 20, 300, 1500000, 250000, 125000, 7, 11, 3};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_int_equal(word(bytes, i), expected[i]);
    }
    assert_int_equal(word(bytes, 9 + LIMIT_CHOICES - 1), 5);
    assert_int_equal(word(bytes, 9 + LIMIT_CHOICES), 1 << 18);
    assert_int_equal(word(bytes, 10 + LIMIT_CHOICES), 3 << 18);
    assert_int_equal(TALLY_WORDS, 41);
}

static void one_comes_back_as_it_was(void **state)
{
    (void)state;
    uint8_t bytes[TALLY_BYTES];
    struct tally back;
    assert_int_equal(tally_pack(bytes, &north), STATUS_OK);
    assert_int_equal(tally_unpack(&back, bytes, 1), STATUS_OK);
    assert_memory_equal(&back, &north, sizeof back); // every figure above is exact
}

static void a_sum_gives_sums_and_means(void **state)
{
    (void)state;
    uint8_t sum[TALLY_BYTES], bytes[TALLY_BYTES];
    struct tally south = north, both;
    south.weight = 300;
    south.loss = 0.5;
    south.training_accuracy = 0.75;
    south.peak_memory = 9 * 1048576.0;
    south.k_probability[0] = 0.75;
    south.k_probability[1] = 0.25;
    assert_int_equal(tally_pack(sum, &north), STATUS_OK);
    assert_int_equal(tally_pack(bytes, &south), STATUS_OK);
    add(sum, bytes);
    assert_int_equal(tally_unpack(&both, sum, 2), STATUS_OK);
    assert_int_equal(both.weight, 400);
    assert_float_equal(both.loss, 1, 1e-9); // (100 * 2.5 + 300 * 0.5) / 400
    assert_float_equal(both.training_accuracy, 0.625, 1e-9);
    assert_int_equal(both.images, 600);
    assert_float_equal(both.train_seconds, 3, 1e-9);
    assert_float_equal(both.mask_seconds, 0.5, 1e-9);
    assert_float_equal(both.policy_seconds, 0.25, 1e-9);
    assert_float_equal(both.peak_memory / 1048576, 8, 1e-9);
    assert_int_equal(both.saturated, 22);
    assert_int_equal(both.k_count[0], 6);
    assert_float_equal(both.k_probability[0], 0.5, 1e-9);
    assert_float_equal(both.k_probability[1], 0.5, 1e-9);
}

static void what_is_too_large_is_cut_and_what_is_negative_is_none(void **state)
{
    (void)state;
    uint8_t bytes[TALLY_BYTES];
    struct tally tally = {.weight = UINT64_MAX,
                          .loss = -1,
                          .training_accuracy = 1,
                          .images = UINT64_MAX,
                          .train_seconds = 1e300,
                          .saturated = TALLY_LARGEST + 1,
                          .k_count = {UINT64_MAX}};
    assert_int_equal(tally_pack(bytes, &tally), STATUS_OK);
    static const size_t largest[] = {0, 2, 3, 4, 8, 9};
    for (size_t i = 0; i < sizeof largest / sizeof largest[0]; i++) {
        assert_int_equal(word(bytes, largest[i]), TALLY_LARGEST);
    }
    assert_int_equal(word(bytes, 1), 0);
    // So many of the largest do not wrap, and are taken.
    assert_int_equal(blinding_check_range(64, TALLY_LARGEST, LIMIT_COHORT_SECURE), STATUS_OK);
    assert_int_equal(tally_unpack(&tally, bytes, 1), STATUS_OK);
}

static void a_number_that_is_none_is_refused_by_name(void **state)
{
    (void)state;
    uint8_t bytes[TALLY_BYTES];
    struct tally tally = north;
    tally.loss = (double)NAN;
    assert_int_equal(tally_pack(bytes, &tally), STATUS_NOT_FINITE);
    assert_non_null(strstr(status_message(), "loss"));
    tally = north;
    tally.mask_seconds = (double)INFINITY;
    assert_int_equal(tally_pack(bytes, &tally), STATUS_NOT_FINITE);
    assert_non_null(strstr(status_message(), "masking"));
    tally = north;
    tally.k_probability[LIMIT_CHOICES - 1] = (double)NAN;
    assert_int_equal(tally_pack(bytes, &tally), STATUS_NOT_FINITE);
    assert_non_null(strstr(status_message(), "p(k)"));
}

static void a_sum_above_what_so_many_can_give_is_refused(void **state)
{
    (void)state;
    uint8_t sum[TALLY_BYTES] = {0}, bytes[TALLY_BYTES];
    struct tally tally = {.saturated = UINT64_MAX};
    assert_int_equal(tally_pack(bytes, &tally), STATUS_OK);
    for (size_t reporters = 1; reporters <= 3; reporters++) {
        add(sum, bytes);
        assert_int_equal(tally_unpack(&tally, sum, reporters), STATUS_OK);
        if (reporters == 1) continue;
        assert_int_equal(tally_unpack(&tally, sum, reporters - 1), STATUS_BAD_MESSAGE);
        assert_non_null(strstr(status_message(), "word 8"));
    }
    memset(sum, 0xff, sizeof sum);
    assert_int_equal(tally_unpack(&tally, sum, LIMIT_COHORT_SECURE), STATUS_BAD_MESSAGE);
}

static void without_a_weight_there_is_no_mean(void **state)
{
    (void)state;
    const uint8_t bytes[TALLY_BYTES] = {0};
    struct tally tally;
    assert_int_equal(tally_unpack(&tally, bytes, 3), STATUS_OK);
    assert_true(tally.loss <= 0 && tally.loss >= 0);
    assert_true(tally.training_accuracy <= 0 && tally.training_accuracy >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_stand_in_the_order_of_the_header),
        cmocka_unit_test(one_comes_back_as_it_was),
        cmocka_unit_test(a_sum_gives_sums_and_means),
        cmocka_unit_test(what_is_too_large_is_cut_and_what_is_negative_is_none),
        cmocka_unit_test(a_number_that_is_none_is_refused_by_name),
        cmocka_unit_test(a_sum_above_what_so_many_can_give_is_refused),
        cmocka_unit_test(without_a_weight_there_is_no_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
