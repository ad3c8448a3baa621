// SPDX-License-Identifier: Apache-2.0
#include "attacks/membership.h"

#include "attacks/mirror.h"
#include "base/random.h"
#include "defence/observe.h"
#include "train/networks.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum number { HEAD, FLIP, NORM, SPREAD, NUMBERS };

static const char *const number_names[NUMBERS] = {"head", "flip", "norm", "spread"};

struct scored {
    double value;
    bool member;
};

static int by_value(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

enum status membership_measure(struct membership *membership, const double *members,
                               size_t members_count, const double *others, size_t others_count)
{
    struct scored *all = calloc(members_count + others_count + 1, sizeof *all);
    double in = 0, out = 0, above = 0, members_below = 0, others_below = 0;
    size_t count = 0;
    *membership = (struct membership){(double)NAN, (double)NAN};
    if (all == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for scores");
    for (size_t i = 0; i < members_count + others_count; i++) {
        const bool member = i < members_count;
        const double value = member ? members[i] : others[i - members_count];
        if (isnan(value)) continue;
        all[count++] = (struct scored){value, member};
        *(member ? &in : &out) += 1;
    }
    if (in > 0 && out > 0) {
        double advantage = 0;
        qsort(all, count, sizeof *all, by_value);
        for (size_t first = 0, end = 0; first < count; first = end) {
            double equal_in = 0, equal_out = 0;
            for (end = first; end < count && all[end].value <= all[first].value; end++) {
                *(all[end].member ? &equal_in : &equal_out) += 1;
            }
            above += equal_in * (others_below + equal_out / 2);
            members_below += equal_in;
            others_below += equal_out;
            advantage = fmax(advantage, others_below / out - members_below / in);
        }
        *membership = (struct membership){above / (in * out), advantage};
    }
    free(all);
    return STATUS_OK;
}

struct faces { // one side: faces and what is read from them
    struct dataset *pair;
    size_t count, size;
    float *embeddings; // 2 * count, of faces and of their mirror images
    double *score[NUMBERS];
};

static void faces_close(struct faces *faces)
{
    dataset_destroy(&faces->pair);
    free(faces->embeddings);
    for (int n = 0; n < NUMBERS; n++) {
        free(faces->score[n]);
    }
}

/* All faces of a set, or of its first people so many as are needed. */
static enum status faces_open(struct faces *faces, const struct dataset *set, size_t needed,
                              size_t size)
{
    size_t count = set->count < needed ? set->count : needed;
    while (count < set->count && set->labels[count] == set->labels[count - 1]) {
        count++;
    }
    faces->count = count;
    faces->size = size;
    faces->embeddings = calloc(2 * count, size * sizeof(float));
    bool whole = faces->embeddings != NULL;
    for (int n = 0; n < NUMBERS; n++) {
        faces->score[n] = calloc(count, sizeof(double));
        whole = whole && faces->score[n] != NULL;
    }
    if (!whole) return status_fail(STATUS_NO_MEMORY, "out of memory for %zu faces", count);
    return mirror_faces(&faces->pair, set, NULL, count);
}

static enum status embed(const struct faces *faces, const struct target *target, struct net *net,
                         uint64_t seed)
{
    const size_t all = 2 * faces->count;
    float *rows = calloc(TARGET_BATCH, target_values(target) * sizeof *rows);
    uint32_t index[TARGET_BATCH];
    enum status status = STATUS_OK;
    if (rows == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for masked faces");
    for (size_t first = 0; first < all && status == STATUS_OK; first += TARGET_BATCH) {
        const size_t now = all - first < TARGET_BATCH ? all - first : TARGET_BATCH;
        for (size_t i = 0; i < now; i++) {
            index[i] = (uint32_t)(first + i);
        }
        status = observe_masked(target, rows, faces->pair, index, now, seed, 0);
        if (status != STATUS_OK) break;
        const float *y = net_forward(net, rows, now, NET_EVALUATE, NULL);
        for (size_t i = 0; i < now * faces->size; i++) {
            faces->embeddings[first * faces->size + i] = y[i];
        }
    }
    free(rows);
    return status;
}

static double product(const float *a, const float *b, size_t size)
{
    double sum = 0;
    for (size_t i = 0; i < size; i++) {
        sum += (double)a[i] * (double)b[i];
    }
    return sum;
}

static double cosine(const float *a, const float *b, size_t size)
{
    return product(a, b, size) / fmax(sqrt(product(a, a, size) * product(b, b, size)), 1e-20);
}

/* The numbers of each face; embeddings of faces become f + g. */
static void score(struct faces *faces, const float *head, size_t people)
{
    const size_t size = faces->size;
    for (size_t i = 0; i < faces->count; i++) {
        float *f = faces->embeddings + i * size;
        const float *g = faces->embeddings + (faces->count + i) * size;
        faces->score[FLIP][i] = cosine(f, g, size);
        for (size_t j = 0; j < size; j++) {
            f[j] += g[j];
        }
        faces->score[NORM][i] = sqrt(product(f, f, size));
        faces->score[HEAD][i] = (double)NAN;
        for (size_t p = 0; p < people; p++) {
            faces->score[HEAD][i] = fmax(faces->score[HEAD][i], cosine(f, head + p * size, size));
        }
    }
    for (size_t i = 0; i < faces->count; i++) {
        double sum = 0, others = 0;
        for (size_t j = 0; j < faces->count; j++) {
            if (j == i || faces->pair->labels[j] != faces->pair->labels[i]) continue;
            sum += cosine(faces->embeddings + i * size, faces->embeddings + j * size, size);
            others += 1;
        }
        faces->score[SPREAD][i] = sum / others; // NaN for an only face
    }
}

/* Measures both sides with one network. */
static enum status compare(struct membership found[NUMBERS], struct faces sides[2],
                           const struct attack_context *context, struct net *net, const float *head,
                           size_t people)
{
    enum status status = STATUS_OK;
    for (int s = 0; s < 2 && status == STATUS_OK; s++) {
        status = embed(&sides[s], context->target, net, context->budget->seed);
        if (status == STATUS_OK) score(&sides[s], head, people);
        if (status == STATUS_OK) {
            status = attack_progress(context, "looking for members", (uint64_t)s + 1, 2);
        }
    }
    for (int n = 0; n < NUMBERS && status == STATUS_OK; n++) {
        status = membership_measure(&found[n], sides[0].score[n], sides[0].count, sides[1].score[n],
                                    sides[1].count);
    }
    return status;
}

/* The same with a network and a head that have learned nothing. */
static enum status control(struct membership found[NUMBERS], struct faces sides[2],
                           const struct attack_context *context)
{
    const struct target *target = context->target;
    const size_t heads = target->head == NULL ? 0 : target->people * net_outputs(target->net);
    struct net *net = NULL;
    struct random random;
    float *weights = calloc(net_parameters(target->net), sizeof *weights);
    float *head = calloc(heads + 1, sizeof *head);
    enum status status = STATUS_NO_MEMORY;
    if (weights == NULL || head == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory for a network");
        goto done;
    }
    random_start(&random, context->budget->seed, 0, RANDOM_HEAD, 0, 0);
    for (size_t i = 0; i < heads; i++) {
        head[i] = random_normal(&random);
    }
    status = networks_backbone(&net, &target->config, TARGET_BATCH, NET_EVALUATE);
    if (status != STATUS_OK) goto done;
    net_bind(net, weights, NULL);
    net_initialise(net, context->budget->seed, 0);
    status = compare(found, sides, context, net, head, target->head == NULL ? 0 : target->people);
done:
    net_destroy(&net);
    free(weights);
    free(head);
    return status;
}

enum status membership_attack(const struct attack_context *context, struct figures *figures)
{
    const struct target *target = context->target;
    const struct attack_data *data = context->data;
    const size_t size = net_outputs(target->net);
    struct membership found[NUMBERS], drawn[NUMBERS];
    struct faces sides[2] = {{.count = 0}, {.count = 0}};
    if (!data->trained) {
        figures_note(figures, "updates: the victims are not people that the model was trained on, "
                              "so there is no membership to find");
        return STATUS_OK;
    }
    if (data->nonmembers != NULL && data->first_nonmember < target->people) {
        return status_fail(STATUS_BAD_INPUT,
                           "nonmembers.skip: %zu, but the model was trained on %zu people",
                           data->first_nonmember, target->people);
    }
    if (data->nonmembers == NULL) {
        figures_note(figures,
                     "updates: members are told from the attacker's people, who may differ "
                     "by more than the training (nonmembers.skip: 0)");
    }
    enum status status = faces_open(&sides[0], data->victims, data->victims->count, size);
    if (status == STATUS_OK) {
        status = faces_open(&sides[1], data->nonmembers != NULL ? data->nonmembers : data->known,
                            data->victims->count, size);
    }
    if (status == STATUS_OK) {
        status = compare(found, sides, context, target->net, target->head,
                         target->head == NULL ? 0 : target->people);
    }
    if (status == STATUS_OK) status = control(drawn, sides, context);
    for (int n = 0; n < NUMBERS && status == STATUS_OK; n++) {
        char key[LIMIT_NAME];
        snprintf(key, sizeof key, "updates.members.%s.auc", number_names[n]);
        figures_set(figures, key, found[n].auc);
        snprintf(key, sizeof key, "updates.members.%s.advantage", number_names[n]);
        figures_set(figures, key, found[n].advantage);
        snprintf(key, sizeof key, "updates.members.%s.control", number_names[n]);
        figures_set(figures, key, drawn[n].auc);
    }
    for (int s = 0; s < 2; s++) {
        faces_close(&sides[s]);
    }
    return status;
}
