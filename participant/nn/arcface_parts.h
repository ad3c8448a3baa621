// SPDX-License-Identifier: Apache-2.0
/* arcface_parts - what arcface.c (forward) and arcface_step.c (backward) share. Not for others. */
#ifndef NN_ARCFACE_PARTS_H
#define NN_ARCFACE_PARTS_H

#include "nn/arcface.h"
#include "nn/parallel.h"

/* Classes, or numbers of an embedding, of one product; pieces of the batch for the softmax. */
enum { ARCFACE_STRIPE = 128, ARCFACE_PIECES_MAX = 16 };

struct arcface {
    struct arcface_shape shape;
    float *weights;            // classes x embedding
    float *inverse;            // 1 / length of each class weight
    float *item, *item_length; // unit embeddings and their lengths
    float *item_gradient;      // batch x embedding
    float *cosine;             // batch x classes; then the d_ij of arcface.h
    float *along;              // the a_j of each piece; arcface_backward() sums them in the first
    float *power;              // ARCFACE_PIECES_MAX x classes: exponentials of one item
    float *gram;               // batch x batch: products of unit embeddings
    float *scratch;            // threads x ARCFACE_STRIPE x embedding
    double *squares;           // of each stripe
    float *gradients;          // NULL until they are asked for
    int threads;
    size_t batch, hits;
};

static inline size_t arcface_stripes_of(size_t count)
{
    return (count + ARCFACE_STRIPE - 1) / ARCFACE_STRIPE;
}

static inline size_t arcface_stripe_size(size_t count, size_t stripe)
{
    return count - stripe * ARCFACE_STRIPE < ARCFACE_STRIPE ? count - stripe * ARCFACE_STRIPE
                                                            : ARCFACE_STRIPE;
}

static inline size_t arcface_pieces_of(const struct arcface *head)
{
    const size_t pieces = parallel_pieces(head->batch, head->shape.classes);
    return pieces < ARCFACE_PIECES_MAX ? pieces : ARCFACE_PIECES_MAX;
}

#endif
