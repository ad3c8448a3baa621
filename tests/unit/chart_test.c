// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/tags.h"
#include "report/chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum kind { LINES, ROC };

static const struct chart_frame rounds = {.label = "a < b", .x_title = "round", .percent = true};

/* Every chart is well formed and holds no number that cannot be drawn. */
static char *drawn(char *text)
{
    char fault[128];
    if (!tags_check(fault, sizeof fault, text)) fail_msg("%s", fault);
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf"));
    assert_non_null(strstr(text, "<svg"));
    return text;
}

static char *draw(enum kind kind, const struct chart_frame *frame,
                  const struct chart_series *series, size_t count)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    if (kind == LINES) {
        chart_lines(out, frame, series, count);
    } else {
        chart_roc(out, frame, series, count);
    }
    fclose(out);
    return drawn(text);
}

/* The y of the first dot's centre, the x as well. */
static void dot_at(const char *text, double *x, double *y)
{
    const char *dot = strstr(text, "cx=\"");
    assert_non_null(dot);
    assert_int_equal(sscanf(dot, "cx=\"%lf\" cy=\"%lf\"", x, y), 2);
}

static void a_line_of_one_round_is_a_dot_with_its_value(void **state)
{
    (void)state;
    const double x[] = {1}, y[] = {0.913}, deviation[] = {0.011};
    const struct chart_series series = {NULL, x, y, deviation, 1};
    char *text = draw(LINES, &rounds, &series, 1);
    assert_int_equal(tags_count(text, "class=\"dot"), 1);
    assert_non_null(strstr(text, "<title>round 1: 91.3 % ± 1.1 %</title>"));
    assert_non_null(strstr(text, "a &lt; b"));
    free(text);
}

static void higher_values_stand_higher_and_later_rounds_further_right(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3}, y[] = {0.2, 0.9, 0.5};
    const struct chart_series series = {NULL, x, y, NULL, 3};
    char *text = draw(LINES, &rounds, &series, 1);
    double at[3][2];
    const char *rest = text;
    for (int i = 0; i < 3; i++) {
        dot_at(rest, &at[i][0], &at[i][1]);
        rest = strstr(rest, "cx=\"") + 1;
    }
    assert_true(at[0][0] < at[1][0] && at[1][0] < at[2][0]);
    assert_true(at[1][1] < at[2][1] && at[2][1] < at[0][1]);
    free(text);
}

static void what_is_not_finite_is_left_out(void **state)
{
    (void)state;
    const double bad = (double)NAN;
    const double x[] = {0, 1, 2, 3}, y[] = {0.5, bad, (double)INFINITY, 0.7};
    const double deviation[] = {0.1, bad, 0.1, bad};
    const struct chart_series series = {NULL, x, y, deviation, 4};
    char *text = draw(LINES, &rounds, &series, 1);
    assert_int_equal(tags_count(text, "class=\"dot"), 2);
    free(text);
    const double nothing[] = {bad, bad, bad, bad};
    const struct chart_series empty = {NULL, x, nothing, NULL, 4};
    text = draw(LINES, &rounds, &empty, 1);
    assert_non_null(strstr(text, "nothing was measured"));
    free(text);
    text = draw(LINES, &rounds, NULL, 0);
    assert_non_null(strstr(text, "nothing was measured"));
    free(text);
}

static void equal_and_extreme_values_have_an_axis(void **state)
{
    (void)state;
    const double x[] = {1, 2}, same[] = {0, 0}, large[] = {-1e12, 1e12}, small[] = {1e-9, 2e-9};
    const double *const values[] = {same, large, small};
    const struct chart_frame plain = {.label = "loss", .x_title = "round"};
    for (size_t i = 0; i < 3; i++) {
        const struct chart_series series = {NULL, x, values[i], NULL, 2};
        char *text = draw(LINES, &plain, &series, 1);
        assert_in_range(tags_count(text, "class=\"grid"), 2, 12);
        free(text);
    }
}

static void a_percentage_never_leaves_its_bounds(void **state)
{
    (void)state;
    const double x[] = {1, 2}, y[] = {0.99, 0.995}, deviation[] = {0.05, 0.05};
    const struct chart_series series = {NULL, x, y, deviation, 2};
    char *text = draw(LINES, &rounds, &series, 1);
    assert_non_null(strstr(text, ">100 %<"));
    assert_null(strstr(text, ">102 %<"));
    assert_null(strstr(text, ">105 %<"));
    free(text);
}

static void long_series_are_thinned_and_keep_their_last_value(void **state)
{
    (void)state;
    enum { COUNT = 100001 };
    double *x = malloc(COUNT * sizeof *x), *y = malloc(COUNT * sizeof *y);
    assert_non_null(x);
    assert_non_null(y);
    for (size_t i = 0; i < COUNT; i++) {
        x[i] = (double)i;
        y[i] = i == COUNT - 1 ? 0.777 : 0.5;
    }
    const struct chart_series series = {NULL, x, y, y, COUNT};
    char *text = draw(LINES, &rounds, &series, 1);
    assert_in_range(tags_count(text, "class=\"dot"), 200, 401);
    assert_non_null(strstr(text, ">77.7 %<"));
    assert_true(strlen(text) < 200000);
    free(text);
    free(x);
    free(y);
}

