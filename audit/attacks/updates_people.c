// SPDX-License-Identifier: Apache-2.0
// Who was in the batch of an update? The mean that batch norm keeps of embeddings says so.
#include "attacks/membership.h"
#include "attacks/updates_parts.h"
#include "nn/norm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 4, TRIALS = 24 };

static const size_t sums[] = {1, 2, 4, UPDATES_PARTIES};

struct people {
    struct updates_work *work;
    size_t size, mean, variance; // of embeddings; where their statistics are among the weights
    float *faces;                // embeddings of the victims' masked faces, unmixed
    float *delta;
    float *told;     // sum of the parties' mean embeddings
    float *template; // of one person
};

/* Where the last norm keeps mean and variance; false without one. */
static bool find_statistics(struct people *people, const struct net *net)
{
    bool found = false;
    for (size_t t = 0; t < net_tensors(net); t++) {
        const struct net_tensor *tensor = net_tensor(net, t);
        if (strcmp(tensor->name, "backbone.out.embedding.running_mean") == 0) {
            people->mean = tensor->offset;
            found = true;
        }
        if (strcmp(tensor->name, "backbone.out.embedding.running_var") == 0) {
            people->variance = tensor->offset;
        }
    }
    return found;
}

static bool contains(const uint32_t *index, size_t count, size_t image)
{
    for (size_t i = 0; i < count; i++) {
        if (index[i] == image) return true;
    }
    return false;
}

/* Cosine of what was told and the mean of a person's photographs, those in the batch left out; NaN
 * without any. */
static double likeness(const struct people *people, size_t person, const uint32_t *batch)
{
    const struct dataset *victims = people->work->context->data->victims;
    double product = 0, squares = 0, told = 0;
    memset(people->template, 0, people->size * sizeof(float));
    for (size_t i = 0; i < victims->count; i++) {
        if (victims->labels[i] != person || contains(batch, BATCH, i)) continue;
        for (size_t j = 0; j < people->size; j++) {
            people->template[j] += people->faces[i * people->size + j];
        }
    }
    for (size_t j = 0; j < people->size; j++) {
        const double a = (double)people->template[j], b = (double)people->told[j];
        product += a * b;
        squares += a * a;
        told += b * b;
    }
    return product / sqrt(squares * told); // NaN of 0 / 0
}

/* Adds the mean embedding of one party's batch, as evaluation would scale it. */
static void listen(const struct people *people)
{
    const float *start = people->work->start, *delta = people->delta;
    for (size_t j = 0; j < people->size; j++) {
        const double moved = (double)delta[people->mean + j] / NORM_MOMENTUM;
        const double variance = (double)start[people->variance + j] + NORM_EPSILON;
        people->told[j] += (float)(moved / sqrt(variance));
    }
}

struct tally { // of all trials with one sum
    double *in, *out;
    size_t in_count, out_count, hits, trials;
};

static void count_people(struct tally *tally, const struct people *people, const uint32_t *batch)
{
    const struct dataset *victims = people->work->context->data->victims;
    double best = -HUGE_VAL;
    bool hit = false;
    for (size_t p = 0; p < victims->people; p++) {
        bool inside = false;
        for (size_t i = 0; i < BATCH; i++) {
            inside = inside || victims->labels[batch[i]] == p;
        }
        const double like = likeness(people, p, batch);
        if (inside) {
            tally->in[tally->in_count++] = like;
        } else {
            tally->out[tally->out_count++] = like;
        }
        if (like > best) {
            best = like;
            hit = inside;
        }
    }
    tally->hits += hit;
    tally->trials++;
}

static enum status try_sum(struct figures *figures, struct people *people, size_t parties)
{
    const struct attack_context *context = people->work->context;
    const struct dataset *victims = context->data->victims, *known = context->data->known;
    struct tally tally = {.in = calloc(TRIALS, BATCH * sizeof(double)),
                          .out = calloc(TRIALS, victims->people * sizeof(double))};
    struct membership found;
    enum status status = STATUS_OK;
    if (tally.in == NULL || tally.out == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for people");
    }
    for (uint32_t trial = 0; trial < TRIALS && status == STATUS_OK; trial++) {
        struct random random;
        uint32_t batch[BATCH], others[BATCH];
        random_start(&random, context->budget->seed, 0, RANDOM_SAMPLE, trial, 4);
        memset(people->told, 0, people->size * sizeof(float));
        for (size_t p = 0; p < parties && status == STATUS_OK; p++) {
            uint32_t *index = p == 0 ? batch : others;
            for (size_t i = 0; i < BATCH; i++) {
                index[i] =
                    random_below(&random, (uint32_t)(p == 0 ? victims->count : known->count));
            }
            status = updates_step(people->work, people->delta, p, index);
            listen(people);
        }
        if (status == STATUS_OK) count_people(&tally, people, batch);
        if (status == STATUS_OK) {
            status = attack_progress(context, "looking for people in sums", trial + 1, TRIALS);
        }
    }
    if (status == STATUS_OK) {
        status = membership_measure(&found, tally.in, tally.in_count, tally.out, tally.out_count);
    }
    if (status == STATUS_OK) {
        char key[LIMIT_NAME];
        snprintf(key, sizeof key, "updates.people.b%d.n%zu.auc", BATCH, parties);
        figures_set(figures, key, found.auc);
        snprintf(key, sizeof key, "updates.people.b%d.n%zu.rank1", BATCH, parties);
        figures_set(figures, key, (double)tally.hits / (double)tally.trials);
    }
    free(tally.in);
    free(tally.out);
    return status;
}

enum status updates_people(const struct attack_context *context, struct figures *figures)
{
    const struct dataset *victims = context->data->victims;
    struct updates_work work;
    struct people people = {.work = &work, .size = net_outputs(context->target->net)};
    enum status status = updates_open(&work, context, BATCH, true);
    if (status != STATUS_OK) return status;
    work.statistics = true;
    if (!find_statistics(&people, recogniser_net(work.recogniser))) {
        figures_note(figures, "updates: without batch norms no mean embedding travels");
        goto done;
    }
    people.faces = calloc(victims->count, people.size * sizeof(float));
    people.delta = calloc(work.parameters, sizeof(float));
    people.told = calloc(people.size, sizeof(float));
    people.template = calloc(people.size, sizeof(float));
    if (!people.faces || !people.delta || !people.told || !people.template) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for people");
        goto done;
    }
    status = target_embed(context->target, people.faces, victims, NULL, victims->count);
    for (size_t s = 0; s < sizeof sums / sizeof sums[0] && status == STATUS_OK; s++) {
        status = try_sum(figures, &people, sums[s]);
    }
done:
    free(people.faces);
    free(people.delta);
    free(people.told);
    free(people.template);
    updates_close(&work);
    return status;
}
