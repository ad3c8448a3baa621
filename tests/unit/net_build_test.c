// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/memory.h"
#include "nn/net.h"
#include "nn/net_layer.h"
#include "reference/numbers.h"

#include <limits.h>
#include <stdint.h>

static struct net *start(struct net_shape shape, size_t batch_max)
{
    struct net *net = NULL;
    assert_int_equal(net_create(&net, shape, batch_max, "p."), STATUS_OK);
    return net;
}

static void has_shape(const struct net *net, int layer, int height, int width, int channels)
{
    const struct net_shape shape = net_shape_of(net, layer);
    assert_int_equal(shape.height, height);
    assert_int_equal(shape.width, width);
    assert_int_equal(shape.channels, channels);
}

static void shapes_follow_the_layers(void **state)
{
    (void)state;
    struct net *net = start((struct net_shape){15, 8, 3}, 2);
    has_shape(net, 0, 15, 8, 3);
    has_shape(net, net_conv(net, 0, "a", (struct net_window){3, 1, 1}, 5), 15, 8, 5);
    has_shape(net, net_conv(net, 0, "b", (struct net_window){3, 2, 1}, 5), 8, 4, 5);
    has_shape(net, net_conv(net, 0, "c", (struct net_window){7, 2, 3}, 5), 8, 4, 5);
    has_shape(net, net_conv(net, 0, "d", (struct net_window){1, 2, 0}, 5), 8, 4, 5);
    has_shape(net, net_conv(net, 0, "e", (struct net_window){2, 2, 0}, 5), 7, 4, 5);
    has_shape(net, net_max_pool(net, 0, (struct net_window){3, 2, 1}), 8, 4, 3);
    has_shape(net, net_subsample(net, 0, 2), 8, 4, 3); // as a convolution 1x1 of stride 2
    has_shape(net, net_norm(net, 0, "f", true), 15, 8, 3);
    has_shape(net, net_average(net, 0), 1, 1, 3);
    has_shape(net, net_batch_mean(net, 0), 15, 8, 3);
    has_shape(net, net_linear(net, 0, "g", 9, true), 1, 1, 9);
    net_destroy(&net);
}

struct row {
    const char *name;
    int axes;
    size_t shape[4];
    bool trainable;
};

static void tensors_are_named_and_shaped_one_after_the_other(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"p.conv.weight", 4, {3, 3, 2, 4}, true},
        {"p.norm.weight", 1, {4}, true},
        {"p.norm.bias", 1, {4}, true},
        {"p.norm.running_mean", 1, {4}, false},
        {"p.norm.running_var", 1, {4}, false},
        {"p.prelu.weight", 1, {4}, true},
        {"p.linear.weight", 2, {6, 100}, true},
        {"p.linear.bias", 1, {6}, true},
        {"p.plain.weight", 2, {3, 6}, true},
        {"p.last.running_mean", 1, {3}, false},
        {"p.last.running_var", 1, {3}, false},
    };
    struct net *net = start((struct net_shape){5, 5, 2}, 1);
    int x = net_conv(net, 0, "conv", (struct net_window){3, 1, 1}, 4);
    x = net_relu(net, net_prelu(net, net_norm(net, x, "norm", true), "prelu"));
    x = net_linear(net, x, "linear", 6, true);
    net_norm(net, net_linear(net, x, "plain", 3, false), "last", false);
    assert_int_equal(net_finish(net), STATUS_OK);
    const size_t count = sizeof rows / sizeof rows[0];
    assert_int_equal(net_tensors(net), count);
    size_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        const struct net_tensor *tensor = net_tensor(net, i);
        assert_string_equal(tensor->name, rows[i].name);
        assert_int_equal(tensor->axes, rows[i].axes);
        assert_int_equal(tensor->trainable, rows[i].trainable);
        assert_int_equal(tensor->offset, offset);
        size_t product = 1;
        for (int axis = 0; axis < tensor->axes; axis++) {
            assert_int_equal(tensor->shape[axis], rows[i].shape[axis]);
            product *= tensor->shape[axis];
        }
        assert_int_equal(tensor->count, product);
        offset += product;
    }
    assert_int_equal(net_parameters(net), offset);
    net_destroy(&net);
    net_destroy(&net); // twice is safe
}

