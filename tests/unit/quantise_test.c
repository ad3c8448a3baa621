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

enum { NUMBERS = 10007 }; // over several blocks of random words, and no multiple of four

static struct config_federation settings(int bits, double range, int weight_max)
{
    struct config_federation federation = {0};
    federation.quantise.bits = bits;
    federation.quantise.range = range;
    federation.quantise.weight_max = weight_max;
    return federation;
}

/* A model of zeros: a weight, a statistic, and a weight that takes the rest. */
static struct model base_of(size_t first, size_t statistic, size_t rest)
{
    struct manifest manifest = {0};
    struct model model;
    assert_int_equal(manifest_add(&manifest, "a", &first, 1, true), STATUS_OK);
    assert_int_equal(manifest_add(&manifest, "n.running_var", &statistic, 1, false), STATUS_OK);
    assert_int_equal(manifest_add(&manifest, "z", &rest, 1, true), STATUS_OK);
    assert_int_equal(model_create(&model, &manifest), STATUS_OK);
    manifest_destroy(&manifest);
    return model;
}

static struct quantise plan_of(const struct model *base, int bits, double range, int weight_max,
                               size_t reporters)
{
    const struct config_federation federation = settings(bits, range, weight_max);
    struct quantise plan;
    assert_int_equal(quantise_plan(&plan, base, &federation, reporters), STATUS_OK);
    return plan;
}

static struct random stream_of(uint32_t participant)
{
    struct random stream;
    random_start(&stream, 5, participant, RANDOM_ROUNDING, 1, 0);
    return stream;
}

static int64_t signed_value(uint32_t integer, int bits)
{
    const int64_t value = integer, half = (int64_t)1 << (bits - 1);
    return value < half ? value : value - 2 * half;
}

static void bounds_follow_the_base_and_scales_are_powers_of_two(void **state)
{
    (void)state;
    struct model base = base_of(3, 2, 4);
    base.values[1] = -0.25f;
    base.values[3] = 100;
    base.values[6] = 3;
    struct quantise plan = plan_of(&base, 24, 8, 1000, 4);
    const double bounds[] = {8, 800, 24};
    const double steps = (8388608.0 - 1 - 4) / 4;
    for (size_t i = 0; i < 3; i++) {
        assert_true(fabs(plan.bound[i] - bounds[i]) < 1e-12);
        int exponent;
        assert_true(fabs(frexp(plan.scale[i], &exponent) - 0.5) < 1e-15);
        assert_true(plan.scale[i] * bounds[i] <= steps);
        assert_true(plan.scale[i] * bounds[i] > steps / 2);
    }
    quantise_destroy(&plan);
    quantise_destroy(&plan);
    base.values[3] = 0;
    plan = plan_of(&base, 24, 8, 1000, 4);
    assert_true(fabs(plan.bound[1] - 128) < 1e-12); // 16 times the range for a statistic
    quantise_destroy(&plan);
    model_destroy(&base);
}

static void too_few_bits_and_a_broken_base_are_refused(void **state)
{
    (void)state;
    struct model base = base_of(3, 2, 4);
    const struct config_federation federation = settings(16, 8, 1000);
    struct quantise plan;
    assert_int_equal(quantise_plan(&plan, &base, &federation, 10922), STATUS_OK);
    quantise_destroy(&plan);
    assert_int_equal(quantise_plan(&plan, &base, &federation, 10923), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "federation.quantise.bits"));
    assert_null(plan.bound);
    base.values[4] = NAN;
    assert_int_equal(quantise_plan(&plan, &base, &federation, 4), STATUS_NOT_FINITE);
    assert_string_equal(status_message(), "tensor n.running_var: number 1 is not finite");
    base.values[4] = -INFINITY;
    assert_int_equal(quantise_plan(&plan, &base, &federation, 4), STATUS_NOT_FINITE);
    assert_null(plan.first);
    model_destroy(&base);
}

