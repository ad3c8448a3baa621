// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/adam.h"
#include "unit/net_fixture.h"

#include <omp.h>

enum { STEPS = 4 };

static const struct adam_rates rates = {0.01, 0.5, 0.999, 1e-8};

static void start(struct net_fixture *f)
{
    net_fixture_start(f, (struct net_shape){1, 1, 50}, 1);
    net_norm(f->net, net_linear(f->net, 0, "w", 701, true), "norm", true); // several pieces
    net_fixture_finish(f);
}

static void steps_follow_the_formula(void **state)
{
    (void)state;
    struct net_fixture f;
    start(&f);
    const size_t count = net_parameters(f.net);
    struct adam adam;
    assert_int_equal(adam_create(&adam, f.net), STATUS_OK);
    double *w = malloc(count * sizeof *w), *m = calloc(count, sizeof *m);
    double *v = calloc(count, sizeof *v);
    assert_true(w && m && v);
    for (size_t i = 0; i < count; i++) {
        w[i] = (double)f.weights[i];
    }
    for (uint32_t step = 1; step <= STEPS; step++) {
        float *g = numbers_random(count, step);
        adam_step(&adam, f.weights, g, rates);
        for (size_t t = 0; t < net_tensors(f.net); t++) {
            const struct net_tensor *tensor = net_tensor(f.net, t);
            if (!tensor->trainable) continue; // a running statistic stays
            for (size_t i = tensor->offset; i < tensor->offset + tensor->count; i++) {
                m[i] = 0.5 * m[i] + 0.5 * (double)g[i];
                v[i] = 0.999 * v[i] + 0.001 * (double)g[i] * (double)g[i];
                w[i] -= 0.01 / (1 - pow(0.5, step)) * m[i] /
                        (sqrt(v[i] / (1 - pow(0.999, step))) + 1e-8);
            }
        }
        free(g);
    }
    assert_int_equal(adam.steps, STEPS);
    for (size_t i = 0; i < count; i++) {
        assert_true(fabs((double)f.weights[i] - w[i]) < 1e-5);
    }
    adam_destroy(&adam);
    adam_destroy(&adam); // twice is safe
    free(w);
    free(m);
    free(v);
    net_fixture_stop(&f);
}

/* Steps and moments are all that a training which goes on needs; threads change no bit. */
static void a_training_that_goes_on_gives_the_same_bits(void **state)
{
    (void)state;
    struct net_fixture f[2];
    struct adam adam[2];
    for (int i = 0; i < 2; i++) {
        start(&f[i]);
        assert_int_equal(adam_create(&adam[i], f[i].net), STATUS_OK);
    }
    const size_t count = net_parameters(f[0].net);
    const int threads = omp_get_max_threads();
    for (uint32_t step = 1; step <= STEPS; step++) {
        float *g = numbers_random(count, step);
        adam_step(&adam[0], f[0].weights, g, rates);
        if (step == 2) { // stopped and begun again
            struct adam again;
            assert_int_equal(adam_create(&again, f[1].net), STATUS_OK);
            again.steps = adam[1].steps;
            memcpy(again.moments, adam[1].moments, again.count * sizeof *again.moments);
            adam_destroy(&adam[1]);
            adam[1] = again;
            omp_set_num_threads(1);
        }
        adam_step(&adam[1], f[1].weights, g, rates);
        free(g);
        omp_set_num_threads(threads);
    }
    assert_memory_equal(f[0].weights, f[1].weights, count * sizeof(float));
    for (int i = 0; i < 2; i++) {
        adam_destroy(&adam[i]);
        net_fixture_stop(&f[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_follow_the_formula),
        cmocka_unit_test(a_training_that_goes_on_gives_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