/* Weights of a net of a convolution, a norm, a PReLU and two linear layers. */
static float *initial(uint64_t seed, uint32_t salt, bool zeroed,
                      const struct net_tensor *tensors[9])
{
    static struct net_tensor kept[9];
    struct net *net = start((struct net_shape){8, 8, 16}, 1);
    int x = net_conv(net, 0, "conv", (struct net_window){3, 1, 1}, 32);
    x = net_prelu(net, net_norm(net, x, "norm", true), "prelu");
    x = net_linear(net, x, "first", 64, true);
    const int last = net_linear(net, x, "second", 200, false);
    if (zeroed) net_start_at_zero(net, last);
    assert_int_equal(net_finish(net), STATUS_OK);
    assert_int_equal(net_tensors(net), 9);
    float *weights = numbers_random(net_parameters(net), 1);
    net_bind(net, weights, NULL);
    net_initialise(net, seed, salt);
    for (size_t i = 0; i < 9; i++) {
        kept[i] = *net_tensor(net, i);
        tensors[i] = &kept[i];
    }
    net_destroy(&net);
    return weights;
}

enum { CONV, WEIGHT, BIAS, MEAN, VARIANCE, PRELU, FIRST, FIRST_BIAS, SECOND };

static void all_are(const float *weights, const struct net_tensor *tensor, float value)
{
    for (size_t i = 0; i < tensor->count; i++) {
        assert_memory_equal(&weights[tensor->offset + i], &value, sizeof value);
    }
}

/* Mean 0 and deviation sqrt(2 / fan). */
static void is_normal(const float *weights, const struct net_tensor *tensor, double fan)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < tensor->count; i++) {
        const double w = (double)weights[tensor->offset + i];
        sum += w;
        squares += w * w;
    }
    const double count = (double)tensor->count, deviation = sqrt(2 / fan);
    assert_true(fabs(sum / count) < 5 * deviation / sqrt(count));
    assert_true(fabs(sqrt(squares / count) / deviation - 1) < 5 / sqrt(2 * count));
}

static void weights_start_as_their_layer_says(void **state)
{
    (void)state;
    const struct net_tensor *tensors[9];
    float *weights = initial(3, 0, false, tensors);
    is_normal(weights, tensors[CONV], 9 * 32);
    is_normal(weights, tensors[FIRST], 64);
    is_normal(weights, tensors[SECOND], 200);
    all_are(weights, tensors[WEIGHT], 1);
    all_are(weights, tensors[BIAS], 0);
    all_are(weights, tensors[MEAN], 0);
    all_are(weights, tensors[VARIANCE], 1);
    all_are(weights, tensors[PRELU], 0.25f);
    all_are(weights, tensors[FIRST_BIAS], 0);
    free(weights);
}

static void each_tensor_has_its_own_stream_of_seed_and_salt(void **state)
{
    (void)state;
    const struct net_tensor *tensors[9];
    float *base = initial(3, 0, false, tensors), *again = initial(3, 0, false, tensors);
    const size_t count = tensors[SECOND]->offset + tensors[SECOND]->count;
    assert_memory_equal(base, again, count * sizeof *base);
    float *seeded = initial(4, 0, false, tensors), *salted = initial(3, 1, false, tensors);
    static const int drawn[] = {CONV, FIRST, SECOND};
    for (size_t i = 0; i < 3; i++) {
        const struct net_tensor *tensor = tensors[drawn[i]];
        const size_t at = tensor->offset, bytes = tensor->count * sizeof *base;
        assert_memory_not_equal(base + at, seeded + at, bytes);
        assert_memory_not_equal(base + at, salted + at, bytes);
        struct random random;
        random_start(&random, 3, 0, RANDOM_WEIGHTS, 0, (uint32_t)drawn[i]);
        const float first = sqrtf(2.0f / (float)tensor->fan) * random_normal(&random);
        assert_memory_equal(base + at, &first, sizeof first);
    }
    float *const blocks[] = {base, again, seeded, salted};
    for (size_t i = 0; i < 4; i++) {
        free(blocks[i]);
    }
}

static void a_layer_that_starts_at_zero_leaves_the_others_as_they_were(void **state)
{
    (void)state;
    const struct net_tensor *tensors[9];
    float *base = initial(3, 0, false, tensors), *zeroed = initial(3, 0, true, tensors);
    assert_memory_equal(base, zeroed, tensors[SECOND]->offset * sizeof *base);
    all_are(zeroed, tensors[SECOND], 0);
    free(base);
    free(zeroed);
}

static void too_many_layers_are_refused_at_the_end(void **state)
{
    (void)state;
    struct net *net = start((struct net_shape){1, 1, 2}, 1);
    int x = 0;
    for (int i = 0; i < NET_NODES_MAX + 5; i++) {
        x = net_sigmoid(net, x);
    }
    assert_int_equal(net_finish(net), STATUS_FULL);
    assert_non_null(strstr(status_message(), "1024 layers"));
    net_destroy(&net);
}

