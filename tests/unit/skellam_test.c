// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secure/identity.h"
#include "secure/skellam.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DRAWS = 200000, CELLS = 40 };

static uint64_t taken; // pieces of the keystream, each its own purpose

/* The same bits at each run: a test of chance that passes once passes always. */
static void stream(uint8_t *bytes, size_t size)
{
    static const uint8_t key[IDENTITY_KEY_BYTES] = "a key for tests of chance only";
    identity_stream(bytes, size, key, taken++);
}

static void none(uint8_t *bytes, size_t size)
{
    memset(bytes, 0, size);
}

static struct skellam *create(uint64_t variance)
{
    struct skellam *skellam = NULL;
    assert_int_equal(skellam_create(&skellam, variance), STATUS_OK);
    return skellam;
}

static uint32_t *draw(uint64_t variance, size_t summed)
{
    struct skellam *skellam = create(variance);
    uint32_t *integers = calloc(DRAWS, sizeof *integers);
    assert_non_null(integers);
    for (size_t i = 0; i < summed; i++) {
        skellam_add(skellam, integers, DRAWS, stream);
    }
    skellam_destroy(&skellam);
    return integers;
}

/* P[X = k] by the series of Poissons: exp(-v) I_k(v) = sum over j of the products of
 * Poisson(v/2) at j + k and j, in logarithms. */
static double probability(double variance, double k)
{
    const double rate = variance / 2;
    double sum = 0;
    for (double j = 0; j < rate + 12 * sqrt(rate) + 60; j++) {
        sum +=
            exp((2 * j + fabs(k)) * log(rate) - variance - lgamma(j + 1) - lgamma(j + fabs(k) + 1));
    }
    return sum;
}

/* Pearson's statistic of draws against Skellam(variance), in cells a quarter of sigma wide: how
 * many of its standard deviations it is above its mean. */
static double deviations(const uint32_t *integers, double variance)
{
    const double width = fmax(1, floor(sqrt(variance) / 4));
    double expected[CELLS] = {0}, found[CELLS] = {0}, statistic = 0, rest = 1;
    for (int cell = 0; cell < CELLS - 1; cell++) {
        for (double k = (cell - CELLS / 2) * width; k < (cell + 1 - CELLS / 2) * width; k++) {
            expected[cell] += DRAWS * probability(variance, k);
        }
        rest -= expected[cell] / DRAWS;
    }
    expected[CELLS - 1] = DRAWS * fmax(rest, 0);
    for (size_t i = 0; i < DRAWS; i++) {
        const double at = floor((int32_t)integers[i] / width) + CELLS / 2;
        found[at < 0 || at >= CELLS - 1 ? CELLS - 1 : (size_t)at]++;
    }
    double few_expected = 0, few_found = 0;
    int freedom = -1;
    for (int cell = 0; cell < CELLS; cell++) {
        if (expected[cell] < 20) {
            few_expected += expected[cell];
            few_found += found[cell];
            continue;
        }
        const double apart = found[cell] - expected[cell];
        statistic += apart * apart / expected[cell];
        freedom++;
    }
    assert_true(fabs(few_found - few_expected) <= 5 * sqrt(few_expected) + 1);
    // Chi-square of f degrees of freedom has mean f and variance 2 f.
    return (statistic - freedom) / sqrt(2.0 * freedom);
}

static void assert_skellam(const uint32_t *integers, double variance)
{
    const double found = deviations(integers, variance);
    if (!(found < 5)) fail_msg("variance %g: chi-square is %g deviations off", variance, found);
}

static void draws_are_skellam(void **state)
{
    (void)state;
    static const uint64_t variances[] = {1, 3, 30, 1000, 4000};
    for (size_t i = 0; i < sizeof variances / sizeof variances[0]; i++) {
        uint32_t *integers = draw(variances[i], 1);
        assert_skellam(integers, (double)variances[i]);
        free(integers);
    }
}

