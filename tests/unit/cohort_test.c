// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "cohort.h"

#include <string.h>

enum { COUNT = 20 };

static void fill(uint32_t members[COUNT])
{
    for (uint32_t i = 0; i < COUNT; i++) {
        members[i] = 3 * i + 1;
    }
}

static void takes_all_when_the_size_is_zero_or_too_large(void **state)
{
    (void)state;
    const struct cohort_draw draw = {1, 1, 1};
    uint32_t members[COUNT], all[COUNT];
    fill(members);
    fill(all);
    assert_int_equal(cohort_choose(members, COUNT, 0, &draw), COUNT);
    assert_memory_equal(members, all, sizeof all);
    assert_int_equal(cohort_choose(members, COUNT, COUNT + 5, &draw), COUNT);
    assert_memory_equal(members, all, sizeof all);
    assert_int_equal(cohort_choose(members, 0, 3, &draw), 0);
}

static void the_same_name_draws_the_same_cohort_in_any_order(void **state)
{
    (void)state;
    const struct cohort_draw draw = {7, 3, 1};
    uint32_t first[COUNT], second[COUNT];
    fill(first);
    fill(second);
    for (size_t i = 0; i < COUNT / 2; i++) { // the other way round
        const uint32_t swapped = second[i];
        second[i] = second[COUNT - 1 - i];
        second[COUNT - 1 - i] = swapped;
    }
    assert_int_equal(cohort_choose(first, COUNT, 6, &draw), 6);
    assert_int_equal(cohort_choose(second, COUNT, 6, &draw), 6);
    assert_memory_equal(first, second, 6 * sizeof first[0]);
}

static void chosen_members_rise_and_are_candidates(void **state)
{
    (void)state;
    for (uint32_t round = 1; round <= 50; round++) {
        const struct cohort_draw draw = {11, round, 1};
        uint32_t members[COUNT];
        fill(members);
        assert_int_equal(cohort_choose(members, COUNT, 7, &draw), 7);
        for (size_t i = 0; i < 7; i++) {
            assert_int_equal(members[i] % 3, 1);
            assert_in_range(members[i], 1, 3 * COUNT);
            if (i > 0) assert_true(members[i] > members[i - 1]);
        }
    }
}

static void rounds_attempts_and_seeds_draw_anew(void **state)
{
    (void)state;
    const struct cohort_draw draws[4] = {{1, 1, 1}, {1, 2, 1}, {1, 1, 2}, {2, 1, 1}};
    uint32_t members[4][COUNT];
    for (int i = 0; i < 4; i++) {
        fill(members[i]);
        assert_int_equal(cohort_choose(members[i], COUNT, 10, &draws[i]), 10);
        for (int j = 0; j < i; j++) {
            assert_memory_not_equal(members[i], members[j], 10 * sizeof members[0][0]);
        }
    }
}

static void everyone_is_chosen_equally_often(void **state)
{
    (void)state;
    int times[COUNT] = {0};
    enum { ROUNDS = 8000, SIZE = 5 };
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        const struct cohort_draw draw = {5, round, 1};
        uint32_t members[COUNT];
        fill(members);
        cohort_choose(members, COUNT, SIZE, &draw);
        for (int i = 0; i < SIZE; i++) {
            times[(members[i] - 1) / 3]++;
        }
    }
    for (int i = 0; i < COUNT; i++) { // mean 2000, deviation 39
        assert_in_range(times[i], 1800, 2200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_all_when_the_size_is_zero_or_too_large),
        cmocka_unit_test(the_same_name_draws_the_same_cohort_in_any_order),
        cmocka_unit_test(chosen_members_rise_and_are_candidates),
        cmocka_unit_test(rounds_attempts_and_seeds_draw_anew),
        cmocka_unit_test(everyone_is_chosen_equally_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
