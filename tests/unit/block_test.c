// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/block.h"
#include "nn/plain_block.h"
#include "reference/numbers.h"

#include <omp.h>

/* The order of sums differs, and products by minimal filtering lose a few bits: measured are half
 * of this on small maps, and more where a gate's gradient is the sum over a large one. */
#define SMALL   1e-4
#define CHAINED 2e-4
#define LARGE   5e-4

/* A net of `blocks` blocks, the first one with this stride; a norm behind them where wanted. */
struct plan {
    struct net_shape in;
    int filters, stride, blocks;
    bool norm;
    size_t batch;
    bool smooth; // no PReLU near its kink: a map so large has some number there by chance
};

/* The same net twice: of fused blocks, and of plain layers. */
struct twin {
    struct net *net;
    float *weights, *gradients;
};

static void start(struct twin *twin, const struct plan *plan, bool fused)
{
    assert_int_equal(net_create(&twin->net, plan->in, plan->batch, ""), STATUS_OK);
    int x = 0;
    for (int i = 0; i < plan->blocks; i++) {
        const char name[] = {(char)('a' + i), '\0'};
        const int stride = i == 0 ? plan->stride : 1;
        x = fused ? net_block(twin->net, x, name, plan->filters, stride)
                  : plain_block(twin->net, x, name, plan->filters, stride, false);
    }
    if (plan->norm) net_norm(twin->net, x, "last", true);
    assert_int_equal(net_finish(twin->net), STATUS_OK);
    const size_t parameters = net_parameters(twin->net);
    twin->weights = numbers_random(parameters, 1);
    twin->gradients = numbers_random(parameters, 2);
    net_bind(twin->net, twin->weights, twin->gradients);
    net_initialise(twin->net, 7, 0);
}

static void stop(struct twin *twin)
{
    net_destroy(&twin->net);
    free(twin->weights);
    free(twin->gradients);
}

static bool ends_in(const char *name, const char *end)
{
    const size_t length = strlen(name), size = strlen(end);
    return length >= size && strcmp(name + length - size, end) == 0;
}

/* Moves every tensor away from its plain start. */
static void disturb(const struct twin *twin, bool smooth)
{
    float *noise = numbers_random(net_parameters(twin->net), 3);
    for (size_t t = 0; t < net_tensors(twin->net); t++) {
        const struct net_tensor *tensor = net_tensor(twin->net, t);
        for (size_t i = tensor->offset; i < tensor->offset + tensor->count; i++) {
            float *w = &twin->weights[i];
            *w += 0.3f * (tensor->axes == 1 ? noise[i] : 0.1f * noise[i]);
            if (ends_in(tensor->name, "running_var")) *w = 1 + 0.3f * fabsf(noise[i]);
            if (smooth && ends_in(tensor->name, "norm2.weight")) *w = 0.1f + 0.01f * noise[i];
            if (smooth && ends_in(tensor->name, "norm2.bias")) *w = copysignf(1, noise[i]);
        }
    }
    free(noise);
}

static double scale_of(const float *x, size_t count)
{
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        squares += (double)x[i] * (double)x[i];
    }
    return sqrt(squares / (double)count);
}

/* Each tensor's gradients within `tolerance` of their own scale, or of a twentieth of that of all:
 * some are zero but for rounding, as that of a shift that the next norm takes away. */
static void gradients_near(const struct twin *found, const struct twin *expected, double tolerance)
{
    double all = 0;
    for (size_t t = 0; t < net_tensors(found->net); t++) {
        const struct net_tensor *tensor = net_tensor(found->net, t);
        const double scale = scale_of(expected->gradients + tensor->offset, tensor->count);
        if (tensor->trainable) all = fmax(all, scale);
    }
    for (size_t t = 0; t < net_tensors(found->net); t++) {
        const struct net_tensor *tensor = net_tensor(found->net, t);
        const float *a = found->gradients + tensor->offset,
                    *b = expected->gradients + tensor->offset;
        const double allowed = tolerance * fmax(scale_of(b, tensor->count), all / 20);
        for (size_t i = 0; tensor->trainable && i < tensor->count; i++) {
            if (!(fabs((double)a[i] - (double)b[i]) <= allowed)) {
                fail_msg("gradient %zu of %s: %g, expected %g within %g", i, tensor->name,
                         (double)a[i], (double)b[i], allowed);
            }
        }
    }
}

