// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "frequency/mix.h"

#include <math.h>
#include <string.h>

enum { BATCH = 64 };

static struct mix mix;

static int prepare(void **state)
{
    (void)state;
    return mix_create(&mix, BATCH) != STATUS_OK;
}

static int finish(void **state)
{
    (void)state;
    mix_destroy(&mix);
    mix_destroy(&mix);
    return mix.partner != NULL;
}

static struct random stream(uint32_t step)
{
    struct random random;
    random_start(&random, 41, 0, RANDOM_MIX, 0, step);
    return random;
}

/* Numbers drawn from the stream so far. */
static uint64_t words(const struct random *random)
{
    return 4 * (uint64_t)random->counter[0] - 4 + random->used;
}

static double acceptance(int k, double weight_max)
{
    uint64_t drawn = 0, rows = 0;
    for (uint32_t step = 0; step < 40; step++) {
        struct random random = stream(step), permutations = random;
        mix_draw(&mix, &random, k, BATCH, weight_max);
        for (int j = 1; j < k; j++) {
            uint32_t order[BATCH];
            random_permutation(&permutations, order, BATCH);
        }
        drawn += words(&random) - words(&permutations);
        rows += BATCH;
    }
    return (double)rows * 2 * k / (double)drawn; // a normal number takes two words
}

static void rows_of_weights_sum_to_one_and_keep_to_the_limit(void **state)
{
    (void)state;
    static const double limits[] = {0.55, 0.65, 0.9};
    for (int k = 2; k <= LIMIT_MIX; k++) {
        struct random random = stream((uint32_t)k);
        const double limit = limits[k % 3];
        mix_draw(&mix, &random, k, BATCH, limit);
        assert_int_equal(mix.k, k);
        assert_int_equal(mix.batch, BATCH);
        for (int i = 0; i < BATCH; i++) {
            double sum = 0;
            for (int j = 0; j < k; j++) {
                const double weight = (double)mix.weight[i * k + j];
                assert_true(weight >= 0 && weight <= limit + 1e-7);
                sum += weight;
            }
            assert_true(fabs(sum - 1) < 1e-6);
        }
    }
}

static void a_limit_next_to_equal_weights_ends_and_is_kept(void **state)
{
    (void)state;
    const double limit = 0.2 + 1e-6;
    struct random random = stream(0);
    mix_draw(&mix, &random, 5, 4, limit);
    for (int i = 0; i < 4; i++) {
        double sum = 0;
        for (int j = 0; j < 5; j++) {
            assert_true((double)mix.weight[i * 5 + j] <= limit + 1e-7);
            sum += (double)mix.weight[i * 5 + j];
        }
        assert_true(fabs(sum - 1) < 1e-6);
    }
}

static void columns_of_partners_are_permutations_and_the_first_is_the_image_itself(void **state)
{
    (void)state;
    const int k = 5;
    struct random random = stream(1);
    mix_draw(&mix, &random, k, BATCH, 0.55);
    int in_place = 0;
    for (int j = 0; j < k; j++) {
        int seen[BATCH] = {0};
        for (int i = 0; i < BATCH; i++) {
            const uint32_t partner = mix.partner[i * k + j];
            assert_in_range(partner, 0, BATCH - 1);
            seen[partner]++;
            in_place += j > 0 && partner == (uint32_t)i;
            if (j == 0) assert_int_equal(partner, i);
        }
        for (int i = 0; i < BATCH; i++) {
            assert_int_equal(seen[i], 1);
        }
    }
    assert_true(in_place < 16); // 4 expected
    assert_memory_not_equal(&mix.partner[1], &mix.partner[2], sizeof *mix.partner);
}

static void one_image_is_no_mixing(void **state)
{
    (void)state;
    struct random random = stream(2);
    mix_draw(&mix, &random, 1, 3, 0.55);
    static const float in[] = {1, -2, 3, 4, 5.5f, 6};
    float out[6];
    mix_apply(&mix, out, in, 2);
    assert_memory_equal(out, in, sizeof in);
    static const uint32_t classes[] = {9, 8, 7};
    uint32_t labels[3];
    mix_labels(&mix, labels, classes);
    assert_memory_equal(labels, classes, sizeof labels);
}