static void a_slightly_other_variance_would_be_noticed(void **state)
{
    (void)state;
    uint32_t *integers = draw(1000, 1);
    assert_true(deviations(integers, 1030) > 5);
    assert_true(deviations(integers, 970) > 5);
    free(integers);
}

static void sums_are_skellam_of_the_sum(void **state)
{
    (void)state;
    uint32_t *integers = draw(7, 6);
    assert_skellam(integers, 42);
    free(integers);
    integers = draw(300, 4);
    assert_skellam(integers, 1200);
    free(integers);
}

static void moments_are_right_at_any_variance(void **state)
{
    (void)state;
    static const uint64_t variances[] = {1, 2, 50, 4321, 1 << 20, SKELLAM_VARIANCE_MAX};
    for (size_t i = 0; i < sizeof variances / sizeof variances[0]; i++) {
        const double v = (double)variances[i];
        uint32_t *integers = draw(variances[i], 1);
        double first = 0, second = 0, third = 0, fourth = 0;
        for (size_t n = 0; n < DRAWS; n++) {
            const double x = (int32_t)integers[n] / sqrt(v);
            first += x / DRAWS;
            second += x * x / DRAWS;
            third += x * x * x / DRAWS;
            fourth += x * x * x * x / DRAWS;
        }
        // All odd moments are 0, the variance is v, the fourth moment 3 v^2 + v; five deviations.
        const double unit = 5 / sqrt((double)DRAWS);
        assert_true(fabs(first) < unit);
        assert_true(fabs(second - 1) < unit * sqrt(2 + 1 / v));
        assert_true(fabs(third) < unit * sqrt(15 + 30 / v));
        assert_true(fabs(fourth - 3 - 1 / v) < unit * sqrt(96 + 600 / v));
        free(integers);
    }
}

static void adds_modulo_2_to_the_32(void **state)
{
    (void)state;
    struct skellam *skellam = create(1 << 20);
    uint32_t zero[3] = {0, 0, 0}, high[3] = {UINT32_MAX, UINT32_MAX, UINT32_MAX};
    taken = 0;
    skellam_add(skellam, zero, 3, stream);
    taken = 0;
    skellam_add(skellam, high, 3, stream);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(high[i], zero[i] - 1);
    }
    skellam_destroy(&skellam);
    skellam_destroy(&skellam);
    assert_null(skellam);
}

/* U = 0 is below every probability: the largest draw of all. */
static void no_draw_is_beyond_reach(void **state)
{
    (void)state;
    for (uint64_t variance = 1; variance < SKELLAM_VARIANCE_MAX / 64; variance *= 37) {
        struct skellam *skellam = create(variance);
        uint32_t integer = 0;
        skellam_add(skellam, &integer, 1, none);
        const double reach = skellam_reach((double)variance);
        assert_true(integer <= reach && integer > 0.5 * reach);
        skellam_destroy(&skellam);
    }
}

static void what_is_beyond_reach_is_below_2_to_minus_71(void **state)
{
    (void)state;
    for (double v = 1e-3; v < 1e30; v *= 1.01) {
        const double t = skellam_reach(v), u = t / v;
        // u asinh u - sqrt(1 + u^2) + 1, by its series where that would cancel.
        const double rate =
            u < 0.01 ? u * u / 2 - u * u * u * u / 24 : u * asinh(u) - sqrt(1 + u * u) + 1;
        assert_true(v * rate >= 50);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_are_skellam),
        cmocka_unit_test(a_slightly_other_variance_would_be_noticed),
        cmocka_unit_test(sums_are_skellam_of_the_sum),
        cmocka_unit_test(moments_are_right_at_any_variance),
        cmocka_unit_test(adds_modulo_2_to_the_32),
        cmocka_unit_test(no_draw_is_beyond_reach),
        cmocka_unit_test(what_is_beyond_reach_is_below_2_to_minus_71),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
