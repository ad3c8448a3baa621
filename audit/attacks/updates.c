// SPDX-License-Identifier: Apache-2.0
#include "attacks/updates.h"

#include "attacks/membership.h"
#include "attacks/updates_parts.h"
#include "defence/observe.h"
#include "train/networks.h"

#include <stdlib.h>
#include <string.h>

void updates_close(struct updates_work *work)
{
    recogniser_destroy(&work->recogniser);
    for (int v = 0; v < 3; v++) {
        free(work->vector[v]);
    }
    free(work->start);
    free(work->rows);
    *work = (struct updates_work){0};
}

enum status updates_open(struct updates_work *work, const struct attack_context *context,
                         size_t batch, bool final)
{
    const struct target *target = context->target;
    struct net *net = NULL;
    *work = (struct updates_work){.context = context, .batch = batch, .final = final};
    work->values = target_values(target);
    work->classes = context->data->victims->people;
    enum status status = networks_backbone(&net, &target->config, batch, NET_TRAIN);
    if (status != STATUS_OK) return status;
    work->parameters = net_parameters(net);
    for (int v = 0; v < 3; v++) {
        work->vector[v] = calloc(work->parameters, sizeof(float));
    }
    work->start = calloc(work->parameters, sizeof(float));
    work->rows = calloc(UPDATES_PARTIES * batch, work->values * sizeof(float));
    if (work->vector[0] == NULL || work->vector[1] == NULL || work->vector[2] == NULL ||
        work->start == NULL || work->rows == NULL) {
        net_destroy(&net);
        updates_close(work);
        return status_fail(STATUS_NO_MEMORY, "out of memory for updates");
    }
    if (final) {
        memcpy(work->start, target->model.values, work->parameters * sizeof(float));
    } else {
        net_bind(net, work->start, NULL);
        net_initialise(net, context->budget->seed, 0);
    }
    status = recogniser_create(&work->recogniser, &net, &target->config.federation, work->classes,
                               batch, work->vector);
    net_destroy(&net);
    if (status != STATUS_OK) updates_close(work);
    return status;
}

/* A participant's class weights: those that were trained where the victims have them. */
static void set_head(struct updates_work *work, size_t party)
{
    const struct target *target = work->context->target;
    const struct attack_data *data = work->context->data;
    struct arcface *head = recogniser_head(work->recogniser);
    const size_t size = net_outputs(target->net);
    if (work->final && party == 0 && data->trained && target->head != NULL &&
        data->first_class + work->classes <= target->people) {
        memcpy(arcface_weights(head), target->head + data->first_class * size,
               work->classes * size * sizeof(float));
    } else {
        arcface_initialise(head, work->context->budget->seed, (uint32_t)party);
    }
}

struct mixed_labels { // of a batch: LIMIT_MIX classes and weights for each input
    uint32_t *label;
    float *weight;
};

/* What a participant tells its head of its batch; where fewer are mixed, class 0 has weight 0. */
static enum status label_batch(struct mixed_labels *labels, const struct updates_work *work,
                               const struct dataset *set)
{
    const struct attack_context *context = work->context;
    struct observe_mix *mix = calloc(work->batch, sizeof *mix);
    labels->label = calloc(work->batch, LIMIT_MIX * sizeof(uint32_t));
    labels->weight = calloc(work->batch, LIMIT_MIX * sizeof(float));
    if (mix == NULL || labels->label == NULL || labels->weight == NULL) {
        free(mix);
        return status_fail(STATUS_NO_MEMORY, "out of memory for a batch");
    }
    observe_mixes(mix, context->target, set, NULL, work->batch, context->budget->seed, work->steps);
    for (size_t i = 0; i < work->batch; i++) {
        for (int j = 0; j < mix[i].k; j++) {
            const size_t at = i * LIMIT_MIX + (size_t)j;
            labels->label[at] = set->labels[mix[i].image[j]] % (uint32_t)work->classes;
            labels->weight[at] = mix[i].weight[j];
        }
    }
    free(mix);
    return STATUS_OK;
}

enum status updates_step(struct updates_work *work, float *delta, size_t party,
                         const uint32_t *index)
{
    const struct attack_context *context = work->context;
    const struct config_federation *federation = &context->target->config.federation;
    const struct dataset *all = party == 0 ? context->data->victims : context->data->known;
    struct dataset *set = NULL; // the batch: images are mixed with others of it
    struct mixed_labels labels = {NULL, NULL};
    float *rows = work->rows + party * work->batch * work->values;
    double loss = 0;
    memcpy(work->vector[0], work->start, work->parameters * sizeof(float));
    net_bind(recogniser_net(work->recogniser), work->vector[0], work->vector[1]);
    recogniser_reset(work->recogniser);
    set_head(work, party);
    random_start(&work->dropout[party], context->budget->seed, (uint32_t)party, RANDOM_DROPOUT, 1,
                 0);
    work->steps++;
    enum status status = dataset_pick(&set, all, all->size, all->channels, index, work->batch);
    if (status == STATUS_OK) status = label_batch(&labels, work, set);
    if (status == STATUS_OK) {
        status = observe_faces(context->target, rows, NULL, set, NULL, work->batch,
                               context->budget->seed, work->steps);
    }
    if (status == STATUS_OK) {
        const struct recogniser_batch step = {.input = rows,
                                              .count = work->batch,
                                              .labels = {LIMIT_MIX, labels.label, labels.weight},
                                              .dropout = work->dropout[party]};
        if (work->statistics) {
            loss = recogniser_loss(work->recogniser, &step);
        } else {
            status = recogniser_step(work->recogniser, &loss, &step,
                                     federation->optimiser.learning_rate);
        }
    }
    for (size_t i = 0; i < work->parameters && status == STATUS_OK; i++) {
        delta[i] = work->vector[0][i] - work->start[i];
    }
    free(labels.label);
    free(labels.weight);
    dataset_destroy(&set);
    return status;
}

void updates_gradient(const struct updates_work *work, float *delta, size_t parties)
{
    const struct config_federation *federation = &work->context->target->config.federation;
    const double rate = federation->optimiser.learning_rate;
    const double decay = federation->optimiser.weight_decay * (double)parties;
    const struct net *net = recogniser_net(work->recogniser);
    for (size_t t = 0; t < net_tensors(net); t++) {
        const struct net_tensor *tensor = net_tensor(net, t);
        for (size_t i = tensor->offset; i < tensor->offset + tensor->count; i++) {
            const double moved = -(double)delta[i] / rate - decay * (double)work->start[i];
            delta[i] = tensor->trainable ? (float)moved : 0.0f;
        }
    }
}

enum status updates_attack(const struct attack_context *context, struct figures *figures)
{
    enum status status = updates_invert(context, figures);
    if (status == STATUS_OK) status = updates_people(context, figures);
    if (status == STATUS_OK) status = membership_attack(context, figures);
    return status;
}
