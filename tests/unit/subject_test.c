// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/album.h"
#include "subject.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct plan *plan;
static struct plan_defence *defence;

static int prepare(void **state)
{
    plan = calloc(1, sizeof *plan);
    if (plan == NULL || album_create(state) != 0) return 1;
    defence = &plan->defence[0];
    plan->comparison_seed = 2;
    snprintf(plan->comparison, LIMIT_PATH, "%s", album_path(""));
    snprintf(defence->name, LIMIT_NAME, "mine");
    defence->accuracy = (double)NAN;
    return 0;
}

static int clean(void **state)
{
    free(plan);
    return album_destroy(state);
}

static void add_cell(const char *name, const char *result)
{
    char file[LIMIT_NAME * 2];
    snprintf(file, sizeof file, "cells/%s/result.json", name);
    album_add_bytes(file, result, strlen(result));
}

static void assert_refused(const char *words)
{
    struct subject subject;
    assert_int_equal(subject_find(&subject, plan, defence), STATUS_BAD_CONFIG);
    if (strstr(status_message(), words) == NULL) fail_msg("%s", status_message());
    assert_non_null(strstr(status_message(), "mine"));
}

static void a_method_is_found_by_name_and_seed(void **state)
{
    (void)state;
    struct subject subject;
    static const char done[] =
        "{\"state\": \"done\", \"accuracy_by_set\": {\"LFW\": {\"accuracy\": 0.75}, \"ORL\": "
        "{\"accuracy\": 0.5}}}";
    snprintf(defence->method, LIMIT_NAME, "Masking+MixUp(k=2)");
    assert_refused("no cell");
    add_cell("003-Masking-MixUp-k-2-seed-1", done);
    add_cell("013-Masking-MixUp-k-22-seed-2", done);
    assert_refused("no cell");
    add_cell("003-Masking-MixUp-k-2-seed-2", done);
    assert_int_equal(subject_find(&subject, plan, defence), STATUS_OK);
    assert_string_equal(subject.run, album_path("cells/003-Masking-MixUp-k-2-seed-2/run"));
    assert_true(fabs(subject.accuracy - 0.75) < 1e-9);
    snprintf(plan->test, LIMIT_NAME, "ORL");
    assert_int_equal(subject_find(&subject, plan, defence), STATUS_OK);
    assert_true(fabs(subject.accuracy - 0.5) < 1e-9);
    add_cell("004-Masking-MixUp-k-2-seed-2", done);
    assert_refused("several cells");
}

static void a_cell_that_is_not_done_is_refused(void **state)
{
    (void)state;
    snprintf(defence->method, LIMIT_NAME, "X");
    album_add_bytes("cells/001-X-seed-2/log.txt", "", 0);
    assert_refused("not finished");
    add_cell("001-X-seed-2", "{\"state\": \"diverged\"}");
    assert_refused("has failed");
}

static void a_run_has_the_last_accuracy_of_its_metrics(void **state)
{
    (void)state;
    static const char metrics[] = "round,loss,accuracy\n1,2,0.6\n2,1,0.7\n3,1,\n";
    struct subject subject;
    album_add_bytes("r/metrics.csv", metrics, sizeof metrics - 1);
    snprintf(defence->run, LIMIT_PATH, "%s", album_path("r"));
    assert_int_equal(subject_find(&subject, plan, defence), STATUS_OK);
    assert_true(fabs(subject.accuracy - 0.7) < 1e-9);
    defence->accuracy = 0.9; // what the plan says counts
    assert_int_equal(subject_find(&subject, plan, defence), STATUS_OK);
    assert_true(fabs(subject.accuracy - 0.9) < 1e-9);
    struct target *target = NULL;
    assert_int_equal(subject_open(&target, &subject), STATUS_NOT_FOUND);
    assert_non_null(strstr(status_message(), "model.safetensors"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_method_is_found_by_name_and_seed, prepare, clean),
        cmocka_unit_test_setup_teardown(a_cell_that_is_not_done_is_refused, prepare, clean),
        cmocka_unit_test_setup_teardown(a_run_has_the_last_accuracy_of_its_metrics, prepare, clean),
    };
    return cmocka_run_group_tests_name("subject", tests, NULL, NULL);
}