/* What was there before a pass must not matter. */
static void forget(struct net *net)
{
    for (size_t i = 0; i < net->memory_count; i++) {
        net->memory[i] = NAN;
    }
}

/* One pass of both in training mode and one in evaluation, of `batch` random inputs. */
static void compare_step(const struct plan *plan, const struct twin twins[2], size_t batch,
                         uint32_t salt, double tolerance)
{
    const size_t inputs = batch * (size_t)(plan->in.height * plan->in.width * plan->in.channels);
    const size_t outputs = batch * net_outputs(twins[0].net);
    float *x = numbers_random(inputs, salt), *dy = numbers_random(outputs, salt + 1);
    const float *y[2], *dx[2];
    forget(twins[0].net);
    for (int i = 0; i < 2; i++) {
        y[i] = net_forward(twins[i].net, x, batch, NET_TRAIN, NULL);
    }
    assert_int_equal(net_outputs(twins[1].net) * batch, outputs);
    numbers_near(y[0], y[1], outputs, tolerance);
    for (int i = 0; i < 2; i++) {
        dx[i] = net_backward(twins[i].net, dy, true);
    }
    gradients_near(&twins[0], &twins[1], tolerance);
    numbers_near(dx[0], dx[1], inputs, tolerance);
    for (size_t t = 0; t < net_tensors(twins[0].net); t++) {
        const struct net_tensor *tensor = net_tensor(twins[0].net, t);
        numbers_near(twins[0].weights + tensor->offset, twins[1].weights + tensor->offset,
                     tensor->count, tolerance);
    }
    forget(twins[0].net);
    for (int i = 0; i < 2; i++) {
        y[i] = net_forward(twins[i].net, x, batch, NET_EVALUATE, NULL);
    }
    numbers_near(y[0], y[1], outputs, tolerance);
    free(x);
    free(dy);
}

/* Some steps, with a batch that is smaller than the largest among them. */
static void compare(struct plan plan, double tolerance)
{
    struct twin twins[2];
    for (int i = 0; i < 2; i++) {
        start(&twins[i], &plan, i == 0);
    }
    const size_t parameters = net_parameters(twins[0].net);
    assert_int_equal(net_parameters(twins[1].net), parameters);
    assert_int_equal(net_tensors(twins[1].net), net_tensors(twins[0].net));
    disturb(&twins[0], plan.smooth);
    for (uint32_t step = 0; step < 3; step++) {
        memcpy(twins[1].weights, twins[0].weights, parameters * sizeof(float));
        const size_t batch = step == 1 && plan.batch > 2 ? plan.batch - 1 : plan.batch;
        compare_step(&plan, twins, batch, 100 + 2 * step, tolerance);
    }
    stop(&twins[0]);
    stop(&twins[1]);
}

static void a_block_is_the_graph_of_its_parts(void **state)
{
    (void)state;
    static const struct net_shape sides[] = {{5, 7, 0}, {3, 3, 0}, {8, 8, 0}, {14, 14, 0}};
    static const int channels[][2] = {{16, 16}, {32, 32}, {16, 32}, {48, 16}};
    for (size_t s = 0; s < sizeof sides / sizeof sides[0]; s++) {
        for (size_t c = 0; c < sizeof channels / sizeof channels[0]; c++) {
            for (int stride = 1; stride <= 2; stride++) {
                compare((struct plan){.in = {sides[s].height, sides[s].width, channels[c][0]},
                                      .filters = channels[c][1],
                                      .stride = stride,
                                      .blocks = 1,
                                      .batch = 6},
                        SMALL);
            }
        }
    }
}

static void channels_need_not_fill_a_panel(void **state)
{
    (void)state;
    static const int channels[][2] = {{1, 1},   {5, 5},   {5, 9},   {4, 20}, {20, 5},
                                      {20, 20}, {17, 17}, {20, 37}, {33, 18}};
    for (size_t c = 0; c < sizeof channels / sizeof channels[0]; c++) {
        for (int stride = 1; stride <= 2; stride++) {
            compare((struct plan){.in = {6, 5, channels[c][0]},
                                  .filters = channels[c][1],
                                  .stride = stride,
                                  .blocks = 1,
                                  .batch = 5},
                    SMALL);
        }
    }
}

