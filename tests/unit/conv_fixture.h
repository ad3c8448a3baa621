// SPDX-License-Identifier: Apache-2.0
/* conv_fixture - a convolution of random numbers beside its definition. */
#ifndef UNIT_CONV_FIXTURE_H
#define UNIT_CONV_FIXTURE_H

#include "nn/conv.h"
#include "reference/numbers.h"
#include "reference/slow_conv.h"

#include <omp.h>

/* Who includes this says which ALGORITHM is tested, in tasks of how many TILES. */
struct setting {
    struct conv conv;
    size_t inputs, outputs, weights;
    float *x, *w, *dy, *workspace[2]; // workspaces of the very size that is asked for
};

static inline void start(struct setting *s, struct net_shape in, struct net_window window,
                         int filters, size_t images)
{
    const struct net_shape out = {(in.height + 2 * window.pad - window.kernel) / window.stride + 1,
                                  (in.width + 2 * window.pad - window.kernel) / window.stride + 1,
                                  filters};
    s->conv = (struct conv){
        .in = in, .out = out, .window = window, .images = images, .plan = {ALGORITHM, TILES}};
    s->inputs = images * (size_t)(in.height * in.width * in.channels);
    s->outputs = images * (size_t)(out.height * out.width * filters);
    s->weights = (size_t)(window.kernel * window.kernel * in.channels * filters);
    s->x = numbers_random(s->inputs, 1);
    s->w = numbers_random(s->weights, 2);
    s->dy = numbers_random(s->outputs, 3);
    s->workspace[0] =
        malloc((size_t)omp_get_max_threads() * conv_scratch(&s->conv) * sizeof(float));
    s->workspace[1] = malloc(conv_shared(&s->conv) * sizeof(float));
    assert_true(s->workspace[0] && s->workspace[1]);
}

static inline void stop(struct setting *s)
{
    float *const blocks[] = {s->x, s->w, s->dy, s->workspace[0], s->workspace[1]};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
}

/* All three passes; dx is added to when `add`. */
static inline void run(const struct setting *s, float *y, float *dx, float *dw, bool add)
{
    const struct conv_view x = {.a = s->x}, dy = {.a = s->dy};
    const struct conv_sink sink = {.y = dx, .kind = add ? KERNELS_ADD : KERNELS_ASSIGN};
    conv_forward(&s->conv, &(struct conv_sink){.y = y}, &x, s->w, s->workspace);
    conv_input_gradient(&s->conv, &sink, &dy, s->w, s->workspace);
    conv_weight_gradient(&s->conv, dw, &dy, &x, s->workspace);
}

/* All three passes against the definition. */
static inline void compare(struct net_shape in, struct net_window window, int filters,
                           size_t images, double tolerance)
{
    struct setting s;
    start(&s, in, window, filters, images);
    float *y = numbers_random(s.outputs, 4), *expected_y = numbers_random(s.outputs, 5);
    float *dx = numbers_random(s.inputs, 6), *expected_dx = numbers_random(s.inputs, 7);
    float *dw = numbers_random(s.weights, 8), *expected_dw = numbers_random(s.weights, 9);
    slow_conv_forward(expected_y, s.x, s.w, &s.conv);
    slow_conv_backward(expected_dx, expected_dw, s.dy, s.x, s.w, &s.conv);
    run(&s, y, dx, dw, false);
    numbers_near(y, expected_y, s.outputs, tolerance);
    numbers_near(dx, expected_dx, s.inputs, tolerance);
    numbers_near(dw, expected_dw, s.weights, tolerance);
    // Once more on top of what is there: twice dx, but dw again.
    run(&s, y, dx, dw, true);
    for (size_t i = 0; i < s.inputs; i++) {
        expected_dx[i] *= 2;
    }
    numbers_near(dx, expected_dx, s.inputs, tolerance);
    numbers_near(dw, expected_dw, s.weights, tolerance);
    float *const blocks[] = {y, expected_y, dx, expected_dx, dw, expected_dw};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
    stop(&s);
}

