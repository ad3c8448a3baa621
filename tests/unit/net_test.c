// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/net_layer.h"
#include "unit/net_fixture.h"

enum { BATCH = 6 };

static const struct net_shape shape = {12, 10, 3};

/* Layers of every kind; branches that are short, long, nested, and joined again; and a layer that
 * is read by four. */
static void add_everything(struct net *net)
{
    int x =
        net_block(net, net_conv(net, 0, "first", (struct net_window){3, 1, 1}, 16), "block", 24, 1);
    x = net_conv(net, x, "stem", (struct net_window){3, 1, 1}, 16);
    const int early = x;
    x = net_prelu(net, net_norm(net, x, "norm", true), "prelu");
    const int gate =
        net_sigmoid(net, net_linear(net, net_relu(net, net_average(net, x)), "gate", 16, false));
    x = net_add(net, net_gate(net, x, gate), x);
    x = net_conv(net, x, "winograd", (struct net_window){3, 1, 1}, 16);
    x = net_add(net, x, early);
    const int shortcut = net_subsample(net, x, 2);
    x = net_conv(net, x, "strided", (struct net_window){3, 2, 1}, 16);
    x = net_add(net, x, shortcut);
    x = net_add(net, net_max_pool(net, x, (struct net_window){3, 2, 1}),
                net_max_pool(net, net_relu(net, x), (struct net_window){3, 2, 1}));
    x = net_dropout(net, x, 0.3);
    x = net_norm(net, net_linear(net, x, "out", 5, true), "last", false);
    net_add(net, x, net_sigmoid(net, x));
}

static void start(struct net_fixture *f, size_t batch_max)
{
    net_fixture_start(f, shape, batch_max);
    add_everything(f->net);
    net_fixture_finish(f);
}

/* What a pass left behind: output, input's gradient, gradients, weights with their statistics. */
struct pass {
    float *numbers;
    size_t count;
};

/* One training pass of the first `batch` inputs from given weights. */
static struct pass run(struct net_fixture *f, const float *weights, size_t batch)
{
    const size_t parameters = net_parameters(f->net), inputs = f->inputs / f->batch * batch;
    memcpy(f->weights, weights, parameters * sizeof(float));
    struct random dropout;
    random_start(&dropout, 7, 0, RANDOM_DROPOUT, 0, 0);
    const float *y = net_forward(f->net, f->input, batch, NET_TRAIN, &dropout);
    const size_t outputs = net_fixture_outputs(f);
    struct pass pass = {.count = outputs + inputs + 2 * parameters};
    pass.numbers = numbers_random(pass.count, 1);
    float *next = pass.numbers;
    memcpy(next, y, outputs * sizeof(float));
    next += outputs;
    float *dy = numbers_random(outputs, 2);
    memcpy(next, net_backward(f->net, dy, true), inputs * sizeof(float));
    next += inputs;
    free(dy);
    // Those of the statistics are never written.
    for (size_t i = 0; i < net_tensors(f->net); i++) {
        const struct net_tensor *tensor = net_tensor(f->net, i);
        memcpy(next + tensor->offset, f->gradients + tensor->offset, tensor->count * sizeof(float));
        if (!tensor->trainable) memset(next + tensor->offset, 0, tensor->count * sizeof(float));
    }
    memcpy(next + parameters, f->weights, parameters * sizeof(float));
    return pass;
}

/* Compares two passes bit by bit and frees the second. */
static void same(const struct pass *first, struct pass second)
{
    assert_int_equal(first->count, second.count);
    assert_memory_equal(first->numbers, second.numbers, second.count * sizeof(float));
    free(second.numbers);
}

static void a_pass_repeated_gives_the_same_bits(void **state)
{
    (void)state;
    struct net_fixture f;
    start(&f, BATCH);
    float *weights = numbers_copy(f.weights, net_parameters(f.net));
    const struct pass first = run(&f, weights, BATCH);
    for (size_t i = 0; i < first.count; i++) {
        assert_true(isfinite(first.numbers[i]));
    }
    same(&first, run(&f, weights, BATCH));
    free(first.numbers);
    free(weights);
    net_fixture_stop(&f);
}