static void too_many_numbers_are_refused_at_the_end(void **state)
{
    (void)state;
    struct net *net = start((struct net_shape){1, 1, 1 << 14}, 1);
    const int wide = net_linear(net, 0, "limit", 1 << 14, false); // all that is allowed
    net_linear(net, wide, "more", 1, false);
    assert_int_equal(net_finish(net), STATUS_FULL);
    net_destroy(&net);
    net = start((struct net_shape){1, 1, 1 << 14}, 1);
    net_linear(net, 0, "large", (1 << 14) + 1, false);
    assert_int_equal(net_finish(net), STATUS_FULL);
    assert_non_null(strstr(status_message(), "large.weight"));
    net_destroy(&net);
}

/* A layer of each kind, on whatever there is. */
static void add_each_kind(struct net *net, int x)
{
    const struct net_window window = {3, 2, 1};
    const int map = net_max_pool(net, net_conv(net, x, "conv", window, 3), window);
    net_add(net, net_subsample(net, map, 2), net_dropout(net, map, 0.5));
    net_gate(net, map, net_average(net, net_relu(net, net_prelu(net, map, "prelu"))));
    x = net_norm(net, net_block(net, map, "block", 5, 2), "norm", true);
    net_start_at_zero(net, net_linear(net, net_batch_mean(net, net_sigmoid(net, x)), "l", 2, true));
}

static void is_full(struct net *net, int x)
{
    add_each_kind(net, x);
    assert_int_equal(net_finish(net), STATUS_FULL);
    assert_non_null(strstr(status_message(), "allowed: "));
    assert_null(net->memory);
    net_destroy(&net);
}

static void measures_that_cannot_be_counted_are_refused_at_the_end(void **state)
{
    (void)state;
    static const struct net_shape shapes[] = {{1 << 16, 1 << 16, 1}, {INT_MAX, INT_MAX, INT_MAX},
                                              {INT_MAX, 1, 1},       {1, (1 << 20) + 1, 1},
                                              {2, 1, INT_MAX},       {1 << 11, 1 << 10, 1 << 10}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        is_full(start(shapes[i], 1), 0);
    }
    static const size_t batches[] = {(1 << 16) + 1, SIZE_MAX / 4, SIZE_MAX};
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        is_full(start((struct net_shape){8, 8, 3}, batches[i]), 0);
    }
    static const struct net_window windows[] = {{INT_MAX, 1, INT_MAX - 1},
                                                {3, 1, INT_MAX},
                                                {256, 1, 128},
                                                {5, 1, 0},
                                                {3, 1, 3},
                                                {0, 1, 0},
                                                {3, 0, 1},
                                                {3, 1, -1}};
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        struct net *net = start((struct net_shape){8, 4, 3}, 1);
        is_full(net, net_conv(net, 0, "absurd", windows[i], 3));
        net = start((struct net_shape){8, 4, 3}, 1);
        is_full(net, net_max_pool(net, 0, windows[i]));
    }
    struct net *net = start((struct net_shape){8, 8, 3}, 1);
    is_full(net, net_conv(net, 0, "absurd", (struct net_window){3, 1, 1}, INT_MAX));
    net = start((struct net_shape){8, 8, 3}, 1);
    is_full(net, net_block(net, 0, "absurd", INT_MAX, 8)); // large only before its stride
}

/* The largest measures that are allowed, whose products must not wrap. */
static void measures_at_their_limits_are_counted(void **state)
{
    (void)state;
    static const struct net_shape shapes[] = {
        {1 << 20, 2047, 1}, {1, 1, INT_MAX}, {1 << 15, 1 << 12, 15}, {2, 1 << 20, 1 << 9}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const size_t size = (size_t)shapes[i].height * (size_t)shapes[i].width *
                            (size_t)shapes[i].channels * (1 << 16);
        struct net *net = start(shapes[i], 1 << 16);
        net_sigmoid(net, 0);
        assert_int_equal(net_finish(net), STATUS_NO_MEMORY);
        assert_true(net->memory_count >= 3 * size);
        net_destroy(&net);
        if (shapes[i].channels > 512) continue;
        net = start(shapes[i], 1 << 16);
        int x = net_relu(net, net_max_pool(net, 0, (struct net_window){255, 1, 127}));
        x = net_conv(net, x, "wide", (struct net_window){255, 1, 127}, 1);
        net_norm(net, net_block(net, x, "block", shapes[i].channels, 1), "norm", true);
        assert_int_equal(net_finish(net), STATUS_NO_MEMORY);
        assert_true(net->memory_count >= 5 * size);
        net_destroy(&net);
    }
}

