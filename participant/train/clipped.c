// SPDX-License-Identifier: Apache-2.0
#include "train/clipped.h"

#include "nn/arcface.h"
#include "nn/net.h"
#include "nn/parallel.h"
#include "nn/sgd.h"
#include "train/networks.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

struct lane { // what one thread works with
    struct net *net;
    struct arcface *head;
    float *gradient, *head_gradient; // of the last image; the latter is the head's
    double loss, norm;
    size_t hits;
};

struct clipped {
    struct lane *lanes;
    size_t count, inputs, parameters, head_parameters;
    double clip;
    float *sum, *head_sum;
    struct clipped_report report;
};

static enum status create_lane(struct lane *lane, const struct config *config, size_t classes,
                               float *weights)
{
    enum status status = networks_backbone(&lane->net, config, 1, NET_TRAIN);
    if (status != STATUS_OK) return status;
    lane->gradient = calloc(net_parameters(lane->net), sizeof *lane->gradient);
    if (lane->gradient == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for gradients");
    net_bind(lane->net, weights, lane->gradient);
    const struct config_federation *federation = &config->federation;
    return arcface_create(&lane->head, (struct arcface_shape){.classes = classes,
                                                              .embedding = net_outputs(lane->net),
                                                              .batch_max = 1,
                                                              .scale = federation->loss.scale,
                                                              .margin = federation->loss.margin});
}

static enum status create_lanes(struct clipped *clipped, const struct config *config,
                                size_t classes, float *weights)
{
    // A lane runs on one thread, and needs scratch for no more.
    const int threads = omp_get_max_threads();
    clipped->count = (size_t)threads;
    clipped->lanes = calloc(clipped->count, sizeof *clipped->lanes);
    if (clipped->lanes == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for gradients");
    enum status status = STATUS_OK;
    omp_set_num_threads(1);
    for (size_t i = 0; i < clipped->count && status == STATUS_OK; i++) {
        status = create_lane(&clipped->lanes[i], config, classes, weights);
    }
    omp_set_num_threads(threads);
    return status;
}

enum status clipped_create(struct clipped **clipped, const struct config *config, size_t classes,
                           float *weights, float *sum)
{
    struct clipped *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for gradients");
    made->clip = config->federation.dp.clip;
    made->sum = sum;
    enum status status = create_lanes(made, config, classes, weights);
    if (status == STATUS_OK) {
        const struct net *net = made->lanes[0].net;
        const struct net_shape in = net_shape_of(net, 0);
        made->inputs = (size_t)in.height * (size_t)in.width * (size_t)in.channels;
        made->parameters = net_parameters(net);
        made->head_parameters = arcface_parameters(made->lanes[0].head);
        made->head_sum = calloc(made->head_parameters, sizeof *made->head_sum);
        if (made->head_sum == NULL) {
            status = status_fail(STATUS_NO_MEMORY, "out of memory for gradients");
        }
    }
    if (status != STATUS_OK) {
        clipped_destroy(&made);
        return status;
    }
    *clipped = made;
    return STATUS_OK;
}

void clipped_destroy(struct clipped **clipped)
{
    if (*clipped == NULL) return;
    for (size_t i = 0; (*clipped)->lanes != NULL && i < (*clipped)->count; i++) {
        struct lane *lane = &(*clipped)->lanes[i];
        net_destroy(&lane->net);
        arcface_destroy(&lane->head);
        free(lane->gradient);
    }
    free((*clipped)->lanes);
    free((*clipped)->head_sum);
    free(*clipped);
    *clipped = NULL;
}

void clipped_begin(struct clipped *clipped, const float *head)
{
    clipped->report = (struct clipped_report){0};
    memset(clipped->sum, 0, clipped->parameters * sizeof(float));
    memset(clipped->head_sum, 0, clipped->head_parameters * sizeof(float));
    for (size_t i = 0; i < clipped->count; i++) {
        memcpy(arcface_weights(clipped->lanes[i].head), head,
               clipped->head_parameters * sizeof(float));
    }
}

/* The gradient of one image of a batch, and its norm. */
static void differentiate(struct lane *lane, const struct clipped *clipped,
                          const struct clipped_batch *batch, size_t image)
{
    static const float whole = 1;
    const struct arcface_labels labels = {1, batch->label + image, &whole};
    struct random dropout;
    random_start(&dropout, batch->seed, batch->number[image], RANDOM_DROPOUT, batch->round,
                 batch->step);
    const float *embedding =
        net_forward(lane->net, batch->input + image * clipped->inputs, 1, NET_TRAIN, &dropout);
    lane->loss = arcface_forward(lane->head, embedding, 1, labels);
    lane->hits = arcface_hits(lane->head);
    net_backward(lane->net, arcface_backward(lane->head), false);
    lane->head_gradient = arcface_gradients(lane->head);
    lane->norm =
        sqrt(sgd_squares(lane->gradient, clipped->parameters) + arcface_squares(lane->head));
}

static void add_scaled(float *restrict sum, const float *restrict gradient, size_t count,
                       float scale)
{
    for (size_t i = 0; i < count; i++) {
        sum[i] += scale * gradient[i];
    }
}

/* Adds one of the two gradients of the first lanes, cut. */
static void add_gradients(const struct clipped *clipped, size_t lanes, bool head)
{
    float *sum = head ? clipped->head_sum : clipped->sum;
    const size_t count = head ? clipped->head_parameters : clipped->parameters;
    const size_t pieces = parallel_pieces(count, 1);
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t first = parallel_first(count, piece, pieces);
        const size_t size = parallel_first(count, piece + 1, pieces) - first;
        for (size_t l = 0; l < lanes; l++) {
            const struct lane *lane = &clipped->lanes[l];
            const double scale = lane->norm > clipped->clip ? clipped->clip / lane->norm : 1.0;
            add_scaled(sum + first, (head ? lane->head_gradient : lane->gradient) + first, size,
                       (float)scale);
        }
    }
}

static enum status count_lane(struct clipped *clipped, const struct lane *lane)
{
    if (lane->head_gradient == NULL) {
        return status_fail(STATUS_NO_MEMORY, "out of memory for gradients");
    }
    if (!isfinite(lane->norm + lane->loss)) {
        return status_fail(STATUS_NOT_FINITE, "the gradient of an image is not a number");
    }
    clipped->report.images++;
    clipped->report.hits += lane->hits;
    clipped->report.cut += lane->norm > clipped->clip;
    clipped->report.loss += lane->loss;
    return STATUS_OK;
}

enum status clipped_add(struct clipped *clipped, const struct clipped_batch *batch)
{
    for (size_t first = 0; first < batch->count; first += clipped->count) {
        const size_t left = batch->count - first;
        const size_t lanes = left < clipped->count ? left : clipped->count;
#pragma omp parallel for schedule(static)
        for (size_t l = 0; l < lanes; l++) {
            omp_set_num_threads(1); // of this thread alone: what is parallel within runs on it
            differentiate(&clipped->lanes[l], clipped, batch, first + l);
        }
        for (size_t l = 0; l < lanes; l++) {
            const enum status status = count_lane(clipped, &clipped->lanes[l]);
            if (status != STATUS_OK) return status;
        }
        add_gradients(clipped, lanes, false);
        add_gradients(clipped, lanes, true);
    }
    return STATUS_OK;
}

float *clipped_head(struct clipped *clipped)
{
    return clipped->head_sum;
}

struct clipped_report clipped_report(const struct clipped *clipped)
{
    return clipped->report;
}