/* The oracle of the memory plan: each gradient in a place of its own. */
static void gradients_in_shared_memory_are_those_of_private_memory(void **state)
{
    (void)state;
    struct net_fixture f;
    start(&f, BATCH);
    float *weights = numbers_copy(f.weights, net_parameters(f.net));
    const struct pass shared = run(&f, weights, BATCH);
    float *own[NET_NODES_MAX] = {NULL};
    size_t all = 0, planned = 0;
    for (int i = 0; i < f.net->count; i++) {
        struct node *node = &f.net->nodes[i];
        const size_t count = BATCH * node_size(node);
        all += count;
        const size_t end = (size_t)(node->dy - f.net->memory) + count;
        planned = end > planned ? end : planned;
        own[i] = numbers_random(count, 50);
        node->dy = own[i];
    }
    assert_true(planned < all / 2); // or sharing would not be worth its trouble
    same(&shared, run(&f, weights, BATCH));
    for (int i = 0; i < f.net->count; i++) {
        free(own[i]);
    }
    free(shared.numbers);
    free(weights);
    net_fixture_stop(&f);
}

static void a_net_that_only_evaluates_gives_the_same_with_less_memory(void **state)
{
    (void)state;
    struct net_fixture f, lean;
    start(&f, BATCH);
    net_fixture_start(&lean, shape, BATCH);
    add_everything(lean.net);
    net_evaluate_only(lean.net);
    net_fixture_finish(&lean);
    const float *y = net_forward(f.net, f.input, BATCH, NET_EVALUATE, NULL);
    for (size_t i = 0; i < lean.net->memory_count; i++) {
        lean.net->memory[i] = NAN;
    }
    const float *found = net_forward(lean.net, f.input, BATCH, NET_EVALUATE, NULL);
    assert_memory_equal(found, y, net_fixture_outputs(&f) * sizeof *y);
    assert_true(net_bytes(lean.net) < net_bytes(f.net));
    net_fixture_stop(&lean);
    net_fixture_stop(&f);
}

/* A wide linear layer goes another way where a batch is a multiple of 16; the largest is none. */
static void a_smaller_batch_may_suit_a_layer_better_than_the_largest(void **state)
{
    (void)state;
    struct net_fixture f;
    net_fixture_start(&f, (struct net_shape){8, 8, 16}, 17);
    net_linear(f.net, 0, "wide", 16, true);
    net_fixture_finish(&f);
    net_forward(f.net, f.input, 16, NET_TRAIN, NULL);
    float *dy = numbers_random(16 * 16, 1);
    assert_non_null(net_backward(f.net, dy, true));
    free(dy);
    net_fixture_stop(&f);
}

static void nothing_is_read_before_it_is_written(void **state)
{
    (void)state;
    struct net_fixture f;
    start(&f, BATCH);
    float *weights = numbers_copy(f.weights, net_parameters(f.net));
    const struct pass first = run(&f, weights, BATCH);
    for (size_t i = 0; i < f.net->memory_count; i++) {
        f.net->memory[i] = NAN;
    }
    same(&first, run(&f, weights, BATCH));
    free(first.numbers);
    free(weights);
    net_fixture_stop(&f);
}

static void a_small_batch_runs_in_a_large_net_as_in_its_own(void **state)
{
    (void)state;
    struct net_fixture large, small;
    start(&large, BATCH);
    start(&small, 4);
    float *weights = numbers_copy(large.weights, net_parameters(large.net));
    free(run(&large, weights, BATCH).numbers); // leaves a full batch's numbers behind
    const struct pass first = run(&large, weights, 4);
    same(&first, run(&small, weights, 4));
    free(first.numbers);
    free(weights);
    net_fixture_stop(&large);
    net_fixture_stop(&small);
}

