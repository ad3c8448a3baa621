// SPDX-License-Identifier: Apache-2.0
/* tuner - finds the plan that is fastest here, for each convolution of networks.
 *
 * A convolution of a block is timed with all that is done on its way in and out: norm, PReLU,
 * statistics, the gradient through a norm (see struct conv_view); one that is a layer of its own,
 * with statistics. All passes of training count together; the gradient to the input is not formed
 * where that is the network's. Plans take turns, so that a machine that grows slower is slower for
 * all, and the medians are compared.
 *
 * The cost model's own plan stays unless another is faster by TUNER_GAIN. As the fastest of many is
 * often the luckiest, these two are measured once more, and the slower time of the other must beat
 * the faster one of the model's plan: where the machine is not steady, the model decides. */
#ifndef BENCH_TUNER_H
#define BENCH_TUNER_H

#include "base/status.h"
#include "nn/conv.h"

#include <stdbool.h>

enum { TUNER_SHAPES_MAX = 256, TUNER_PLANS_MAX = 6 };

#define TUNER_GAIN 0.03 // of the time

/* A shape that networks have, with the cost model's plan, and where it stands. */
struct tuner_shape {
    struct conv conv;
    bool inner; // not only at the network's input
    bool block; // part of a block
};

struct tuner_shapes {
    int count;
    struct tuner_shape list[TUNER_SHAPES_MAX];
};

struct tuner_result {
    struct conv_plan model, best;
    double model_seconds, best_seconds; // of all passes, as compared; the same where the plans are
};

/* Adds the convolutions of a net, which was made without a tuning; each shape once. */
enum status tuner_collect(struct tuner_shapes *shapes, const struct net *net) CHECKED;

/* Plans to try, the convolution's own first, none twice; returns how many. */
int tuner_plans(struct conv_plan plans[TUNER_PLANS_MAX], const struct conv *conv);

/* The plan to take, from the times of each: number 0 unless the fastest gains TUNER_GAIN. */
int tuner_choose(const double *seconds, int count);

/* Measures one shape, on as many threads as OpenMP would take now. */
enum status tuner_run(struct tuner_result *result, const struct tuner_shape *shape,
                      int steps) CHECKED;

#endif
