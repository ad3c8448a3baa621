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

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOLERANCE 2e-3 // of the tensor's norm; the backward passes of 20 layers in float32

/* The formula of make_networks.py. */
static float number(uint64_t i, uint64_t salt)
{
    const uint64_t u = ((i * 2654435761u + salt * 40503u + 12345u) * 2246822519u >> 7) % (1u << 24);
    return (float)((double)u / (1 << 23) - 1.0);
}

static float *numbers(size_t count, uint64_t salt)
{
    float *values = malloc(count * sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < count; i++) {
        values[i] = number(i, salt);
    }
    return values;
}

struct expected {
    char name[128];
    size_t count;
    double sum, norm, first[4];
};

/* The expected line `name` of case `label`. */
static struct expected find(const char *label, const char *name)
{
    FILE *file = fopen(TEST_SOURCE_DIR "/vectors/networks.txt", "r");
    assert_non_null(file);
    char line[512], current[64] = "";
    struct expected found = {0};
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "case %63s", current) == 1) continue;
        struct expected row;
        assert_int_equal(sscanf(line, "%127s %zu %lf %lf %lf %lf %lf %lf", row.name, &row.count,
                                &row.sum, &row.norm, &row.first[0], &row.first[1], &row.first[2],
                                &row.first[3]),
                         8);
        if (strcmp(current, label) == 0 && strcmp(row.name, name) == 0) found = row;
    }
    fclose(file);
    if (found.count == 0) fail_msg("no line %s in case %s", name, label);
    return found;
}

static void compare(const char *label, const char *name, const float *values, size_t count)
{
    const struct expected expected = find(label, name);
    assert_int_equal(count, expected.count);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)values[i];
        squares += (double)values[i] * (double)values[i];
    }
    const double allowed = TOLERANCE * expected.norm + 2e-5;
    const double each = TOLERANCE * expected.norm / sqrt((double)count) * 4 + 2e-5;
    if (fabs(sqrt(squares) - expected.norm) > allowed ||
        fabs(sum - expected.sum) > allowed * sqrt((double)count)) {
        fail_msg("%s %s: sum %g norm %g, expected %g and %g", label, name, sum, sqrt(squares),
                 expected.sum, expected.norm);
    }
    for (size_t i = 0; i < count && i < 4; i++) {
        if (fabs((double)values[i] - expected.first[i]) > each + 1e-3 * fabs(expected.first[i])) {
            fail_msg("%s %s[%zu]: %g, expected %g", label, name, i, (double)values[i],
                     expected.first[i]);
        }
    }
}

static int by_name(const void *a, const void *b)
{
    const struct net_tensor *const *first = a, *const *second = b;
    return strcmp((*first)->name, (*second)->name);
}

static bool ends_with(const char *text, const char *end)
{
    return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

/* Weights by the formula: tensor number by tensor number in the order of the names. */
static void fill(const struct net *net, float *weights)
{
    const struct net_tensor *sorted[512];
    const size_t count = net_tensors(net);
    assert_true(count <= 512);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = net_tensor(net, i);
    }
    qsort(sorted, count, sizeof sorted[0], by_name);
    for (size_t t = 0; t < count; t++) {
        const struct net_tensor *tensor = sorted[t];
        // PyTorch counts inputs of an output: all axes but the outputs.
        const size_t outputs = tensor->shape[tensor->axes == 4 ? 3 : 0];
        for (size_t i = 0; i < tensor->count; i++) {
            float v = number(i, t + 1);
            if (!tensor->trainable) {
                v = ends_with(tensor->name, "running_var") ? 1.0f : 0.0f;
            } else if (tensor->axes == 1) {
                v = v * 0.2f + (ends_with(tensor->name, "bias") ? 0.0f : 0.7f);
            } else {
                v *= sqrtf(3.0f / (float)(tensor->count / outputs));
            }
            weights[tensor->offset + i] = v;
        }
    }
}

static void compare_tensors(const char *label, const struct net *net, const float *weights,
                            const float *gradients)
{
    for (size_t t = 0; t < net_tensors(net); t++) {
        const struct net_tensor *tensor = net_tensor(net, t);
        char name[128];
        snprintf(name, sizeof name, "%s%s", tensor->trainable ? "grad." : "value.", tensor->name);
        compare(label, name, (tensor->trainable ? gradients : weights) + tensor->offset,
                tensor->count);
    }
}

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
    float *input = numbers(inputs, 999), *head_weights = numbers(10 * 32, 777);
    assert_non_null(weights);
    assert_non_null(gradients);
    fill(net, weights);
    net_bind(net, weights, gradients);
    struct arcface *head = NULL;
    assert_int_equal(arcface_create(&head, (struct arcface_shape){10, 32, 4, 32.0, 0.5}),
                     STATUS_OK);
    memcpy(arcface_weights(head), head_weights, 10 * 32 * sizeof(float));
    static const uint32_t label_list[8] = {0, 3, 7, 7, 9, 1, 4, 2};
    static const float weight_list[8] = {0.5f, 0.5f, 0.45f, 0.55f, 0.75f, 0.25f, 1.0f, 0.0f};
    const struct random dropout = {0};
    const float *embedding = net_forward(net, input, 4, NET_TRAIN, &dropout);
    compare(label, "embedding", embedding, 4 * 32);
    const float loss = (float)arcface_forward(head, embedding, 4,
                                              (struct arcface_labels){2, label_list, weight_list});
    compare(label, "loss", &loss, 1);
    const float *dx = net_backward(net, arcface_backward(head), true);
    compare(label, "grad.head", arcface_gradients(head), 10 * 32);
    compare(label, "grad.input", dx, inputs);
    compare_tensors(label, net, weights, gradients);
    compare(label, "evaluated", net_forward(net, input, 4, NET_EVALUATE, NULL), 4 * 32);
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
    float *input = numbers(inputs, 999), *coefficients = numbers(4, 555);
    assert_non_null(weights);
    assert_non_null(gradients);
    fill(net, weights);
    net_bind(net, weights, gradients);
    compare(label, "logits", net_forward(net, input, 3, NET_TRAIN, NULL), 4);
    compare(label, "grad.input", net_backward(net, coefficients, true), inputs);
    compare_tensors(label, net, weights, gradients);
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
