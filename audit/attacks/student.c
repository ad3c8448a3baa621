// SPDX-License-Identifier: Apache-2.0
#include "attacks/student.h"

#include "attacks/mirror.h"
#include "base/random.h"
#include "defence/observe.h"
#include "nn/sgd.h"
#include "train/networks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE     0.3
#define MOMENTUM 0.9
#define DECAY    5e-4
#define PI       3.14159265358979323846

enum { SALT = 77 }; // of weights that are drawn

struct student {
    const struct target *target;
    struct net *net;
    struct sgd_plan *plan;
    size_t batch, size, values;
    uint64_t seed;
    float *weights, *gradients, *velocity;
    float *rows, *slope; // of a batch: what is observed, and the loss's gradient to the output
    uint32_t *principal;
};

struct lesson { // the photographs of one student_learn(), each beside its mirror image
    struct dataset *faces;
    const float *taught;
    const uint32_t *photo;
    size_t count;
    uint32_t *order; // of 2 * count faces in a pass
};

void student_destroy(struct student **student)
{
    if (*student == NULL) return;
    float *const owned[] = {(*student)->weights, (*student)->gradients, (*student)->velocity,
                            (*student)->rows, (*student)->slope};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) {
        free(owned[i]);
    }
    free((*student)->principal);
    sgd_plan_destroy(&(*student)->plan);
    net_destroy(&(*student)->net);
    free(*student);
    *student = NULL;
}

/* Takes over the target's tensors that have a shape of ours. */
static void take_over(struct student *student)
{
    const struct model *model = &student->target->model;
    for (size_t t = 0; t < net_tensors(student->net); t++) {
        const struct net_tensor *tensor = net_tensor(student->net, t);
        const struct tensor_entry *entry = manifest_find(&model->manifest, tensor->name);
        bool same = entry != NULL && entry->axes == tensor->axes;
        for (int a = 0; same && a < tensor->axes; a++) {
            same = entry->shape[a] == tensor->shape[a];
        }
        if (!same) continue;
        memcpy(student->weights + tensor->offset, model->values + entry->offset,
               tensor->count * sizeof(float));
    }
}

static enum status allocate(struct student *student)
{
    const size_t parameters = net_parameters(student->net), batch = student->batch;
    student->weights = calloc(parameters, sizeof(float));
    student->gradients = calloc(parameters, sizeof(float));
    student->velocity = calloc(parameters, sizeof(float));
    student->rows = calloc(batch, student->values * sizeof(float));
    student->slope = calloc(batch, student->size * sizeof(float));
    student->principal = calloc(batch, sizeof *student->principal);
    if (student->weights == NULL || student->gradients == NULL || student->velocity == NULL ||
        student->rows == NULL || student->slope == NULL || student->principal == NULL) {
        return status_fail(STATUS_NO_MEMORY, "out of memory for a student");
    }
    return STATUS_OK;
}

enum status student_create(struct student **student, const struct target *target, size_t size,
                           const struct attack_budget *budget, bool inherit)
{
    struct student *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a student");
    struct config config = target->config;
    *made = (struct student){.target = target,
                             .batch = (size_t)budget->batch,
                             .size = size,
                             .values = target_values(target),
                             .seed = budget->seed};
    config.federation.network.embedding = (int)size;
    config.federation.network.dropout = 0;
    enum status status = networks_backbone(&made->net, &config, made->batch, NET_TRAIN);
    if (status == STATUS_OK) status = sgd_plan_create(&made->plan, made->net);
    if (status == STATUS_OK) status = allocate(made);
    if (status != STATUS_OK) {
        student_destroy(&made);
        return status;
    }
    net_bind(made->net, made->weights, made->gradients);
    net_initialise(made->net, made->seed, SALT);
    if (inherit) take_over(made);
    *student = made;
    return STATUS_OK;
}

/* Loss of the batch in `rows`, and its gradient to the output in `slope`. */
static double judge_batch(struct student *student, const float *y, const struct lesson *lesson,
                          size_t count)
{
    const size_t size = student->size;
    double loss = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t photo = lesson->photo[student->principal[i] % lesson->count];
        const float *t = lesson->taught + photo * size, *u = y + i * size;
        double squares = 0, product = 0;
        for (size_t j = 0; j < size; j++) {
            squares += (double)u[j] * (double)u[j];
            product += (double)u[j] * (double)t[j];
        }
        const double length = fmax(sqrt(squares), 1e-12), cosine = product / length;
        for (size_t j = 0; j < size; j++) {
            const double along = cosine * (double)u[j] / length - (double)t[j];
            student->slope[i * size + j] = (float)(along / length / (double)count);
        }
        loss += 1 - cosine;
    }
    return loss / (double)count;
}