static void the_same_stream_mixes_the_same(void **state)
{
    (void)state;
    struct random random = stream(3);
    mix_draw(&mix, &random, 4, BATCH, 0.55);
    struct mix again;
    assert_int_equal(mix_create(&again, BATCH), STATUS_OK);
    random = stream(3);
    mix_draw(&again, &random, 4, BATCH, 0.55);
    assert_memory_equal(mix.partner, again.partner, 4 * BATCH * sizeof *mix.partner);
    assert_memory_equal(mix.weight, again.weight, 4 * BATCH * sizeof *mix.weight);
    mix_destroy(&again);
}

static void images_and_labels_are_mixed_from_the_same_partners(void **state)
{
    (void)state;
    enum { K = 3, COUNT = 1500 }; // more than one piece of a sum
    static float in[BATCH * COUNT], out[BATCH * COUNT];
    uint32_t classes[BATCH], labels[BATCH * K];
    for (int i = 0; i < BATCH; i++) {
        classes[i] = (uint32_t)(1000 + i);
        for (int n = 0; n < COUNT; n++) {
            in[i * COUNT + n] = (float)((i * 7919 + n * 31) % 1009) - 500;
        }
    }
    struct random random = stream(4);
    mix_draw(&mix, &random, K, BATCH, 0.55);
    mix_apply(&mix, out, in, COUNT);
    mix_labels(&mix, labels, classes);
    for (int i = 0; i < BATCH; i++) {
        for (int n = 0; n < COUNT; n++) {
            double wanted = 0;
            for (int j = 0; j < K; j++) {
                const uint32_t image = labels[i * K + j] - 1000;
                wanted += (double)mix.weight[i * K + j] * (double)in[image * COUNT + (uint32_t)n];
            }
            assert_true(fabs((double)out[i * COUNT + n] - wanted) < 1e-3);
        }
    }
}

/* InstaHide's sampler at two images: |a| / (|a| + |b|) lies within 0.45 and 0.55 when the angle of
 * (a, b) lies within atan(9/11) of the diagonal: 2 (atan(11/9) - pi/4) * 2 / pi = 0.1272. */
static void one_row_in_eight_passes_at_two_images_and_a_limit_of_0_55(void **state)
{
    (void)state;
    const double pi = acos(-1.0);
    const double wanted = (atan(11.0 / 9) - atan(9.0 / 11)) * 2 / pi;
    assert_true(fabs(wanted - 0.127) < 0.001);
    assert_true(fabs(acceptance(2, 0.55) - wanted) < 0.01);
    assert_true(fabs(acceptance(2, 0.65) - (atan(13.0 / 7) - atan(7.0 / 13)) * 2 / pi) < 0.02);
    assert_true(acceptance(5, 0.55) > 0.8);
}

static void signs_are_even_and_leave_sizes(void **state)
{
    (void)state;
    enum { NUMBERS = 10000 };
    static float from[NUMBERS], to[NUMBERS];
    struct random random;
    int minus = 0;
    for (int i = 0; i < NUMBERS; i++) {
        from[i] = (float)(i + 1);
    }
    random_start(&random, 5, 0, RANDOM_TEST, 0, 0);
    mix_signs(to, from, NUMBERS, &random);
    for (int i = 0; i < NUMBERS; i++) {
        assert_true(fabsf(fabsf(to[i]) - from[i]) <= 0);
        minus += to[i] < 0;
    }
    assert_in_range(minus, NUMBERS / 2 - 200, NUMBERS / 2 + 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_weights_sum_to_one_and_keep_to_the_limit),
        cmocka_unit_test(a_limit_next_to_equal_weights_ends_and_is_kept),
        cmocka_unit_test(columns_of_partners_are_permutations_and_the_first_is_the_image_itself),
        cmocka_unit_test(one_image_is_no_mixing),
        cmocka_unit_test(the_same_stream_mixes_the_same),
        cmocka_unit_test(images_and_labels_are_mixed_from_the_same_partners),
        cmocka_unit_test(signs_are_even_and_leave_sizes),
        cmocka_unit_test(one_row_in_eight_passes_at_two_images_and_a_limit_of_0_55),
    };
    return cmocka_run_group_tests(tests, prepare, finish);
}
