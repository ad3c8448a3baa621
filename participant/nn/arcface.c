// SPDX-License-Identifier: Apache-2.0
#include "nn/arcface_parts.h"

#include "base/limits.h"
#include "base/random.h"
#include "nn/gemm.h"
#include "nn/kernels.h"
#include "nn/parallel.h"

#include <assert.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#define COSINE_MAX      (1.0f - 1e-7f)
#define NORM_MIN        1e-12f
#define START_DEVIATION 0.01f

/* A class that is a label of an item, with the whole of its weight. */
struct target {
    uint32_t label;
    float cosine;
    double weight, slope; // slope: d logit / d cosine, over s
};

enum status arcface_create(struct arcface **arcface, struct arcface_shape shape)
{
    assert(shape.classes > 0 && shape.embedding > 0 && shape.batch_max > 0);
    struct arcface *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for the head");
    const size_t classes = shape.classes, size = shape.embedding, batch = shape.batch_max;
    const size_t pieces = batch < ARCFACE_PIECES_MAX ? batch : ARCFACE_PIECES_MAX;
    made->shape = shape;
    made->threads = omp_get_max_threads();
    const struct {
        float **at;
        size_t rows, columns;
    } blocks[] = {
        {&made->weights, classes, size},
        {&made->inverse, classes, 1},
        {&made->item, batch, size},
        {&made->item_length, batch, 1},
        {&made->item_gradient, batch, size},
        {&made->cosine, batch, classes},
        {&made->along, pieces, classes},
        {&made->power, pieces, classes},
        {&made->gram, batch <= size ? batch : 0, batch},
        {&made->scratch, (size_t)made->threads * ARCFACE_STRIPE, size},
    };
    made->squares = calloc(arcface_stripes_of(classes), sizeof *made->squares);
    int whole = made->squares != NULL;
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        *blocks[i].at = calloc(blocks[i].rows, blocks[i].columns * sizeof(float));
        whole = whole && (*blocks[i].at != NULL || blocks[i].rows == 0);
    }
    if (!whole) {
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
    float *const blocks[] = {head->weights,       head->inverse, head->item,     head->item_length,
                             head->item_gradient, head->cosine,  head->along,    head->power,
                             head->gram,          head->scratch, head->gradients};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
    free(head->squares);
    free(head);
    *arcface = NULL;
}

float *arcface_weights(struct arcface *arcface)
{
    return arcface->weights;
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

static float length_of(const float *x, size_t size)
{
    const float length = (float)sqrt(kernels_get()->squares(x, size));
    return length < NORM_MIN ? NORM_MIN : length;
}

/* Unit embeddings, and their products with the class weights. */
static void multiply(struct arcface *head, const float *embeddings)
{
    const size_t classes = head->shape.classes, size = head->shape.embedding;
    const size_t batch = head->batch, stripes = arcface_stripes_of(classes);
    for (size_t r = 0; r < batch; r++) {
        head->item_length[r] = length_of(embeddings + r * size, size);
        const float inverse = 1.0f / head->item_length[r];
        for (size_t i = 0; i < size; i++) {
            head->item[r * size + i] = embeddings[r * size + i] * inverse;
        }
    }
#pragma omp parallel for schedule(static) if (stripes > 1)
    for (size_t s = 0; s < stripes; s++) {
        const size_t first = s * ARCFACE_STRIPE, count = arcface_stripe_size(classes, s);
        const float *weights = head->weights + first * size;
        for (size_t j = 0; j < count; j++) {
            head->inverse[first + j] = 1.0f / length_of(weights + j * size, size);
        }
        gemm_multiply(head->cosine + first, head->item, weights,
                      (struct gemm){.m = batch,
                                    .n = count,
                                    .k = size,
                                    .transpose_b = 1,
                                    .lda = size,
                                    .ldb = size,
                                    .ldc = classes});
    }
}

/* In lanes, as a single maximum would wait for itself at every number. */
static float largest_of(const float *x, size_t count)
{
    enum { LANES = 16 };
    float lanes[LANES], largest = x[0];
    for (size_t l = 0; l < LANES; l++) {
        lanes[l] = x[0];
    }
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            lanes[l] = x[i + l] > lanes[l] ? x[i + l] : lanes[l];
        }
    }
    for (; i < count; i++) {
        largest = x[i] > largest ? x[i] : largest;
    }
    for (size_t l = 0; l < LANES; l++) {
        largest = lanes[l] > largest ? lanes[l] : largest;
    }
    return largest;
}

/* Products to cosines, clamped; what is no number stays none. Returns the nearest class. */
static size_t clamp_row(float *restrict cosine, const float *restrict inverse, size_t classes)
{
    for (size_t j = 0; j < classes; j++) {
        cosine[j] *= inverse[j];
    }
    const float largest = largest_of(cosine, classes);
    size_t nearest = 0;
    while (nearest + 1 < classes && cosine[nearest] < largest) {
        nearest++;
    }
    for (size_t j = 0; j < classes; j++) {
        const float c = cosine[j] < -COSINE_MAX ? -COSINE_MAX : cosine[j];
        cosine[j] = c > COSINE_MAX ? COSINE_MAX : c;
    }
    return nearest;
}