static void a_map_of_one_pixel(void **state)
{
    (void)state;
    static const int channels[][2] = {{3, 3}, {16, 16}, {5, 8}, {16, 24}};
    for (size_t c = 0; c < sizeof channels / sizeof channels[0]; c++) {
        for (int stride = 1; stride <= 2; stride++) {
            compare((struct plan){.in = {1, 1, channels[c][0]},
                                  .filters = channels[c][1],
                                  .stride = stride,
                                  .blocks = 1,
                                  .batch = 12},
                    SMALL);
        }
    }
}

static void a_map_of_several_parts(void **state)
{
    (void)state;
    static const int channels[][2] = {{16, 16}, {16, 20}, {3, 5}};
    assert_true(block_parts((struct net_shape){70, 66, 16}) > 1);
    for (size_t c = 0; c < sizeof channels / sizeof channels[0]; c++) {
        for (int stride = 1; stride <= 2; stride++) {
            compare((struct plan){.in = {70, 66, channels[c][0]},
                                  .filters = channels[c][1],
                                  .stride = stride,
                                  .blocks = 1,
                                  .batch = 2,
                                  .smooth = true},
                    LARGE);
        }
    }
}

static void a_chain_leaves_sums_for_the_next_norm(void **state)
{
    (void)state;
    static const struct plan plans[] = {
        {.in = {9, 9, 16}, .filters = 16, .stride = 1, .blocks = 2, .norm = true, .batch = 6},
        {.in = {9, 9, 16}, .filters = 16, .stride = 2, .blocks = 2, .norm = true, .batch = 6},
        {.in = {9, 9, 6}, .filters = 20, .stride = 2, .blocks = 3, .norm = true, .batch = 6},
        {.in = {40, 30, 16},
         .filters = 16,
         .stride = 1,
         .blocks = 2,
         .norm = true,
         .batch = 3,
         .smooth = true},
    };
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        compare(plans[i], CHAINED);
    }
}

/* Output, gradients, gradient of the input and moved statistics of one step. */
static float *bits(const struct plan *plan, int threads, size_t *count)
{
    omp_set_num_threads(threads);
    struct twin twin;
    start(&twin, plan, true);
    disturb(&twin, false);
    const size_t parameters = net_parameters(twin.net), batch = plan->batch;
    const size_t outputs = batch * net_outputs(twin.net);
    const size_t inputs = batch * (size_t)(plan->in.height * plan->in.width * plan->in.channels);
    float *x = numbers_random(inputs, 4), *dy = numbers_random(outputs, 5);
    *count = outputs + inputs + 2 * parameters;
    float *found = numbers_random(*count, 6), *next = found;
    memcpy(next, net_forward(twin.net, x, batch, NET_TRAIN, NULL), outputs * sizeof *next);
    next += outputs;
    memcpy(next, net_backward(twin.net, dy, true), inputs * sizeof *next);
    next += inputs;
    memcpy(next, twin.gradients, parameters * sizeof *next);
    memcpy(next + parameters, twin.weights, parameters * sizeof *next);
    stop(&twin);
    free(x);
    free(dy);
    return found;
}

static void the_number_of_threads_does_not_change_a_bit(void **state)
{
    (void)state;
    static const struct plan plans[] = {
        {.in = {14, 14, 16}, .filters = 32, .stride = 2, .blocks = 2, .norm = true, .batch = 9},
        {.in = {14, 13, 20}, .filters = 20, .stride = 2, .blocks = 2, .norm = true, .batch = 9},
        {.in = {50, 40, 16}, .filters = 16, .stride = 1, .blocks = 1, .norm = true, .batch = 3},
        {.in = {7, 7, 5}, .filters = 8, .stride = 1, .blocks = 1, .norm = true, .batch = 9},
    };
    const int before = omp_get_max_threads();
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        size_t count = 0;
        float *one = bits(&plans[i], 1, &count);
        for (int threads = 2; threads <= 5; threads += 3) {
            float *several = bits(&plans[i], threads, &count);
            assert_memory_equal(one, several, count * sizeof *one);
            free(several);
        }
        free(one);
    }
    omp_set_num_threads(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_is_the_graph_of_its_parts),
        cmocka_unit_test(channels_need_not_fill_a_panel),
        cmocka_unit_test(a_map_of_one_pixel),
        cmocka_unit_test(a_map_of_several_parts),
        cmocka_unit_test(a_chain_leaves_sums_for_the_next_norm),
        cmocka_unit_test(the_number_of_threads_does_not_change_a_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