/* All at one end of the range, of the heaviest weight: the sum neither wraps nor loses its sign. */
static void the_largest_sums_do_not_wrap(void **state)
{
    (void)state;
    const int widths[] = {16, 24, 32};
    const size_t reporters[] = {1, 2, 4, 100, 10000};
    struct model base = base_of(5, 5, 5);
    base.values[0] = 0.7f;
    for (size_t w = 0; w < 3; w++) {
        for (size_t r = 0; r < 5; r++) {
            struct quantise plan = plan_of(&base, widths[w], 3.3, 10, reporters[r]);
            const int64_t half = (int64_t)1 << (widths[w] - 1);
            for (int sign = -1; sign <= 1; sign += 2) {
                int64_t exact[15] = {0};
                uint32_t sum[15] = {0}, integers[15];
                float update[15], mean[15];
                for (size_t i = 0; i < 15; i++) {
                    update[i] = (float)sign * 1e30f;
                }
                for (size_t n = 0; n < reporters[r]; n++) {
                    struct random stream = stream_of((uint32_t)n);
                    uint64_t cut = 0;
                    assert_int_equal(quantise_encode(&plan, integers, update, 10, &stream, &cut),
                                     STATUS_OK);
                    assert_int_equal(cut, 15);
                    quantise_add(sum, integers, 15);
                    for (size_t i = 0; i < 15; i++) {
                        exact[i] += signed_value(integers[i], widths[w]);
                    }
                }
                quantise_decode(&plan, mean, sum, 10 * (double)reporters[r]);
                for (size_t i = 0; i < 15; i++) {
                    const size_t tensor = i / 5;
                    assert_true(exact[i] * sign > 0 && exact[i] * sign < half);
                    assert_true(fabs((double)mean[i] - sign * plan.bound[tensor]) <=
                                1 / plan.scale[tensor] + 1e-6 * plan.bound[tensor]);
                }
            }
            quantise_destroy(&plan);
        }
    }
    model_destroy(&base);
}

/* The formula of the header, number by number. */
static void integers_are_those_of_the_formula(void **state)
{
    (void)state;
    struct model base = base_of(4095, 2, NUMBERS - 4097);
    struct quantise plan = plan_of(&base, 24, 8, 1000, 4);
    float *update = calloc(NUMBERS, sizeof *update);
    uint32_t *integers = calloc(NUMBERS, sizeof *integers);
    assert_true(update != NULL && integers != NULL);
    struct random values, stream = stream_of(3), twin = stream_of(3);
    random_start(&values, 1, 0, RANDOM_TEST, 0, 0);
    uint64_t cut = 0, expected_cut = 0;
    for (size_t i = 0; i < NUMBERS; i++) {
        update[i] = 12 * random_normal(&values);
    }
    assert_int_equal(quantise_encode(&plan, integers, update, 600, &stream, &cut), STATUS_OK);
    for (size_t i = 0; i < NUMBERS; i++) {
        const size_t tensor = i < 4095 ? 0 : i < 4097 ? 1 : 2;
        const double bound = plan.bound[tensor], x = (double)update[i] * 0.6;
        expected_cut += fabs(x) > bound;
        const double scaled = fmax(-bound, fmin(bound, x)) * plan.scale[tensor];
        const double u = (double)random_bits(&twin) / 4294967296.0;
        assert_int_equal(integers[i], (uint32_t)(int64_t)floor(scaled + u) & 0xffffffu);
    }
    assert_true(expected_cut > 100);
    assert_int_equal(cut, expected_cut);
    random_bits(&twin); // the rest of the last block
    assert_int_equal(random_bits(&stream), random_bits(&twin));
    free(update);
    free(integers);
    quantise_destroy(&plan);
    model_destroy(&base);
}

static void rounding_favours_neither_side(void **state)
{
    (void)state;
    struct model base = base_of(1, 1, NUMBERS - 2);
    struct quantise plan = plan_of(&base, 16, 8, 1, 4);
    float *update = calloc(NUMBERS, sizeof *update);
    uint32_t *integers = calloc(NUMBERS, sizeof *integers);
    assert_true(update != NULL && integers != NULL);
    const double cases[] = {0, 0.3, -0.3, 0.5, -5.9, 1234.01, 1, -3};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        double sum = 0;
        for (uint32_t round = 0; round < 10; round++) {
            struct random stream = stream_of(round);
            for (size_t i = 2; i < NUMBERS; i++) {
                update[i] = (float)(cases[c] / plan.scale[2]);
            }
            uint64_t cut;
            assert_int_equal(quantise_encode(&plan, integers, update, 1, &stream, &cut), STATUS_OK);
            assert_int_equal(cut, 0);
            for (size_t i = 2; i < NUMBERS; i++) {
                const double value = (double)signed_value(integers[i], 16);
                assert_true(fabs(value - cases[c]) < 1);
                sum += value;
            }
        }
        // Four standard deviations of the mean of 100,000 roundings, and none for whole numbers.
        const double fraction = cases[c] - floor(cases[c]);
        const double allowed = 4 * sqrt(fraction * (1 - fraction) / 1e5) + 1e-4;
        assert_true(fabs(sum / (10 * (NUMBERS - 2)) - cases[c]) < allowed);
    }
    free(update);
    free(integers);
    quantise_destroy(&plan);
    model_destroy(&base);
}

