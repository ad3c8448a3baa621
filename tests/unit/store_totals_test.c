// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "store.h"

#include <stdio.h>
#include <stdlib.h>

static void they_are_the_sums_over_those_who_reported(void **state)
{
    (void)state;
    struct store_reporter reporters[3] = {
        {.reported = true,
         .images = 10,
         .saturated = 1,
         .train_seconds = 2,
         .policy_seconds = 1,
         .peak_memory = 100,
         .choices = 2,
         .k_count = {3, 1},
         .probabilities = 2,
         .k_probability = {0.25, 0.75}},
        {.images = 1000, .peak_memory = 1000, .choices = 2, .k_count = {50, 50}},
        {.reported = true,
         .images = 20,
         .train_seconds = 3,
         .mask_seconds = 0.5,
         .peak_memory = 300,
         .choices = 2,
         .k_count = {1, 0},
         .probabilities = 2,
         .k_probability = {0.75, 0.25}},
    };
    const struct store_round round = {
        .privacy = PRIVACY_TRUSTED_COORDINATOR, .reporter = reporters, .cohort = 3};
    struct store_totals totals;
    store_total(&totals, &round);
    assert_int_equal(totals.images, 30);
    assert_int_equal(totals.saturated, 1);
    assert_float_equal(totals.train_seconds, 5, 0);
    assert_float_equal(totals.mask_seconds, 0.5, 0);
    assert_float_equal(totals.policy_seconds, 1, 0);
    assert_float_equal(totals.peak_memory, 200, 0);
    assert_int_equal(totals.choices, 2);
    assert_int_equal(totals.k_count[0], 4);
    assert_int_equal(totals.k_count[1], 1);
    assert_int_equal(totals.probabilities, 2);
    assert_float_equal(totals.k_probability[0], 0.5, 1e-15);
}

static void of_a_secure_sum_it_keeps_what_was_opened(void **state)
{
    (void)state;
    struct config config;
    struct store *store = NULL;
    char top[] = "/tmp/fedveil-totals-XXXXXX", folder[64], command[64];
    assert_non_null(mkdtemp(top));
    snprintf(folder, sizeof folder, "%s/run", top);
    config_defaults(&config);
    assert_int_equal(store_create(&store, folder, &config), STATUS_OK);
    struct manifest manifest = {0};
    struct model model;
    const size_t shape[] = {2};
    assert_int_equal(manifest_add(&manifest, "backbone.a", shape, 1, true), STATUS_OK);
    assert_int_equal(model_create(&model, &manifest), STATUS_OK);
    struct store_reporter reporters[2] = {
        {.participant = 0, .name = "north", .reported = true},
        {.participant = 4, .name = "south", .reason = "it left"},
    };
    struct store_round round = {.round = 1,
                                .attempt = 1,
                                .privacy = PRIVACY_SECURE_SUM,
                                .opened = {.images = 180,
                                           .saturated = 4,
                                           .train_seconds = 8,
                                           .mask_seconds = 1,
                                           .policy_seconds = 2,
                                           .peak_memory = 5e6,
                                           .choices = 2,
                                           .k_count = {6, 2},
                                           .probabilities = 2,
                                           .k_probability = {0.25, 0.75}},
                                .reporters = 1,
                                .reporter = reporters,
                                .cohort = 2};
    assert_int_equal(store_put_round(store, &round, &model), STATUS_OK);
    struct store_round *rounds = NULL;
    size_t count = 0;
    assert_int_equal(store_rounds(store, &rounds, &count), STATUS_OK);
    assert_int_equal(count, 1);
    struct store_totals totals;
    store_total(&totals, &rounds[0]);
    assert_int_equal(rounds[0].privacy, PRIVACY_SECURE_SUM);
    assert_int_equal(totals.images, 180);
    assert_int_equal(totals.k_count[0], 6);
    assert_float_equal(totals.k_probability[1], 0.75, 0);
    assert_float_equal(totals.peak_memory, 5e6, 0);
    assert_int_equal(rounds[0].reporters, 1);
    store_free_rounds(rounds, count);
    store_close(&store);
    model_destroy(&model);
    manifest_destroy(&manifest);
    snprintf(command, sizeof command, "rm -r %s", top);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_the_sums_over_those_who_reported),
        cmocka_unit_test(of_a_secure_sum_it_keeps_what_was_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
