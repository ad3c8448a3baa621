// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "train/evaluate.h"

#include <math.h>
#include <string.h>

static void separable_pairs_are_all_right(void **state)
{
    (void)state;
    double distance[40];
    bool same[40];
    for (int i = 0; i < 40; i++) {
        same[i] = i % 2 == 0;
        distance[i] = same[i] ? 0.5 : 2.5;
    }
    struct evaluate_result result;
    assert_int_equal(evaluate_verification(&result, distance, same, 40, 10), STATUS_OK);
    assert_true(fabs(result.accuracy - 1) < 1e-12);
    assert_true(fabs(result.deviation) < 1e-12);
    assert_true(fabs(result.tar_at_far_1e3 - 1) < 1e-12);
}

/* A threshold chosen on the tested fold itself would be right everywhere here. */
static void the_threshold_comes_from_the_other_folds(void **state)
{
    (void)state;
    double distance[20];
    bool same[20];
    for (int i = 0; i < 20; i++) {
        const bool odd_one = i >= 10;
        same[i] = i % 2 == 0;
        distance[i] = odd_one ? (same[i] ? 2.0 : 3.0) : (same[i] ? 0.2 : 1.0);
    }
    struct evaluate_result result;
    assert_int_equal(evaluate_verification(&result, distance, same, 20, 2), STATUS_OK);
    assert_true(fabs(result.fold[0] - 0.5) < 1e-12);
    assert_true(fabs(result.fold[1] - 0.5) < 1e-12);
}

static void a_distance_at_the_threshold_is_no_match(void **state)
{
    (void)state;
    // 0.5 is a threshold; d < t accepts it only from the next one on.
    const double distance[2] = {0.5, 0.51};
    const bool same[2] = {true, false};
    struct evaluate_result result;
    assert_int_equal(evaluate_verification(&result, distance, same, 2, 1), STATUS_OK);
    assert_true(fabs(result.accuracy - 1) < 1e-12);
}

static void the_roc_rises_from_nothing_to_everything(void **state)
{
    (void)state;
    double distance[3000];
    bool same[3000];
    for (int i = 0; i < 3000; i++) {
        same[i] = i % 2 == 0;
        distance[i] = fmod((double)i * 0.7368, same[i] ? 2.5 : 3.9);
    }
    struct evaluate_result result;
    assert_int_equal(evaluate_verification(&result, distance, same, 3000, 10), STATUS_OK);
    assert_true(result.roc_points > 50 && result.roc_points <= EVALUATE_ROC_MAX);
    for (size_t i = 1; i < result.roc_points; i++) {
        assert_true(result.roc_far[i] >= result.roc_far[i - 1]);
        assert_true(result.roc_tar[i] >= result.roc_tar[i - 1]);
    }
    assert_true(result.roc_far[result.roc_points - 1] > 0.999);
}

static void fewer_pairs_than_folds_are_refused(void **state)
{
    (void)state;
    const double distance[2] = {0, 1};
    const bool same[2] = {true, false};
    struct evaluate_result result;
    assert_int_equal(evaluate_verification(&result, distance, same, 2, 10), STATUS_BAD_INPUT);
}

static void probes_find_their_class(void **state)
{
    (void)state;
    const float gallery[] = {1, 0, 0.8f, 0.6f, 0, 1};
    const uint32_t gallery_labels[] = {0, 0, 1};
    const float probes[] = {0.9f, 0.1f, 0.1f, 0.9f, 1, 0};
    const uint32_t probe_labels[] = {0, 1, 1};
    double accuracy = 0;
    assert_int_equal(evaluate_identification(&accuracy, gallery, gallery_labels, 3, probes,
                                             probe_labels, 3, 2, 2),
                     STATUS_OK);
    assert_true(fabs(accuracy - 2.0 / 3.0) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(separable_pairs_are_all_right),
        cmocka_unit_test(the_threshold_comes_from_the_other_folds),
        cmocka_unit_test(a_distance_at_the_threshold_is_no_match),
        cmocka_unit_test(the_roc_rises_from_nothing_to_everything),
        cmocka_unit_test(fewer_pairs_than_folds_are_refused),
        cmocka_unit_test(probes_find_their_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