static void an_update_that_is_not_finite_is_refused(void **state)
{
    (void)state;
    struct model base = base_of(3, 2, 4);
    struct quantise plan = plan_of(&base, 32, 8, 1000, 1);
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 9; i++) {
        for (size_t b = 0; b < 3; b++) {
            float update[9] = {0};
            uint32_t integers[9];
            uint64_t cut;
            struct random stream = stream_of(0);
            update[i] = bad[b];
            assert_int_equal(quantise_encode(&plan, integers, update, 1, &stream, &cut),
                             STATUS_NOT_FINITE);
        }
    }
    assert_string_equal(status_message(), "tensor 2 of the update: number 3 is not finite");
    quantise_destroy(&plan);
    model_destroy(&base);
}

static void a_weight_above_the_largest_counts_as_the_largest(void **state)
{
    (void)state;
    struct model base = base_of(3, 2, 4);
    struct quantise plan = plan_of(&base, 32, 8, 1000, 1);
    const float update[9] = {1, -2, 3, 0.1f, 0.2f, 0.3f, -0.7f, 0.8f, 0};
    const float zeros[9] = {0};
    uint32_t at_most[9], above[9], none[9];
    uint64_t cut;
    struct random stream = stream_of(0), twin = stream_of(0);
    assert_int_equal(quantise_encode(&plan, at_most, update, 1000, &stream, &cut), STATUS_OK);
    assert_int_equal(quantise_encode(&plan, above, update, 5000, &twin, &cut), STATUS_OK);
    assert_memory_equal(at_most, above, sizeof above);
    assert_int_equal(quantise_encode(&plan, none, update, 0, &twin, &cut), STATUS_OK);
    assert_memory_equal(none, zeros, sizeof none);
    quantise_destroy(&plan);
    model_destroy(&base);
}

static void integers_are_packed_little_endian_in_their_width(void **state)
{
    (void)state;
    const uint32_t integers[3] = {0x89abcdefu, 0xffffffffu, 0x00000102u};
    const uint8_t expected[] = {0xef, 0xcd, 0xab, 0x89, 0xff, 0xff, 0xff, 0xff, 2, 1, 0, 0};
    struct model base = base_of(1, 1, 1);
    for (int bits = 16; bits <= 32; bits += 8) {
        struct quantise plan = plan_of(&base, bits, 8, 1000, 1);
        const size_t width = (size_t)bits / 8;
        uint8_t bytes[13];
        memset(bytes, 0xee, sizeof bytes);
        assert_int_equal(quantise_bytes(&plan, 3), 3 * width);
        quantise_pack(&plan, bytes, integers, 3);
        for (size_t i = 0; i < 3; i++) {
            assert_memory_equal(bytes + i * width, expected + 4 * i, width);
        }
        assert_int_equal(bytes[3 * width], 0xee);
        uint32_t again[3];
        quantise_unpack(&plan, again, bytes, 3);
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(again[i], integers[i] & (UINT32_MAX >> (32 - bits)));
        }
        quantise_destroy(&plan);
    }
    model_destroy(&base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_follow_the_base_and_scales_are_powers_of_two),
        cmocka_unit_test(too_few_bits_and_a_broken_base_are_refused),
        cmocka_unit_test(the_largest_sums_do_not_wrap),
        cmocka_unit_test(integers_are_those_of_the_formula),
        cmocka_unit_test(rounding_favours_neither_side),
        cmocka_unit_test(an_update_that_is_not_finite_is_refused),
        cmocka_unit_test(a_weight_above_the_largest_counts_as_the_largest),
        cmocka_unit_test(integers_are_packed_little_endian_in_their_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
