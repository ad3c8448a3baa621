// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/text_table.h"

#include <stdlib.h>
#include <string.h>

static struct text_table table;

static int fill(void **state)
{
    (void)state;
    if (text_table_create(&table, 1) != STATUS_OK) return 1;
    text_table_put(&table, 0, 0, "name");
    text_table_put(&table, 0, 1, "a|b");
    text_table_put(&table, 1, 0, "±%d", 7);
    text_table_put(&table, 1, 1, "1,\"2\"");
    return 0;
}

static int empty(void **state)
{
    (void)state;
    text_table_destroy(&table);
    text_table_destroy(&table);
    return 0;
}

static void assert_printed(void (*print)(FILE *, const struct text_table *), const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    print(out, &table);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, expected);
    free(text);
}

static void columns_are_aligned_by_characters(void **state)
{
    (void)state;
    assert_printed(text_table_print, "name    a|b\n±7    1,\"2\"\n");
}

static void bars_and_quotes_are_escaped_where_they_mean_something(void **state)
{
    (void)state;
    assert_printed(text_table_print_markdown,
                   "| name | a\\|b |\n| --- | ---: |\n| ±7 | 1,\"2\" |\n");
    assert_printed(text_table_print_csv, "name,a|b\n±7,\"1,\"\"2\"\"\"\n");
}

static void a_long_text_is_cut(void **state)
{
    (void)state;
    text_table_put(&table, 1, 2, "%0200d", 1);
    assert_int_equal(table.columns, 3);
    assert_int_equal(strlen(text_table_at(&table, 1, 2)), TEXT_TABLE_CELL - 1);
    assert_string_equal(text_table_at(&table, 0, 2), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(columns_are_aligned_by_characters, fill, empty),
        cmocka_unit_test_setup_teardown(bars_and_quotes_are_escaped_where_they_mean_something, fill,
                                        empty),
        cmocka_unit_test_setup_teardown(a_long_text_is_cut, fill, empty),
    };
    return cmocka_run_group_tests_name("text_table", tests, NULL, NULL);
}
