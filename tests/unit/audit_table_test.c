// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/found.h"
#include "report/audit_table.h"

#include <math.h>
#include <string.h>

static size_t column_of(const struct text_table *table, const char *name)
{
    for (size_t c = 0; c < table->columns; c++) {
        if (strcmp(text_table_at(table, 0, c), name) == 0) return c;
    }
    fail_msg("no column %s", name);
    return 0;
}

static const char *at(const struct text_table *table, int row, const char *column)
{
    return text_table_at(table, (size_t)row + 1, column_of(table, column));
}

static void raw_columns_stand_beside_scores(void **state)
{
    (void)state;
    struct text_table table = {0};
    assert_int_equal(audit_table_make(&table, found_sheet()), STATUS_OK);
    assert_int_equal(table.rows, FOUND_ROWS + 1);
    assert_string_equal(at(&table, FOUND_WEAK, "LFW %"), "90.00");
    assert_string_equal(at(&table, FOUND_WEAK, "acc/acc_bst"), "0.947"); // 90 of 95
    assert_string_equal(at(&table, FOUND_WEAK, "S1"), "0.200");
    assert_string_equal(at(&table, FOUND_WEAK, "S4"), "0.100");
    assert_string_equal(at(&table, FOUND_WEAK, "S4 judge"), "-");
    assert_string_equal(at(&table, FOUND_WEAK, "Score_pp"), "0.500");
    assert_string_equal(at(&table, FOUND_PLAIN, "Score"), "-");
    assert_string_equal(at(&table, FOUND_WILD, "not done"), "cgan diverged");
    assert_string_equal(at(&table, FOUND_BROKEN, "not done"), "cgan failed");
    assert_string_equal(at(&table, FOUND_WEAK, "not done"), "");
    text_table_destroy(&table);
}

static void each_way_to_recover_faces_has_a_column(void **state)
{
    (void)state;
    struct text_table table = {0};
    assert_int_equal(audit_table_attacks(&table, found_sheet()), STATUS_OK);
    assert_int_equal(table.columns, 4); // names, onlooker, cgan, linkage
    assert_string_equal(at(&table, FOUND_WEAK, "cgan"), "95.0");
    assert_string_equal(at(&table, FOUND_WILD, "cgan"), "-");
    assert_string_equal(at(&table, FOUND_WEAK, "linkage.f1"), "98.7");
    text_table_destroy(&table);
    struct audit_sheet *sheet = found_sheet();
    sheet->count = 1;
    figures_set(&sheet->rows[0].figures[0], "onlooker.judge_verification", (double)NAN);
    assert_int_equal(audit_table_attacks(&table, sheet), STATUS_OK);
    assert_int_equal(table.columns, 2); // nobody judged the onlooker
    text_table_destroy(&table);
}

static void every_figure_has_a_row_and_every_defence_a_column(void **state)
{
    (void)state;
    struct text_table table = {0};
    assert_int_equal(audit_table_figures(&table, found_sheet()), STATUS_OK);
    assert_int_equal(table.columns, FOUND_ROWS + 1);
    assert_int_equal(table.rows, 9); // names, three of each attack, linkage, cgan.diverged
    assert_string_equal(text_table_at(&table, 1, 0), "onlooker.lpips");
    assert_string_equal(text_table_at(&table, 1, 1 + FOUND_STRONG), "0.4000");
    assert_string_equal(text_table_at(&table, 4, 1 + FOUND_BROKEN), "-");
    text_table_destroy(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_columns_stand_beside_scores),
        cmocka_unit_test(each_way_to_recover_faces_has_a_column),
        cmocka_unit_test(every_figure_has_a_row_and_every_defence_a_column),
    };
    return cmocka_run_group_tests_name("audit_table", tests, NULL, NULL);
}
