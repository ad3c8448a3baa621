// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/irse.h"
#include "reference/numbers.h"

#include <stdio.h>

static struct net *create(struct irse irse)
{
    struct net *net = NULL;
    if (irse.embedding == 0) irse.embedding = 512;
    const enum status status = irse_create(&net, &irse, 1);
    if (status != STATUS_OK) fail_msg("%s", status_message());
    return net;
}

static size_t count_of(const struct net *net, bool trainable)
{
    size_t count = 0;
    for (size_t i = 0; i < net_tensors(net); i++) {
        if (net_tensor(net, i)->trainable == trainable) count += net_tensor(net, i)->count;
    }
    return count;
}

/* The tensor of that name without its prefix, or NULL. */
static const struct net_tensor *find(const struct net *net, const char *name)
{
    static const char prefix[] = "backbone.";
    for (size_t i = 0; i < net_tensors(net); i++) {
        const struct net_tensor *tensor = net_tensor(net, i);
        assert_memory_equal(tensor->name, prefix, sizeof prefix - 1);
        if (strcmp(tensor->name + sizeof prefix - 1, name) == 0) return tensor;
    }
    return NULL;
}

/* Counted by PyTorch on the networks of the public training codes. */
static void there_are_as_many_numbers_as_in_the_public_networks(void **state)
{
    (void)state;
    static const struct {
        struct irse irse;
        size_t trainable, statistics;
    } cases[] = {
        {{.depth = 18, .width = 1.0, .input = {14, 14, 35}}, 24125824, 14592},
        {{.depth = 18, .width = 0.5, .input = {14, 14, 35}}, 9252032, 7808},
        {{.depth = 18, .width = 1.0, .input = {112, 112, 3}}, 24107392, 14592},
        {{.depth = 34, .width = 1.0, .input = {14, 14, 35}}, 34309696, 25728},
        {{.depth = 34, .width = 1.0, .input = {112, 112, 3}}, 34291264, 25728},
        {{.depth = 50, .width = 1.0, .input = {14, 14, 35}}, 43826752, 38016},
        {{.depth = 50, .width = 1.0, .input = {112, 112, 3}}, 43808320, 38016},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct net *net = create(cases[i].irse);
        assert_int_equal(count_of(net, true), cases[i].trainable);
        assert_int_equal(count_of(net, false), cases[i].statistics);
        assert_int_equal(net_outputs(net), 512);
        net_destroy(&net);
    }
}

/* Less the norm of the embedding, which has no weights. */
static void group_norms_leave_no_statistics_and_the_same_weights(void **state)
{
    (void)state;
    struct net *net =
        create((struct irse){.depth = 18, .width = 0.5, .input = {14, 14, 35}, .group = true});
    assert_int_equal(count_of(net, true), 9252032);
    assert_int_equal(count_of(net, false), 0);
    assert_non_null(find(net, "stem.norm.weight"));
    assert_non_null(find(net, "stage1.0.norm2.bias"));
    assert_int_equal(net_outputs(net), 512);
    net_destroy(&net);
}

static void a_depth_has_its_blocks(void **state)
{
    (void)state;
    static const struct {
        int depth, blocks[4];
    } cases[] = {{18, {2, 2, 2, 2}}, {34, {3, 4, 6, 3}}, {50, {3, 4, 14, 3}}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct net *net =
            create((struct irse){.depth = cases[i].depth, .width = 0.125, .input = {8, 8, 3}});
        for (int stage = 0; stage < 4; stage++) {
            char name[LIMIT_NAME];
            const int blocks = cases[i].blocks[stage];
            snprintf(name, sizeof name, "stage%d.%d.conv2.weight", stage + 1, blocks - 1);
            assert_non_null(find(net, name));
            snprintf(name, sizeof name, "stage%d.%d.conv2.weight", stage + 1, blocks);
            assert_null(find(net, name));
        }
        net_destroy(&net);
    }
}

