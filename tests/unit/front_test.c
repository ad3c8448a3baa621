// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/random.h"
#include "train/front.h"

#include <math.h>
#include <string.h>

enum { CHANNELS = 5, PLACES = 9, IMAGES = 3, VALUES = CHANNELS * PLACES * IMAGES };

struct setting {
    struct front front;
    float raw[VALUES], noise[VALUES], out[VALUES], wanted[VALUES];
};

static void start(struct setting *s, bool budgets, bool normalise)
{
    struct random random;
    random_start(&random, 3, 0, RANDOM_TEST, 0, 0);
    *s = (struct setting){.front = {.channels = CHANNELS,
                                    .places = PLACES,
                                    .normalise = normalise,
                                    .epsilon = budgets ? 4 : 0,
                                    .penalty = 0.7}};
    for (size_t c = 0; c < CHANNELS; c++) {
        s->front.content[c] = 1.0 / (1.0 + (double)c);
        s->front.sensitivity[c] = 3 + (double)c;
        s->front.parameter[c] = 0.4 * (double)c - 1;
    }
    for (size_t i = 0; i < VALUES; i++) {
        s->raw[i] = 2 * random_normal(&random);
        s->noise[i] = random_normal(&random);
        s->wanted[i] = random_normal(&random);
    }
}

/* A loss that is linear in the output. */
static double loss(struct setting *s)
{
    double sum = front_penalty(&s->front);
    front_forward(&s->front, s->out, s->raw, s->noise, IMAGES);
    for (size_t i = 0; i < VALUES; i++) {
        sum += (double)s->out[i] * (double)s->wanted[i];
    }
    return sum;
}

static void gradients_are_those_of_finite_differences(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        struct setting s;
        double gradient[LIMIT_BANDS];
        start(&s, kind & 1, kind & 2);
        front_backward(&s.front, gradient, s.raw, s.noise, s.wanted, IMAGES);
        for (size_t c = 0; c < CHANNELS; c++) {
            const double at = s.front.parameter[c], step = 1e-3;
            s.front.parameter[c] = at + step;
            const double above = loss(&s);
            s.front.parameter[c] = at - step;
            const double below = loss(&s);
            s.front.parameter[c] = at;
            const double found = (above - below) / (2 * step);
            assert_true(fabs(found) > 1e-4);
            assert_true(fabs(found - gradient[c]) < 1e-3 * (1 + fabs(found)));
        }
    }
}

static void budgets_have_the_mean_that_is_given(void **state)
{
    (void)state;
    struct setting s;
    start(&s, true, true);
    double sum = 0;
    for (size_t c = 0; c < CHANNELS; c++) {
        sum += front_weight(&s.front, c);
    }
    assert_float_equal(sum, CHANNELS, 1e-9);
    assert_true(front_weight(&s.front, 4) > front_weight(&s.front, 0));
}

static void adam_walks_to_the_minimum(void **state)
{
    (void)state;
    struct setting s;
    double gradient[LIMIT_BANDS] = {0};
    start(&s, false, true);
    for (int i = 0; i < 500; i++) {
        for (size_t c = 0; c < CHANNELS; c++) {
            gradient[c] = 10 * (s.front.parameter[c] - (double)c);
        }
        front_step(&s.front, gradient, 0.05);
    }
    for (size_t c = 0; c < CHANNELS; c++) {
        assert_float_equal(s.front.parameter[c], (double)c, 0.02);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_those_of_finite_differences),
        cmocka_unit_test(budgets_have_the_mean_that_is_given),
        cmocka_unit_test(adam_walks_to_the_minimum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
