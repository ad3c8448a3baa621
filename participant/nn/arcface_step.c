// SPDX-License-Identifier: Apache-2.0
#include "nn/arcface_parts.h"

#include "nn/gemm.h"
#include "nn/kernels.h"

#include <assert.h>
#include <omp.h>
#include <stdlib.h>

/* dx = (du - u (u . du)) / length for unit embeddings u, in place. */
static void normalise_backward(float *gradient, const float *unit, float length, size_t size)
{
    double dot = 0;
    for (size_t i = 0; i < size; i++) {
        dot += (double)gradient[i] * (double)unit[i];
    }
    const float along = (float)dot, inverse = 1.0f / length;
    for (size_t i = 0; i < size; i++) {
        gradient[i] = (gradient[i] - unit[i] * along) * inverse;
    }
}

const float *arcface_backward(struct arcface *arcface)
{
    const size_t classes = arcface->shape.classes, size = arcface->shape.embedding;
    const size_t batch = arcface->batch, stripes = arcface_stripes_of(size),
                 pieces = arcface_pieces_of(arcface);
#pragma omp parallel for schedule(static) if (stripes > 1)
    for (size_t s = 0; s < stripes; s++) {
        gemm_multiply(arcface->item_gradient + s * ARCFACE_STRIPE, arcface->cosine,
                      arcface->weights + s * ARCFACE_STRIPE,
                      (struct gemm){.m = batch,
                                    .n = arcface_stripe_size(size, s),
                                    .k = classes,
                                    .lda = classes,
                                    .ldb = size,
                                    .ldc = size});
    }
    for (size_t i = 0; i < batch; i++) {
        normalise_backward(arcface->item_gradient + i * size, arcface->item + i * size,
                           arcface->item_length[i], size);
    }
    for (size_t piece = 1; piece < pieces; piece++) {
        kernels_get()->accumulate(arcface->along, arcface->along + piece * classes, classes, 1);
    }
    return arcface->item_gradient;
}

/* The sums over i of d_ij e_i for one stripe of classes. */
static void stripe_products(const struct arcface *head, float *out, size_t stripe)
{
    const size_t classes = head->shape.classes, size = head->shape.embedding;
    gemm_multiply(out, head->cosine + stripe * ARCFACE_STRIPE, head->item,
                  (struct gemm){.m = arcface_stripe_size(classes, stripe),
                                .n = size,
                                .k = head->batch,
                                .transpose_a = 1,
                                .lda = classes,
                                .ldb = size,
                                .ldc = size});
}

/* Sum over the classes of a stripe of |sum_i d_ij e_i|^2, from the products of unit embeddings
 * while a batch has fewer of them than an embedding has numbers. */
static double stripe_squares(const struct arcface *head, float *scratch, size_t stripe)
{
    const size_t classes = head->shape.classes, size = head->shape.embedding;
    const size_t batch = head->batch, count = arcface_stripe_size(classes, stripe);
    if (head->shape.batch_max > size) {
        stripe_products(head, scratch, stripe);
        return kernels_get()->squares(scratch, count * size);
    }
    const float *gradient = head->cosine + stripe * ARCFACE_STRIPE;
    gemm_multiply(
        scratch, head->gram, gradient,
        (struct gemm){
            .m = batch, .n = count, .k = batch, .lda = batch, .ldb = classes, .ldc = count});
    double squares[ARCFACE_STRIPE] = {0}, total = 0;
    for (size_t i = 0; i < batch; i++) {
        for (size_t j = 0; j < count; j++) {
            squares[j] += (double)scratch[i * count + j] * (double)gradient[i * classes + j];
        }
    }
    for (size_t j = 0; j < count; j++) {
        total += squares[j];
    }
    return total;
}

double arcface_squares(struct arcface *arcface)
{
    const size_t classes = arcface->shape.classes, size = arcface->shape.embedding;
    const size_t batch = arcface->batch, stripes = arcface_stripes_of(classes);
    assert(omp_get_max_threads() <= arcface->threads);
    if (arcface->shape.batch_max <= size) {
        gemm_multiply(arcface->gram, arcface->item, arcface->item,
                      (struct gemm){.m = batch,
                                    .n = batch,
                                    .k = size,
                                    .transpose_b = 1,
                                    .lda = size,
                                    .ldb = size,
                                    .ldc = batch});
    }
#pragma omp parallel for schedule(static) if (stripes > 1)
    for (size_t s = 0; s < stripes; s++) {
        float *own = arcface->scratch + (size_t)omp_get_thread_num() * ARCFACE_STRIPE * size;
        arcface->squares[s] = stripe_squares(arcface, own, s) -
                              kernels_get()->squares(arcface->along + s * ARCFACE_STRIPE,
                                                     arcface_stripe_size(classes, s));
    }
    double total = 0;
    for (size_t s = 0; s < stripes; s++) {
        total += arcface->squares[s];
    }
    return total < 0 ? 0 : total; // by rounding; what is no number stays none
}

void arcface_step(struct arcface *arcface, float *velocity, struct sgd sgd)
{
    const size_t classes = arcface->shape.classes, size = arcface->shape.embedding;
    const size_t stripes = arcface_stripes_of(classes);
    assert(omp_get_max_threads() <= arcface->threads);
#pragma omp parallel for schedule(static) if (stripes > 1)
    for (size_t s = 0; s < stripes; s++) {
        float *own = arcface->scratch + (size_t)omp_get_thread_num() * ARCFACE_STRIPE * size;
        stripe_products(arcface, own, s);
        for (size_t j = 0; j < arcface_stripe_size(classes, s); j++) {
            const size_t row = s * ARCFACE_STRIPE + j;
            struct sgd one = sgd;
            // The gradient's part along w_j is a multiple of w_j, as weight decay is.
            one.decay -= sgd.scale * (double)arcface->along[row] * (double)arcface->inverse[row];
            sgd_step(arcface->weights + row * size, velocity + row * size, own + j * size, size,
                     one);
        }
    }
}

float *arcface_gradients(struct arcface *arcface)
{
    const size_t classes = arcface->shape.classes, size = arcface->shape.embedding;
    if (arcface->gradients == NULL) {
        arcface->gradients = calloc(classes, size * sizeof *arcface->gradients);
        if (arcface->gradients == NULL) return NULL;
    }
    for (size_t s = 0; s < arcface_stripes_of(classes); s++) {
        stripe_products(arcface, arcface->gradients + s * ARCFACE_STRIPE * size, s);
    }
    for (size_t j = 0; j < classes; j++) {
        const float along = arcface->along[j] * arcface->inverse[j];
        for (size_t i = 0; i < size; i++) {
            arcface->gradients[j * size + i] -= along * arcface->weights[j * size + i];
        }
    }
    return arcface->gradients;
}
