// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "unit/net_fixture.h"

#include <omp.h>

enum { SIDE = 5, CHANNELS = 7, BATCH = 30, COUNT = BATCH * SIDE * SIDE * CHANNELS };

/* A net of nothing but dropout over a batch of ones. */
static void start(struct net_fixture *f, double rate)
{
    net_fixture_start(f, (struct net_shape){SIDE, SIDE, CHANNELS}, BATCH);
    net_dropout(f->net, 0, rate);
    net_fixture_finish(f);
    for (size_t i = 0; i < COUNT; i++) {
        f->input[i] = 1;
    }
}

static const float *forward(struct net_fixture *f, uint32_t step)
{
    struct random random;
    random_start(&random, 5, 0, RANDOM_DROPOUT, 1, step);
    return net_forward(f->net, f->input, BATCH, NET_TRAIN, &random);
}

static bool is(float found, double expected)
{
    return fabs((double)found - expected) < 1e-6;
}

static void the_rate_is_dropped_and_the_rest_scaled_up(void **state)
{
    (void)state;
    static const double rates[] = {0.1, 0.4, 0.9};
    for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++) {
        struct net_fixture f;
        start(&f, rates[r]);
        const float *y = forward(&f, 0);
        size_t dropped = 0;
        for (size_t i = 0; i < COUNT; i++) {
            assert_true(is(y[i], 0) || is(y[i] * (float)(1 - rates[r]), 1));
            dropped += is(y[i], 0);
        }
        // Five standard deviations of a binomial count.
        const double spread = 5 * sqrt(rates[r] * (1 - rates[r]) / COUNT);
        assert_true(fabs((double)dropped / COUNT - rates[r]) < spread);
        net_fixture_stop(&f);
    }
}

static void a_rate_of_zero_keeps_everything(void **state)
{
    (void)state;
    struct net_fixture f;
    start(&f, 0);
    assert_memory_equal(forward(&f, 0), f.input, COUNT * sizeof(float));
    net_fixture_stop(&f);
}

static void evaluation_keeps_everything(void **state)
{
    (void)state;
    struct net_fixture f;
    start(&f, 0.5);
    const float *y = net_forward(f.net, f.input, BATCH, NET_EVALUATE, NULL);
    assert_memory_equal(y, f.input, COUNT * sizeof(float));
    net_fixture_stop(&f);
}

static void each_number_takes_its_own_word_of_the_stream(void **state)
{
    (void)state;
    const double rate = 0.3;
    struct net_fixture f;
    start(&f, rate);
    const float *y = forward(&f, 9);
    struct random random;
    random_start(&random, 5, 0, RANDOM_DROPOUT, 1, 9);
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(is(y[i], 0) == (random_bits(&random) < rate * 4294967296.0));
    }
    net_fixture_stop(&f);
}

static void a_stream_repeats_and_another_drops_others(void **state)
{
    (void)state;
    struct net_fixture f;
    start(&f, 0.5);
    float *first = numbers_copy(forward(&f, 0), COUNT);
    assert_memory_equal(forward(&f, 0), first, COUNT * sizeof(float));
    size_t changed = 0;
    const float *y = forward(&f, 1);
    for (size_t i = 0; i < COUNT; i++) {
        changed += !is(y[i], (double)first[i]);
    }
    assert_true(changed > COUNT / 3);
    free(first);
    net_fixture_stop(&f);
}

static void gradients_pass_where_numbers_passed(void **state)
{
    (void)state;
    struct net_fixture f;
    start(&f, 0.5);
    float *y = numbers_copy(forward(&f, 0), COUNT), *dy = numbers_random(COUNT, 1);
    const float *dx = net_backward(f.net, dy, true);
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(is(dx[i], (double)dy[i] * (double)y[i])); // the input was 1
    }
    free(y);
    free(dy);
    net_fixture_stop(&f);
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    float *runs[2];
    for (int run = 0; run < 2; run++) {
        omp_set_num_threads(run == 0 ? 1 : 4);
        struct net_fixture f;
        start(&f, 0.4);
        runs[run] = numbers_copy(forward(&f, 3), COUNT);
        net_fixture_stop(&f);
    }
    assert_memory_equal(runs[0], runs[1], COUNT * sizeof(float));
    free(runs[0]);
    free(runs[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rate_is_dropped_and_the_rest_scaled_up),
        cmocka_unit_test(a_rate_of_zero_keeps_everything),
        cmocka_unit_test(evaluation_keeps_everything),
        cmocka_unit_test(each_number_takes_its_own_word_of_the_stream),
        cmocka_unit_test(a_stream_repeats_and_another_drops_others),
        cmocka_unit_test(gradients_pass_where_numbers_passed),
        cmocka_unit_test(threads_change_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
