// SPDX-License-Identifier: Apache-2.0
#include "tuner.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/sizes.h"
#include "measure.h"
#include "nn/arena.h"
#include "nn/tuning.h"
#include "nn/winograd.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 16, DRAWN = 4096 }; // numbers of a cache line; numbers that are drawn, then repeated

/* What a convolution works on. */
struct setting {
    float *memory;                   // one block
    float *x, *dx, *y, *dy, *w, *dw; // maps and weights
    float *factors;                  // of norms and PReLU, of any channel
    float *sums;
    float *workspace[2];
};

static bool same_plan(struct conv_plan a, struct conv_plan b)
{
    return a.algorithm == b.algorithm && (a.algorithm == CONV_UNROLLED || a.tiles == b.tiles);
}

static enum status collect_one(struct tuner_shapes *shapes, const struct tuner_shape *shape)
{
    for (int i = 0; i < shapes->count; i++) {
        if (!tuning_same(&shapes->list[i].conv, &shape->conv)) continue;
        shapes->list[i].inner |= shape->inner;
        shapes->list[i].block |= shape->block;
        return STATUS_OK;
    }
    if (shapes->count == TUNER_SHAPES_MAX) {
        return status_fail(STATUS_FULL, "at most %d convolutions are tuned", TUNER_SHAPES_MAX);
    }
    shapes->list[shapes->count++] = *shape;
    return STATUS_OK;
}

enum status tuner_collect(struct tuner_shapes *shapes, const struct net *net)
{
    enum status status = STATUS_OK;
    for (int layer = 1; layer < net_layers(net); layer++) {
        struct conv convs[NET_CONVOLUTIONS_MAX];
        const int count = net_convolutions(convs, net, layer);
        for (int i = 0; status == STATUS_OK && i < count; i++) {
            // Only the first layer reads the input of the networks that there are, and only a block
            // has several convolutions.
            const struct tuner_shape shape = {convs[i], layer > 1, count > 1};
            status = collect_one(shapes, &shape);
        }
    }
    return status;
}

int tuner_plans(struct conv_plan plans[TUNER_PLANS_MAX], const struct conv *conv)
{
    static const struct conv_plan tried[] = {
        {CONV_UNROLLED, 1},  {CONV_WINOGRAD, 16},  {CONV_WINOGRAD, 32},
        {CONV_WINOGRAD, 64}, {CONV_WINOGRAD, 128},
    };
    int count = 0;
    plans[count++] = conv->plan;
    for (size_t i = 0; i < sizeof tried / sizeof tried[0]; i++) {
        if (tried[i].algorithm == CONV_WINOGRAD && !winograd_fits(conv)) continue;
        if (!same_plan(tried[i], conv->plan)) plans[count++] = tried[i];
    }
    return count;
}

int tuner_choose(const double *seconds, int count)
{
    int best = 0;
    for (int i = 1; i < count; i++) {
        if (seconds[i] < seconds[best]) best = i;
    }
    return seconds[best] <= (1 - TUNER_GAIN) * seconds[0] ? best : 0;
}

/* Places all that any of the plans needs; returns its numbers. */
static size_t place(struct setting *setting, const struct conv *conv, const struct conv_plan *plans,
                    int count)
{
    const size_t c = (size_t)conv->in.channels, f = (size_t)conv->out.channels;
    const size_t inputs = conv->images * (size_t)conv->in.height * (size_t)conv->in.width * c;
    const size_t outputs = conv->images * (size_t)conv->out.height * (size_t)conv->out.width * f;
    const size_t weights = (size_t)conv->window.kernel * (size_t)conv->window.kernel * c * f;
    size_t total = 0, scratch = 0, shared = 0, parts = 0;
    for (int i = 0; i < count; i++) {
        struct conv planned = *conv;
        planned.plan = plans[i];
        scratch = sizes_most(scratch, conv_scratch(&planned));
        shared = sizes_most(shared, conv_shared(&planned));
        parts = sizes_most(parts, conv_parts(&planned));
    }
    float *next = setting->memory;
    setting->x = arena_take(&next, &total, inputs);
    setting->dx = arena_take(&next, &total, inputs);
    setting->y = arena_take(&next, &total, outputs);
    setting->dy = arena_take(&next, &total, outputs);
    setting->w = arena_take(&next, &total, weights);
    setting->dw = arena_take(&next, &total, weights);
    setting->factors = arena_take(&next, &total, sizes_most(c, f));
    setting->sums = arena_take(&next, &total, conv->images * parts * 3 * sizes_most(c, f));
    setting->workspace[0] = arena_take(&next, &total, (size_t)omp_get_max_threads() * scratch);
    setting->workspace[1] = arena_take(&next, &total, shared);
    return total;
}