static void a_net_that_no_memory_holds_is_refused_with_figures(void **state)
{
    (void)state;
    struct net *net = start((struct net_shape){1024, 1024, 64}, 1 << 16);
    net_relu(net, 0);
    assert_int_equal(net_finish(net), STATUS_NO_MEMORY);
    assert_non_null(strstr(status_message(), "batches of 65536 needs 50331648 MiB, "));
    assert_non_null(strstr(status_message(), "; lower the batch, the width "));
    net_destroy(&net);
    // Little more than there is, which the kernel might promise.
    const size_t available = memory_available();
    if (available == SIZE_MAX) return;
    net = start((struct net_shape){1024, 1024, 64}, available / (3 << 28) + 2);
    net_relu(net, 0);
    assert_int_equal(net_finish(net), STATUS_NO_MEMORY);
    assert_non_null(strstr(status_message(), " MiB are available; lower the batch, "));
    net_destroy(&net);
}

static void the_memory_planned_is_told(void **state)
{
    (void)state;
    size_t bytes[2];
    for (size_t i = 0; i < 2; i++) {
        struct net *net = start((struct net_shape){8, 8, 4}, 1 + 9 * i);
        net_sigmoid(net, 0);
        assert_int_equal(net_finish(net), STATUS_OK);
        bytes[i] = net_bytes(net);
        net_destroy(&net);
    }
    // Of each image: an output, and the gradients of output and input.
    assert_int_equal(bytes[0], 3 * 8 * 8 * 4 * sizeof(float));
    assert_int_equal(bytes[1], 10 * bytes[0]);
}

static void has_convolution(const struct conv *conv, int channels, int filters, int side,
                            struct net_window window)
{
    assert_int_equal(conv->images, 3);
    assert_int_equal(conv->in.channels, channels);
    assert_int_equal(conv->out.channels, filters);
    assert_int_equal(conv->out.height, side);
    assert_int_equal(conv->window.kernel, window.kernel);
    assert_int_equal(conv->window.stride, window.stride);
    assert_int_equal(conv->window.pad, window.pad);
    assert_true(conv->plan.tiles > 0);
}

static void a_layers_convolutions_are_told(void **state)
{
    (void)state;
    struct conv convs[NET_CONVOLUTIONS_MAX];
    struct net *net = start((struct net_shape){9, 9, 2}, 3);
    int x = net_conv(net, 0, "stem", (struct net_window){3, 1, 1}, 4);
    x = net_block(net, net_block(net, x, "wide", 6, 2), "same", 6, 1);
    net_average(net, x);
    assert_int_equal(net_layers(net), 5);
    assert_int_equal(net_convolutions(convs, net, 0), 0);
    assert_int_equal(net_convolutions(convs, net, 1), 1);
    has_convolution(&convs[0], 2, 4, 9, (struct net_window){3, 1, 1});
    assert_int_equal(net_convolutions(convs, net, 2), 3);
    has_convolution(&convs[0], 4, 6, 9, (struct net_window){3, 1, 1});
    has_convolution(&convs[1], 6, 6, 5, (struct net_window){3, 2, 1});
    has_convolution(&convs[2], 4, 6, 5, (struct net_window){1, 2, 0});
    assert_int_equal(net_convolutions(convs, net, 3), 2);
    has_convolution(&convs[1], 6, 6, 5, (struct net_window){3, 1, 1});
    assert_int_equal(net_convolutions(convs, net, 4), 0);
    net_destroy(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_layers_convolutions_are_told),
        cmocka_unit_test(shapes_follow_the_layers),
        cmocka_unit_test(tensors_are_named_and_shaped_one_after_the_other),
        cmocka_unit_test(weights_start_as_their_layer_says),
        cmocka_unit_test(each_tensor_has_its_own_stream_of_seed_and_salt),
        cmocka_unit_test(a_layer_that_starts_at_zero_leaves_the_others_as_they_were),
        cmocka_unit_test(too_many_layers_are_refused_at_the_end),
        cmocka_unit_test(too_many_numbers_are_refused_at_the_end),
        cmocka_unit_test(measures_that_cannot_be_counted_are_refused_at_the_end),
        cmocka_unit_test(measures_at_their_limits_are_counted),
        cmocka_unit_test(a_net_that_no_memory_holds_is_refused_with_figures),
        cmocka_unit_test(the_memory_planned_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
