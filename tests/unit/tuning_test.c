// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "nn/irse.h"
#include "nn/resnet.h"
#include "nn/tuning.h"
#include "reference/numbers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/fedveil-tuning-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    const int file = mkstemp(path);
    return file < 0 || close(file) != 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static enum status read_text(struct tuning *tuning, const char *text)
{
    assert_int_equal(files_write(path, text, strlen(text)), STATUS_OK);
    return tuning_read(tuning, path);
}

static struct conv shape(struct net_shape in, int filters, struct net_window window)
{
    return (struct conv){.in = in,
                         .out = {(in.height + 2 * window.pad - window.kernel) / window.stride + 1,
                                 (in.width + 2 * window.pad - window.kernel) / window.stride + 1,
                                 filters},
                         .window = window,
                         .images = 5};
}

static void a_shape_has_the_plan_of_its_line(void **state)
{
    (void)state;
    struct tuning tuning;
    assert_int_equal(read_text(&tuning,
                               "fedveil tuning 1 # a remark\r\n\n# another\n"
                               "conv 14x12 64 -> 128 kernel 3 stride 1 pad 1: winograd 32\r\n"
                               "\t conv  7x7 3\t->  5 kernel 7 stride 2 pad 3:  unrolled  # third"),
                     STATUS_OK);
    assert_int_equal(tuning.count, 2);
    assert_int_equal(tuning.convs[1].out.height, 4);
    struct conv conv = shape((struct net_shape){14, 12, 64}, 128, (struct net_window){3, 1, 1});
    struct conv_plan plan = {CONV_UNROLLED, 7};
    assert_true(tuning_find(&plan, &tuning, &conv));
    assert_int_equal(plan.algorithm, CONV_WINOGRAD);
    assert_int_equal(plan.tiles, 32);
    conv.images = 1; // whatever the batch
    assert_true(tuning_find(&plan, &tuning, &conv));
    conv.out.channels = 127;
    plan.tiles = 7;
    assert_false(tuning_find(&plan, &tuning, &conv));
    assert_int_equal(plan.tiles, 7);
    conv = shape((struct net_shape){7, 7, 3}, 5, (struct net_window){7, 2, 3});
    assert_true(tuning_find(&plan, &tuning, &conv));
    assert_int_equal(plan.algorithm, CONV_UNROLLED);
    tuning_destroy(&tuning);
    assert_false(tuning_find(&plan, &tuning, &conv));
    tuning_destroy(&tuning);
}

static void no_path_and_no_line_are_an_empty_list(void **state)
{
    (void)state;
    struct tuning tuning = {.count = 7};
    assert_int_equal(tuning_read(&tuning, ""), STATUS_OK);
    assert_int_equal(tuning.count, 0);
    assert_int_equal(read_text(&tuning, "fedveil tuning 1"), STATUS_OK);
    assert_int_equal(tuning.count, 0);
    assert_int_equal(tuning_check(path), STATUS_OK);
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *lines, *why; // after the first line
    } cases[] = {
        {"conv 8x8 4 -> 4 kernel 3 stride 1 pad 1", ":2: allowed is a line \"conv HEIGHTxWIDTH"},
        {"conv 8x8 4 -> 4 kernel 3 stride 1 pad 1: fast", ":2: allowed is a line"},
        {"conv 8x8 4 -> 4 kernel 3 stride 1 pad 1: winograd", ":2: allowed is a line"},
        {"conv 8x8 4 -> 4 kernel 3 stride 1 pad 1: unrolled 3", ":2: allowed is a line"},
        {"conv 8x8 4 -> 4 kernel 3 stride 1 pad -1: unrolled", ":2: allowed is a line"},
        {"conv8x8 4 -> 4 kernel 3 stride 1 pad 1: unrolled", ":2: allowed is a line"},
        {"conv 8x8 1234567890 -> 4 kernel 3 stride 1 pad 1: unrolled", ":2: allowed is a line"},
        {"\n\npool 8x8", ":4: allowed is a line"},
        {"conv 8x0 4 -> 4 kernel 3 stride 1 pad 1: unrolled", ":2: width: got 0, allowed: 1 to "},
        {"conv 8x8 4 -> 99999999 kernel 3 stride 1 pad 1: unrolled", ":2: filters: got 99999999, "},
        {"conv 8x8 4 -> 4 kernel 3 stride 65 pad 1: unrolled", ":2: stride: got 65, allowed: 1 to"},
        {"conv 9x8 4 -> 4 kernel 11 stride 1 pad 1: unrolled",
         ":2: kernel: got 11, allowed: 1 to 10"},
        {"conv 8x8 4 -> 4 kernel 3 stride 1 pad 1: winograd 0", ":2: tiles: got 0, allowed: 1 to "},
        {"conv 8x8 4 -> 4 kernel 3 stride 1 pad 1: winograd 1025",
         ":2: tiles: got 1025, allowed: "},
        {"conv 8x8 4 -> 4 kernel 3 stride 2 pad 1: winograd 16",
         ":2: winograd does not fit this window and map; allowed here: unrolled"},
        {"conv 8x8 4 -> 4 kernel 3 stride 1 pad 1: unrolled\n# again\n"
         "conv 8x8 4 -> 4 kernel 3 stride 1 pad 1: winograd 16",
         ":4: this convolution stands in line 2 already; allowed: once"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512], expected[512];
        struct tuning tuning;
        snprintf(text, sizeof text, "fedveil tuning 1\n%s\n", cases[i].lines);
        assert_int_equal(read_text(&tuning, text), STATUS_BAD_CONFIG);
        assert_null(tuning.convs);
        assert_int_equal(tuning.count, 0);
        snprintf(expected, sizeof expected, "%s%s", path, cases[i].why);
        if (strncmp(status_message(), expected, strlen(expected)) != 0) {
            fail_msg("expected: %s\ngot: %s", expected, status_message());
        }
    }
}

