// SPDX-License-Identifier: Apache-2.0
#include "attacks/learner.h"

#include "model/model.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char note[] = "steps";

enum status learner_create(struct learner *learner, struct net *net, uint64_t seed, uint32_t salt)
{
    const size_t count = net_parameters(net);
    *learner = (struct learner){.net = net,
                                .weights = calloc(count + 1, sizeof(float)),
                                .gradients = calloc(count + 1, sizeof(float))};
    enum status status = adam_create(&learner->adam, net);
    if (status == STATUS_OK && (learner->weights == NULL || learner->gradients == NULL)) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for a network's weights");
    }
    if (status != STATUS_OK) {
        learner_destroy(learner);
        return status;
    }
    net_bind(net, learner->weights, learner->gradients);
    net_initialise(net, seed, salt);
    return STATUS_OK;
}

void learner_destroy(struct learner *learner)
{
    net_destroy(&learner->net);
    adam_destroy(&learner->adam);
    free(learner->weights);
    free(learner->gradients);
    *learner = (struct learner){0};
}

void learner_step(struct learner *learner, struct adam_rates rates)
{
    adam_step(&learner->adam, learner->weights, learner->gradients, rates);
}

bool learner_is_finite(const struct learner *learner)
{
    for (size_t i = 0; i < net_parameters(learner->net); i++) {
        if (!isfinite(learner->weights[i])) return false;
    }
    return true;
}

/* The file's tensors: the net's own, then the moments. */
static enum status describe(struct manifest *manifest, const struct learner *learner)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < net_tensors(learner->net) && status == STATUS_OK; i++) {
        const struct net_tensor *tensor = net_tensor(learner->net, i);
        status =
            manifest_add(manifest, tensor->name, tensor->shape, tensor->axes, tensor->trainable);
    }
    if (status != STATUS_OK) return status;
    return manifest_add(manifest, "moments", &learner->adam.count, 1, false);
}

static enum status prepare(struct model *model, const struct learner *learner)
{
    struct manifest manifest = {0};
    enum status status = describe(&manifest, learner);
    if (status == STATUS_OK) status = model_create(model, &manifest);
    manifest_destroy(&manifest);
    return status;
}

enum status learner_save(const struct learner *learner, const char *path)
{
    struct model model = {0};
    enum status status = prepare(&model, learner);
    if (status == STATUS_OK) {
        char steps[32];
        snprintf(steps, sizeof steps, "%" PRIu64, learner->adam.steps);
        const size_t count = net_parameters(learner->net);
        memcpy(model.values, learner->weights, count * sizeof(float));
        memcpy(model.values + count, learner->adam.moments, learner->adam.count * sizeof(float));
        status = model_save(&model, path, (const struct model_note[]){{note, steps}, {NULL, NULL}});
    }
    model_destroy(&model);
    return status;
}

enum status learner_load(struct learner *learner, const char *path)
{
    struct model there = {0}, model = {0};
    char *steps = NULL;
    enum status status = model_load(&there, path);
    if (status == STATUS_OK) status = prepare(&model, learner);
    if (status == STATUS_OK) status = model_copy(&model, &there, NULL);
    if (status == STATUS_OK) status = model_load_note(&steps, path, note);
    if (status == STATUS_OK) {
        if (steps == NULL || steps[0] == '\0' || steps[strspn(steps, "0123456789")] != '\0') {
            status = status_fail(STATUS_BAD_INPUT, "%s: no number of steps in its metadata", path);
        } else {
            const size_t weights = net_parameters(learner->net);
            learner->adam.steps = strtoull(steps, NULL, 10);
            memcpy(learner->weights, model.values, weights * sizeof(float));
            memcpy(learner->adam.moments, model.values + weights,
                   learner->adam.count * sizeof(float));
        }
    }
    free(steps);
    model_destroy(&model);
    model_destroy(&there);
    return status;
}
