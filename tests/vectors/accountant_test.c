// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secure/accountant.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { NUMBERS_MAX = 6, LINES = 97 };

static double spent(double rate, double multiplier, double steps, double delta)
{
    struct accountant accountant;
    accountant_start(&accountant);
    accountant_add_gaussian(&accountant, rate, multiplier, steps);
    return accountant_epsilon(&accountant, delta);
}

static double dense(double multiplier, double delta)
{
    double least = HUGE_VAL;
    for (int i = 1001; i < 100000; i++) {
        const double order = 0.001 * i;
        const double rdp = accountant_gaussian(order, 1, multiplier);
        least = fmin(least, accountant_convert(order, rdp, delta));
    }
    return least;
}

static double multiplier_of(const double x[NUMBERS_MAX])
{
    double multiplier = 0;
    assert_int_equal(accountant_find_multiplier(&multiplier, x[2], x[3], x[0], x[1]), STATUS_OK);
    return multiplier;
}

/* Reads x[0 ..] of a line of the kind; returns how many are arguments. */
static size_t compute(double *found, const char *kind, const double x[NUMBERS_MAX])
{
    size_t used = 4;
    if (strcmp(kind, "log-a") == 0) {
        *found = accountant_gaussian(x[2], x[0], x[1]) * (x[2] - 1), used = 3;
    } else if (strcmp(kind, "rdp") == 0) {
        *found = x[2] * accountant_gaussian(x[3], x[0], x[1]);
    } else if (strcmp(kind, "dense") == 0) {
        *found = dense(x[0], x[1]), used = 2;
    } else if (strcmp(kind, "convert") == 0) {
        *found = accountant_convert(x[0], x[1], x[2]), used = 3;
    } else if (strcmp(kind, "multiplier") == 0) {
        *found = multiplier_of(x);
    } else if (strcmp(kind, "laplace") == 0) {
        *found = accountant_laplace(x[1], x[0]), used = 2;
    } else if (strcmp(kind, "skellam") == 0) {
        *found = accountant_skellam(x[0], x[3], x[2], x[1]);
    } else { // epsilon, atleast, atmost
        *found = spent(x[0], x[1], x[2], x[3]);
    }
    return used;
}

static bool holds(const char *kind, double found, double expected, double tolerance)
{
    if (strcmp(kind, "atmost") == 0) return found <= expected;
    if (strcmp(kind, "atleast") == 0) {
        return found >= expected && found <= (1 + tolerance) * expected;
    }
    if (isinf(expected)) return isinf(found);
    return fabs(found - expected) <= tolerance * expected;
}

static void figures_are_those_of_other_programs(void **state)
{
    (void)state;
    FILE *file = fopen(TEST_SOURCE_DIR "/vectors/accountant.txt", "r");
    assert_non_null(file);
    char line[200], kind[20];
    size_t lines = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        double x[NUMBERS_MAX] = {0}, found = 0;
        if (line[0] == '#') continue;
        const int read = sscanf(line, "%19s %lf %lf %lf %lf %lf %lf", kind, &x[0], &x[1], &x[2],
                                &x[3], &x[4], &x[5]);
        assert_true(read >= 5);
        const size_t used = compute(&found, kind, x);
        assert_int_equal(read, 1 + used + 2);
        if (!holds(kind, found, x[used], x[used + 1])) fail_msg("%.12g: %s", found, line);
        lines++;
    }
    assert_int_equal(lines, LINES);
    fclose(file);
}

/* Opacus' docstring: orders 2 .. 32, epsilon 0.336 at order 23. */
static void unlike_releases_add_up_as_in_opacus(void **state)
{
    (void)state;
    struct accountant accountant;
    accountant_start(&accountant);
    accountant_add_gaussian(&accountant, 1e-5, 1, 10);
    accountant_add_gaussian(&accountant, 1e-4, 3, 4);
    assert_true(fabs(accountant_epsilon(&accountant, 1e-5) - 0.336) < 5e-4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_those_of_other_programs),
        cmocka_unit_test(unlike_releases_add_up_as_in_opacus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