/* a p + b q + r, then PReLU, by pixels and channels; p and r of each image. */
static inline float *viewed(const struct conv_view *view, struct net_shape shape, size_t images)
{
    const size_t pixels = (size_t)(shape.height * shape.width), channels = (size_t)shape.channels;
    float *x = numbers_copy(view->a, images * pixels * channels);
    for (size_t i = 0; i < images * pixels * channels; i++) {
        const size_t c = i % channels, item = i / channels / pixels * view->item_step + c;
        if (view->p != NULL) x[i] *= view->p[item];
        if (view->b != NULL) x[i] += view->b[i] * view->q[c];
        if (view->r != NULL) x[i] += view->r[item];
        if (view->slope != NULL && x[i] <= 0) x[i] *= view->slope[c];
    }
    return x;
}

/* Sums over parts, expected as `value` of each number: `which` of the three. */
static inline void sums_near(const float *sums, size_t which, const double *expected, size_t images,
                             size_t parts, size_t channels, double tolerance)
{
    for (size_t image = 0; image < images; image++) {
        for (size_t c = 0; c < channels; c++) {
            double sum = 0;
            for (size_t part = 0; part < parts; part++) {
                sum += (double)sums[((image * parts + part) * 3 + which) * channels + c];
            }
            if (fabs(sum - expected[image * channels + c]) > tolerance) {
                fail_msg("sum %zu of image %zu, channel %zu: %g, expected %g", which, image, c, sum,
                         expected[image * channels + c]);
            }
        }
    }
}

/* Statistics of what is behind a norm and a PReLU. */
static inline void compare_statistics(const struct setting *s, double tolerance)
{
    const size_t c = (size_t)s->conv.in.channels, f = (size_t)s->conv.out.channels;
    const size_t images = s->conv.images, parts = conv_parts(&s->conv),
                 pixels = s->outputs / f / images;
    float *p = numbers_random(c, 21), *r = numbers_random(c, 22), *slope = numbers_random(c, 23);
    float *center = numbers_random(f, 24), *y = numbers_random(s->outputs, 25);
    float *sums = numbers_random(images * parts * 3 * f, 26),
          *expected = numbers_random(s->outputs, 27);
    double *sum = calloc(2 * images * f, sizeof *sum);
    assert_non_null(sum);
    const struct conv_view view = {.a = s->x, .p = p, .r = r, .slope = slope};
    float *x = viewed(&view, s->conv.in, images);
    slow_conv_forward(expected, x, s->w, &s->conv);
    conv_forward(
        &s->conv,
        &(struct conv_sink){.y = y, .kind = KERNELS_STATISTICS, .center = center, .sums = sums},
        &view, s->w, s->workspace);
    numbers_near(y, expected, s->outputs, tolerance);
    for (size_t i = 0; i < s->outputs; i++) {
        const size_t at = i / f / pixels * f + i % f;
        const double d = (double)expected[i] - (double)center[i % f];
        sum[at] += d;
        sum[images * f + at] += d * d;
    }
    const double size = (double)c * (double)(pixels + 1);
    sums_near(sums, 0, sum, images, parts, f, tolerance * size * 10);
    sums_near(sums, 1, sum + images * f, images, parts, f, tolerance * size * 40);
    void *const blocks[] = {p, r, slope, center, y, sums, expected, sum, x};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
}

