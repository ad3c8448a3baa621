// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/dcgan.h"
#include "attacks/wasserstein.h"
#include "reference/numbers.h"

#include <omp.h>

enum { BATCH = 6, SIDE = 16, FACE = SIDE * SIDE };

static const struct dcgan dcgan = {SIDE, 1, 4, 5};

static void start(struct wasserstein *wasserstein)
{
    struct net *generator = NULL, *critic = NULL;
    assert_int_equal(dcgan_generator(&generator, &dcgan, BATCH), STATUS_OK);
    assert_int_equal(dcgan_critic(&critic, &dcgan, 2 * BATCH), STATUS_OK);
    struct wasserstein_options options = wasserstein_defaults;
    options.rates.rate = 2e-3;
    assert_int_equal(wasserstein_create(wasserstein, generator, critic, BATCH, &options),
                     STATUS_OK);
}

/* Bright on the left, dark on the right, as no generator begins. */
static void draw(float *faces)
{
    for (size_t i = 0; i < BATCH * FACE; i++) {
        const size_t item = i / FACE, x = i % SIDE;
        faces[i] = x < SIDE / 2 + item % 3 ? 0.9f : 0.1f;
    }
}

static void both_learn(void **state)
{
    (void)state;
    struct wasserstein wasserstein;
    float faces[BATCH * FACE];
    draw(faces);
    start(&wasserstein);
    struct wasserstein_losses losses = wasserstein_critic_step(&wasserstein, faces, BATCH);
    assert_true(fabs(losses.real - losses.made) < 0.2); // it knows nothing yet
    for (int step = 0; step < 60; step++) {
        losses = wasserstein_critic_step(&wasserstein, faces, BATCH);
    }
    assert_true(losses.real - losses.made > 2);
    assert_true(losses.penalty < 0.1);
    const double before = wasserstein_generator_step(&wasserstein, BATCH);
    for (int step = 0; step < 30; step++) {
        wasserstein_generator_step(&wasserstein, BATCH);
    }
    assert_true(wasserstein_generator_step(&wasserstein, BATCH) > before + 0.5);
    wasserstein_destroy(&wasserstein);
    wasserstein_destroy(&wasserstein); // twice is safe
}

static void a_flat_critic_costs_one_and_stays_finite(void **state)
{
    (void)state;
    struct wasserstein wasserstein;
    float faces[BATCH * FACE];
    draw(faces);
    start(&wasserstein);
    memset(wasserstein.critic.weights, 0, net_parameters(wasserstein.critic.net) * sizeof(float));
    assert_true(fabs(wasserstein_critic_step(&wasserstein, faces, BATCH).penalty - 1) < 1e-9);
    assert_true(learner_is_finite(&wasserstein.critic));
    wasserstein_destroy(&wasserstein);
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    struct wasserstein runs[2];
    float faces[BATCH * FACE];
    draw(faces);
    const int threads = omp_get_max_threads();
    for (int run = 0; run < 2; run++) {
        omp_set_num_threads(run == 0 ? 1 : 3);
        start(&runs[run]);
        for (int step = 0; step < 3; step++) {
            wasserstein_critic_step(&runs[run], faces, BATCH);
            wasserstein_generator_step(&runs[run], BATCH);
        }
    }
    omp_set_num_threads(threads);
    for (int which = 0; which < 2; which++) {
        const struct learner *a = which ? &runs[0].critic : &runs[0].generator;
        const struct learner *b = which ? &runs[1].critic : &runs[1].generator;
        assert_memory_equal(a->weights, b->weights, net_parameters(a->net) * sizeof(float));
    }
    wasserstein_destroy(&runs[0]);
    wasserstein_destroy(&runs[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_learn),
        cmocka_unit_test(a_flat_critic_costs_one_and_stays_finite),
        cmocka_unit_test(threads_change_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