/* The distinct labels of one item; their cosines become logits / s. Returns how many there are. */
static int apply_margins(struct target target[LIMIT_MIX], const struct arcface *head, float *cosine,
                         int k, const uint32_t *label, const float *weight)
{
    const double m = head->shape.margin;
    int count = 0;
    for (int i = 0; i < k; i++) {
        int at = 0;
        while (at < count && target[at].label != label[i]) {
            at++;
        }
        if (at == count) target[count++] = (struct target){label[i], cosine[label[i]], 0, 1};
        target[at].weight += (double)weight[i];
    }
    for (int i = 0; i < count; i++) {
        const double c = (double)target[i].cosine, sine = sqrt(1.0 - c * c), t = target[i].weight;
        cosine[target[i].label] = (float)(c + t * (c * cos(m) - sine * sin(m) - c));
        // d cos(theta + m) / d cos(theta) = sin(theta + m) / sin(theta)
        target[i].slope = 1.0 + t * (cos(m) + c * sin(m) / sine - 1.0);
    }
    return count;
}

/* Softmax cross-entropy of one item; `cosine` becomes d_ij, and a_j grows. */
static double finish_row(const struct arcface *head, float *restrict cosine, float *restrict along,
                         float *restrict power, const struct target *target, int targets)
{
    const size_t classes = head->shape.classes;
    const float s = (float)head->shape.scale;
    const float largest = largest_of(cosine, classes);
    double total = 0, loss = 0;
    for (size_t j = 0; j < classes; j++) {
        power[j] = expf(s * (cosine[j] - largest));
        total += (double)power[j];
    }
    const double log_total = log(total);
    for (int i = 0; i < targets; i++) {
        float *c = &cosine[target[i].label], *p = &power[target[i].label];
        loss -= target[i].weight * ((double)(s * (*c - largest)) - log_total);
        *p = (float)(((double)*p - target[i].weight * total) * target[i].slope);
        *c = target[i].cosine;
    }
    const float scale = (float)(head->shape.scale / (double)head->batch / total);
    for (size_t j = 0; j < classes; j++) {
        const float c = cosine[j];
        const float gradient = scale * power[j] * head->inverse[j];
        const float passed = fabsf(c) >= COSINE_MAX ? 0.0f : gradient;
        along[j] += passed * c;
        cosine[j] = passed;
    }
    return loss;
}

static double finish_item(const struct arcface *head, size_t piece, size_t *hits, size_t item,
                          struct arcface_labels labels)
{
    const size_t classes = head->shape.classes, k = (size_t)labels.k;
    const uint32_t *label = labels.label + item * k;
    const float *weight = labels.weight + item * k;
    float *cosine = head->cosine + item * classes;
    struct target target[LIMIT_MIX];
    size_t main_label = 0;
    for (size_t j = 0; j < k; j++) {
        assert(label[j] < classes);
        if (weight[j] > weight[main_label]) main_label = j;
    }
    *hits += clamp_row(cosine, head->inverse, classes) == label[main_label];
    const int targets = apply_margins(target, head, cosine, labels.k, label, weight);
    return finish_row(head, cosine, head->along + piece * classes, head->power + piece * classes,
                      target, targets);
}

double arcface_forward(struct arcface *arcface, const float *embeddings, size_t batch,
                       struct arcface_labels labels)
{
    assert(batch > 0 && batch <= arcface->shape.batch_max);
    assert(labels.k > 0 && labels.k <= LIMIT_MIX);
    const size_t classes = arcface->shape.classes;
    arcface->batch = batch;
    multiply(arcface, embeddings);
    const size_t pieces = arcface_pieces_of(arcface);
    memset(arcface->along, 0, pieces * classes * sizeof(float));
    double losses[ARCFACE_PIECES_MAX] = {0}, loss = 0;
    size_t hits[ARCFACE_PIECES_MAX] = {0};
#pragma omp parallel for schedule(static) if (pieces > 1)
    for (size_t piece = 0; piece < pieces; piece++) {
        const size_t end = parallel_first(batch, piece + 1, pieces);
        for (size_t i = parallel_first(batch, piece, pieces); i < end; i++) {
            losses[piece] += finish_item(arcface, piece, &hits[piece], i, labels);
        }
    }
    arcface->hits = 0;
    for (size_t piece = 0; piece < pieces; piece++) {
        loss += losses[piece];
        arcface->hits += hits[piece];
    }
    return loss / (double)batch;
}

size_t arcface_hits(const struct arcface *arcface)
{
    return arcface->hits;
}
