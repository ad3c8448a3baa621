// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "gradients/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct probe {
    struct net *net;
    float *weights, *gradients, *input, *coefficients;
    size_t inputs, batch, parameters, outputs;
    double magnitude; // of the loss's terms
    struct random dropout;
    enum net_mode mode;
};

static double loss(const struct probe *probe, const float *input)
{
    const float *y = net_forward(probe->net, input, probe->batch, probe->mode, &probe->dropout);
    double total = 0;
    for (size_t i = 0; i < probe->outputs; i++) {
        total += (double)y[i] * (double)probe->coefficients[i];
    }
    return total;
}

/* Compares the derivative along random directions of x with its gradient. */
static void compare(const struct probe *probe, float *x, const float *gradient, size_t count,
                    const char *name, struct check check)
{
    float *kept = malloc(count * sizeof *kept), *direction = malloc(count * sizeof *direction);
    assert_non_null(kept);
    assert_non_null(direction);
    memcpy(kept, x, count * sizeof *kept);
    double scale = 0, norm = 0;
    for (size_t i = 0; i < count; i++) {
        scale += (double)x[i] * (double)x[i];
        norm += (double)gradient[i] * (double)gradient[i];
    }
    for (int d = 0; d < check.directions; d++) {
        struct random random;
        random_start(&random, 77, 0, RANDOM_TEST, (uint32_t)d, (uint32_t)count);
        double length = 0, expected = 0;
        for (size_t i = 0; i < count; i++) {
            direction[i] = random_normal(&random);
            length += (double)direction[i] * (double)direction[i];
            expected += (double)direction[i] * (double)gradient[i];
        }
        const double h = check.step * fmax(sqrt(scale), 1.0) / sqrt(length);
        double ends[2];
        for (int side = 0; side < 2; side++) {
            for (size_t i = 0; i < count; i++) {
                x[i] = kept[i] + (float)((side ? h : -h) * (double)direction[i]);
            }
            ends[side] = loss(probe, probe->input);
        }
        memcpy(x, kept, count * sizeof *kept);
        const double found = (ends[1] - ends[0]) / (2 * h);
        // A typical derivative along a direction, and what float32 leaves of the loss.
        const double allowed = check.tolerance * sqrt(norm) * sqrt(length / (double)count) +
                               4e-6 * probe->magnitude / h;
        if (fabs(found - expected) > allowed) {
            fail_msg("%s: derivative %g by differences, %g by the gradient (allowed error %g)",
                     name, found, expected, allowed);
        }
    }
    free(kept);
    free(direction);
}

static float *random_numbers(size_t count, uint32_t step)
{
    float *numbers = malloc(count * sizeof *numbers);
    assert_non_null(numbers);
    struct random random;
    random_start(&random, 5, 0, RANDOM_TEST, 0, step);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = random_normal(&random);
    }
    return numbers;
}

void check_net(struct net **net, size_t inputs, size_t batch, struct check check)
{
    struct probe probe = {
        .net = *net, .inputs = inputs, .batch = batch, .mode = check.fixed ? NET_FIXED : NET_TRAIN};
    probe.parameters = net_parameters(*net);
    probe.weights = calloc(probe.parameters + 1, sizeof(float));
    probe.gradients = calloc(probe.parameters + 1, sizeof(float));
    assert_non_null(probe.weights);
    assert_non_null(probe.gradients);
    probe.input = random_numbers(inputs * batch, 1);
    random_start(&probe.dropout, 3, 0, RANDOM_DROPOUT, 0, 0);
    net_bind(*net, probe.weights, probe.gradients);
    net_initialise(*net, 11, 0);
    // Slopes, scales and shifts away from their plain starts.
    float *noise = random_numbers(probe.parameters + 1, 2);
    for (size_t t = 0; t < net_tensors(*net); t++) {
        const struct net_tensor *tensor = net_tensor(*net, t);
        for (size_t i = tensor->offset; tensor->trainable && i < tensor->offset + tensor->count;
             i++) {
            probe.weights[i] += 0.1f * noise[i];
        }
    }
    net_forward(*net, probe.input, batch, NET_TRAIN, &probe.dropout);
    probe.outputs = net_outputs(*net); // of one item; a net over the batch has one
    probe.coefficients = random_numbers(probe.outputs * batch, 3);
    if (net_items(*net) == batch) probe.outputs *= batch;
    const float *y = net_forward(*net, probe.input, batch, probe.mode, &probe.dropout);
    for (size_t i = 0; i < probe.outputs; i++) {
        probe.magnitude += pow((double)y[i] * (double)probe.coefficients[i], 2);
    }
    probe.magnitude = sqrt(probe.magnitude);
    const float *dx = net_backward(*net, probe.coefficients, true);
    float *input_gradient = malloc(inputs * batch * sizeof(float));
    assert_non_null(input_gradient);
    memcpy(input_gradient, dx, inputs * batch * sizeof(float));
    compare(&probe, probe.input, input_gradient, inputs * batch, "input", check);
    for (size_t t = 0; t < net_tensors(*net); t++) {
        const struct net_tensor *tensor = net_tensor(*net, t);
        if (!tensor->trainable) continue;
        compare(&probe, probe.weights + tensor->offset, probe.gradients + tensor->offset,
                tensor->count, tensor->name, check);
    }
    free(input_gradient);
    free(noise);
    free(probe.weights);
    free(probe.gradients);
    free(probe.input);
    free(probe.coefficients);
    net_destroy(net);
}