/* Gradients of what is behind a norm of each image, through a norm and PReLU before. */
static inline void compare_gradients(const struct setting *s, double tolerance)
{
    const size_t c = (size_t)s->conv.in.channels, f = (size_t)s->conv.out.channels;
    const size_t images = s->conv.images, parts = conv_parts(&s->conv),
                 pixels = s->inputs / c / images;
    float *b = numbers_random(s->outputs, 31), *q = numbers_random(f, 32);
    float *p = numbers_random(images * f, 33), *r = numbers_random(images * f, 34);
    float *scale = numbers_random(c, 35), *shift = numbers_random(c, 36),
          *slope = numbers_random(c, 37);
    float *center = numbers_random(c, 38), *dx = numbers_random(s->inputs, 39),
          *dw = numbers_random(s->weights, 40);
    float *sums = numbers_random(images * parts * 3 * c, 41);
    float *expected = numbers_random(s->inputs, 42), *expected_dw = numbers_random(s->weights, 43);
    double *sum = calloc(3 * images * c, sizeof *sum);
    assert_non_null(sum);
    const struct conv_view view = {.a = s->dy, .b = b, .p = p, .q = q, .r = r, .item_step = f};
    const struct conv_view input = {.a = s->x, .p = scale, .r = shift, .slope = slope};
    float *dy = viewed(&view, s->conv.out, images), *x = viewed(&input, s->conv.in, images);
    slow_conv_backward(expected, expected_dw, dy, x, s->w, &s->conv);
    conv_weight_gradient(&s->conv, dw, &view, &input, s->workspace);
    numbers_near(dw, expected_dw, s->weights, tolerance);
    conv_input_gradient(&s->conv,
                        &(struct conv_sink){.y = dx,
                                            .kind = KERNELS_GRADIENT,
                                            .x = s->x,
                                            .p = scale,
                                            .r = shift,
                                            .slope = slope,
                                            .center = center,
                                            .sums = sums},
                        &view, s->w, s->workspace);
    for (size_t i = 0; i < s->inputs; i++) {
        const size_t channel = i % c, at = i / c / pixels * c + channel;
        const double n = (double)s->x[i] * (double)scale[channel] + (double)shift[channel];
        if (n <= 0) {
            sum[2 * images * c + at] += (double)expected[i] * n;
            expected[i] *= slope[channel];
        }
        sum[at] += (double)expected[i];
        sum[images * c + at] += (double)expected[i] * ((double)s->x[i] - (double)center[channel]);
    }
    numbers_near(dx, expected, s->inputs, tolerance);
    const double size = (double)f * (double)(pixels + 1);
    for (size_t which = 0; which < 3; which++) {
        sums_near(sums, which, sum + which * images * c, images, parts, c, tolerance * size * 10);
    }
    void *const blocks[] = {b,  q,  p,    r,        scale,       shift, slope, center,
                            dx, dw, sums, expected, expected_dw, sum,   dy,    x};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
}

/* Views and sinks of every kind. */
static inline void compare_fused(struct net_shape in, struct net_window window, int filters,
                                 size_t images, double tolerance)
{
    struct setting s;
    start(&s, in, window, filters, images);
    compare_statistics(&s, tolerance);
    compare_gradients(&s, tolerance);
    stop(&s);
}

/* Fewer images than the workspaces were planned for. */
static inline void compare_fewer(struct net_shape in, struct net_window window, int filters,
                                 size_t planned, size_t images, double tolerance)
{
    struct setting s;
    start(&s, in, window, filters, planned);
    s.conv.images = images;
    s.inputs = s.inputs / planned * images;
    s.outputs = s.outputs / planned * images;
    compare_statistics(&s, tolerance);
    compare_gradients(&s, tolerance);
    stop(&s);
}

/* The same bits from 1 and from 4 threads. */
static inline void compare_threads(struct net_shape in, struct net_window window, int filters,
                                   size_t images)
{
    float *y[2], *dx[2], *dw[2];
    struct setting s;
    for (int which = 0; which < 2; which++) {
        omp_set_num_threads(which == 0 ? 1 : 4);
        start(&s, in, window, filters, images);
        y[which] = numbers_random(s.outputs, 11);
        dx[which] = numbers_random(s.inputs, 12);
        dw[which] = numbers_random(s.weights, 13);
        run(&s, y[which], dx[which], dw[which], false);
        stop(&s);
    }
    assert_memory_equal(y[0], y[1], s.outputs * sizeof(float));
    assert_memory_equal(dx[0], dx[1], s.inputs * sizeof(float));
    assert_memory_equal(dw[0], dw[1], s.weights * sizeof(float));
    for (int which = 0; which < 2; which++) {
        free(y[which]);
        free(dx[which]);
        free(dw[which]);
    }
}

#endif
