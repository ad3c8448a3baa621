// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secure/quantise.h"

#include <math.h>
#include <string.h>

enum { NUMBERS_MAX = 10, UPDATES_MAX = 3 };

/* Weighted averages that other federated frameworks test themselves with. */
struct average {
    const char *origin;
    size_t numbers, updates;
    double weights[UPDATES_MAX];
    int weight_max;
    float values[UPDATES_MAX][NUMBERS_MAX];
    double expected[NUMBERS_MAX];
};

static const struct average averages[] = {
    {.origin = "Flower, aggregate_test.py, test_aggregate: two equal models",
     .numbers = 10,
     .updates = 2,
     .weights = {1, 2},
     .weight_max = 2,
     .values = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
     .expected = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
    {.origin = "Flower, aggregate_test.py, test_weighted_loss_avg_multiple_values",
     .numbers = 1,
     .updates = 3,
     .weights = {1, 2, 1},
     .weight_max = 1000,
     .values = {{2}, {1}, {2}},
     .expected = {1.5}},
    {.origin = "NVFlare, in_time_accumulate_weighted_aggregator_test.py, test_aggregate",
     .numbers = 4,
     .updates = 2,
     .weights = {0.5, 1},
     .weight_max = 1,
     .values = {{2, 3, 1.1f, 0.1f}, {1, 1, 2.1f, 0.5f}},
     .expected = {4.0 / 3, 5.0 / 3, 5.3 / 3, 1.1 / 3}},
    {.origin = "Flower, fedavgm_test.py: the average (A + 2 B) / 3",
     .numbers = 10,
     .updates = 2,
     .weights = {1, 2},
     .weight_max = 10,
     .values = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {29, 23, 19, 17, 13, 11, 7, 5, 3, 2}},
     .expected = {59.0 / 3, 48.0 / 3, 41.0 / 3, 38.0 / 3, 31.0 / 3, 28.0 / 3, 21.0 / 3, 18.0 / 3,
                  15.0 / 3, 14.0 / 3}},
};

/* Each rounding is off by less than one step, so the mean by less than `updates` steps. */
static void check(const struct average *average, int bits)
{
    struct config_federation federation = {0};
    federation.quantise.bits = bits;
    federation.quantise.range = 32; // the largest value is 29, the base is zero
    federation.quantise.weight_max = average->weight_max;
    struct manifest manifest = {0};
    struct model base;
    struct quantise plan;
    assert_int_equal(manifest_add(&manifest, "w", &average->numbers, 1, true), STATUS_OK);
    assert_int_equal(model_create(&base, &manifest), STATUS_OK);
    assert_int_equal(quantise_plan(&plan, &base, &federation, average->updates), STATUS_OK);
    uint32_t sum[NUMBERS_MAX] = {0}, integers[NUMBERS_MAX];
    float mean[NUMBERS_MAX];
    double weight_sum = 0;
    for (size_t i = 0; i < average->updates; i++) {
        struct random stream;
        uint64_t cut = 0;
        random_start(&stream, 11, (uint32_t)i, RANDOM_ROUNDING, 1, 0);
        assert_int_equal(quantise_encode(&plan, integers, average->values[i], average->weights[i],
                                         &stream, &cut),
                         STATUS_OK);
        assert_int_equal(cut, 0);
        quantise_add(sum, integers, average->numbers);
        weight_sum += average->weights[i];
    }
    quantise_decode(&plan, mean, sum, weight_sum);
    const double step = average->weight_max / (plan.scale[0] * weight_sum);
    for (size_t i = 0; i < average->numbers; i++) {
        const double allowed = (double)average->updates * step + 1e-6 * average->expected[i];
        const double error = fabs((double)mean[i] - average->expected[i]);
        if (!(error <= allowed)) fail_msg("%s: %d bits: number %zu", average->origin, bits, i);
    }
    quantise_destroy(&plan);
    model_destroy(&base);
    manifest_destroy(&manifest);
}

static void weighted_means_are_those_of_other_frameworks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof averages / sizeof averages[0]; i++) {
        for (int bits = 16; bits <= 32; bits += 8) {
            check(&averages[i], bits);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weighted_means_are_those_of_other_frameworks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
