// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/sgd.h"
#include "reference/numbers.h"

#include <omp.h>

enum { COUNT = 100003, STEPS = 3 }; // more than one piece, and no whole number of lanes

static void steps_follow_the_formula(void **state)
{
    (void)state;
    const struct sgd sgd = {.rate = 0.1, .momentum = 0.9, .decay = 0.02, .scale = 0.5};
    float *w = numbers_random(COUNT, 1), *v = numbers_random(COUNT, 2);
    double *slow_w = malloc(COUNT * sizeof *slow_w), *slow_v = malloc(COUNT * sizeof *slow_v);
    assert_true(slow_w && slow_v);
    for (size_t i = 0; i < COUNT; i++) {
        slow_w[i] = (double)w[i];
        slow_v[i] = (double)v[i];
    }
    for (uint32_t step = 0; step < STEPS; step++) {
        float *g = numbers_random(COUNT, 3 + step);
        sgd_step(w, v, g, COUNT, sgd);
        for (size_t i = 0; i < COUNT; i++) {
            slow_v[i] = 0.9 * slow_v[i] + 0.5 * (double)g[i] + 0.02 * slow_w[i];
            slow_w[i] -= 0.1 * slow_v[i];
        }
        free(g);
    }
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(fabs((double)w[i] - slow_w[i]) < 1e-5);
        assert_true(fabs((double)v[i] - slow_v[i]) < 1e-5);
    }
    free(w);
    free(v);
    free(slow_w);
    free(slow_v);
}

static void without_momentum_decay_or_rate_little_is_left(void **state)
{
    (void)state;
    float w[2] = {1, -2}, v[2] = {5, 5};
    const float g[2] = {0.5f, 4};
    sgd_step(w, v, g, 2, (struct sgd){.rate = 0.5, .scale = 1});
    assert_true(fabsf(w[0] - 0.75f) < 1e-6f && fabsf(w[1] + 4) < 1e-6f);
    assert_memory_equal(v, g, sizeof v); // the old velocity is forgotten
    const float before[2] = {w[0], w[1]};
    sgd_step(w, v, g, 2, (struct sgd){.rate = 0, .momentum = 0.9, .scale = 1});
    assert_memory_equal(w, before, sizeof w);
}

static void squares_are_summed_in_double(void **state)
{
    (void)state;
    float *g = numbers_random(COUNT, 1);
    double expected = 0;
    for (size_t i = 0; i < COUNT; i++) {
        expected += (double)g[i] * (double)g[i];
    }
    assert_true(fabs(sgd_squares(g, COUNT) - expected) < 1e-10 * expected);
    g[0] = 1e25f; // whose square no float holds
    assert_true(fabs(sgd_squares(g, COUNT) - 1e50) < 1e44);
    assert_true(fabs(sgd_squares(g, 0)) < 1e-30);
    free(g);
}

static void a_number_that_is_none_shows_in_the_squares_wherever_it_stands(void **state)
{
    (void)state;
    static const size_t places[] = {0, 7, COUNT / 2, COUNT - 1};
    const float bad[] = {NAN, INFINITY, -INFINITY};
    float *g = numbers_random(COUNT, 1);
    for (size_t p = 0; p < sizeof places / sizeof places[0]; p++) {
        for (size_t b = 0; b < sizeof bad / sizeof bad[0]; b++) {
            const float kept = g[places[p]];
            g[places[p]] = bad[b];
            assert_true(!isfinite(sgd_squares(g, COUNT)));
            g[places[p]] = kept;
        }
    }
    assert_true(isfinite(sgd_squares(g, COUNT)));
    free(g);
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    float *w[2], *v[2], *g = numbers_random(COUNT, 3);
    double squares[2];
    for (int run = 0; run < 2; run++) {
        omp_set_num_threads(run == 0 ? 1 : 4);
        w[run] = numbers_random(COUNT, 1);
        v[run] = numbers_random(COUNT, 2);
        sgd_step(w[run], v[run], g, COUNT, (struct sgd){0.1, 0.9, 0.01, 0.7});
        squares[run] = sgd_squares(w[run], COUNT);
    }
    assert_memory_equal(w[0], w[1], COUNT * sizeof(float));
    assert_memory_equal(v[0], v[1], COUNT * sizeof(float));
    assert_memory_equal(&squares[0], &squares[1], sizeof squares[0]);
    for (int run = 0; run < 2; run++) {
        free(w[run]);
        free(v[run]);
    }
    free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_follow_the_formula),
        cmocka_unit_test(without_momentum_decay_or_rate_little_is_left),
        cmocka_unit_test(squares_are_summed_in_double),
        cmocka_unit_test(a_number_that_is_none_shows_in_the_squares_wherever_it_stands),
        cmocka_unit_test(threads_change_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