static enum status learn_batch(struct student *student, double *loss, const struct lesson *lesson,
                               const uint32_t *index, size_t count, double rate, uint32_t pass)
{
    const struct sgd sgd = {.rate = rate, .momentum = MOMENTUM, .decay = DECAY, .scale = 1};
    // Each pass asks the mask anew: another seed is another noise.
    const enum status status =
        observe_faces(student->target, student->rows, student->principal, lesson->faces, index,
                      count, student->seed + pass, pass);
    if (status != STATUS_OK) return status;
    const float *y = net_forward(student->net, student->rows, count, NET_TRAIN, NULL);
    *loss = judge_batch(student, y, lesson, count);
    net_backward(student->net, student->slope, false);
    if (!isfinite(*loss) || !isfinite(sgd_plan_squares(student->plan, student->gradients))) {
        return status_fail(STATUS_NOT_FINITE, "the student's loss is not a number");
    }
    sgd_plan_step(student->plan, student->weights, student->velocity, student->gradients, sgd);
    return STATUS_OK;
}

enum status student_learn(struct student *student, double *loss,
                          const struct attack_context *context, const float *taught,
                          const uint32_t *photo, size_t count)
{
    struct lesson lesson = {.taught = taught, .photo = photo, .count = count};
    const int steps = context->budget->steps;
    const size_t faces = 2 * count, batch = faces < student->batch ? faces : student->batch;
    const size_t turns = faces / batch; // of a pass; the last few faces of an order are left out
    double sum = 0;
    lesson.order = calloc(faces, sizeof *lesson.order);
    if (lesson.order == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for photographs");
    enum status status = mirror_faces(&lesson.faces, context->data->known, photo, count);
    memset(student->velocity, 0, net_parameters(student->net) * sizeof(float));
    for (int step = 0; step < steps && status == STATUS_OK; step++) {
        const size_t turn = (size_t)step % turns;
        const uint32_t pass = (uint32_t)((size_t)step / turns);
        double own = 0;
        if (turn == 0) {
            struct random random;
            random_start(&random, student->seed, 0, RANDOM_SAMPLE, pass + 1, 0);
            random_permutation(&random, lesson.order, faces);
            sum = 0;
        }
        const double rate = RATE * 0.5 * (1 + cos(PI * step / steps));
        status =
            learn_batch(student, &own, &lesson, lesson.order + turn * batch, batch, rate, pass);
        sum += own;
        *loss = sum / (double)(turn + 1);
        if (status == STATUS_OK) {
            status =
                attack_progress(context, "teaching a student", (uint64_t)step + 1, (uint64_t)steps);
        }
    }
    dataset_destroy(&lesson.faces);
    free(lesson.order);
    return status;
}

static void normalise(float *out, const float *y, size_t size)
{
    double squares = 0;
    for (size_t j = 0; j < size; j++) {
        squares += (double)y[j] * (double)y[j];
    }
    const double length = fmax(sqrt(squares), 1e-12);
    for (size_t j = 0; j < size; j++) {
        out[j] = (float)((double)y[j] / length);
    }
}

enum status student_embed(struct student *student, float *out, uint32_t *principal,
                          const struct dataset *faces)
{
    const size_t size = student->size;
    enum status status = STATUS_OK;
    for (size_t first = 0; first < faces->count && status == STATUS_OK; first += student->batch) {
        const size_t left = faces->count - first;
        const size_t now = left < student->batch ? left : student->batch;
        uint32_t *const index = student->principal;
        for (size_t i = 0; i < now; i++) {
            index[i] = (uint32_t)(first + i);
        }
        status = observe_faces(student->target, student->rows,
                               principal == NULL ? NULL : principal + first, faces, index, now,
                               student->seed, 0);
        if (status != STATUS_OK) return status;
        const float *y = net_forward(student->net, student->rows, now, NET_EVALUATE, NULL);
        for (size_t i = 0; i < now; i++) {
            normalise(out + (first + i) * size, y + i * size, size);
        }
    }
    return status;
}
