// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/random.h"
#include "nn/arcface.h"

#include <math.h>
#include <string.h>

enum { CLASSES = 7, SIZE = 12, BATCH = 5, K = 3 };

struct setting {
    struct arcface *head;
    float embedding[BATCH * SIZE];
    uint32_t label[BATCH * K];
    float weight[BATCH * K];
};

static double loss(struct setting *s)
{
    return arcface_forward(s->head, s->embedding, BATCH,
                           (struct arcface_labels){K, s->label, s->weight});
}

static void start(struct setting *s, double margin)
{
    assert_int_equal(
        arcface_create(&s->head, (struct arcface_shape){CLASSES, SIZE, BATCH, 8.0, margin}),
        STATUS_OK);
    struct random random;
    random_start(&random, 21, 0, RANDOM_TEST, 0, 0);
    for (int i = 0; i < BATCH * SIZE; i++) {
        s->embedding[i] = random_normal(&random);
    }
    for (int i = 0; i < CLASSES * SIZE; i++) {
        arcface_weights(s->head)[i] = random_normal(&random);
    }
    for (int i = 0; i < BATCH; i++) {
        for (int j = 0; j < K; j++) {
            s->label[i * K + j] = random_below(&random, CLASSES); // classes repeat within an item
            s->weight[i * K + j] = j == 0 ? 0.5f : 0.25f;
        }
    }
}

static void compare(struct setting *s, float *x, const float *gradient, int count)
{
    for (int i = 0; i < count; i++) {
        const float kept = x[i], h = 1e-2f;
        x[i] = kept + h;
        const double above = loss(s);
        x[i] = kept - h;
        const double below = loss(s);
        x[i] = kept;
        const double found = (above - below) / (2.0 * (double)h);
        assert_true(fabs(found - (double)gradient[i]) < 2e-3 * (1.0 + fabs(found)));
    }
}

static void gradients_are_the_true_ones(void **state)
{
    (void)state;
    static const double margins[] = {0.0, 0.3, 0.5};
    for (size_t m = 0; m < sizeof margins / sizeof margins[0]; m++) {
        struct setting s = {0};
        start(&s, margins[m]);
        loss(&s);
        float item[BATCH * SIZE], head[CLASSES * SIZE];
        memcpy(item, arcface_backward(s.head), sizeof item);
        memcpy(head, arcface_gradients(s.head), sizeof head);
        compare(&s, s.embedding, item, BATCH * SIZE);
        compare(&s, arcface_weights(s.head), head, CLASSES * SIZE);
        arcface_destroy(&s.head);
    }
}

static void a_class_mixed_with_itself_counts_once_with_the_whole_weight(void **state)
{
    (void)state;
    struct setting s = {0};
    start(&s, 0.5);
    const uint32_t twice[BATCH * 2] = {1, 1, 2, 2, 3, 3, 4, 4, 5, 5};
    const float halves[BATCH * 2] = {0.5f, 0.5f, 0.3f, 0.7f, 0.5f, 0.5f, 0.1f, 0.9f, 0.5f, 0.5f};
    const uint32_t once[BATCH] = {1, 2, 3, 4, 5};
    const float whole[BATCH] = {1, 1, 1, 1, 1};
    const double mixed =
        arcface_forward(s.head, s.embedding, BATCH, (struct arcface_labels){2, twice, halves});
    const double plain =
        arcface_forward(s.head, s.embedding, BATCH, (struct arcface_labels){1, once, whole});
    assert_true(fabs(mixed - plain) < 1e-5);
    arcface_destroy(&s.head);
}

static void an_embedding_on_its_class_gives_no_infinite_gradient(void **state)
{
    (void)state;
    struct setting s = {0};
    start(&s, 0.5);
    memcpy(s.embedding, arcface_weights(s.head), SIZE * sizeof(float));
    s.label[0] = s.label[1] = s.label[2] = 0;
    loss(&s);
    const float *gradient = arcface_backward(s.head);
    for (int i = 0; i < BATCH * SIZE; i++) {
        assert_true(isfinite(gradient[i]));
    }
    arcface_destroy(&s.head);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_the_true_ones),
        cmocka_unit_test(a_class_mixed_with_itself_counts_once_with_the_whole_weight),
        cmocka_unit_test(an_embedding_on_its_class_gives_no_infinite_gradient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
