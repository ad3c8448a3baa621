// SPDX-License-Identifier: Apache-2.0
/* arcface - the head of training: additive angular margin with mixed labels, and its class weights.
 *
 * The paper's Algorithm 1. With unit embeddings e, unit class weights w_j, cos_j = e . w_j clamped
 * to +-(1 - 1e-7), and for each item k labels g_i with weights c_i that sum to 1:
 *     t_j = sum of c_i over i with g_i = j,
 *     z_j = s (cos_j + t_j (cos(theta_j + m) - cos_j)),
 *     loss = - sum_j t_j log softmax(z)_j, mean over the batch.
 * Gradients are the true ones, through the margin and both normalisations (clamped cosines pass
 * none). Class weights are templates of faces: they never leave the participant. */
#ifndef NN_ARCFACE_H
#define NN_ARCFACE_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct arcface;

struct arcface_shape {
    size_t classes, embedding, batch_max;
    double scale, margin; // s, m in radians
};

struct arcface_labels {
    int k;                 // labels of an item
    const uint32_t *label; // batch * k
    const float *weight;   // batch * k
};

enum status arcface_create(struct arcface **arcface, struct arcface_shape shape) CHECKED;
void arcface_destroy(struct arcface **arcface);

/* Class weights and their gradients: classes x embedding. */
float *arcface_weights(struct arcface *arcface);
float *arcface_gradients(struct arcface *arcface);
size_t arcface_parameters(const struct arcface *arcface);

/* Class weights from N(0, 0.01), stream (seed, participant, RANDOM_HEAD). */
void arcface_initialise(struct arcface *arcface, uint64_t seed, uint32_t participant);

/* Mean loss of a batch of embeddings (batch x embedding, of any length). */
double arcface_forward(struct arcface *arcface, const float *embeddings, size_t batch,
                       struct arcface_labels labels);

/* Items of the last batch whose nearest class is the label of largest weight. */
size_t arcface_hits(const struct arcface *arcface);

/* After arcface_forward(): assigns arcface_gradients() and returns the gradient of the embeddings,
 * valid until the next call. */
const float *arcface_backward(struct arcface *arcface);

#endif
