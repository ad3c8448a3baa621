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
    const struct net_tensor *mean = net_find(net, "backbone.out.embedding.running_mean");
    const struct net_tensor *variance = net_find(net, "backbone.out.embedding.running_var");
    if (mean == NULL || variance == NULL) return false;
    people->mean = mean->offset;
    people->variance = variance->offset;
    return true;
}

static bool contains(const uint32_t *index, size_t count, size_t image)
{
    for (size_t i = 0; i < count; i++) {
        if (index[i] == image) return true;
    }
    return false;
}

/* Cosine of what was told and an embedding; NaN where that is 0. */
static double likeness(const struct people *people, const float *embedding)
{
    double product = 0, squares = 0, told = 0;
    for (size_t j = 0; j < people->size; j++) {
        const double a = (double)embedding[j], b = (double)people->told[j];
        product += a * b;
        squares += a * a;
        told += b * b;
    }
    return product / sqrt(squares * told);
}

/* The same for the mean of a person's photographs, those in the batch left out. */
static double person_likeness(const struct people *people, size_t person, const uint32_t *batch)
{
    const struct dataset *victims = people->work->context->data->victims;
    memset(people->template, 0, people->size * sizeof(float));
    for (size_t i = 0; i < victims->count; i++) {
        if (victims->labels[i] != person || contains(batch, BATCH, i)) continue;
        for (size_t j = 0; j < people->size; j++) {
            people->template[j] += people->faces[i * people->size + j];
        }
    }
    return likeness(people, people->template);
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

struct tally { // likeness of those who were in the victim's batch and those who were not
    double *in, *out;
    size_t in_count, out_count;
};

static enum status tally_open(struct tally *tally, size_t most)
{
    *tally = (struct tally){.in = calloc(TRIALS, most * sizeof(double)),
                            .out = calloc(TRIALS, most * sizeof(double))};
    if (tally->in != NULL && tally->out != NULL) return STATUS_OK;
    return status_fail(STATUS_NO_MEMORY, "out of memory for people");
}

static void tally_add(struct tally *tally, double like, bool inside)
{
    if (inside) {
        tally->in[tally->in_count++] = like;
    } else {
        tally->out[tally->out_count++] = like;
    }
}

static enum status tally_close(struct figures *figures, struct tally *tally, const char *what,
                               size_t parties)
{
    struct membership found;
    char key[LIMIT_NAME];
    const enum status status =
        membership_measure(&found, tally->in, tally->in_count, tally->out, tally->out_count);
    snprintf(key, sizeof key, "updates.%s.b%d.n%zu.auc", what, BATCH, parties);
    if (status == STATUS_OK) figures_set(figures, key, found.auc);
    free(tally->in);
    free(tally->out);
    return status;
}

/* One step of each party. */
static enum status try_once(struct tally *persons, struct tally *photos,
                            const struct people *people, size_t parties, uint32_t trial)
{
    const struct attack_context *context = people->work->context;
    const struct dataset *victims = context->data->victims;
    struct random random;
    uint32_t batch[BATCH], others[BATCH];
    random_start(&random, context->budget->seed, 0, RANDOM_SAMPLE, trial, 4);
    memset(people->told, 0, people->size * sizeof(float));
    for (size_t p = 0; p < parties; p++) {
        uint32_t *index = p == 0 ? batch : others;
        const size_t count = p == 0 ? victims->count : context->data->known->count;
        for (size_t i = 0; i < BATCH; i++) {
            index[i] = random_below(&random, (uint32_t)count);
        }
        const enum status status = updates_step(people->work, people->delta, p, index);
        if (status != STATUS_OK) return status;
        listen(people);
    }
    for (size_t p = 0; p < victims->people; p++) {
        bool inside = false;
        for (size_t i = 0; i < BATCH; i++) {
            inside = inside || victims->labels[batch[i]] == p;
        }
        tally_add(persons, person_likeness(people, p, batch), inside);
    }
    for (size_t i = 0; i < victims->count; i++) {
        tally_add(photos, likeness(people, people->faces + i * people->size),
                  contains(batch, BATCH, i));
    }
    return attack_progress(context, "looking for people in sums", trial + 1, TRIALS);
}

static enum status try_sum(struct figures *figures, struct people *people, size_t parties)
{
    const struct dataset *victims = people->work->context->data->victims;
    struct tally persons, photos;
    enum status status = tally_open(&persons, victims->people);
    const enum status second = tally_open(&photos, victims->count);
    if (status == STATUS_OK) status = second;
    for (uint32_t trial = 0; trial < TRIALS && status == STATUS_OK; trial++) {
        status = try_once(&persons, &photos, people, parties, trial);
    }
    const enum status third = tally_close(figures, &persons, "people", parties);
    const enum status fourth = tally_close(figures, &photos, "photos", parties);
    return status != STATUS_OK ? status : third != STATUS_OK ? third : fourth;
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
