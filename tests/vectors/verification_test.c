// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "train/evaluate.h"

#include <math.h>
#include <stdio.h>

enum { PAIRS = 2400 };

static void the_ten_fold_protocol_agrees_with_numpy(void **state)
{
    (void)state;
    static double distance[PAIRS];
    static bool same[PAIRS];
    double accuracy = 0, deviation = 0, tar = 0, folds[LIMIT_FOLDS];
    FILE *file = fopen(TEST_SOURCE_DIR "/vectors/verification.txt", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "expected %lf %lf %lf\nfolds", &accuracy, &deviation, &tar), 3);
    for (int i = 0; i < LIMIT_FOLDS; i++) {
        assert_int_equal(fscanf(file, "%lf", &folds[i]), 1);
    }
    for (int i = 0; i < PAIRS; i++) {
        int flag = 0;
        assert_int_equal(fscanf(file, "%lf %d", &distance[i], &flag), 2);
        same[i] = flag != 0;
    }
    fclose(file);
    struct evaluate_result result;
    assert_int_equal(evaluate_verification(&result, distance, same, PAIRS, LIMIT_FOLDS), STATUS_OK);
    assert_true(fabs(result.accuracy - accuracy) < 1e-6);
    assert_true(fabs(result.deviation - deviation) < 1e-6);
    assert_true(fabs(result.tar_at_far_1e3 - tar) < 1e-6);
    for (int i = 0; i < LIMIT_FOLDS; i++) {
        assert_true(fabs(result.fold[i] - folds[i]) < 1e-6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_ten_fold_protocol_agrees_with_numpy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
