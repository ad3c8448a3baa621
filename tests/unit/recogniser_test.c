// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/irse.h"
#include "train/recogniser.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 8, SIDE = 7, CHANNELS = 3, CLASSES = 4 };

struct setting {
    struct recogniser *recogniser;
    float *vectors[3];
    size_t count;
    float input[BATCH * SIDE * SIDE * CHANNELS];
    uint32_t label[BATCH];
    float weight[BATCH];
    struct recogniser_batch batch;
};

static void start(struct setting *s)
{
    struct config_federation federation = {0};
    federation.loss.scale = 16;
    federation.loss.margin = 0.2;
    federation.mix.method = MIX_ADAPTIVE;
    federation.optimiser.momentum = 0.9;
    federation.optimiser.weight_decay = 5e-4;
    federation.optimiser.clip_norm = 5;
    struct net *net = NULL;
    const struct irse irse = {.depth = 18,
                              .width = 0.125,
                              .input = {SIDE, SIDE, CHANNELS},
                              .embedding = 16,
                              .dropout = 0};
    assert_int_equal(irse_create(&net, &irse, BATCH), STATUS_OK);
    s->count = net_parameters(net);
    for (int i = 0; i < 3; i++) {
        s->vectors[i] = calloc(s->count, sizeof(float));
        assert_non_null(s->vectors[i]);
    }
    net_bind(net, s->vectors[0], s->vectors[1]);
    net_initialise(net, 2, 0);
    assert_int_equal(
        recogniser_create(&s->recogniser, &net, &federation, CLASSES, BATCH, s->vectors),
        STATUS_OK);
    arcface_initialise(recogniser_head(s->recogniser), 2, 0);
    struct random random;
    random_start(&random, 2, 0, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < sizeof s->input / sizeof(float); i++) {
        s->input[i] = random_normal(&random);
    }
    for (uint32_t i = 0; i < BATCH; i++) {
        s->label[i] = i % CLASSES;
        s->weight[i] = 1;
    }
    s->batch = (struct recogniser_batch){s->input, BATCH, {1, s->label, s->weight}, random};
}

static void stop(struct setting *s)
{
    recogniser_destroy(&s->recogniser);
    for (int i = 0; i < 3; i++) {
        free(s->vectors[i]);
    }
}

static void steps_lower_the_loss(void **state)
{
    (void)state;
    struct setting s = {0};
    start(&s);
    double first = 0, last = 0;
    assert_int_equal(recogniser_step(s.recogniser, &first, &s.batch, 0.05), STATUS_OK);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(recogniser_step(s.recogniser, &last, &s.batch, 0.05), STATUS_OK);
    }
    assert_true(last < first / 4);
    assert_int_equal(arcface_hits(recogniser_head(s.recogniser)), BATCH);
    stop(&s);
}

static void a_trial_step_leaves_nothing_behind(void **state)
{
    (void)state;
    struct setting s = {0}, other = {0};
    start(&s);
    start(&other);
    double loss = 0, expected = 0;
    recogniser_keep(s.recogniser);
    assert_int_equal(recogniser_step(s.recogniser, &loss, &s.batch, 0.05), STATUS_OK);
    assert_true(recogniser_loss(s.recogniser, &s.batch) < loss);
    recogniser_restore(s.recogniser);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(recogniser_step(s.recogniser, &loss, &s.batch, 0.05), STATUS_OK);
        assert_int_equal(recogniser_step(other.recogniser, &expected, &other.batch, 0.05),
                         STATUS_OK);
    }
    assert_memory_equal(s.vectors[0], other.vectors[0], s.count * sizeof(float));
    assert_memory_equal(s.vectors[2], other.vectors[2], s.count * sizeof(float));
    stop(&s);
    stop(&other);
}

static void a_loss_that_is_no_number_stops_before_the_step(void **state)
{
    (void)state;
    struct setting s = {0};
    start(&s);
    s.input[5] = NAN;
    double loss = 0;
    float first = arcface_weights(recogniser_head(s.recogniser))[0];
    assert_int_equal(recogniser_step(s.recogniser, &loss, &s.batch, 0.05), STATUS_NOT_FINITE);
    assert_memory_equal(&first, arcface_weights(recogniser_head(s.recogniser)), sizeof first);
    stop(&s);
}

static void statistics_are_not_stepped(void **state)
{
    (void)state;
    struct setting s = {0};
    start(&s);
    double loss = 0;
    assert_int_equal(recogniser_step(s.recogniser, &loss, &s.batch, 0.05), STATUS_OK);
    const struct net *net = recogniser_net(s.recogniser);
    for (size_t t = 0; t < net_tensors(net); t++) {
        const struct net_tensor *tensor = net_tensor(net, t);
        if (tensor->trainable) continue;
        for (size_t i = 0; i < tensor->count; i++) {
            assert_true(fabsf(s.vectors[2][tensor->offset + i]) < 1e-30f);
        }
    }
    stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_lower_the_loss),
        cmocka_unit_test(a_trial_step_leaves_nothing_behind),
        cmocka_unit_test(a_loss_that_is_no_number_stops_before_the_step),
        cmocka_unit_test(statistics_are_not_stepped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