static void a_block_has_its_tensors_in_order(void **state)
{
    (void)state;
    static const char *const names[] = {"shortcut.conv.weight",
                                        "shortcut.norm.weight",
                                        "shortcut.norm.bias",
                                        "shortcut.norm.running_mean",
                                        "shortcut.norm.running_var",
                                        "norm1.weight",
                                        "norm1.bias",
                                        "norm1.running_mean",
                                        "norm1.running_var",
                                        "conv1.weight",
                                        "norm2.weight",
                                        "norm2.bias",
                                        "norm2.running_mean",
                                        "norm2.running_var",
                                        "prelu.weight",
                                        "conv2.weight",
                                        "norm3.weight",
                                        "norm3.bias",
                                        "norm3.running_mean",
                                        "norm3.running_var",
                                        "se.down.weight",
                                        "se.up.weight"};
    struct net *net = create((struct irse){.depth = 18, .width = 0.5, .input = {14, 14, 35}});
    size_t first = 0;
    while (strcmp(net_tensor(net, first)->name, "backbone.stage2.0.shortcut.conv.weight") != 0) {
        first++;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char name[LIMIT_NAME];
        snprintf(name, sizeof name, "backbone.stage2.0.%s", names[i]);
        assert_string_equal(net_tensor(net, first + i)->name, name);
    }
    assert_string_equal(net_tensor(net, 0)->name, "backbone.stem.conv.weight");
    assert_string_equal(net_tensor(net, net_tensors(net) - 1)->name,
                        "backbone.out.embedding.running_var");
    // Where the width stays, the shortcut has no weights.
    assert_null(find(net, "stage1.0.shortcut.conv.weight"));
    assert_null(find(net, "stage2.1.shortcut.conv.weight"));
    net_destroy(&net);
}

static void has_shape(const struct net *net, const char *name, size_t first, size_t second)
{
    const struct net_tensor *tensor = find(net, name);
    assert_non_null(tensor);
    assert_int_equal(tensor->shape[tensor->axes - 2], first);
    assert_int_equal(tensor->shape[tensor->axes - 1], second);
}

