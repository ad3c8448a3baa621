// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/irse.h"
#include "reference/numbers.h"
#include "train/recogniser.h"

enum { BATCH = 8, SIDE = 7, CHANNELS = 3, CLASSES = 4 };

#define RATE 0.05

struct setting {
    struct recogniser *recogniser;
    float *vectors[3];
    size_t count;
    float input[BATCH * SIDE * SIDE * CHANNELS];
    uint32_t label[BATCH];
    float weight[BATCH];
    struct recogniser_batch batch;
};

/* A recogniser whose gradients are cut at this norm; 0: never. */
static void start_clipped(struct setting *s, double clip_norm)
{
    struct config_federation federation = {0};
    federation.loss.scale = 16;
    federation.loss.margin = 0.2;
    federation.mix.method = MIX_ADAPTIVE;
    federation.optimiser.momentum = 0.9;
    federation.optimiser.weight_decay = 5e-4;
    federation.optimiser.clip_norm = clip_norm;
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
    s->batch = (struct recogniser_batch){s->input, BATCH, {1, s->label, s->weight}, random, NULL};
}

static void start(struct setting *s)
{
    start_clipped(s, 5);
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
    assert_int_equal(recogniser_step(s.recogniser, &first, &s.batch, RATE), STATUS_OK);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(recogniser_step(s.recogniser, &last, &s.batch, RATE), STATUS_OK);
    }
    assert_true(last < first / 4);
    assert_int_equal(arcface_hits(recogniser_head(s.recogniser)), BATCH);
    stop(&s);
}

static void a_step_of_the_head_moves_nothing_that_trains_in_the_backbone(void **state)
{
    (void)state;
    struct setting s = {0};
    start(&s);
    double first = 0, last = 0;
    float *weights = numbers_copy(s.vectors[0], s.count);
    const size_t bytes = s.count * sizeof(float);
    assert_int_equal(recogniser_head_step(s.recogniser, &first, &s.batch, RATE), STATUS_OK);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(recogniser_head_step(s.recogniser, &last, &s.batch, RATE), STATUS_OK);
    }
    assert_true(last < first / 2);
    for (size_t i = 0; i < s.count; i++) {
        assert_float_equal(s.vectors[2][i], 0, 0); // no momentum
    }
    // One number of a convolution: it stands still; statistics do not.
    assert_memory_equal(s.vectors[0], weights, sizeof(float));
    assert_memory_not_equal(s.vectors[0], weights, bytes);
    stop(&s);
    free(weights);
}

static void a_trial_step_leaves_nothing_behind(void **state)
{
    (void)state;
    struct setting s = {0}, other = {0};
    start(&s);
    start(&other);
    double loss = 0, expected = 0;
    recogniser_keep(s.recogniser);
    assert_int_equal(recogniser_step(s.recogniser, &loss, &s.batch, RATE), STATUS_OK);
    assert_true(recogniser_loss(s.recogniser, &s.batch) < loss);
    recogniser_restore(s.recogniser);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(recogniser_step(s.recogniser, &loss, &s.batch, RATE), STATUS_OK);
        assert_int_equal(recogniser_step(other.recogniser, &expected, &other.batch, RATE),
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
    assert_int_equal(recogniser_step(s.recogniser, &loss, &s.batch, RATE), STATUS_NOT_FINITE);
    assert_memory_equal(&first, arcface_weights(recogniser_head(s.recogniser)), sizeof first);
    stop(&s);
}

static void statistics_are_not_stepped(void **state)
{
    (void)state;
    struct setting s = {0};
    start(&s);
    double loss = 0;
    assert_int_equal(recogniser_step(s.recogniser, &loss, &s.batch, RATE), STATUS_OK);
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

/* Euclidean norm of the velocities of backbone and head after the first step: of its gradient. */
static double first_step(double clip_norm, double *loss)
{
    struct setting s = {0};
    start_clipped(&s, clip_norm);
    const size_t head = arcface_parameters(recogniser_head(s.recogniser));
    float *weights = arcface_weights(recogniser_head(s.recogniser));
    float *before = numbers_copy(weights, head), *backbone = numbers_copy(s.vectors[0], s.count);
    assert_int_equal(recogniser_step(s.recogniser, loss, &s.batch, RATE), STATUS_OK);
    double squares = 0;
    for (size_t i = 0; i < head; i++) {
        // Without the part of weight decay, which is not clipped.
        squares +=
            pow(((double)before[i] - (double)weights[i]) / RATE - 5e-4 * (double)before[i], 2);
    }
    for (size_t i = 0; i < net_tensors(recogniser_net(s.recogniser)); i++) {
        const struct net_tensor *tensor = net_tensor(recogniser_net(s.recogniser), i);
        for (size_t j = tensor->offset; j < tensor->offset + tensor->count; j++) {
            if (tensor->trainable) {
                squares += pow((double)s.vectors[2][j] - 5e-4 * (double)backbone[j], 2);
            }
        }
    }
    free(before);
    free(backbone);
    stop(&s);
    return sqrt(squares);
}

static void a_gradient_is_cut_to_the_limit_over_backbone_and_head_together(void **state)
{
    (void)state;
    double free_loss = 0, cut_loss = 0;
    const double norm = first_step(0, &free_loss);
    assert_true(norm > 1);
    assert_true(fabs(first_step(0.25, &cut_loss) - 0.25) < 1e-3);
    assert_true(fabs(first_step(2 * norm, &cut_loss) - norm) < 1e-3 * norm); // short enough
    assert_memory_equal(&free_loss, &cut_loss, sizeof free_loss);
}

static void a_reset_forgets_all_momentum(void **state)
{
    (void)state;
    struct setting s = {0}, fresh = {0};
    start(&s);
    start(&fresh);
    const size_t head = arcface_parameters(recogniser_head(s.recogniser));
    float *weights = arcface_weights(recogniser_head(s.recogniser));
    float *others = arcface_weights(recogniser_head(fresh.recogniser));
    double loss = 0;
    assert_int_equal(recogniser_step(s.recogniser, &loss, &s.batch, RATE), STATUS_OK);
    memcpy(fresh.vectors[0], s.vectors[0], s.count * sizeof(float));
    memcpy(others, weights, head * sizeof(float));
    recogniser_reset(s.recogniser);
    assert_int_equal(recogniser_step(s.recogniser, &loss, &s.batch, RATE), STATUS_OK);
    assert_int_equal(recogniser_step(fresh.recogniser, &loss, &fresh.batch, RATE), STATUS_OK);
    assert_memory_equal(s.vectors[0], fresh.vectors[0], s.count * sizeof(float));
    assert_memory_equal(weights, others, head * sizeof(float));
    stop(&s);
    stop(&fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_lower_the_loss),
        cmocka_unit_test(a_step_of_the_head_moves_nothing_that_trains_in_the_backbone),
        cmocka_unit_test(a_trial_step_leaves_nothing_behind),
        cmocka_unit_test(a_loss_that_is_no_number_stops_before_the_step),
        cmocka_unit_test(statistics_are_not_stepped),
        cmocka_unit_test(a_gradient_is_cut_to_the_limit_over_backbone_and_head_together),
        cmocka_unit_test(a_reset_forgets_all_momentum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
