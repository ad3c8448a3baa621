// SPDX-License-Identifier: Apache-2.0
#include "attacks/matching.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE    0.3 // Adam's, of inputs of about 1
#define BETA_1  0.9
#define BETA_2  0.999
#define EPSILON 1e-8
#define MOVE    1e-3 // length of e v beside that of the weights
#define PI      3.14159265358979323846
#define MOMENTS 2

struct matching_work {
    struct matching problem;
    size_t parameters, outputs, inputs; // inputs, outputs: of all parties
    float *moved;                       // weights that the net is bound to
    float *own;                         // gradients of one party
    float *total;                       // of all; then v
    float *d, *dx, *dd, *moment;        // of matching_solve()
};

void matching_destroy(struct matching_work **work)
{
    if (*work == NULL) return;
    float *const owned[] = {(*work)->moved, (*work)->own, (*work)->total, (*work)->d,
                            (*work)->dx,    (*work)->dd,  (*work)->moment};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) {
        free(owned[i]);
    }
    free(*work);
    *work = NULL;
}

enum status matching_create(struct matching_work **work, const struct matching *matching)
{
    struct matching_work *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for gradients");
    made->problem = *matching;
    made->parameters = net_parameters(matching->net);
    made->outputs = matching->parties * matching->batch * net_outputs(matching->net);
    made->inputs = matching->parties * matching->batch * matching->values;
    const struct {
        float **vector;
        size_t count;
    } wanted[] = {
        {&made->moved, made->parameters},
        {&made->own, made->parameters},
        {&made->total, made->parameters},
        {&made->d, made->outputs},
        {&made->dx, made->inputs},
        {&made->dd, made->outputs},
        {&made->moment, MOMENTS * (made->inputs + made->outputs)},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        *wanted[i].vector = calloc(wanted[i].count, sizeof(float));
        if (*wanted[i].vector == NULL) {
            matching_destroy(&made);
            return status_fail(STATUS_NO_MEMORY, "out of memory for gradients");
        }
    }
    *work = made;
    return STATUS_OK;
}

/* One party's passes at the weights the net is bound to; returns its outputs. */
static const float *forward(const struct matching_work *work, const float *x, size_t party)
{
    const struct matching *problem = &work->problem;
    return net_forward(problem->net, x + party * problem->batch * problem->values, problem->batch,
                       NET_TRAIN, problem->dropout == NULL ? NULL : &problem->dropout[party]);
}

/* The gradient of all parties, in `total`. */
static void sum_gradients(struct matching_work *work, const float *x, const float *d)
{
    const struct matching *problem = &work->problem;
    const size_t outputs = work->outputs / problem->parties;
    memcpy(work->moved, problem->weights, work->parameters * sizeof(float));
    memset(work->total, 0, work->parameters * sizeof(float));
    for (size_t p = 0; p < problem->parties; p++) {
        forward(work, x, p);
        net_backward(problem->net, d + p * outputs, false);
        for (size_t i = 0; i < work->parameters; i++) {
            work->total[i] += work->own[i];
        }
    }
}

/* D of `total`, which then becomes v; *length gets that of v. */
static double compare(struct matching_work *work, double *length)
{
    const float *seen = work->problem.gradients;
    double product = 0, ours = 0, theirs = 0, squares = 0;
    for (size_t i = 0; i < work->parameters; i++) {
        const double a = (double)work->total[i], b = (double)seen[i];
        product += a * b;
        ours += a * a;
        theirs += b * b;
    }
    const double scale = 1 / fmax(sqrt(ours * theirs), 1e-30), cosine = product * scale;
    const double along = cosine / fmax(ours, 1e-30);
    for (size_t i = 0; i < work->parameters; i++) {
        const double v = along * (double)work->total[i] - scale * (double)seen[i];
        work->total[i] = (float)v;
        squares += v * v;
    }
    *length = sqrt(squares);
    return 1 - cosine;
}

