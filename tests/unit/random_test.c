// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/random.h"

#include <math.h>
#include <string.h>

/* From the known-answer file of Random123 (kat_vectors, philox4x32 10). */
static void matches_the_published_philox_vectors(void **state)
{
    (void)state;
    static const uint32_t cases[3][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d,
         0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09,
         0x94fdcceb, 0x5001e420, 0x24126ea1},
    };
    for (int i = 0; i < 3; i++) {
        uint32_t out[4];
        random_block(out, &cases[i][0], &cases[i][4]);
        assert_memory_equal(out, &cases[i][6], sizeof out);
    }
}

static void streams_differ_in_every_part_of_their_name(void **state)
{
    (void)state;
    struct random base;
    random_start(&base, 1, 2, RANDOM_TEST, 3, 4);
    const uint32_t first = random_bits(&base);
    struct random other[5];
    random_start(&other[0], 9, 2, RANDOM_TEST, 3, 4);
    random_start(&other[1], 1, 9, RANDOM_TEST, 3, 4);
    random_start(&other[2], 1, 2, RANDOM_MIX, 3, 4);
    random_start(&other[3], 1, 2, RANDOM_TEST, 9, 4);
    random_start(&other[4], 1, 2, RANDOM_TEST, 3, 9);
    for (int i = 0; i < 5; i++) {
        assert_int_not_equal(random_bits(&other[i]), first);
    }
}

static void uniform_and_normal_have_their_moments(void **state)
{
    (void)state;
    struct random random;
    random_start(&random, 7, 0, RANDOM_TEST, 0, 0);
    enum { COUNT = 200000 };
    double sum = 0, normal_sum = 0, normal_squares = 0;
    for (int i = 0; i < COUNT; i++) {
        const double u = (double)random_uniform(&random);
        assert_true(u >= 0 && u < 1);
        sum += u;
        const double n = (double)random_normal(&random);
        normal_sum += n;
        normal_squares += n * n;
    }
    assert_true(fabs(sum / COUNT - 0.5) < 0.005);
    assert_true(fabs(normal_sum / COUNT) < 0.015);
    assert_true(fabs(normal_squares / COUNT - 1) < 0.02);
}

static void below_covers_its_range_evenly(void **state)
{
    (void)state;
    struct random random;
    random_start(&random, 8, 0, RANDOM_TEST, 0, 0);
    int counts[7] = {0};
    for (int i = 0; i < 70000; i++) {
        counts[random_below(&random, 7)]++;
    }
    for (int i = 0; i < 7; i++) {
        assert_in_range(counts[i], 9500, 10500);
    }
}

static void a_permutation_holds_every_index_once(void **state)
{
    (void)state;
    struct random random;
    random_start(&random, 9, 0, RANDOM_TEST, 0, 0);
    uint32_t order[100];
    int seen[100] = {0};
    random_permutation(&random, order, 100);
    int moved = 0;
    for (uint32_t i = 0; i < 100; i++) {
        seen[order[i]]++;
        moved += order[i] != i;
    }
    for (int i = 0; i < 100; i++) {
        assert_int_equal(seen[i], 1);
    }
    assert_true(moved > 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_the_published_philox_vectors),
        cmocka_unit_test(streams_differ_in_every_part_of_their_name),
        cmocka_unit_test(uniform_and_normal_have_their_moments),
        cmocka_unit_test(below_covers_its_range_evenly),
        cmocka_unit_test(a_permutation_holds_every_index_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