static void another_file_is_refused(void **state)
{
    (void)state;
    struct tuning tuning;
    assert_int_equal(read_text(&tuning, ""), STATUS_BAD_CONFIG);
    assert_int_equal(read_text(&tuning, "fedveil tuning 2\n"), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), ":1: the first line is not \"fedveil tuning 1\""));
    assert_int_equal(files_write(path, "fedveil tuning 1\n\0", 18), STATUS_OK);
    assert_int_equal(tuning_read(&tuning, path), STATUS_BAD_CONFIG);
    assert_int_equal(tuning_check("/nonexistent/tuning"), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "/nonexistent/tuning"));
    char *large = calloc(1, LIMIT_FILE_TUNING + 1);
    assert_non_null(large);
    memset(large, '\n', LIMIT_FILE_TUNING + 1);
    assert_int_equal(files_write(path, large, LIMIT_FILE_TUNING + 1), STATUS_OK);
    assert_int_equal(tuning_check(path), STATUS_BAD_CONFIG);
    free(large);
}

static void what_is_written_is_read_again_up_to_the_limit(void **state)
{
    (void)state;
    struct tuning tuning = {.count = 0}, again;
    struct conv conv =
        shape((struct net_shape){8192, 8192, 65536}, 1, (struct net_window){3, 1, 1});
    for (int i = 0; i < LIMIT_TUNING; i++) {
        conv.out.channels = 65536 - i;
        conv.plan = (struct conv_plan){i % 2 == 0 ? CONV_WINOGRAD : CONV_UNROLLED, 1024};
        assert_int_equal(tuning_add(&tuning, &conv), STATUS_OK);
    }
    conv.out.channels = 1;
    assert_int_equal(tuning_add(&tuning, &conv), STATUS_FULL);
    assert_int_equal(tuning_write(path, &tuning, "measured on a Monday"), STATUS_OK);
    assert_int_equal(tuning_read(&again, path), STATUS_OK);
    assert_int_equal(again.count, LIMIT_TUNING);
    for (size_t i = 0; i < again.count; i++) {
        assert_true(tuning_same(&tuning.convs[i], &again.convs[i]));
        assert_int_equal(again.convs[i].plan.algorithm, tuning.convs[i].plan.algorithm);
    }
    tuning_destroy(&again);
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    fputs("conv 1x1 1 -> 1 kernel 1 stride 1 pad 0: unrolled\n", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(tuning_check(path), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), ":1027: one convolution too many, allowed: 1024"));
    tuning_destroy(&tuning);
}

static void it_comes_before_the_cost_model(void **state)
{
    (void)state;
    struct tuning tuning;
    assert_int_equal(
        read_text(&tuning,
                  "fedveil tuning 1\nconv 14x14 64 -> 64 kernel 3 stride 1 pad 1: unrolled\n"),
        STATUS_OK);
    struct conv conv = shape((struct net_shape){14, 14, 64}, 64, (struct net_window){3, 1, 1});
    conv.images = 64;
    assert_int_equal(conv_choose(&conv, NULL).algorithm, CONV_WINOGRAD);
    assert_int_equal(conv_choose(&conv, &tuning).algorithm, CONV_UNROLLED);
    conv.in.height = conv.out.height = 13;
    assert_int_equal(conv_choose(&conv, &tuning).algorithm, CONV_WINOGRAD);
    tuning_destroy(&tuning);
}

