// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/adversarial.h"
#include "attacks/patch_critic.h"
#include "attacks/unet.h"
#include "reference/numbers.h"

#include <omp.h>
#include <stdio.h>

enum { BATCH = 4, MASKED = 3 * 3 * 5, FACE = 24 * 24 };

static const struct unet unet = {{3, 3, 5}, {24, 24, 1}, 2, 0.5};
static const struct patch_critic patches = {{3, 3, 5}, {24, 24, 1}, 2};

static void start(struct adversarial *adversarial, bool with_critic)
{
    struct net *generator = NULL, *critic = NULL;
    assert_int_equal(unet_create(&generator, &unet, BATCH), STATUS_OK);
    if (with_critic) assert_int_equal(patch_critic_create(&critic, &patches, BATCH), STATUS_OK);
    struct adversarial_options options = adversarial_defaults;
    options.rates.rate = 5e-3;
    assert_int_equal(adversarial_create(adversarial, generator, critic, BATCH, &options),
                     STATUS_OK);
}

/* Faces that follow from their masked images: each corner of nine is one of their numbers. */
static void data(float **masked, float **faces)
{
    *masked = numbers_random(BATCH * MASKED, 1);
    *faces = numbers_random(BATCH * FACE, 2);
    for (size_t i = 0; i < BATCH * FACE; i++) {
        const size_t item = i / FACE, y = i % FACE / 24, x = i % 24;
        (*faces)[i] = tanhf((*masked)[item * MASKED + (y / 8 * 3 + x / 8) * 5]);
    }
}

static struct adversarial_losses steps(struct adversarial *adversarial, int count)
{
    float *masked, *faces;
    struct adversarial_losses losses = {0};
    data(&masked, &faces);
    for (int step = 0; step < count; step++) {
        losses = adversarial_step(adversarial, masked, faces, BATCH);
    }
    free(masked);
    free(faces);
    return losses;
}

static void it_learns_with_and_without_a_critic(void **state)
{
    (void)state;
    for (int with_critic = 0; with_critic < 2; with_critic++) {
        struct adversarial adversarial;
        start(&adversarial, with_critic);
        const double before = steps(&adversarial, 1).absolute;
        const struct adversarial_losses after = steps(&adversarial, 120);
        assert_true(after.absolute < 0.6 * before);
        assert_int_equal(after.real > 0, with_critic);
        assert_true(learner_is_finite(&adversarial.generator));
        assert_int_equal(adversarial.generator.adam.steps, 121);
        adversarial_destroy(&adversarial);
        adversarial_destroy(&adversarial); // twice is safe
    }
}

static void stop_and_go_on(struct adversarial *adversarial)
{
    static const char generator[] = TEST_BINARY_DIR "/adversarial_generator.safetensors";
    static const char critic[] = TEST_BINARY_DIR "/adversarial_critic.safetensors";
    assert_int_equal(learner_save(&adversarial->generator, generator), STATUS_OK);
    assert_int_equal(learner_save(&adversarial->critic, critic), STATUS_OK);
    adversarial_destroy(adversarial);
    start(adversarial, true);
    assert_int_equal(learner_load(&adversarial->generator, generator), STATUS_OK);
    assert_int_equal(learner_load(&adversarial->critic, critic), STATUS_OK);
    remove(generator);
    remove(critic);
}

static void threads_and_a_pause_change_no_bit(void **state)
{
    (void)state;
    struct adversarial runs[2];
    const int threads = omp_get_max_threads();
    start(&runs[0], true);
    steps(&runs[0], 6);
    omp_set_num_threads(threads == 3 ? 2 : 3);
    start(&runs[1], true);
    steps(&runs[1], 3);
    stop_and_go_on(&runs[1]);
    steps(&runs[1], 3);
    for (int which = 0; which < 2; which++) {
        const struct learner *a = which ? &runs[0].critic : &runs[0].generator;
        const struct learner *b = which ? &runs[1].critic : &runs[1].generator;
        assert_memory_equal(a->weights, b->weights, net_parameters(a->net) * sizeof(float));
    }
    omp_set_num_threads(threads);
    adversarial_destroy(&runs[0]);
    adversarial_destroy(&runs[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_learns_with_and_without_a_critic),
        cmocka_unit_test(threads_and_a_pause_change_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
