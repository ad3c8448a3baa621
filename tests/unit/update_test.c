// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secure/quantise.h"
#include "session/update.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A model of which the first and the last tensor travel. */
static void make_full(struct model *full)
{
    struct manifest manifest = {0};
    const size_t shape[] = {3};
    assert_int_equal(manifest_add(&manifest, "backbone.a", shape, 1, true), STATUS_OK);
    assert_int_equal(manifest_add(&manifest, "policy.b", shape, 1, true), STATUS_OK);
    assert_int_equal(manifest_add(&manifest, "backbone.c", shape, 1, true), STATUS_OK);
    assert_int_equal(model_create(full, &manifest), STATUS_OK);
    manifest_destroy(&manifest);
    for (size_t i = 0; i < 9; i++) {
        full->values[i] = (float)i;
    }
}

static const struct config_texts patterns = {1, {"backbone.*"}};

static void only_the_shared_tensors_go_in_and_out(void **state)
{
    (void)state;
    const float packed[6] = {0, 1, 2, 6, 7, 8};
    struct model full;
    struct update update;
    float *values = NULL;
    make_full(&full);
    assert_int_equal(update_create(&update, &full.manifest, &patterns), STATUS_OK);
    assert_int_equal(update.base.manifest.tensors, 2);
    assert_int_equal(update_copy(&values, &update, &full), STATUS_OK);
    assert_memory_equal(values, packed, sizeof packed);
    for (size_t i = 0; i < 6; i++) {
        values[i] += 100;
    }
    update_set_base(&update, &values);
    free(values);
    update_load(&update, &full);
    const float expected[9] = {100, 101, 102, 3, 4, 5, 106, 107, 108};
    assert_memory_equal(full.values, expected, sizeof expected);
    update_destroy(&update);
    update_destroy(&update);
    model_destroy(&full);
}

static void the_delta_is_new_minus_base_and_comes_back_from_the_integers(void **state)
{
    (void)state;
    struct config config;
    struct model full;
    struct update update;
    struct random rounding;
    struct quantise plan = {0};
    float *values = NULL, mean[6];
    uint32_t integers[6];
    uint8_t *bytes = NULL;
    size_t size = 0;
    uint64_t saturated = 1;
    config_defaults(&config);
    make_full(&full);
    assert_int_equal(update_create(&update, &full.manifest, &patterns), STATUS_OK);
    assert_int_equal(update_copy(&values, &update, &full), STATUS_OK);
    update_set_base(&update, &values);
    free(values);
    for (size_t i = 0; i < 9; i++) {
        full.values[i] += 0.5f + 0.125f * (float)i;
    }
    update_measure(&update, &full);
    random_start(&rounding, 1, 0, RANDOM_ROUNDING, 1, 0);
    assert_int_equal(
        update_encode(&update, &bytes, &size, &saturated, &config.federation, 4, 200, &rounding),
        STATUS_OK);
    assert_int_equal(size, 6 * (size_t)config.federation.quantise.bits / 8);
    assert_int_equal(saturated, 0);
    assert_int_equal(quantise_plan(&plan, &update.base, &config.federation, 4), STATUS_OK);
    quantise_unpack(&plan, integers, bytes, 6);
    quantise_decode(&plan, mean, integers, 200);
    const float expected[6] = {0.5f, 0.625f, 0.75f, 1.25f, 1.375f, 1.5f};
    for (size_t i = 0; i < 6; i++) {
        assert_true(fabsf(mean[i] - expected[i]) < 1e-3f);
    }
    quantise_destroy(&plan);
    free(bytes);
    update_destroy(&update);
    model_destroy(&full);
}

static void with_noise_no_two_encodings_are_the_same(void **state)
{
    (void)state;
    struct config config;
    struct model full;
    struct update update;
    uint8_t *bytes[2] = {NULL, NULL};
    size_t size = 0;
    config_defaults(&config);
    config.federation.dp.method = DP_SKELLAM;
    make_full(&full);
    assert_int_equal(update_create(&update, &full.manifest, &patterns), STATUS_OK);
    update_measure(&update, &full);
    for (int i = 0; i < 2; i++) {
        struct random rounding;
        uint64_t saturated = 1;
        random_start(&rounding, 1, 0, RANDOM_ROUNDING, 1, 0);
        assert_int_equal(update_encode(&update, &bytes[i], &size, &saturated, &config.federation, 4,
                                       200, &rounding),
                         STATUS_OK);
        assert_int_equal(saturated, 0);
    }
    assert_memory_not_equal(bytes[0], bytes[1], size);
    free(bytes[0]);
    free(bytes[1]);
    update_destroy(&update);
    model_destroy(&full);
}

static void a_number_that_is_not_finite_does_not_leave(void **state)
{
    (void)state;
    struct config config;
    struct model full;
    struct update update;
    struct random rounding;
    uint8_t *bytes = NULL;
    size_t size = 0;
    uint64_t saturated = 0;
    config_defaults(&config);
    make_full(&full);
    assert_int_equal(update_create(&update, &full.manifest, &patterns), STATUS_OK);
    full.values[7] = NAN;
    update_measure(&update, &full);
    random_start(&rounding, 1, 0, RANDOM_ROUNDING, 1, 0);
    assert_int_equal(
        update_encode(&update, &bytes, &size, &saturated, &config.federation, 4, 200, &rounding),
        STATUS_NOT_FINITE);
    assert_null(bytes);
    update_destroy(&update);
    model_destroy(&full);
}

static void a_rule_that_shares_nothing_is_a_wrong_config(void **state)
{
    (void)state;
    const struct config_texts nothing = {1, {"head.*"}};
    struct model full;
    struct update update;
    make_full(&full);
    assert_int_equal(update_create(&update, &full.manifest, &nothing), STATUS_BAD_CONFIG);
    model_destroy(&full);
}

static void without_patterns_one_zero_travels_and_the_model_stays(void **state)
{
    (void)state;
    const struct config_texts none = {0};
    struct config config;
    struct model full;
    struct update update;
    struct random rounding;
    float *values = NULL;
    uint8_t *bytes = NULL;
    size_t size = 0;
    uint64_t saturated = 1;
    config_defaults(&config);
    make_full(&full);
    assert_int_equal(update_create(&update, &full.manifest, &none), STATUS_OK);
    assert_int_equal(update.base.manifest.count, 1);
    assert_int_equal(update_copy(&values, &update, &full), STATUS_OK);
    assert_float_equal(values[0], 0, 0);
    update_set_base(&update, &values);
    free(values);
    update_load(&update, &full);
    for (size_t i = 0; i < 9; i++) {
        assert_float_equal(full.values[i], (float)i, 0);
    }
    update_measure(&update, &full);
    assert_float_equal(update.delta[0], 0, 0);
    random_start(&rounding, 1, 0, RANDOM_ROUNDING, 1, 0);
    assert_int_equal(
        update_encode(&update, &bytes, &size, &saturated, &config.federation, 4, 200, &rounding),
        STATUS_OK);
    assert_int_equal(size, (size_t)config.federation.quantise.bits / 8);
    free(bytes);
    update_destroy(&update);
    model_destroy(&full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_shared_tensors_go_in_and_out),
        cmocka_unit_test(the_delta_is_new_minus_base_and_comes_back_from_the_integers),
        cmocka_unit_test(with_noise_no_two_encodings_are_the_same),
        cmocka_unit_test(a_number_that_is_not_finite_does_not_leave),
        cmocka_unit_test(without_patterns_one_zero_travels_and_the_model_stays),
        cmocka_unit_test(a_rule_that_shares_nothing_is_a_wrong_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
