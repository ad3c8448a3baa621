// SPDX-License-Identifier: Apache-2.0
#include "lone_conv.h"
#include "base/clock.h"
#include "base/random.h"
#include "flops.h"
#include "measure.h"
#include "nn/net.h"

#include <stdlib.h>

struct setting {
    struct net *net;
    size_t batch;
    float *weights, *gradients, *input, *output_gradient;
};

static float *draw(size_t count, uint32_t salt)
{
    float *numbers = malloc(count * sizeof *numbers);
    struct random random;
    random_start(&random, 1, 0, RANDOM_TEST, 0, salt);
    for (size_t i = 0; numbers != NULL && i < count; i++) {
        numbers[i] = random_normal(&random);
    }
    return numbers;
}

static enum status create(struct setting *setting, const struct lone_conv *conv)
{
    const size_t batch = (size_t)conv->batch;
    const struct net_shape input = {conv->side, conv->side, conv->in};
    enum status status = net_create(&setting->net, input, batch, "bench.");
    if (status != STATUS_OK) return status;
    net_conv(setting->net, 0, "conv",
             (struct net_window){conv->kernel, conv->stride, conv->kernel / 2}, conv->out);
    status = net_finish(setting->net);
    if (status != STATUS_OK) return status;
    const size_t parameters = net_parameters(setting->net);
    setting->batch = batch;
    setting->weights = malloc(parameters * sizeof(float));
    setting->gradients = malloc(parameters * sizeof(float));
    setting->input = draw(batch * (size_t)conv->side * (size_t)conv->side * (size_t)conv->in, 0);
    setting->output_gradient = draw(batch * net_outputs(setting->net), 1);
    if (setting->weights == NULL || setting->gradients == NULL || setting->input == NULL ||
        setting->output_gradient == NULL) {
        return status_fail(STATUS_NO_MEMORY, "out of memory for a convolution");
    }
    net_bind(setting->net, setting->weights, setting->gradients);
    net_initialise(setting->net, 1, 0);
    return STATUS_OK;
}

static void forward(const struct setting *setting)
{
    net_forward(setting->net, setting->input, setting->batch, NET_TRAIN, NULL);
}

static void time_passes(struct lone_conv_result *result, const struct setting *setting, int steps)
{
    struct measure ahead = {.count = 0}, back[2] = {{.count = 0}, {.count = 0}};
    for (int i = -1; i < steps; i++) { // the first one warms up
        double times[4];
        times[0] = clock_now_seconds();
        forward(setting);
        times[1] = clock_now_seconds();
        net_backward(setting->net, setting->output_gradient, false);
        times[2] = clock_now_seconds();
        net_backward(setting->net, setting->output_gradient, true);
        times[3] = clock_now_seconds();
        if (i < 0) continue;
        measure_add(&ahead, times[1] - times[0]);
        measure_add(&back[0], times[2] - times[1]);
        measure_add(&back[1], times[3] - times[2]);
    }
    result->forward = measure_median(&ahead);
    result->weights = measure_median(&back[0]);
    result->input = measure_median(&back[1]) - result->weights;
}

enum status lone_conv_run(struct lone_conv_result *result, const struct lone_conv *conv, int steps)
{
    struct setting setting = {.net = NULL};
    const enum status status = create(&setting, conv);
    if (status == STATUS_OK) {
        const int side = net_shape_of(setting.net, 1).height;
        result->flops = conv->batch * flops_conv(side, conv->kernel, conv->in, conv->out);
        time_passes(result, &setting, steps);
    }
    net_destroy(&setting.net);
    free(setting.weights);
    free(setting.gradients);
    free(setting.input);
    free(setting.output_gradient);
    return status;
}