/* Every convolution of a network with another plan than the model's. */
static void turn_around(struct tuning *tuning, const struct net *net)
{
    for (int layer = 0; layer < net_layers(net); layer++) {
        struct conv convs[NET_CONVOLUTIONS_MAX];
        const int count = net_convolutions(convs, net, layer);
        for (int i = 0; i < count; i++) {
            struct conv_plan there = {CONV_UNROLLED, 1};
            if (tuning_find(&there, tuning, &convs[i])) continue;
            const bool winograd = convs[i].window.kernel == 3 && convs[i].window.stride == 1 &&
                                  convs[i].plan.algorithm == CONV_UNROLLED;
            convs[i].plan = (struct conv_plan){winograd ? CONV_WINOGRAD : CONV_UNROLLED, 3};
            assert_int_equal(tuning_add(tuning, &convs[i]), STATUS_OK);
        }
    }
}

static void has_plans(const struct net *net, const struct tuning *tuning)
{
    for (int layer = 0; layer < net_layers(net); layer++) {
        struct conv convs[NET_CONVOLUTIONS_MAX];
        const int count = net_convolutions(convs, net, layer);
        for (int i = 0; i < count; i++) {
            struct conv_plan plan = {CONV_UNROLLED, 1};
            assert_true(tuning_find(&plan, tuning, &convs[i]));
            assert_int_equal(convs[i].plan.algorithm, plan.algorithm);
            assert_int_equal(convs[i].plan.tiles, plan.tiles);
        }
    }
}

/* What a net makes of an input, and its weights' gradients: both are the caller's to free. */
static void step(float **y, float **gradients, struct net *net, size_t batch, size_t inputs)
{
    const size_t parameters = net_parameters(net);
    float *weights = numbers_random(parameters, 1), *x = numbers_random(batch * inputs, 2);
    *gradients = numbers_random(parameters, 3);
    struct random dropout;
    random_start(&dropout, 1, 0, RANDOM_DROPOUT, 0, 0);
    net_bind(net, weights, *gradients);
    net_initialise(net, 1, 0);
    const float *output = net_forward(net, x, batch, NET_TRAIN, &dropout);
    const size_t outputs = net_items(net) * net_outputs(net);
    *y = numbers_copy(output, outputs);
    float *dy = numbers_random(outputs, 4);
    net_backward(net, dy, false);
    free(weights);
    free(x);
    free(dy);
}

static void networks_compute_the_same_by_other_plans(void **state)
{
    (void)state;
    enum { BATCH = 4, SIDE = 10, CHANNELS = 5 };
    struct tuning tuning = {.count = 0};
    struct irse irse = {.depth = 18,
                        .width = 0.125,
                        .input = {SIDE, SIDE, CHANNELS},
                        .embedding = 12,
                        .dropout = 0.1};
    float *y[2], *gradients[2];
    struct net *net = NULL;
    size_t outputs = 0, parameters = 0;
    for (int i = 0; i < 2; i++) {
        irse.tuning = i == 0 ? NULL : &tuning;
        assert_int_equal(irse_create(&net, &irse, BATCH), STATUS_OK);
        if (i == 0) turn_around(&tuning, net);
        if (i == 1) has_plans(net, &tuning);
        step(&y[i], &gradients[i], net, BATCH, SIDE * SIDE * CHANNELS);
        outputs = BATCH * net_outputs(net);
        parameters = net_parameters(net);
        net_destroy(&net);
    }
    assert_true(tuning.count > 10);
    numbers_near(y[1], y[0], outputs, 2e-3);
    numbers_near(gradients[1], gradients[0], parameters, 2e-2);
    for (int i = 0; i < 2; i++) {
        free(y[i]);
        free(gradients[i]);
    }
    tuning_destroy(&tuning);
}

static void the_policy_is_tuned_too(void **state)
{
    (void)state;
    struct tuning tuning = {.count = 0};
    struct resnet resnet = {.input = {8, 8, 3}, .width = 0.125, .outputs = 2};
    struct net *net = NULL;
    assert_int_equal(resnet_create(&net, &resnet, 4), STATUS_OK);
    turn_around(&tuning, net);
    net_destroy(&net);
    resnet.tuning = &tuning;
    assert_int_equal(resnet_create(&net, &resnet, 4), STATUS_OK);
    has_plans(net, &tuning);
    net_destroy(&net);
    tuning_destroy(&tuning);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shape_has_the_plan_of_its_line),
        cmocka_unit_test(no_path_and_no_line_are_an_empty_list),
        cmocka_unit_test(what_is_wrong_is_told_with_its_line),
        cmocka_unit_test(another_file_is_refused),
        cmocka_unit_test(what_is_written_is_read_again_up_to_the_limit),
        cmocka_unit_test(it_comes_before_the_cost_model),
        cmocka_unit_test(networks_compute_the_same_by_other_plans),
        cmocka_unit_test(the_policy_is_tuned_too),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