/* Every page is written, so that none is found in the first measurement. */
static enum status create(struct setting *setting, const struct conv *conv,
                          const struct conv_plan *plans, int count)
{
    const size_t total = place(setting, conv, plans, count);
    float drawn[DRAWN];
    struct random random;
    setting->memory = aligned_alloc(LINE * sizeof(float), total * sizeof(float));
    if (setting->memory == NULL) {
        return status_fail(STATUS_NO_MEMORY,
                           "out of memory: a convolution of %zu images needs %zu "
                           "MiB",
                           conv->images, total / (1024 * 1024 / sizeof(float)));
    }
    place(setting, conv, plans, count);
    random_start(&random, 1, 0, RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < DRAWN; i++) {
        drawn[i] = random_normal(&random);
    }
    for (size_t i = 0; i < total; i += DRAWN) {
        memcpy(setting->memory + i, drawn, (total - i < DRAWN ? total - i : DRAWN) * sizeof(float));
    }
    const size_t channels = (size_t)(setting->sums - setting->factors);
    for (size_t i = 0; i < channels; i++) {
        setting->factors[i] = 0.5f;
    }
    return STATUS_OK;
}

/* One convolution of a training step. */
static void run(const struct setting *setting, const struct tuner_shape *shape,
                struct conv_plan plan)
{
    struct conv conv = shape->conv;
    conv.plan = plan;
    const float *factors = setting->factors;
    struct conv_view x = {.a = setting->x}, dy = {.a = setting->dy};
    const struct conv_sink y = {
        .y = setting->y, .kind = KERNELS_STATISTICS, .center = factors, .sums = setting->sums};
    struct conv_sink dx = {.y = setting->dx, .kind = KERNELS_ASSIGN};
    if (shape->block) {
        x.p = x.r = x.slope = factors;
        dy.b = setting->y;
        dy.p = dy.q = dy.r = factors;
        dx = (struct conv_sink){.y = setting->dx,
                                .kind = KERNELS_GRADIENT,
                                .x = setting->x,
                                .p = factors,
                                .r = factors,
                                .slope = factors,
                                .center = factors,
                                .sums = setting->sums};
    }
    conv_forward(&conv, &y, &x, setting->w, setting->workspace);
    conv_weight_gradient(&conv, setting->dw, &dy, &x, setting->workspace);
    if (shape->inner) conv_input_gradient(&conv, &dx, &dy, setting->w, setting->workspace);
}

/* Median seconds of each plan. */
static void time_plans(double *seconds, const struct setting *setting,
                       const struct tuner_shape *shape, const struct conv_plan *plans, int count,
                       int steps)
{
    static struct measure measures[TUNER_PLANS_MAX];
    for (int i = 0; i < count; i++) {
        measures[i].count = 0;
    }
    for (int step = -1; step < steps; step++) { // the first one warms up
        for (int i = 0; i < count; i++) {
            const double start = clock_now_seconds();
            run(setting, shape, plans[i]);
            if (step >= 0) measure_add(&measures[i], clock_now_seconds() - start);
        }
    }
    for (int i = 0; i < count; i++) {
        seconds[i] = measure_median(&measures[i]);
    }
}

enum status tuner_run(struct tuner_result *result, const struct tuner_shape *shape, int steps)
{
    struct setting setting = {.memory = NULL};
    struct conv_plan plans[TUNER_PLANS_MAX];
    double seconds[TUNER_PLANS_MAX];
    const int count = tuner_plans(plans, &shape->conv);
    const enum status status = create(&setting, &shape->conv, plans, count);
    if (status != STATUS_OK) return status;
    time_plans(seconds, &setting, shape, plans, count, steps);
    int best = tuner_choose(seconds, count);
    if (best > 0) {
        double again[2];
        plans[1] = plans[best];
        time_plans(again, &setting, shape, plans, 2, steps);
        seconds[0] = again[0] < seconds[0] ? again[0] : seconds[0];
        seconds[1] = again[1] > seconds[best] ? again[1] : seconds[best];
        best = tuner_choose(seconds, 2);
    }
    *result = (struct tuner_result){plans[0], plans[best], seconds[0], seconds[best]};
    free(setting.memory);
    return STATUS_OK;
}