/* Adds the part of one side of the difference: weights + e v, over 2e. */
static void add_side(struct matching_work *work, float *dx, float *dd, const float *x,
                     const float *d, double e)
{
    const struct matching *problem = &work->problem;
    const size_t outputs = work->outputs / problem->parties;
    const size_t inputs = work->inputs / problem->parties;
    const float half = (float)(1 / (2 * e));
    for (size_t i = 0; i < work->parameters; i++) {
        work->moved[i] = problem->weights[i] + (float)e * work->total[i];
    }
    for (size_t p = 0; p < problem->parties; p++) {
        const float *y = forward(work, x, p);
        for (size_t i = 0; i < outputs; i++) {
            dd[p * outputs + i] += half * y[i];
        }
        const float *to_input = net_backward(problem->net, d + p * outputs, true);
        for (size_t i = 0; i < inputs; i++) {
            dx[p * inputs + i] += half * to_input[i];
        }
    }
}

double matching_distance(struct matching_work *work, float *dx, float *dd, const float *x,
                         const float *d)
{
    const float *weights = work->problem.weights;
    double length = 0, squares = 0;
    net_bind(work->problem.net, work->moved, work->own);
    sum_gradients(work, x, d);
    const double distance = compare(work, &length);
    for (size_t i = 0; i < work->parameters; i++) {
        squares += (double)weights[i] * (double)weights[i];
    }
    memset(dx, 0, work->inputs * sizeof *dx);
    memset(dd, 0, work->outputs * sizeof *dd);
    if (!(length > 0) || !isfinite(length)) return isfinite(length) ? distance : (double)NAN;
    const double e = MOVE * sqrt(squares) / length;
    add_side(work, dx, dd, x, d, e);
    add_side(work, dx, dd, x, d, -e);
    return distance;
}

/* Each channel of each image to mean 0 and deviation 1, as the mask leaves it. */
static void z_score(float *x, size_t images, size_t values, size_t channels)
{
    const size_t area = values / channels;
    for (size_t at = 0; at < images * channels; at++) {
        float *map = x + at / channels * values + at % channels;
        double sum = 0, squares = 0;
        for (size_t i = 0; i < area; i++) {
            sum += (double)map[i * channels];
            squares += (double)map[i * channels] * (double)map[i * channels];
        }
        const double mean = sum / (double)area;
        const double gain = 1 / (sqrt(fmax(squares / (double)area - mean * mean, 0)) + 1e-5);
        for (size_t i = 0; i < area; i++) {
            map[i * channels] = (float)(((double)map[i * channels] - mean) * gain);
        }
    }
}

static void adam(float *x, float *moment, const float *gradient, size_t count, double rate,
                 int step)
{
    const double first = 1 - pow(BETA_1, step), second = 1 - pow(BETA_2, step);
    for (size_t i = 0; i < count; i++) {
        const double g = (double)gradient[i];
        float *m = &moment[MOMENTS * i], *v = m + 1;
        *m = (float)(BETA_1 * (double)*m + (1 - BETA_1) * g);
        *v = (float)(BETA_2 * (double)*v + (1 - BETA_2) * g * g);
        x[i] -= (float)(rate * ((double)*m / first) / (sqrt((double)*v / second) + EPSILON));
    }
}

double matching_solve(struct matching_work *work, float *x, int steps, uint64_t seed,
                      uint32_t start, bool (*tick)(void *, int step), void *context)
{
    const struct matching *problem = &work->problem;
    const size_t images = problem->parties * problem->batch;
    struct random random;
    double distance = (double)NAN;
    random_start(&random, seed, 0, RANDOM_SAMPLE, start, 5);
    for (size_t i = 0; i < work->inputs; i++) {
        x[i] = random_normal(&random);
    }
    for (size_t i = 0; i < work->outputs; i++) {
        work->d[i] = random_normal(&random);
    }
    memset(work->moment, 0, MOMENTS * (work->inputs + work->outputs) * sizeof(float));
    for (int step = 1; step <= steps; step++) {
        if (problem->normalised) z_score(x, images, problem->values, problem->channels);
        distance = matching_distance(work, work->dx, work->dd, x, work->d);
        if (!isfinite(distance) || (tick != NULL && !tick(context, step))) return distance;
        const double rate = RATE * 0.5 * (1 + cos(PI * (step - 1) / steps));
        adam(x, work->moment, work->dx, work->inputs, rate, step);
        adam(work->d, work->moment + MOMENTS * work->inputs, work->dd, work->outputs, rate, step);
    }
    if (problem->normalised) z_score(x, images, problem->values, problem->channels);
    return distance;
}
