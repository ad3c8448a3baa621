// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/unet.h"

#include <stdlib.h>
#include <string.h>

static void faces_have_their_size_from_maps_of_both_sizes(void **state)
{
    (void)state;
    static const struct unet plans[] = {{{112, 112, 9}, {112, 112, 3}, 1, 0.5},
                                        {{14, 14, 35}, {112, 112, 1}, 1, 0.5},
                                        {{16, 32, 2}, {16, 32, 1}, 2, 0},
                                        {{1, 1, 2}, {8, 8, 1}, 2, 0}};
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        struct net *net = NULL;
        assert_int_equal(unet_create(&net, &plans[i], 1), STATUS_OK);
        const struct net_shape face = net_shape_of(net, net_layers(net) - 1);
        assert_memory_equal(&face, &plans[i].face, sizeof face);
        net_destroy(&net);
    }
}

static void other_sizes_are_refused(void **state)
{
    (void)state;
    static const struct unet plans[] = {{{56, 56, 9}, {112, 112, 3}, 1, 0.5},
                                        {{24, 24, 9}, {24, 24, 3}, 1, 0.5},
                                        {{14, 14, 9}, {113, 112, 3}, 1, 0.5}};
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        struct net *net = NULL;
        assert_int_equal(unet_create(&net, &plans[i], 1), STATUS_BAD_INPUT);
        assert_non_null(strstr(status_message(), "allowed"));
        assert_null(net);
    }
}

static void dropout_is_noise_in_training_and_none_in_evaluation(void **state)
{
    (void)state;
    static const struct unet unet = {{2, 2, 5}, {16, 16, 1}, 4, 0.5};
    struct net *net = NULL;
    assert_int_equal(unet_create(&net, &unet, 2), STATUS_OK);
    float *weights = calloc(net_parameters(net), sizeof(float)), seen[4][2 * 16 * 16];
    assert_non_null(weights);
    net_bind(net, weights, NULL);
    net_initialise(net, 1, 0);
    float input[2 * 2 * 2 * 5];
    for (size_t i = 0; i < sizeof input / sizeof input[0]; i++) {
        input[i] = (float)(i * i % 7) - 3;
    }
    for (uint32_t i = 0; i < 4; i++) {
        struct random dropout;
        random_start(&dropout, 1, 0, RANDOM_DROPOUT, 0, i);
        const enum net_mode mode = i < 2 ? NET_TRAIN : NET_EVALUATE;
        memcpy(seen[i], net_forward(net, input, 2, mode, &dropout), sizeof seen[i]);
    }
    assert_memory_not_equal(seen[0], seen[1], sizeof seen[0]);
    assert_memory_equal(seen[2], seen[3], sizeof seen[2]);
    free(weights);
    net_destroy(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faces_have_their_size_from_maps_of_both_sizes),
        cmocka_unit_test(other_sizes_are_refused),
        cmocka_unit_test(dropout_is_noise_in_training_and_none_in_evaluation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
