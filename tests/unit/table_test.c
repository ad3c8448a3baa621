// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct page {
    struct config config;
    struct table table;
    FILE *file;
    char *text;
    size_t size;
};

static void page_open(struct page *page, enum config_mix mix)
{
    config_defaults(&page->config);
    page->config.federation.mix.method = mix;
    page->config.federation.mix.k = (struct config_numbers){2, {2, 5}};
    page->file = open_memstream(&page->text, &page->size);
    assert_non_null(page->file);
    table_start(&page->table, page->file, &page->config);
}

static void page_close(struct page *page)
{
    fclose(page->file);
    free(page->text);
}

static void expect_lines(struct page *page, size_t expected)
{
    size_t lines = 0;
    fflush(page->file);
    for (size_t i = 0; i < page->size; i++) {
        lines += page->text[i] == '\n';
    }
    assert_int_equal(lines, expected);
}

static void add_round(struct page *page, uint32_t number)
{
    struct store_reporter reporters[2] = {
        {.reported = true, .choices = 2, .k_count = {3, 1}},
        {.reported = false, .choices = 2, .k_count = {100, 100}},
    };
    const struct store_round round = {.round = number,
                                      .attempt = 1,
                                      .seconds = 2.5,
                                      .loss = 1.25,
                                      .training_accuracy = 0.5,
                                      .bytes_up = 2000000,
                                      .bytes_down = 3000000,
                                      .reporters = 1,
                                      .reporter = reporters,
                                      .cohort = 2};
    table_add_round(&page->table, &round);
}

static void add_evaluation(struct page *page, uint32_t model_round, double accuracy)
{
    const struct store_evaluation evaluation = {.model_round = model_round, .accuracy = accuracy};
    table_add_evaluation(&page->table, &evaluation);
}

static void prints_a_line_for_each_round(void **state)
{
    (void)state;
    struct page page;
    page_open(&page, MIX_ADAPTIVE);
    add_round(&page, 1);
    fflush(page.file);
    assert_string_equal(
        page.text,
        "round  reported      loss   train verified   k=2    k=5     MB up  MB down  seconds\n"
        "    1       1/2    1.2500  50.00%        -   75 %   25 %      2.0      3.0      2.5\n");
    page_close(&page);
}

static void waits_for_a_verification_that_is_to_be_expected(void **state)
{
    (void)state;
    struct page page;
    page_open(&page, MIX_NONE);
    add_evaluation(&page, 0, 0.5);
    add_evaluation(&page, 0, 0.7);
    add_round(&page, 1);
    expect_lines(&page, 0);
    add_evaluation(&page, 1, 0.8);
    expect_lines(&page, 0); // two verified the model before
    add_evaluation(&page, 1, 0.9);
    expect_lines(&page, 2);
    assert_non_null(strstr(page.text, " 85.00% "));
    add_round(&page, 2);
    expect_lines(&page, 2);
    add_round(&page, 3); // nobody verified round 2: it is printed without
    expect_lines(&page, 3);
    table_end(&page.table);
    table_end(&page.table);
    expect_lines(&page, 4);
    page_close(&page);
}

static void the_object_holds_the_figures_of_the_run(void **state)
{
    (void)state;
    struct page page;
    page_open(&page, MIX_FIXED);
    add_round(&page, 1);
    add_round(&page, 2);
    add_evaluation(&page, 2, 0.75);
    fflush(page.file);
    const size_t before = page.size;
    table_print_json(&page.table, "a \"b\"\\c", 12.5, 1000);
    fflush(page.file);
    assert_string_equal(page.text + before,
                        "{\"accuracy\": 0.750000, \"rounds\": 2, \"seconds\": 12.500, "
                        "\"model\": \"a \\\"b\\\"\\\\c\", \"k_share\": {\"2\": 0.750000, "
                        "\"5\": 0.250000}, \"bytes_up\": 4000000, \"bytes_down\": 6000000, "
                        "\"peak_rss_bytes\": 1000}\n");
    page_close(&page);
}

static void an_accuracy_that_nobody_measured_is_null(void **state)
{
    (void)state;
    struct page page;
    page_open(&page, MIX_NONE);
    add_evaluation(&page, 0, 0.5); // of the model before training
    add_round(&page, 1);
    table_end(&page.table);
    table_print_json(&page.table, "m", 1, 1);
    fflush(page.file);
    assert_non_null(strstr(page.text, "{\"accuracy\": null, \"rounds\": 1,"));
    assert_non_null(strstr(page.text, "\"k_share\": {}"));
    page_close(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_a_line_for_each_round),
        cmocka_unit_test(waits_for_a_verification_that_is_to_be_expected),
        cmocka_unit_test(the_object_holds_the_figures_of_the_run),
        cmocka_unit_test(an_accuracy_that_nobody_measured_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
