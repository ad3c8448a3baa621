// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/sgd.h"
#include "unit/net_fixture.h"

#include <omp.h>

enum { COUNT = 100003, STEPS = 3 }; // no whole number of lanes

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

/* A net whose trainable tensors stand in runs of one and several, with statistics between them, and
 * one of which is more than a piece. */
static void start_net(struct net_fixture *f)
{
    net_fixture_start(f, (struct net_shape){8, 8, 16}, 2);
    int x = net_norm(f->net, net_conv(f->net, 0, "one", (struct net_window){3, 1, 1}, 128), "first",
                     true);
    x = net_conv(f->net, net_prelu(f->net, x, "slope"), "two", (struct net_window){1, 1, 0}, 32);
    net_linear(f->net, net_norm(f->net, x, "second", false), "out", 40, true);
    net_fixture_finish(f);
}

static void a_plan_moves_what_is_trainable_and_nothing_else(void **state)
{
    (void)state;
    const struct sgd sgd = {.rate = 0.1, .momentum = 0.9, .decay = 0.02, .scale = 0.5};
    struct net_fixture f;
    struct sgd_plan *plan = NULL;
    start_net(&f);
    assert_int_equal(sgd_plan_create(&plan, f.net), STATUS_OK);
    const size_t count = net_parameters(f.net);
    float *velocity = numbers_random(count, 3);
    float *w = numbers_copy(f.weights, count), *v = numbers_copy(velocity, count);
    double squares = 0;
    for (size_t i = 0; i < net_tensors(f.net); i++) {
        const struct net_tensor *tensor = net_tensor(f.net, i);
        if (!tensor->trainable) continue;
        const size_t first = tensor->offset;
        sgd_step(w + first, v + first, f.gradients + first, tensor->count, sgd);
        squares += sgd_squares(f.gradients + first, tensor->count);
    }
    assert_true(fabs(sgd_plan_squares(plan, f.gradients) - squares) < 1e-10 * squares);
    sgd_plan_step(plan, f.weights, velocity, f.gradients, sgd);
    assert_memory_equal(f.weights, w, count * sizeof(float));
    assert_memory_equal(velocity, v, count * sizeof(float));
    f.gradients[count - 1] = NAN;
    assert_true(!isfinite(sgd_plan_squares(plan, f.gradients)));
    sgd_plan_destroy(&plan);
    sgd_plan_destroy(&plan); // twice is safe
    net_fixture_stop(&f);
    free(velocity);
    free(w);
    free(v);
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    struct net_fixture f[2];
    float *velocity[2];
    double squares[2];
    for (int run = 0; run < 2; run++) {
        struct sgd_plan *plan = NULL;
        omp_set_num_threads(run == 0 ? 1 : 4);
        start_net(&f[run]);
        velocity[run] = numbers_random(net_parameters(f[run].net), 3);
        assert_int_equal(sgd_plan_create(&plan, f[run].net), STATUS_OK);
        squares[run] = sgd_plan_squares(plan, f[run].gradients);
        sgd_plan_step(plan, f[run].weights, velocity[run], f[run].gradients,
                      (struct sgd){0.1, 0.9, 0.01, 0.7});
        sgd_plan_destroy(&plan);
    }
    const size_t bytes = net_parameters(f[0].net) * sizeof(float);
    assert_memory_equal(f[0].weights, f[1].weights, bytes);
    assert_memory_equal(velocity[0], velocity[1], bytes);
    assert_memory_equal(&squares[0], &squares[1], sizeof squares[0]);
    for (int run = 0; run < 2; run++) {
        net_fixture_stop(&f[run]);
        free(velocity[run]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_follow_the_formula),
        cmocka_unit_test(without_momentum_decay_or_rate_little_is_left),
        cmocka_unit_test(squares_are_summed_in_double),
        cmocka_unit_test(a_number_that_is_none_shows_in_the_squares_wherever_it_stands),
        cmocka_unit_test(a_plan_moves_what_is_trainable_and_nothing_else),
        cmocka_unit_test(threads_change_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
