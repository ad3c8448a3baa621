// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "unit/net_fixture.h"

enum { HEIGHT = 7, WIDTH = 6, CHANNELS = 3, BATCH = 4 };

static const struct net_shape shape = {HEIGHT, WIDTH, CHANNELS};

static size_t at(size_t image, size_t y, size_t x, size_t c)
{
    return ((image * HEIGHT + y) * WIDTH + x) * CHANNELS + c;
}

/* Where the first of a window's largest numbers stands. */
static size_t largest(const float *x, size_t place[3], struct net_window window, size_t c)
{
    size_t best = SIZE_MAX;
    for (int i = 0; i < window.kernel * window.kernel; i++) {
        const int iy = (int)place[1] * window.stride + i / window.kernel - window.pad;
        const int ix = (int)place[2] * window.stride + i % window.kernel - window.pad;
        if (iy < 0 || iy >= HEIGHT || ix < 0 || ix >= WIDTH) continue;
        const size_t here = at(place[0], (size_t)iy, (size_t)ix, c);
        if (best == SIZE_MAX || x[here] > x[best]) best = here;
    }
    return best;
}

static void compare_maximum(struct net_window window, float shift)
{
    struct net_fixture f;
    net_fixture_start(&f, shape, BATCH);
    const int layer = net_max_pool(f.net, 0, window);
    net_fixture_finish(&f);
    for (size_t i = 0; i < f.inputs; i++) {
        f.input[i] = floorf(f.input[i]) + shift; // with many equal numbers
    }
    const struct net_shape out = net_shape_of(f.net, layer);
    assert_int_equal(out.height, (HEIGHT + 2 * window.pad - window.kernel) / window.stride + 1);
    assert_int_equal(out.width, (WIDTH + 2 * window.pad - window.kernel) / window.stride + 1);
    const float *y = net_fixture_forward(&f);
    const size_t pixels = (size_t)(out.height * out.width), count = BATCH * pixels * CHANNELS;
    float *dy = numbers_random(count, 1), *expected = numbers_random(f.inputs, 2);
    memset(expected, 0, f.inputs * sizeof *expected);
    for (size_t i = 0; i < count; i++) {
        const size_t pixel = i / CHANNELS % pixels;
        size_t place[3] = {i / CHANNELS / pixels, pixel / (size_t)out.width,
                           pixel % (size_t)out.width};
        const size_t best = largest(f.input, place, window, i % CHANNELS);
        assert_memory_equal(&y[i], &f.input[best], sizeof *y);
        expected[best] += dy[i];
    }
    numbers_near(net_backward(f.net, dy, true), expected, f.inputs, 1e-6);
    free(dy);
    free(expected);
    net_fixture_stop(&f);
}

static void the_largest_number_of_a_window_passes_and_gets_the_gradient(void **state)
{
    (void)state;
    compare_maximum((struct net_window){3, 2, 1}, 0);
    compare_maximum((struct net_window){2, 2, 0}, 0);
    compare_maximum((struct net_window){3, 1, 1}, 0);
    compare_maximum((struct net_window){1, 1, 0}, 0);
}

static void padding_never_wins(void **state)
{
    (void)state;
    compare_maximum((struct net_window){3, 2, 1}, -100);
}

static void a_subsample_takes_every_nth_pixel(void **state)
{
    (void)state;
    for (int stride = 1; stride <= 3; stride++) {
        struct net_fixture f;
        net_fixture_start(&f, shape, BATCH);
        const struct net_shape out = net_shape_of(f.net, net_subsample(f.net, 0, stride));
        net_fixture_finish(&f);
        const float *y = net_fixture_forward(&f);
        float *dy = numbers_random(net_fixture_outputs(&f), 1);
        float *expected = numbers_random(f.inputs, 2);
        memset(expected, 0, f.inputs * sizeof *expected);
        const size_t height = (size_t)out.height, width = (size_t)out.width, n = (size_t)stride;
        assert_int_equal(height, (HEIGHT + n - 1) / n);
        assert_int_equal(width, (WIDTH + n - 1) / n);
        for (size_t i = 0; i < net_fixture_outputs(&f); i++) {
            const size_t pixel = i / CHANNELS, image = pixel / (height * width);
            const size_t from =
                at(image, pixel / width % height * n, pixel % width * n, i % CHANNELS);
            assert_memory_equal(&y[i], &f.input[from], sizeof *y);
            expected[from] = dy[i];
        }
        assert_memory_equal(net_backward(f.net, dy, true), expected, f.inputs * sizeof *expected);
        free(dy);
        free(expected);
        net_fixture_stop(&f);
    }
}

/* Both means at once: over the map, and over the batch on top of it. */
static void means_are_means_and_share_their_gradient_evenly(void **state)
{
    (void)state;
    for (int over_batch = 0; over_batch < 2; over_batch++) {
        struct net_fixture f;
        net_fixture_start(&f, shape, BATCH);
        const int average = net_average(f.net, 0);
        if (over_batch) net_batch_mean(f.net, average);
        net_fixture_finish(&f);
        const float *y = net_fixture_forward(&f);
        assert_int_equal(net_items(f.net), over_batch ? 1 : BATCH);
        assert_int_equal(net_outputs(f.net), CHANNELS);
        const size_t count = net_fixture_outputs(&f), share = f.inputs / count;
        float *dy = numbers_random(count, 1), *expected = numbers_random(f.inputs, 2);
        float means[BATCH * CHANNELS] = {0};
        for (size_t i = 0; i < f.inputs; i++) {
            const size_t image = over_batch ? 0 : i / (HEIGHT * WIDTH * CHANNELS);
            const size_t to = image * CHANNELS + i % CHANNELS;
            means[to] += f.input[i] / (float)share;
            expected[i] = dy[to] / (float)share;
        }
        numbers_near(y, means, count, 1e-5);
        numbers_near(net_backward(f.net, dy, true), expected, f.inputs, 1e-6);
        free(dy);
        free(expected);
        net_fixture_stop(&f);
    }
}

static void the_mean_of_a_batch_is_over_the_images_that_are_there(void **state)
{
    (void)state;
    struct net_fixture f;
    net_fixture_start(&f, (struct net_shape){1, 1, CHANNELS}, BATCH);
    net_batch_mean(f.net, 0);
    net_fixture_finish(&f);
    const float *y = net_forward(f.net, f.input, 2, NET_TRAIN, NULL);
    for (size_t c = 0; c < CHANNELS; c++) {
        assert_true(fabsf(y[c] - (f.input[c] + f.input[CHANNELS + c]) / 2) < 1e-6f);
    }
    net_fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_number_of_a_window_passes_and_gets_the_gradient),
        cmocka_unit_test(padding_never_wins),
        cmocka_unit_test(a_subsample_takes_every_nth_pixel),
        cmocka_unit_test(means_are_means_and_share_their_gradient_evenly),
        cmocka_unit_test(the_mean_of_a_batch_is_over_the_images_that_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
