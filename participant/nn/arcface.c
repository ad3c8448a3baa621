// SPDX-License-Identifier: Apache-2.0
#include "nn/arcface.h"
#include "base/random.h"
#include "nn/gemm.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define COSINE_MAX      (1.0f - 1e-7f)
#define NORM_MIN        1e-12f
#define START_DEVIATION 0.01f

struct arcface {
    struct arcface_shape shape;
    float *weights, *gradients; // classes x embedding
    float *unit, *length;       // unit class weights and their lengths
    float *item, *item_length;  // unit embeddings and their lengths
    float *item_gradient;       // batch x embedding
    float *cosine;              // batch x classes; then the gradient to the cosines
    float *slope;               // batch x classes: d logit / d cosine, 0 where clamped
    size_t batch, hits;
};

enum status arcface_create(struct arcface **arcface, struct arcface_shape shape)
{
    assert(shape.classes > 0 && shape.embedding > 0 && shape.batch_max > 0);
    struct arcface *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for the head");
    const size_t classes = shape.classes, size = shape.embedding, batch = shape.batch_max;
    made->shape = shape;
    made->weights = calloc(classes * size, sizeof(float));
    made->gradients = calloc(classes * size, sizeof(float));
    made->unit = calloc(classes * size, sizeof(float));
    made->length = calloc(classes, sizeof(float));
    made->item = calloc(batch * size, sizeof(float));
    made->item_length = calloc(batch, sizeof(float));
    made->item_gradient = calloc(batch * size, sizeof(float));
    made->cosine = calloc(batch * classes, sizeof(float));
    made->slope = calloc(batch * classes, sizeof(float));
    if (!made->weights || !made->gradients || !made->unit || !made->length || !made->item ||
        !made->item_length || !made->item_gradient || !made->cosine || !made->slope) {
        arcface_destroy(&made);
        return status_fail(STATUS_NO_MEMORY, "out of memory for a head of %zu classes", classes);
    }
    *arcface = made;
    return STATUS_OK;
}

void arcface_destroy(struct arcface **arcface)
{
    struct arcface *head = *arcface;
    if (head == NULL) return;
    float *const blocks[] = {head->weights,       head->gradients, head->unit,
                             head->length,        head->item,      head->item_length,
                             head->item_gradient, head->cosine,    head->slope};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
    free(head);
    *arcface = NULL;
}

float *arcface_weights(struct arcface *arcface)
{
    return arcface->weights;
}

float *arcface_gradients(struct arcface *arcface)
{
    return arcface->gradients;
}

size_t arcface_parameters(const struct arcface *arcface)
{
    return arcface->shape.classes * arcface->shape.embedding;
}

void arcface_initialise(struct arcface *arcface, uint64_t seed, uint32_t participant)
{
    struct random random;
    random_start(&random, seed, participant, RANDOM_HEAD, 0, 0);
    for (size_t i = 0; i < arcface_parameters(arcface); i++) {
        arcface->weights[i] = START_DEVIATION * random_normal(&random);
    }
}

static void normalise_rows(float *unit, float *length, const float *x, size_t rows, size_t size)
{
#pragma omp parallel for schedule(static) if (rows * size > 65536)
    for (size_t r = 0; r < rows; r++) {
        double squares = 0;
        for (size_t i = 0; i < size; i++) {
            squares += (double)x[r * size + i] * (double)x[r * size + i];
        }
        length[r] = fmaxf((float)sqrt(squares), NORM_MIN);
        const float inverse = 1.0f / length[r];
        for (size_t i = 0; i < size; i++) {
            unit[r * size + i] = x[r * size + i] * inverse;
        }
    }
}

/* dx = (dunit - unit (unit . dunit)) / length, in place. */
static void normalise_rows_backward(float *gradient, const float *unit, const float *length,
                                    size_t rows, size_t size)
{
#pragma omp parallel for schedule(static) if (rows * size > 65536)
    for (size_t r = 0; r < rows; r++) {
        float *g = gradient + r * size;
        const float *u = unit + r * size;
        double dot = 0;
        for (size_t i = 0; i < size; i++) {
            dot += (double)g[i] * (double)u[i];
        }
        const float along = (float)dot, inverse = 1.0f / length[r];
        for (size_t i = 0; i < size; i++) {
            g[i] = (g[i] - u[i] * along) * inverse;
        }
    }
}

/* Clamps a row of cosines; a clamped one passes no gradient. Returns the nearest class. */
static size_t clamp_row(float *cosine, float *slope, size_t classes)
{
    size_t nearest = 0;
    for (size_t j = 0; j < classes; j++) {
        if (cosine[j] > cosine[nearest]) nearest = j;
        slope[j] = fabsf(cosine[j]) <= COSINE_MAX ? 1.0f : 0.0f;
        cosine[j] = fminf(fmaxf(cosine[j], -COSINE_MAX), COSINE_MAX);
    }
    return nearest;
}

