// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/settings_tree.h"
#include "fakes/found.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void the_papers_columns_come_from_onlooker_and_gan(void **state)
{
    (void)state;
    const struct audit_sheet *sheet = found_sheet();
    const struct privacy_score *strong = &sheet->rows[FOUND_STRONG].scores;
    assert_true(fabs(strong->s1 - 0.4) < 1e-9);
    assert_true(fabs(strong->s2 - 0.4) < 1e-9);
    assert_true(fabs(strong->s3 - 0.2) < 1e-9);
    assert_true(fabs(strong->s4 - 0.2) < 1e-9);
    assert_true(fabs(strong->pp - 1) < 1e-9);
    assert_true(fabs(sheet->rows[FOUND_WEAK].scores.pp - 0.5) < 1e-9);
    assert_true(fabs(strong->cls - 0.5) < 1e-9); // the least of the compared accuracies
    assert_true(isnan(sheet->rows[FOUND_PLAIN].scores.cls));
    assert_true(isnan(sheet->rows[FOUND_WILD].scores.pp)); // no figure to average in
    assert_true(isnan(strong->s4) == 0 && isnan(sheet->rows[FOUND_STRONG].s4_judge));
}

static void outcomes_are_told_apart(void **state)
{
    (void)state;
    const struct audit_sheet *sheet = found_sheet();
    assert_int_equal(audit_sheet_outcome(sheet, FOUND_WEAK, 1), AUDIT_DONE);
    assert_int_equal(audit_sheet_outcome(sheet, FOUND_WILD, 1), AUDIT_DIVERGED);
    assert_int_equal(audit_sheet_outcome(sheet, FOUND_BROKEN, 1), AUDIT_FAILED);
    assert_int_equal(audit_sheet_count(sheet, AUDIT_FAILED), 1);
    assert_int_equal(audit_sheet_count(sheet, AUDIT_DONE), 8);
    sheet->rows[FOUND_WEAK].figures[1].inputs[0] = '\0';
    assert_int_equal(audit_sheet_outcome(sheet, FOUND_WEAK, 1), AUDIT_NOT_RUN);
}

static void json_has_rows_figures_and_null_for_what_is_not_known(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    struct settings_node *root = NULL;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    audit_sheet_json(out, found_sheet());
    assert_int_equal(fclose(out), 0);
    assert_int_equal(settings_tree_read(&root, "json", (const uint8_t *)text, size), STATUS_OK);
    const struct settings_node *row = settings_tree_find(root, "rows")->first;
    for (int r = 0; r < FOUND_WILD; r++) {
        row = row->next;
    }
    assert_string_equal(settings_tree_find(row, "name")->text, "wild");
    assert_string_equal(settings_tree_find(row, "score_pp")->text, "null");
    const struct settings_node *gan =
        settings_tree_find(settings_tree_find(row, "attacks"), "cgan");
    assert_string_equal(settings_tree_find(gan, "outcome")->text, "diverged");
    assert_string_equal(settings_tree_find(settings_tree_find(gan, "figures"), "cgan.lpips")->text,
                        "null");
    settings_tree_destroy(&root);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_papers_columns_come_from_onlooker_and_gan),
        cmocka_unit_test(outcomes_are_told_apart),
        cmocka_unit_test(json_has_rows_figures_and_null_for_what_is_not_known),
    };
    return cmocka_run_group_tests_name("audit_sheet", tests, NULL, NULL);
}
