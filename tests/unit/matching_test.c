// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/matching.h"
#include "unit/net_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIDE = 4,
    CHANNELS = 3,
    VALUES = SIDE * SIDE * CHANNELS,
    OUTPUTS = 10,
    STEPS = 400,
    STARTS = 4
};

/* A linear first layer with a bias, a bend and another linear layer; what a step of each of
 * `parties` on one image showed. */
struct scene {
    struct net_fixture f;
    struct matching matching;
    struct matching_work *work;
    float *truth, *seen, *weights, *found;
};

static void scene_start(struct scene *s, size_t parties)
{
    net_fixture_start(&s->f, (struct net_shape){SIDE, SIDE, CHANNELS}, 1);
    int x = net_linear(s->f.net, 0, "first", 20, true);
    x = net_prelu(s->f.net, x, "bend");
    net_linear(s->f.net, x, "second", OUTPUTS, true);
    net_fixture_finish(&s->f);
    const size_t parameters = net_parameters(s->f.net);
    s->weights = malloc(parameters * sizeof *s->weights);
    s->seen = calloc(parameters, sizeof *s->seen);
    s->found = calloc(parties * VALUES, sizeof *s->found);
    s->truth = numbers_random(parties * VALUES, 5);
    float *d = numbers_random(parties * OUTPUTS, 6);
    assert_true(s->weights && s->seen && s->found);
    memcpy(s->weights, s->f.weights, parameters * sizeof *s->weights);
    for (size_t p = 0; p < parties; p++) {
        net_forward(s->f.net, s->truth + p * VALUES, 1, NET_TRAIN, NULL);
        net_backward(s->f.net, d + p * OUTPUTS, false);
        for (size_t i = 0; i < parameters; i++) {
            s->seen[i] += s->f.gradients[i];
        }
    }
    free(d);
    s->matching = (struct matching){.net = s->f.net,
                                    .weights = s->weights,
                                    .gradients = s->seen,
                                    .parties = parties,
                                    .batch = 1,
                                    .values = VALUES,
                                    .channels = CHANNELS};
    assert_int_equal(matching_create(&s->work, &s->matching), STATUS_OK);
}

static void scene_stop(struct scene *s)
{
    matching_destroy(&s->work);
    matching_destroy(&s->work);
    net_fixture_stop(&s->f);
    free(s->truth);
    free(s->seen);
    free(s->weights);
    free(s->found);
}

static double cosine(const float *a, const float *b)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < VALUES; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return ab / sqrt(aa * bb);
}

static void gradients_equal_finite_differences(void **state)
{
    (void)state;
    struct scene s;
    scene_start(&s, 2);
    float *x = numbers_random(2 * VALUES, 11), *d = numbers_random(2 * OUTPUTS, 12);
    float dx[2 * VALUES], dd[2 * OUTPUTS], no[2 * VALUES], none[2 * OUTPUTS];
    matching_distance(s.work, dx, dd, x, d);
    for (size_t i = 0; i < 2 * (VALUES + OUTPUTS); i += 7) {
        float *at = i < 2 * VALUES ? &x[i] : &d[i - 2 * VALUES];
        const double slope = (double)(i < 2 * VALUES ? dx[i] : dd[i - 2 * VALUES]);
        const float kept = *at;
        *at = kept + 1e-2f;
        const double above = matching_distance(s.work, no, none, x, d);
        *at = kept - 1e-2f;
        const double below = matching_distance(s.work, no, none, x, d);
        *at = kept;
        assert_true(fabs((above - below) / 2e-2 - slope) < 2e-3 * (0.1 + fabs(slope)));
    }
    free(x);
    free(d);
    scene_stop(&s);
}

static void the_truth_is_at_distance_zero(void **state)
{
    (void)state;
    struct scene s;
    scene_start(&s, 1);
    float *d = numbers_random(OUTPUTS, 6), dx[VALUES], dd[OUTPUTS];
    assert_true(fabs(matching_distance(s.work, dx, dd, s.truth, d)) < 1e-6);
    free(d);
    scene_stop(&s);
}

/* The best of a few starts: to turn the signs of x and d nearly explains a gradient, too. */
static double solve(struct scene *s)
{
    const size_t inputs = s->matching.parties * VALUES;
    float *x = calloc(inputs, sizeof *x);
    double least = HUGE_VAL;
    assert_non_null(x);
    for (uint32_t start = 0; start < STARTS; start++) {
        const double distance = matching_solve(s->work, x, STEPS, 1, start, NULL, NULL);
        if (distance >= least) continue;
        least = distance;
        memcpy(s->found, x, inputs * sizeof *x);
    }
    free(x);
    return least;
}

static void one_image_is_recovered_from_its_gradient(void **state)
{
    (void)state;
    struct scene s;
    scene_start(&s, 1);
    assert_true(solve(&s) < 0.01);
    assert_true(cosine(s.found, s.truth) > 0.95);
    scene_stop(&s);
}

static void a_sum_of_many_hides_each(void **state)
{
    (void)state;
    enum { PARTIES = 10 };
    struct scene s;
    scene_start(&s, PARTIES);
    solve(&s);
    double best = 0;
    for (size_t p = 0; p < PARTIES; p++) {
        best = fmax(best, cosine(s.found + p * VALUES, s.truth));
    }
    assert_true(best < 0.8);
    scene_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_equal_finite_differences),
        cmocka_unit_test(the_truth_is_at_distance_zero),
        cmocka_unit_test(one_image_is_recovered_from_its_gradient),
        cmocka_unit_test(a_sum_of_many_hides_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
