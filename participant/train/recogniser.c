// SPDX-License-Identifier: Apache-2.0
#include "train/recogniser.h"
#include "nn/sgd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct recogniser {
    struct net *net;
    struct arcface *head;
    struct sgd_plan *plan; // of the backbone
    size_t parameters, head_parameters;
    float *weights, *gradients, *velocity; // the caller's
    float *head_velocity;
    float *kept; // weights, velocity, head weights, head velocity
    double momentum, decay, clip_norm;
};

enum status recogniser_create(struct recogniser **recogniser, struct net **net,
                              const struct config_federation *federation, size_t classes,
                              size_t batch_max, float *const vectors[3])
{
    struct recogniser *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for the recogniser");
    made->net = *net;
    *net = NULL;
    made->parameters = net_parameters(made->net);
    made->head_parameters = classes * net_outputs(made->net);
    made->weights = vectors[0];
    made->gradients = vectors[1];
    made->velocity = vectors[2];
    made->momentum = federation->optimiser.momentum;
    made->decay = federation->optimiser.weight_decay;
    made->clip_norm = federation->optimiser.clip_norm;
    net_bind(made->net, made->weights, made->gradients);
    enum status status =
        arcface_create(&made->head, (struct arcface_shape){.classes = classes,
                                                           .embedding = net_outputs(made->net),
                                                           .batch_max = batch_max,
                                                           .scale = federation->loss.scale,
                                                           .margin = federation->loss.margin});
    if (status == STATUS_OK) status = sgd_plan_create(&made->plan, made->net);
    made->head_velocity = calloc(made->head_parameters, sizeof *made->head_velocity);
    if (federation->mix.method == MIX_ADAPTIVE) {
        made->kept = calloc(2 * (made->parameters + made->head_parameters), sizeof *made->kept);
        if (made->kept == NULL) status = STATUS_NO_MEMORY;
    }
    if (status != STATUS_OK || made->head_velocity == NULL) {
        recogniser_destroy(&made);
        return status_fail(STATUS_NO_MEMORY, "out of memory for the recogniser");
    }
    *recogniser = made;
    return STATUS_OK;
}

void recogniser_destroy(struct recogniser **recogniser)
{
    if (*recogniser == NULL) return;
    net_destroy(&(*recogniser)->net);
    arcface_destroy(&(*recogniser)->head);
    sgd_plan_destroy(&(*recogniser)->plan);
    free((*recogniser)->head_velocity);
    free((*recogniser)->kept);
    free(*recogniser);
    *recogniser = NULL;
}

struct net *recogniser_net(struct recogniser *recogniser)
{
    return recogniser->net;
}

struct arcface *recogniser_head(struct recogniser *recogniser)
{
    return recogniser->head;
}

void recogniser_reset(struct recogniser *recogniser)
{
    memset(recogniser->velocity, 0, recogniser->parameters * sizeof(float));
    memset(recogniser->head_velocity, 0, recogniser->head_parameters * sizeof(float));
}

double recogniser_loss(struct recogniser *recogniser, const struct recogniser_batch *batch)
{
    const float *embeddings =
        net_forward(recogniser->net, batch->input, batch->count, NET_TRAIN, &batch->dropout);
    return arcface_forward(recogniser->head, embeddings, batch->count, batch->labels);
}

/* The step of a gradient of this norm, which is not more than clip_norm then. */
static struct sgd step_for(const struct recogniser *recogniser, double norm, double rate)
{
    const bool clipped = recogniser->clip_norm > 0 && norm > recogniser->clip_norm;
    return (struct sgd){.rate = rate,
                        .momentum = recogniser->momentum,
                        .decay = recogniser->decay,
                        .scale = clipped ? recogniser->clip_norm / norm : 1.0};
}

enum status recogniser_step(struct recogniser *recogniser, double *loss,
                            const struct recogniser_batch *batch, double rate)
{
    *loss = recogniser_loss(recogniser, batch);
    if (!isfinite(*loss)) return status_fail(STATUS_NOT_FINITE, "the loss is not a number");
    const bool wanted = batch->input_gradient != NULL;
    const float *to_input =
        net_backward(recogniser->net, arcface_backward(recogniser->head), wanted);
    if (wanted) *batch->input_gradient = to_input;
    // The head's part only where it can matter: a finite loss has a finite gradient there.
    const double head = recogniser->clip_norm > 0 ? arcface_squares(recogniser->head) : 0;
    const double norm = sqrt(sgd_plan_squares(recogniser->plan, recogniser->gradients) + head);
    if (!isfinite(norm)) return status_fail(STATUS_NOT_FINITE, "the gradient is not a number");
    const struct sgd sgd = step_for(recogniser, norm, rate);
    sgd_plan_step(recogniser->plan, recogniser->weights, recogniser->velocity,
                  recogniser->gradients, sgd);
    arcface_step(recogniser->head, recogniser->head_velocity, sgd);
    return STATUS_OK;
}

enum status recogniser_head_step(struct recogniser *recogniser, double *loss,
                                 const struct recogniser_batch *batch, double rate)
{
    *loss = recogniser_loss(recogniser, batch);
    if (!isfinite(*loss)) return status_fail(STATUS_NOT_FINITE, "the loss is not a number");
    arcface_backward(recogniser->head);
    const double norm = recogniser->clip_norm > 0 ? sqrt(arcface_squares(recogniser->head)) : 0;
    arcface_step(recogniser->head, recogniser->head_velocity, step_for(recogniser, norm, rate));
    return STATUS_OK;
}

enum status recogniser_apply(struct recogniser *recogniser, const float *head, double scale,
                             double rate)
{
    const double squares = sgd_plan_squares(recogniser->plan, recogniser->gradients) +
                           sgd_squares(head, recogniser->head_parameters);
    if (!isfinite(squares)) return status_fail(STATUS_NOT_FINITE, "the gradient is not a number");
    struct sgd sgd = step_for(recogniser, scale * sqrt(squares), rate);
    sgd.scale *= scale;
    sgd_plan_step(recogniser->plan, recogniser->weights, recogniser->velocity,
                  recogniser->gradients, sgd);
    sgd_step(arcface_weights(recogniser->head), recogniser->head_velocity, head,
             recogniser->head_parameters, sgd);
    return STATUS_OK;
}

/* Copies the four vectors to or from `kept`. */
static void exchange(struct recogniser *recogniser, bool restore)
{
    float *const vectors[4] = {recogniser->weights, recogniser->velocity,
                               arcface_weights(recogniser->head), recogniser->head_velocity};
    float *kept = recogniser->kept;
    for (int i = 0; i < 4; i++) {
        const size_t count = i < 2 ? recogniser->parameters : recogniser->head_parameters;
        memcpy(restore ? vectors[i] : kept, restore ? kept : vectors[i], count * sizeof(float));
        kept += count;
    }
}

void recogniser_keep(struct recogniser *recogniser)
{
    exchange(recogniser, false);
}

void recogniser_restore(struct recogniser *recogniser)
{
    exchange(recogniser, true);
}