/* Adds the margins of one item to its cosines (they become logits / s) and their slopes. */
static void apply_margins(const struct arcface *head, float *cosine, float *slope, int k,
                          const uint32_t *label, const float *weight)
{
    const double m = head->shape.margin;
    for (int i = 0; i < k; i++) {
        bool seen = false;
        double t = 0;
        for (int j = 0; j < k; j++) {
            if (label[j] != label[i]) continue;
            seen = seen || j < i;
            t += (double)weight[j];
        }
        if (seen) continue; // a class that was mixed with itself is handled once
        const double c = (double)cosine[label[i]], sine = sqrt(1.0 - c * c);
        cosine[label[i]] = (float)(c + t * (c * cos(m) - sine * sin(m) - c));
        // d cos(theta + m) / d cos(theta) = sin(theta + m) / sin(theta)
        slope[label[i]] *= (float)(1.0 + t * (cos(m) + c * sin(m) / sine - 1.0));
    }
}

/* Softmax cross-entropy of one item; `cosine` becomes the gradient of the loss to the cosines. */
static double finish_row(const struct arcface *head, float *cosine, const float *slope, int k,
                         const uint32_t *label, const float *weight)
{
    const size_t classes = head->shape.classes;
    const float s = (float)head->shape.scale;
    float largest = cosine[0];
    for (size_t j = 1; j < classes; j++) {
        largest = fmaxf(largest, cosine[j]);
    }
    double total = 0, loss = 0;
    for (size_t j = 0; j < classes; j++) {
        total += (double)expf(s * (cosine[j] - largest));
    }
    const double log_total = log(total);
    for (int i = 0; i < k; i++) {
        loss -= (double)weight[i] * ((double)(s * (cosine[label[i]] - largest)) - log_total);
    }
    const float inverse = (float)(1.0 / total), scale = s / (float)head->batch;
    for (size_t j = 0; j < classes; j++) {
        cosine[j] = expf(s * (cosine[j] - largest)) * inverse;
    }
    for (int i = 0; i < k; i++) {
        cosine[label[i]] -= weight[i];
    }
    for (size_t j = 0; j < classes; j++) {
        cosine[j] *= scale * slope[j];
    }
    return loss;
}

double arcface_forward(struct arcface *arcface, const float *embeddings, size_t batch,
                       struct arcface_labels labels)
{
    assert(batch > 0 && batch <= arcface->shape.batch_max && labels.k > 0);
    const size_t classes = arcface->shape.classes, size = arcface->shape.embedding;
    arcface->batch = batch;
    arcface->hits = 0;
    normalise_rows(arcface->unit, arcface->length, arcface->weights, classes, size);
    normalise_rows(arcface->item, arcface->item_length, embeddings, batch, size);
    gemm_multiply(arcface->cosine, arcface->item, arcface->unit,
                  (struct gemm){.m = batch,
                                .n = classes,
                                .k = size,
                                .transpose_b = 1,
                                .lda = size,
                                .ldb = size,
                                .ldc = classes});
    double loss = 0;
    for (size_t i = 0; i < batch; i++) {
        float *cosine = arcface->cosine + i * classes, *slope = arcface->slope + i * classes;
        const uint32_t *label = labels.label + i * (size_t)labels.k;
        const float *weight = labels.weight + i * (size_t)labels.k;
        int main_label = 0;
        for (int j = 0; j < labels.k; j++) {
            assert(label[j] < classes);
            if (weight[j] > weight[main_label]) main_label = j;
        }
        arcface->hits += clamp_row(cosine, slope, classes) == label[main_label];
        apply_margins(arcface, cosine, slope, labels.k, label, weight);
        loss += finish_row(arcface, cosine, slope, labels.k, label, weight);
    }
    return loss / (double)batch;
}

size_t arcface_hits(const struct arcface *arcface)
{
    return arcface->hits;
}

const float *arcface_backward(struct arcface *arcface)
{
    const size_t classes = arcface->shape.classes, size = arcface->shape.embedding;
    const size_t batch = arcface->batch;
    gemm_multiply(
        arcface->item_gradient, arcface->cosine, arcface->unit,
        (struct gemm){
            .m = batch, .n = size, .k = classes, .lda = classes, .ldb = size, .ldc = size});
    gemm_multiply(arcface->gradients, arcface->cosine, arcface->item,
                  (struct gemm){.m = classes,
                                .n = size,
                                .k = batch,
                                .transpose_a = 1,
                                .lda = classes,
                                .ldb = size,
                                .ldc = size});
    normalise_rows_backward(arcface->item_gradient, arcface->item, arcface->item_length, batch,
                            size);
    normalise_rows_backward(arcface->gradients, arcface->unit, arcface->length, classes, size);
    return arcface->item_gradient;
}