static void an_image_is_evaluated_for_itself_alone(void **state)
{
    (void)state;
    struct net_fixture f;
    start(&f, BATCH);
    float *all = numbers_copy(net_forward(f.net, f.input, BATCH, NET_EVALUATE, NULL),
                              BATCH * net_outputs(f.net));
    for (size_t i = 0; i < BATCH; i++) {
        const float *one =
            net_forward(f.net, f.input + i * f.inputs / BATCH, 1, NET_EVALUATE, NULL);
        numbers_near(one, all + i * net_outputs(f.net), net_outputs(f.net), 1e-4);
    }
    free(all);
    net_fixture_stop(&f);
}

static void a_snapshot_of_the_weights_undoes_a_step(void **state)
{
    (void)state;
    struct net_fixture f;
    start(&f, BATCH);
    const size_t parameters = net_parameters(f.net), outputs = BATCH * net_outputs(f.net);
    float *kept = numbers_copy(f.weights, parameters);
    float *before = numbers_copy(net_forward(f.net, f.input, BATCH, NET_EVALUATE, NULL), outputs);
    free(run(&f, kept, BATCH).numbers);
    for (size_t i = 0; i < parameters; i++) {
        f.weights[i] -= 0.01f * f.gradients[i];
    }
    const float *stepped = net_forward(f.net, f.input, BATCH, NET_EVALUATE, NULL);
    assert_memory_not_equal(stepped, before, outputs * sizeof(float));
    memcpy(f.weights, kept, parameters * sizeof(float));
    const float *after = net_forward(f.net, f.input, BATCH, NET_EVALUATE, NULL);
    assert_memory_equal(after, before, outputs * sizeof(float));
    free(kept);
    free(before);
    net_fixture_stop(&f);
}

static void the_input_gets_a_gradient_only_when_asked(void **state)
{
    (void)state;
    struct net_fixture f;
    start(&f, BATCH);
    float *weights = numbers_copy(f.weights, net_parameters(f.net));
    const struct pass first = run(&f, weights, BATCH);
    memcpy(f.weights, weights, net_parameters(f.net) * sizeof(float));
    net_fixture_forward(&f);
    float *dy = numbers_random(net_fixture_outputs(&f), 2);
    assert_null(net_backward(f.net, dy, false));
    const float *gradients = first.numbers + net_fixture_outputs(&f) + f.inputs;
    for (size_t i = 0; i < net_tensors(f.net); i++) {
        const struct net_tensor *tensor = net_tensor(f.net, i);
        if (!tensor->trainable) continue;
        assert_memory_equal(gradients + tensor->offset, f.gradients + tensor->offset,
                            tensor->count * sizeof(float));
    }
    free(first.numbers);
    free(weights);
    free(dy);
    net_fixture_stop(&f);
}

static void a_net_without_gradients_evaluates(void **state)
{
    (void)state;
    struct net_fixture f;
    start(&f, BATCH);
    net_bind(f.net, f.weights, NULL);
    const float *y = net_forward(f.net, f.input, BATCH, NET_EVALUATE, NULL);
    assert_true(isfinite(y[0]));
    net_fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pass_repeated_gives_the_same_bits),
        cmocka_unit_test(gradients_in_shared_memory_are_those_of_private_memory),
        cmocka_unit_test(a_net_that_only_evaluates_gives_the_same_with_less_memory),
        cmocka_unit_test(a_smaller_batch_may_suit_a_layer_better_than_the_largest),
        cmocka_unit_test(nothing_is_read_before_it_is_written),
        cmocka_unit_test(a_small_batch_runs_in_a_large_net_as_in_its_own),
        cmocka_unit_test(an_image_is_evaluated_for_itself_alone),
        cmocka_unit_test(a_snapshot_of_the_weights_undoes_a_step),
        cmocka_unit_test(the_input_gets_a_gradient_only_when_asked),
        cmocka_unit_test(a_net_without_gradients_evaluates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