static void width_multiplies_every_stage_and_leaves_at_least_one_channel(void **state)
{
    (void)state;
    static const struct {
        double width;
        size_t channels[4], gate;
    } cases[] = {{1, {64, 128, 256, 512}, 4},
                 {0.5, {32, 64, 128, 256}, 2},
                 {0.3, {19, 38, 76, 153}, 1},
                 {0.01, {1, 1, 2, 5}, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t *channels = cases[i].channels;
        struct net *net =
            create((struct irse){.depth = 18, .width = cases[i].width, .input = {14, 14, 35}});
        has_shape(net, "stem.conv.weight", 35, channels[0]);
        has_shape(net, "stage1.0.conv1.weight", channels[0], channels[0]);
        has_shape(net, "stage2.0.conv1.weight", channels[0], channels[1]);
        has_shape(net, "stage3.1.conv2.weight", channels[2], channels[2]);
        has_shape(net, "stage4.0.conv2.weight", channels[3], channels[3]);
        has_shape(net, "stage1.1.se.down.weight", cases[i].gate, channels[0]);
        has_shape(net, "stage1.1.se.up.weight", channels[0], cases[i].gate);
        net_destroy(&net);
    }
}

static void strides_suit_the_side_of_the_input(void **state)
{
    (void)state;
    static const struct {
        int side, strides[4];
        size_t last; // side of the last map
    } cases[] = {{112, {2, 2, 2, 2}, 7}, {56, {2, 2, 2, 2}, 4},  {55, {1, 2, 2, 2}, 7},
                 {28, {1, 2, 2, 2}, 4},  {27, {1, 1, 2, 1}, 14}, {14, {1, 1, 2, 1}, 7},
                 {1, {1, 1, 2, 1}, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int side = cases[i].side;
        int strides[4];
        irse_strides(strides, side);
        assert_memory_equal(strides, cases[i].strides, sizeof strides);
        struct net *net =
            create((struct irse){.depth = 18, .width = 0.125, .input = {side, side, 3}});
        has_shape(net, "out.linear.weight", 512, 64 * cases[i].last * cases[i].last);
        net_destroy(&net);
    }
}

static void given_strides_are_used(void **state)
{
    (void)state;
    struct net *net = create((struct irse){.depth = 18,
                                           .width = 0.125,
                                           .strides = {1, 1, 1, 2},
                                           .input = {14, 14, 3},
                                           .embedding = 9});
    has_shape(net, "out.linear.weight", 9, 64 * 7 * 7);
    net_destroy(&net);
    net = create((struct irse){.depth = 18,
                               .width = 0.125,
                               .strides = {1, 1, 1, 1},
                               .input = {14, 12, 3},
                               .embedding = 9});
    has_shape(net, "out.linear.weight", 9, 64 * 14 * 12);
    net_destroy(&net);
}

/* The last layer is a norm without weights: in a batch every number has mean 0 and deviation 1. */
static void embeddings_of_a_batch_are_centred(void **state)
{
    (void)state;
    enum { BATCH = 12, SIZE = 8, INPUTS = BATCH * 14 * 14 * 3 };
    const struct irse irse = {
        .depth = 18, .width = 0.125, .input = {14, 14, 3}, .embedding = SIZE, .dropout = 0.4};
    struct net *net = NULL;
    assert_int_equal(irse_create(&net, &irse, BATCH), STATUS_OK);
    float *weights = numbers_random(net_parameters(net), 1), *input = numbers_random(INPUTS, 2);
    net_bind(net, weights, NULL);
    net_initialise(net, 1, 0);
    struct random dropout;
    random_start(&dropout, 1, 0, RANDOM_DROPOUT, 0, 0);
    const float *y = net_forward(net, input, BATCH, NET_TRAIN, &dropout);
    for (size_t c = 0; c < SIZE; c++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < BATCH; i++) {
            sum += (double)y[i * SIZE + c];
            squares += (double)y[i * SIZE + c] * (double)y[i * SIZE + c];
        }
        assert_true(fabs(sum) < 1e-4);
        assert_true(fabs(squares / BATCH - 1) < 1e-2);
    }
    net_destroy(&net);
    free(weights);
    free(input);
}

static void a_fixed_net_gives_what_it_gives_in_evaluation(void **state)
{
    (void)state;
    enum { BATCH = 3, EMBEDDING = 24, NUMBERS = 14 * 14 * 5 };
    struct net *net = NULL;
    const struct irse irse = {
        .depth = 18, .width = 0.125, .input = {14, 14, 5}, .embedding = EMBEDDING, .dropout = 0.4};
    assert_int_equal(irse_create(&net, &irse, BATCH), STATUS_OK);
    const size_t count = net_parameters(net);
    float *weights = numbers_random(count, 1), *gradients = numbers_random(count, 2);
    float *input = numbers_random(BATCH * NUMBERS, 3), evaluated[BATCH * EMBEDDING];
    net_bind(net, weights, gradients);
    net_initialise(net, 1, 0);
    struct random dropout;
    random_start(&dropout, 1, 0, RANDOM_DROPOUT, 0, 0);
    for (int i = 0; i < 5; i++) {
        net_forward(net, input, BATCH, NET_TRAIN, &dropout); // the statistics move
    }
    float *before = numbers_copy(weights, count);
    memcpy(evaluated, net_forward(net, input, BATCH, NET_EVALUATE, NULL), sizeof evaluated);
    numbers_near(net_forward(net, input, BATCH, NET_FIXED, NULL), evaluated, BATCH * EMBEDDING,
                 1e-4);
    net_input_gradient(net, evaluated);
    assert_memory_equal(weights, before, count * sizeof(float));
    net_destroy(&net);
    free(weights);
    free(gradients);
    free(input);
    free(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_as_many_numbers_as_in_the_public_networks),
        cmocka_unit_test(group_norms_leave_no_statistics_and_the_same_weights),
        cmocka_unit_test(a_depth_has_its_blocks),
        cmocka_unit_test(a_block_has_its_tensors_in_order),
        cmocka_unit_test(width_multiplies_every_stage_and_leaves_at_least_one_channel),
        cmocka_unit_test(strides_suit_the_side_of_the_input),
        cmocka_unit_test(given_strides_are_used),
        cmocka_unit_test(embeddings_of_a_batch_are_centred),
        cmocka_unit_test(a_fixed_net_gives_what_it_gives_in_evaluation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
