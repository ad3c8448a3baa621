// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "measures/privacy_score.h"

#include <math.h>

/* The paper's table 2, LFW; of k 2 to 5 the accuracy that its scores are made of, not the 98.20
 * that is printed. */
static const struct {
    double accuracy, pp, cls, score;
} paper[] = {
    {96.15, 0.979, 0.957, 0.968}, {98.10, 0.975, 0.987, 0.981}, {98.43, 0.925, 0.992, 0.959},
    {98.92, 0.825, 0.999, 0.912}, {98.20, 0.892, 0.989, 0.940}, {84.62, 0.975, 0.779, 0.877},
    {73.31, 0.988, 0.605, 0.796}, {66.53, 1.000, 0.500, 0.750}, {98.76, 0.500, 0.997, 0.749},
    {98.93, 0.613, 1.000, 0.806}, {72.36, 0.917, 0.590, 0.753}, {82.93, 0.713, 0.753, 0.733},
};

enum { ROWS = sizeof paper / sizeof paper[0] };

static void the_scores_of_the_paper_come_out(void **state)
{
    (void)state;
    struct privacy_score rows[ROWS + 1] = {{.compared = false, .accuracy = 99.23}};
    for (int i = 0; i < ROWS; i++) { // S values that give the row's Score_pp, whatever they are
        rows[i + 1] = (struct privacy_score){.compared = true,
                                             .s1 = 0.3 * paper[i].pp,
                                             .s2 = 0.7 * paper[i].pp,
                                             .s3 = 1.1 * paper[i].pp,
                                             .s4 = 0.4 * paper[i].pp,
                                             .accuracy = paper[i].accuracy};
    }
    privacy_score_form(rows, ROWS + 1);
    assert_true(isnan(rows[0].pp) && isnan(rows[0].cls) && isnan(rows[0].score));
    for (int i = 0; i < ROWS; i++) {
        assert_true(fabs(rows[i + 1].pp - paper[i].pp) < 1e-9);
        assert_true(fabs(rows[i + 1].cls - paper[i].cls) < 0.00101);
        assert_true(fabs(rows[i + 1].score - paper[i].score) < 0.00151);
    }
}

static void attacks_weigh_more_than_looks(void **state)
{
    (void)state;
    struct privacy_score rows[] = {
        {.compared = true, .accuracy = 1}, // raw 0
        {true, 1, 0, 0, 0, 2, 0, 0, 0},    // raw 0.4
        {true, 0, 1, 0, 0, 2, 0, 0, 0},    // raw 0.4
        {true, 0, 0, 1, 0, 2, 0, 0, 0},    // raw 0.6
        {true, 0, 0, 0, 1, 2, 0, 0, 0},    // raw 0.6
    };
    privacy_score_form(rows, 5);
    assert_true(fabs(rows[0].pp - 0.5) < 1e-12);
    for (int i = 1; i < 5; i++) {
        assert_true(fabs(rows[i].pp - (i < 3 ? 0.5 + 0.5 * 0.4 / 0.6 : 1)) < 1e-12);
    }
}

static void what_cannot_be_formed_is_no_number(void **state)
{
    (void)state;
    struct privacy_score one = {true, 1, 1, 1, 1, 0.9, 0, 0, 0};
    privacy_score_form(&one, 1);
    assert_true(isnan(one.pp) && isnan(one.cls) && isnan(one.score));

    struct privacy_score rows[] = {
        {true, (double)NAN, 1, 1, 1, 0.9, 0, 0, 0}, // no LPIPS
        {true, 1, 1, 1, 1, 0.8, 0, 0, 0},
        {true, 2, 1, 1, 1, 0.7, 0, 0, 0},
    };
    privacy_score_form(rows, 3);
    assert_true(isnan(rows[0].pp) && isnan(rows[0].score));
    assert_true(fabs(rows[0].cls - 1) < 1e-12);
    assert_true(fabs(rows[1].pp - 0.5) < 1e-12 && fabs(rows[2].pp - 1) < 1e-12);
    assert_true(fabs(rows[1].score - (0.5 + 0.75) / 2) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_scores_of_the_paper_come_out),
        cmocka_unit_test(attacks_weigh_more_than_looks),
        cmocka_unit_test(what_cannot_be_formed_is_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