static void several_series_have_a_legend_with_harmless_names(void **state)
{
    (void)state;
    const double x[] = {1, 2}, y[] = {0.4, 0.6};
    const struct chart_series series[] = {{"<b>", x, y, NULL, 2}, {"p001", x, y, y, 2}};
    char *text = draw(LINES, &rounds, series, 2);
    assert_non_null(strstr(text, "&lt;b&gt;"));
    assert_null(strstr(text, "<b>"));
    assert_non_null(strstr(text, "class=\"line c2\""));
    free(text);
}

static void a_roc_begins_at_the_decade_of_its_smallest_rate(void **state)
{
    (void)state;
    const double far[] = {0, 0.004, 0.1, 1}, tar[] = {0.3, 0.4, 0.9, 1};
    const struct chart_series series = {NULL, far, tar, NULL, 4};
    const struct chart_frame frame = {.label = "ROC", .x_title = "false accepts", .percent = true};
    char *text = draw(ROC, &frame, &series, 1);
    assert_non_null(strstr(text, "−3</tspan>"));
    assert_null(strstr(text, "−4</tspan>"));
    assert_int_equal(tags_count(text, "class=\"line c1\""), 1);
    assert_int_equal(tags_count(text, "class=\"chance\""), 1);
    free(text);
}

static void a_roc_without_false_accepts_enters_at_the_edge(void **state)
{
    (void)state;
    const double far[] = {0, 0, 1}, tar[] = {0.5, 1, 1};
    const struct chart_series series = {NULL, far, tar, NULL, 3};
    const struct chart_frame frame = {.label = "ROC", .x_title = "false accepts"};
    char *text = draw(ROC, &frame, &series, 1);
    assert_non_null(strstr(text, "d=\"M52.0 12.0L")); // the upper left corner
    free(text);
}

static void a_chart_alone_brings_its_colours_and_no_links(void **state)
{
    (void)state;
    const double far[] = {0.01, 1}, tar[] = {0.3, 1};
    const struct chart_series series = {NULL, far, tar, NULL, 2};
    const struct chart_frame frame = {.label = "ROC", .x_title = "false accepts", .alone = true};
    char *text = draw(ROC, &frame, &series, 1);
    assert_non_null(strstr(text, "xmlns=\"http://www.w3.org/2000/svg\""));
    assert_non_null(strstr(text, "--c1:"));
    assert_int_equal(tags_count(text, "http"), 1);
    assert_null(strstr(text, "href"));
    free(text);
}

static char *stack(const struct chart_parts *parts)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    chart_stack(out, &rounds, parts);
    fclose(out);
    return drawn(text);
}

static void parts_of_a_bar_fill_it_and_empty_ones_are_not_drawn(void **state)
{
    (void)state;
    const char *const names[] = {"k = 2", "k = 3", "k = 4"};
    const double x[] = {1, 2}, shares[] = {0.25, 0.75, 0, 1, 0, 0};
    const struct chart_parts parts = {names, 3, x, shares, 2};
    char *text = stack(&parts);
    assert_int_equal(tags_count(text, "class=\"part\""), 3);
    assert_non_null(strstr(text, "<title>round 1, k = 3: 75.0 %</title>"));
    assert_non_null(strstr(text, "<title>round 2, k = 2: 100.0 %</title>"));
    free(text);
}

static void many_columns_are_averaged(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    const char *const names[] = {"k = 2", "k = 3"};
    double *x = malloc(COUNT * sizeof *x), *shares = malloc(2 * COUNT * sizeof *shares);
    assert_non_null(x);
    assert_non_null(shares);
    for (size_t i = 0; i < COUNT; i++) {
        x[i] = (double)(i + 1);
        shares[2 * i] = i % 2 == 0 ? 1 : 0;
        shares[2 * i + 1] = 1 - shares[2 * i];
    }
    const struct chart_parts parts = {names, 2, x, shares, COUNT};
    char *text = stack(&parts);
    assert_in_range(tags_count(text, "class=\"part\""), 200, 240);
    assert_non_null(strstr(text, "<title>round 1, k = 2: 50.0 %</title>"));
    free(text);
    free(x);
    free(shares);
}

static void no_columns_are_said_to_be_none(void **state)
{
    (void)state;
    const struct chart_parts parts = {NULL, 0, NULL, NULL, 0};
    char *text = stack(&parts);
    assert_non_null(strstr(text, "nothing was measured"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_of_one_round_is_a_dot_with_its_value),
        cmocka_unit_test(higher_values_stand_higher_and_later_rounds_further_right),
        cmocka_unit_test(what_is_not_finite_is_left_out),
        cmocka_unit_test(equal_and_extreme_values_have_an_axis),
        cmocka_unit_test(a_percentage_never_leaves_its_bounds),
        cmocka_unit_test(long_series_are_thinned_and_keep_their_last_value),
        cmocka_unit_test(several_series_have_a_legend_with_harmless_names),
        cmocka_unit_test(a_roc_begins_at_the_decade_of_its_smallest_rate),
        cmocka_unit_test(a_roc_without_false_accepts_enters_at_the_edge),
        cmocka_unit_test(a_chart_alone_brings_its_colours_and_no_links),
        cmocka_unit_test(parts_of_a_bar_fill_it_and_empty_ones_are_not_drawn),
        cmocka_unit_test(many_columns_are_averaged),
        cmocka_unit_test(no_columns_are_said_to_be_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
