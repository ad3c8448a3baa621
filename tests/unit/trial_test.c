// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "trial.h"

#include <math.h>

static struct trial tiny(enum trial_mode mode)
{
    struct trial trial;
    trial_defaults(&trial);
    trial.mode = mode;
    trial.channels = 2;
    trial.width = TRIAL_WIDTH_MIN;
    trial.batch = 4;
    trial.classes = 5;
    trial.threads = 1;
    trial.steps = 2;
    return trial;
}

/* Of the backbone alone: the number that other implementations of this network give. */
static uint64_t parameters(const struct trial *trial)
{
    struct net *net = NULL;
    struct irse irse;
    uint64_t count = 0;
    trial_irse(&irse, trial);
    assert_int_equal(irse_create(&net, &irse, 1), STATUS_OK);
    for (size_t i = 0; i < net_tensors(net); i++) {
        if (net_tensor(net, i)->trainable) count += net_tensor(net, i)->count;
    }
    net_destroy(&net);
    return count;
}

static void the_networks_are_those_of_others(void **state)
{
    (void)state;
    struct trial trial;
    trial_defaults(&trial);
    assert_int_equal(parameters(&trial), 24125824);
    trial.width = 0.5;
    assert_int_equal(parameters(&trial), 9252032);
}

static void inputs_have_their_channels_and_strides(void **state)
{
    (void)state;
    struct trial trial;
    struct irse irse;
    trial_defaults(&trial);
    trial_irse(&irse, &trial);
    assert_int_equal(irse.input.height, 14);
    assert_int_equal(irse.input.channels, 35);
    assert_memory_equal(irse.strides, ((int[]){1, 1, 2, 1}), sizeof irse.strides);
    trial.input = TRIAL_PIXELS;
    trial_irse(&irse, &trial);
    assert_int_equal(irse.input.width, 112);
    assert_int_equal(irse.input.channels, 3);
    assert_memory_equal(irse.strides, ((int[]){2, 2, 2, 2}), sizeof irse.strides);
    trial.channels = 7;
    assert_int_equal(trial_channels(&trial), 7);
}

static void training_and_embedding_are_measured(void **state)
{
    (void)state;
    struct trial_result result[2];
    for (int mode = 0; mode < 2; mode++) {
        const struct trial trial = tiny((enum trial_mode)mode);
        assert_int_equal(trial_run(&result[mode], &trial, NULL), STATUS_OK);
        assert_int_equal(result[mode].parameters, parameters(&trial));
        assert_true(result[mode].seconds > 0);
        assert_true(result[mode].peak_memory > 1000000);
        assert_true(trial_images_per_second(&trial, &result[mode]) > 0);
        assert_true(trial_gflops(&result[mode]) > 0);
        assert_int_not_equal(result[mode].kernels[0], '\0');
    }
    // Forward and two gradients.
    assert_true(fabs(result[0].flops - 3 * result[1].flops) <= 1e-9 * result[0].flops);
}

static void a_network_that_is_too_large_says_so(void **state)
{
    (void)state;
    struct trial trial = tiny(TRIAL_EMBED);
    struct trial_result result;
    trial.net = TRIAL_IR_SE_50;
    trial.width = TRIAL_WIDTH_MAX;
    assert_int_equal(trial_run(&result, &trial, NULL), STATUS_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_networks_are_those_of_others),
        cmocka_unit_test(inputs_have_their_channels_and_strides),
        cmocka_unit_test(training_and_embedding_are_measured),
        cmocka_unit_test(a_network_that_is_too_large_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
