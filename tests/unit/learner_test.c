// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/learner.h"
#include "reference/numbers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct adam_rates rates = {1e-2, 0.5, 0.999, 1e-8};
static const char path[] = TEST_BINARY_DIR "/learner_test.safetensors";

static void start(struct learner *learner, int outputs)
{
    struct net *net = NULL;
    assert_int_equal(net_create(&net, (struct net_shape){1, 1, 6}, 2, "learner."), STATUS_OK);
    net_norm(net, net_linear(net, 0, "linear", outputs, true), "norm", true);
    assert_int_equal(net_finish(net), STATUS_OK);
    assert_int_equal(learner_create(learner, net, 3, 0), STATUS_OK);
}

static void steps(struct learner *learner, uint32_t first, uint32_t end)
{
    for (uint32_t step = first; step < end; step++) {
        float *gradient = numbers_random(net_parameters(learner->net), step);
        memcpy(learner->gradients, gradient, net_parameters(learner->net) * sizeof(float));
        learner_step(learner, rates);
        free(gradient);
    }
}

static void a_training_that_goes_on_gives_the_same_bits(void **state)
{
    (void)state;
    struct learner whole, first, second;
    start(&whole, 5);
    start(&first, 5);
    start(&second, 5);
    steps(&whole, 0, 6);
    steps(&first, 0, 3);
    assert_int_equal(learner_save(&first, path), STATUS_OK);
    assert_int_equal(learner_load(&second, path), STATUS_OK);
    steps(&second, 3, 6);
    assert_int_equal(second.adam.steps, 6);
    assert_memory_equal(whole.weights, second.weights, net_parameters(whole.net) * sizeof(float));
    learner_destroy(&whole);
    learner_destroy(&first);
    learner_destroy(&second);
    learner_destroy(&second); // twice is safe
}

static void the_file_of_another_net_is_refused(void **state)
{
    (void)state;
    struct learner saved, other;
    start(&saved, 5);
    start(&other, 4);
    assert_int_equal(learner_save(&saved, path), STATUS_OK);
    float *before = numbers_copy(other.weights, net_parameters(other.net));
    assert_int_not_equal(learner_load(&other, path), STATUS_OK);
    assert_non_null(strstr(status_message(), "learner.linear"));
    assert_memory_equal(other.weights, before, net_parameters(other.net) * sizeof(float));
    assert_int_not_equal(learner_load(&other, TEST_BINARY_DIR "/no such file"), STATUS_OK);
    free(before);
    learner_destroy(&saved);
    learner_destroy(&other);
    remove(path);
}

static void a_number_that_is_none_tells_that_it_diverged(void **state)
{
    (void)state;
    struct learner learner;
    start(&learner, 5);
    assert_true(learner_is_finite(&learner));
    learner.weights[net_parameters(learner.net) - 1] = INFINITY;
    assert_false(learner_is_finite(&learner));
    learner_destroy(&learner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_training_that_goes_on_gives_the_same_bits),
        cmocka_unit_test(the_file_of_another_net_is_refused),
        cmocka_unit_test(a_number_that_is_none_tells_that_it_diverged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
