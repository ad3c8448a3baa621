// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/arcface.h"
#include "nn/irse.h"
#include "nn/resnet.h"
#include "vectors/torch_rows.h"

#include <stdlib.h>
#include <string.h>

static const char path[] = TEST_SOURCE_DIR "/vectors/networks.txt";

static void check_recogniser(const char *label, int side, bool group)
{
    struct net *net = NULL;
    const struct irse irse = {.depth = 18,
                              .width = 0.25,
                              .input = {side, side, 5},
                              .embedding = 32,
                              .dropout = 0,
                              .group = group};
    assert_int_equal(irse_create(&net, &irse, 4), STATUS_OK);
    const size_t inputs = 4 * (size_t)side * (size_t)side * 5;
    float *weights = calloc(net_parameters(net), sizeof(float));
    float *gradients = calloc(net_parameters(net), sizeof(float));
    float *input = torch_numbers(inputs, 999), *head_weights = torch_numbers(10 * 32, 777);
    assert_non_null(weights);
    assert_non_null(gradients);
    torch_fill(net, weights);
    net_bind(net, weights, gradients);
    struct arcface *head = NULL;
    assert_int_equal(arcface_create(&head, (struct arcface_shape){10, 32, 4, 32.0, 0.5}),
                     STATUS_OK);
    memcpy(arcface_weights(head), head_weights, 10 * 32 * sizeof(float));
    static const uint32_t label_list[8] = {0, 3, 7, 7, 9, 1, 4, 2};
    static const float weight_list[8] = {0.5f, 0.5f, 0.45f, 0.55f, 0.75f, 0.25f, 1.0f, 0.0f};
    const struct random dropout = {0};
    const float *embedding = net_forward(net, input, 4, NET_TRAIN, &dropout);
    torch_compare(path, label, "embedding", embedding, 4 * 32);
    const float loss = (float)arcface_forward(head, embedding, 4,
                                              (struct arcface_labels){2, label_list, weight_list});
    torch_compare(path, label, "loss", &loss, 1);
    const float *dx = net_backward(net, arcface_backward(head), true);
    torch_compare(path, label, "grad.head", arcface_gradients(head), 10 * 32);
    torch_compare(path, label, "grad.input", dx, inputs);
    torch_compare_tensors(path, label, net, weights, gradients);
    torch_compare(path, label, "evaluated", net_forward(net, input, 4, NET_EVALUATE, NULL), 4 * 32);
    arcface_destroy(&head);
    net_destroy(&net);
    free(weights);
    free(gradients);
    free(input);
    free(head_weights);
}

static void check_policy(const char *label, int side, int channels)
{
    struct net *net = NULL;
    const struct resnet resnet = {.input = {side, side, channels}, .width = 0.25, .outputs = 4};
    assert_int_equal(resnet_create(&net, &resnet, 3), STATUS_OK);
    const size_t inputs = 3 * (size_t)side * (size_t)side * (size_t)channels;
    float *weights = calloc(net_parameters(net), sizeof(float));
    float *gradients = calloc(net_parameters(net), sizeof(float));
    float *input = torch_numbers(inputs, 999), *coefficients = torch_numbers(4, 555);
    assert_non_null(weights);
    assert_non_null(gradients);
    torch_fill(net, weights);
    net_bind(net, weights, gradients);
    torch_compare(path, label, "logits", net_forward(net, input, 3, NET_TRAIN, NULL), 4);
    torch_compare(path, label, "grad.input", net_backward(net, coefficients, true), inputs);
    torch_compare_tensors(path, label, net, weights, gradients);
    net_destroy(&net);
    free(weights);
    free(gradients);
    free(input);
    free(coefficients);
}

static void ir_se_18_on_bands_agrees_with_pytorch(void **state)
{
    (void)state;
    check_recogniser("ir_se_18_native", 14, false);
}

static void ir_se_18_on_pixels_agrees_with_pytorch(void **state)
{
    (void)state;
    check_recogniser("ir_se_18_pixels", 32, false);
}

static void ir_se_18_with_group_norms_agrees_with_pytorch(void **state)
{
    (void)state;
    check_recogniser("ir_se_18_group", 14, true);
}

static void resnet18_on_bands_agrees_with_pytorch(void **state)
{
    (void)state;
    check_policy("resnet18_small", 14, 5);
}

static void resnet18_on_pixels_agrees_with_pytorch(void **state)
{
    (void)state;
    check_policy("resnet18_large", 64, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ir_se_18_on_bands_agrees_with_pytorch),
        cmocka_unit_test(ir_se_18_on_pixels_agrees_with_pytorch),
        cmocka_unit_test(ir_se_18_with_group_norms_agrees_with_pytorch),
        cmocka_unit_test(resnet18_on_bands_agrees_with_pytorch),
        cmocka_unit_test(resnet18_on_pixels_agrees_with_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
