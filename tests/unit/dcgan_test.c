// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/dcgan.h"
#include "reference/numbers.h"

static void faces_have_their_size(void **state)
{
    (void)state;
    for (int side = 8; side <= 128; side *= 2) {
        const struct dcgan dcgan = {side, 3, 1, 7};
        struct net *net = NULL;
        assert_int_equal(dcgan_generator(&net, &dcgan, 1), STATUS_OK);
        const struct net_shape face = net_shape_of(net, net_layers(net) - 1);
        assert_true(face.height == side && face.width == side && face.channels == 3);
        net_destroy(&net);
        assert_int_equal(dcgan_critic(&net, &dcgan, 1), STATUS_OK);
        assert_int_equal(net_outputs(net), 1);
        net_destroy(&net);
    }
}

static void other_sizes_are_refused(void **state)
{
    (void)state;
    static const int sides[] = {0, 4, 12, 112, 256};
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        struct net *net = NULL;
        const struct dcgan dcgan = {sides[i], 3, 1, 7};
        assert_int_equal(dcgan_generator(&net, &dcgan, 1), STATUS_BAD_INPUT);
        assert_int_equal(dcgan_critic(&net, &dcgan, 1), STATUS_BAD_INPUT);
        assert_non_null(strstr(status_message(), "allowed"));
        assert_null(net);
    }
}

/* Of GMI's networks for faces of 64 x 64, but for biases that a norm takes away. */
static void widths_are_those_of_the_paper(void **state)
{
    (void)state;
    static const struct dcgan theirs = {64, 3, 64, 100};
    struct net *net = NULL;
    assert_int_equal(dcgan_generator(&net, &theirs, 1), STATUS_OK);
    assert_int_equal(net_tensor(net, 0)->shape[0], 4 * 4 * 512);
    assert_int_equal(net_tensor(net, net_tensors(net) - 2)->shape[3], 64);
    net_destroy(&net);
    assert_int_equal(dcgan_critic(&net, &theirs, 1), STATUS_OK);
    assert_int_equal(net_tensor(net, net_tensors(net) - 2)->shape[2], 512);
    net_destroy(&net);
}

/* What the gradient penalty rests on. */
static void an_input_is_judged_alone(void **state)
{
    (void)state;
    enum { BATCH = 3, FACE = 16 * 16 };
    static const struct dcgan dcgan = {16, 1, 4, 7};
    struct net *net = NULL;
    assert_int_equal(dcgan_critic(&net, &dcgan, BATCH), STATUS_OK);
    float *weights = calloc(net_parameters(net), sizeof(float)), together[BATCH];
    assert_non_null(weights);
    float *faces = numbers_random(BATCH * FACE, 1);
    net_bind(net, weights, NULL);
    net_initialise(net, 1, 0);
    memcpy(together, net_forward(net, faces, BATCH, NET_TRAIN, NULL), sizeof together);
    for (size_t i = 0; i < BATCH; i++) {
        const float alone = net_forward(net, faces + i * FACE, 1, NET_TRAIN, NULL)[0];
        assert_true(fabsf(alone - together[i]) < 1e-6f);
    }
    free(weights);
    free(faces);
    net_destroy(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faces_have_their_size),
        cmocka_unit_test(other_sizes_are_refused),
        cmocka_unit_test(widths_are_those_of_the_paper),
        cmocka_unit_test(an_input_is_judged_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
