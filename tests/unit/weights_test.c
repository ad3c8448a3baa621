// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "fakes/network_files.h"
#include "measures/weights.h"
#include "reference/spread.h"

#include <math.h>
#include <string.h>

enum { FLOATS = 10 };

static struct network_files files;

static int make_files(void **state)
{
    (void)state;
    network_files_make(&files, "weights", "", FLOATS);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    network_files_remove(&files);
    return 0;
}

static struct weights *open_table(const char *table)
{
    struct weights *weights = NULL;
    network_files_table(&files, table);
    assert_int_equal(weights_open(&weights, files.table, files.floats), STATUS_OK);
    return weights;
}

static void remarks_and_empty_lines_are_passed_over(void **state)
{
    (void)state;
    struct weights *weights = open_table("#a\tb\n\none\t2\r\n\n#\nthree");
    struct weights_row row;
    bool there = false;
    assert_int_equal(weights_next(weights, &row, &there), STATUS_OK);
    assert_true(there);
    assert_int_equal(row.line, 3);
    assert_int_equal(row.fields, 2);
    assert_string_equal(row.field[0], "one");
    assert_string_equal(row.field[1], "2");
    assert_int_equal(weights_next(weights, &row, &there), STATUS_OK);
    assert_true(there);
    assert_int_equal(row.line, 6);
    assert_int_equal(row.fields, 1);
    assert_string_equal(row.field[0], "three");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(weights_next(weights, &row, &there), STATUS_OK);
        assert_false(there);
    }
    weights_close(&weights);
    weights_close(&weights);
}

static void a_line_of_too_many_fields_is_named(void **state)
{
    (void)state;
    struct weights *weights =
        open_table("a\n1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\t13\t14\t15\t16\t17");
    struct weights_row row;
    bool there = false;
    assert_int_equal(weights_next(weights, &row, &there), STATUS_OK);
    assert_int_equal(weights_next(weights, &row, &there), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "weights.tsv:2: "));
    weights_close(&weights);
}

static void a_range_lies_within_the_floats_or_not(void **state)
{
    (void)state;
    struct weights *weights = open_table("");
    assert_true(weights_holds(weights, (struct weights_range){0, FLOATS}));
    assert_true(weights_holds(weights, (struct weights_range){FLOATS, 0}));
    assert_false(weights_holds(weights, (struct weights_range){1, FLOATS}));
    assert_false(weights_holds(weights, (struct weights_range){FLOATS + 1, 0}));
    assert_false(weights_holds(weights, (struct weights_range){4, SIZE_MAX - 2}));
    const float *third = weights_floats(weights, (struct weights_range){3, 1});
    assert_true(fabs((double)third[0] - (double)spread_number(3, 0)) < 1e-9);
    weights_close(&weights);
}

static void fields_are_whole_numbers_and_shapes(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",    "-1",        "1x",   "x1",         "0",
                                        "1x0", "1x2x3x4x5", "2x 3", "1234567890", "7 "};
    size_t number = 0;
    struct weights_shape shape;
    assert_true(weights_number(&number, "999999999"));
    assert_int_equal(number, 999999999);
    assert_false(weights_number(&number, "1234567890"));
    assert_false(weights_number(&number, "3x"));
    assert_false(weights_number(&number, "-"));
    assert_true(weights_sides(&shape, "64x3x2x1"));
    assert_int_equal(shape.axes, 4);
    assert_int_equal(shape.side[0], 64);
    assert_int_equal(shape.side[3], 1);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(weights_sides(&shape, wrong[i]));
    }
}

static void broken_files_are_refused_by_name(void **state)
{
    (void)state;
    struct weights *weights = NULL;
    const float bad[2] = {1, NAN};
    network_files_table(&files, "a\n");
    assert_int_equal(weights_open(&weights, files.table, "/tmp/no-such-file.f32"),
                     STATUS_NOT_FOUND);
    assert_int_equal(files_write(files.floats, bad, 6), STATUS_OK);
    assert_int_equal(weights_open(&weights, files.table, files.floats), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "weights.f32: 6 bytes"));
    assert_int_equal(files_write(files.floats, bad, sizeof bad), STATUS_OK);
    assert_int_equal(weights_open(&weights, files.table, files.floats), STATUS_NOT_FINITE);
    assert_non_null(strstr(status_message(), "number 1 "));
    assert_int_equal(files_write(files.table, "a\0b", 3), STATUS_OK);
    assert_int_equal(weights_open(&weights, files.table, files.floats), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "zero byte"));
    assert_null(weights);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(remarks_and_empty_lines_are_passed_over),
        cmocka_unit_test(a_line_of_too_many_fields_is_named),
        cmocka_unit_test(a_range_lies_within_the_floats_or_not),
        cmocka_unit_test(fields_are_whole_numbers_and_shapes),
        cmocka_unit_test(broken_files_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
