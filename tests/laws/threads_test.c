// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/arcface.h"
#include "nn/irse.h"
#include "nn/sgd.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 32, SIDE = 14, CHANNELS = 9, STEPS = 2 };

/* Weights after a few steps with so many threads. */
static float *train(int threads, size_t *count)
{
    omp_set_num_threads(threads);
    struct net *net = NULL;
    struct arcface *head = NULL;
    const struct irse irse = {.depth = 18,
                              .width = 0.25,
                              .input = {SIDE, SIDE, CHANNELS},
                              .embedding = 64,
                              .dropout = 0.4};
    assert_int_equal(irse_create(&net, &irse, BATCH), STATUS_OK);
    assert_int_equal(arcface_create(&head, (struct arcface_shape){40, 64, BATCH, 32, 0.3}),
                     STATUS_OK);
    *count = net_parameters(net);
    float *weights = calloc(*count, sizeof(float)), *gradients = calloc(*count, sizeof(float));
    float *velocity = calloc(*count, sizeof(float));
    float *input = malloc(BATCH * SIDE * SIDE * CHANNELS * sizeof(float));
    assert_true(weights && gradients && velocity && input);
    net_bind(net, weights, gradients);
    net_initialise(net, 3, 0);
    arcface_initialise(head, 3, 0);
    uint32_t label[BATCH];
    float weight[BATCH];
    struct random random;
    random_start(&random, 3, 0, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < BATCH * SIDE * SIDE * CHANNELS; i++) {
        input[i] = random_normal(&random);
    }
    for (uint32_t i = 0; i < BATCH; i++) {
        label[i] = i;
        weight[i] = 1;
    }
    for (int step = 0; step < STEPS; step++) {
        const float *embedding = net_forward(net, input, BATCH, NET_TRAIN, &random);
        arcface_forward(head, embedding, BATCH, (struct arcface_labels){1, label, weight});
        net_backward(net, arcface_backward(head), false);
        sgd_step(weights, velocity, gradients, *count, (struct sgd){0.05, 0.9, 5e-4, 1.0});
    }
    arcface_destroy(&head);
    net_destroy(&net);
    free(gradients);
    free(velocity);
    free(input);
    return weights;
}

static void the_number_of_threads_does_not_change_a_bit(void **state)
{
    (void)state;
    size_t count = 0;
    float *one = train(1, &count);
    for (int threads = 2; threads <= 5; threads += 3) {
        float *several = train(threads, &count);
        assert_memory_equal(one, several, count * sizeof *one);
        free(several);
    }
    free(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_number_of_threads_does_not_change_a_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
