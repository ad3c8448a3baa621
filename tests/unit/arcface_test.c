// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "nn/arcface.h"
#include "reference/numbers.h"

#include <omp.h>

enum { CLASSES = 300, SIZE = 24, FEW = 20, MANY = 70, K = 2 }; // three stripes of classes

struct setting {
    struct arcface *head;
    size_t batch;
    float *embedding, *velocity, *weight;
    uint32_t label[MANY * K];
};

/* A head after both passes of a batch of FEW items, fewer than an embedding has numbers, or
 * MANY. */
static void start(struct setting *s, size_t batch)
{
    *s = (struct setting){.batch = batch};
    const struct arcface_shape shape = {CLASSES, SIZE, batch, 16.0, 0.4};
    assert_int_equal(arcface_create(&s->head, shape), STATUS_OK);
    arcface_initialise(s->head, 5, 3);
    s->embedding = numbers_random(batch * SIZE, 1);
    s->velocity = numbers_random(CLASSES * SIZE, 2);
    s->weight = numbers_random(batch * K, 3);
    struct random random;
    random_start(&random, 9, 0, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < batch * K; i++) {
        s->label[i] = random_below(&random, CLASSES);
        s->weight[i] = i % 2 == 0 ? 0.6f : 0.4f;
    }
}

static double pass(struct setting *s)
{
    const double loss = arcface_forward(s->head, s->embedding, s->batch,
                                        (struct arcface_labels){K, s->label, s->weight});
    assert_non_null(arcface_backward(s->head));
    return loss;
}

static void stop(struct setting *s)
{
    arcface_destroy(&s->head);
    arcface_destroy(&s->head); // twice is safe
    free(s->embedding);
    free(s->velocity);
    free(s->weight);
}

static void squares_are_those_of_the_gradient(void **state)
{
    (void)state;
    for (int many = 0; many < 2; many++) {
        struct setting s;
        start(&s, many ? MANY : FEW);
        pass(&s);
        const double expected = sgd_squares(arcface_gradients(s.head), CLASSES * SIZE);
        assert_true(expected > 1);
        assert_true(fabs(arcface_squares(s.head) - expected) < 1e-5 * expected);
        stop(&s);
    }
}

static void a_step_is_that_of_sgd_on_the_gradient(void **state)
{
    (void)state;
    const struct sgd sgd = {.rate = 0.1, .momentum = 0.9, .decay = 0.02, .scale = 0.7};
    for (int many = 0; many < 2; many++) {
        struct setting s;
        start(&s, many ? MANY : FEW);
        pass(&s);
        float *weights = numbers_copy(arcface_weights(s.head), CLASSES * SIZE);
        float *velocity = numbers_copy(s.velocity, CLASSES * SIZE);
        sgd_step(weights, velocity, arcface_gradients(s.head), CLASSES * SIZE, sgd);
        arcface_step(s.head, s.velocity, sgd);
        numbers_near(s.velocity, velocity, CLASSES * SIZE, 1e-5);
        numbers_near(arcface_weights(s.head), weights, CLASSES * SIZE, 1e-5);
        free(weights);
        free(velocity);
        stop(&s);
    }
}

static void the_gradient_does_not_change_the_length_of_a_class_weight(void **state)
{
    (void)state;
    struct setting s;
    start(&s, FEW);
    pass(&s);
    const float *w = arcface_weights(s.head), *g = arcface_gradients(s.head);
    for (size_t j = 0; j < CLASSES; j++) {
        double along = 0, squares = 0, lengths = 0;
        for (size_t i = j * SIZE; i < (j + 1) * SIZE; i++) {
            along += (double)w[i] * (double)g[i];
            squares += (double)g[i] * (double)g[i];
            lengths += (double)w[i] * (double)w[i];
        }
        assert_true(fabs(along) < 1e-5 * sqrt(squares * lengths));
    }
    stop(&s);
}

static void a_number_that_is_none_shows_in_loss_and_squares(void **state)
{
    (void)state;
    for (int many = 0; many < 2; many++) {
        struct setting s;
        start(&s, many ? MANY : FEW);
        const double loss = pass(&s);
        assert_true(isfinite(loss) && isfinite(arcface_squares(s.head)));
        arcface_weights(s.head)[CLASSES * SIZE - 1] = NAN;
        assert_true(!isfinite(pass(&s)));
        assert_true(!isfinite(arcface_squares(s.head)));
        stop(&s);
    }
}

static void hits_are_items_nearest_to_their_heaviest_label(void **state)
{
    (void)state;
    struct setting s;
    start(&s, FEW);
    for (size_t i = 0; i < FEW; i++) {
        s.label[i * K] = (uint32_t)(i * 13 % CLASSES);
        const float *weight = arcface_weights(s.head) + s.label[i * K] * SIZE;
        for (size_t j = 0; j < SIZE; j++) {
            s.embedding[i * SIZE + j] = (i < 7 ? 3.0f : -3.0f) * weight[j];
        }
    }
    pass(&s);
    assert_int_equal(arcface_hits(s.head), 7);
    stop(&s);
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    for (int many = 0; many < 2; many++) {
        struct setting s[2];
        double loss[2], squares[2];
        for (int run = 0; run < 2; run++) {
            omp_set_num_threads(run == 0 ? 1 : 4);
            start(&s[run], many ? MANY : FEW);
            for (int step = 0; step < 3; step++) {
                loss[run] = pass(&s[run]);
                squares[run] = arcface_squares(s[run].head);
                arcface_step(s[run].head, s[run].velocity, (struct sgd){0.1, 0.9, 0.01, 0.7});
            }
        }
        assert_memory_equal(&loss[0], &loss[1], sizeof loss[0]);
        assert_memory_equal(&squares[0], &squares[1], sizeof squares[0]);
        assert_memory_equal(arcface_weights(s[0].head), arcface_weights(s[1].head),
                            CLASSES * SIZE * sizeof(float));
        assert_memory_equal(s[0].velocity, s[1].velocity, CLASSES * SIZE * sizeof(float));
        stop(&s[0]);
        stop(&s[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(squares_are_those_of_the_gradient),
        cmocka_unit_test(a_step_is_that_of_sgd_on_the_gradient),
        cmocka_unit_test(the_gradient_does_not_change_the_length_of_a_class_weight),
        cmocka_unit_test(a_number_that_is_none_shows_in_loss_and_squares),
        cmocka_unit_test(hits_are_items_nearest_to_their_heaviest_label),
        cmocka_unit_test(threads_change_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
