// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "standings.h"

#include <math.h>
#include <string.h>

static struct comparison_row rows[2];
static struct comparison comparison = {
    .title = "t", .reference = "A", .seed = {1, 2}, .seed_count = 2, .rows = rows, .row_count = 2};
static struct cell_tests tests;
static struct cell cells[4];
static const struct standings standings = {&comparison, &tests, cells};

static int prepare(void **state)
{
    (void)state;
    static const double accuracies[] = {0.80, 0.82, 0.70, 0.76};
    for (int i = 0; i < 2; i++) {
        rows[i].method[0] = i == 0 ? 'A' : 'B';
        rows[i].folder[0] = i == 0 ? 'a' : 'b';
        rows[i].reference = rows[i].compared = 0;
        rows[i].compared_name[0] = 'A';
        config_defaults(&rows[i].config);
    }
    for (size_t i = 0; i < 4; i++) {
        cells[i].config = &rows[i / 2].config;
        cells[i].seed = 1 + i % 2;
        cells[i].tests = &tests;
        cells[i].state = CELL_DONE;
        cells[i].result.score[0].accuracy = accuracies[i];
    }
    return 0;
}

/* The texts of row `row` hold `words`. */
static void assert_said(const struct text_table *table, size_t row, const char *words)
{
    for (size_t c = 0; c < table->columns; c++) {
        if (strstr(text_table_at(table, row, c), words) != NULL) return;
    }
    fail_msg("row %zu has no \"%s\"", row, words);
}

static void means_deviations_and_paired_differences_are_told(void **state)
{
    (void)state;
    struct text_table table;
    assert_int_equal(standings_make(&table, &standings), STATUS_OK);
    assert_int_equal(table.rows, 3); // names of the columns, and two methods
    assert_said(&table, 1, "81.00 ± 1.41");
    assert_said(&table, 2, "73.00 ± 4.24");
    // Differences of -10 and -6 points: mean -8, deviation 2.83, Student's 12.71 at one degree.
    assert_said(&table, 2, "-8.00 ± 25.41");
    assert_said(&table, 2, "0.901");
    text_table_destroy(&table);
}

static void a_difference_to_a_reference_of_its_own_names_it(void **state)
{
    (void)state;
    struct text_table table;
    rows[0].compared_name[0] = 'B';
    rows[0].compared = 1;
    assert_int_equal(standings_make(&table, &standings), STATUS_OK);
    assert_said(&table, 1, "+8.00 ± 25.41 to B");
    assert_said(&table, 1, "1.000"); // the score stays that to the file's reference
    assert_said(&table, 2, "-8.00 ± 25.41");
    text_table_destroy(&table);
    rows[0].compared_name[0] = 'A';
    rows[0].compared = 0;
}

static void a_cell_that_diverged_is_not_averaged(void **state)
{
    (void)state;
    struct text_table table;
    double values[COMPARISON_SEEDS_MAX];
    cells[3].state = CELL_DIVERGED;
    standings_accuracies(values, &standings, 1, 0);
    assert_true(fabs(values[0] - 70) < 1e-9);
    assert_true(isnan(values[1]));
    assert_int_equal(standings_make_cells(&table, &standings), STATUS_OK);
    assert_int_equal(table.rows, 5);
    assert_said(&table, 4, "diverged");
    text_table_destroy(&table);
    cells[3].state = CELL_DONE;
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(means_deviations_and_paired_differences_are_told),
        cmocka_unit_test(a_difference_to_a_reference_of_its_own_names_it),
        cmocka_unit_test(a_cell_that_diverged_is_not_averaged),
    };
    return cmocka_run_group_tests(cases, prepare, NULL);
}
