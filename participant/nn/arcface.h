// SPDX-License-Identifier: Apache-2.0
/* arcface - the head of training: additive angular margin with mixed labels, and its class weights.
 *
 * The paper's Algorithm 1. With unit embeddings e, class weights w_j, cos_j = e . w_j / |w_j|
 * clamped to +-(1 - 1e-7), and for each item k labels g_i with weights c_i that sum to 1:
 *     t_j = sum of c_i over i with g_i = j,
 *     z_j = s (cos_j + t_j (cos(theta_j + m) - cos_j)),
 *     loss = - sum_j t_j log softmax(z)_j, mean over the batch.
 * Gradients are the true ones, through the margin and both normalisations (clamped cosines pass
 * none). Class weights are templates of faces: they never leave the participant.
 *
 * The matrix of class weights is the only one of its size here: with d_ij the gradient to cos_ij
 * over |w_j| and a_j = sum_i d_ij cos_ij, their gradient is
 *     sum_i d_ij e_i - w_j a_j / |w_j|, its length squared |sum_i d_ij e_i|^2 - a_j^2,
 * so that arcface_step() forms it for a few classes at a time and moves them at once. Work is cut
 * into fixed stripes of classes and pieces of the batch: threads change no bit. */
#ifndef NN_ARCFACE_H
#define NN_ARCFACE_H

#include "base/status.h"
#include "nn/sgd.h"

#include <stddef.h>
#include <stdint.h>

struct arcface;

struct arcface_shape {
    size_t classes, embedding, batch_max;
    double scale, margin; // s, m in radians
};

struct arcface_labels {
    int k;                 // labels of an item, at most LIMIT_MIX
    const uint32_t *label; // batch * k
    const float *weight;   // batch * k
};

/* A head of zeros, for at most as many threads as OpenMP would take now. */
enum status arcface_create(struct arcface **arcface, struct arcface_shape shape) CHECKED;
void arcface_destroy(struct arcface **arcface);

/* Class weights: classes x embedding. */
float *arcface_weights(struct arcface *arcface);
size_t arcface_parameters(const struct arcface *arcface);

/* Class weights from N(0, 0.01), stream (seed, participant, RANDOM_HEAD). */
void arcface_initialise(struct arcface *arcface, uint64_t seed, uint32_t participant);

/* Mean loss of a batch of embeddings (batch x embedding, of any length). */
double arcface_forward(struct arcface *arcface, const float *embeddings, size_t batch,
                       struct arcface_labels labels);

/* Items of the last batch whose nearest class is the label of largest weight. */
size_t arcface_hits(const struct arcface *arcface);

/* Once after each arcface_forward(): returns the gradient of the embeddings, valid until the next
 * call. */
const float *arcface_backward(struct arcface *arcface);

/* After arcface_backward(), before the weights move: the sum of squares of their gradient; not
 * finite when one of its numbers is not, which a finite loss rules out. */
double arcface_squares(struct arcface *arcface);

/* After arcface_backward(), once: one step of the class weights, see sgd.h. The velocity holds
 * arcface_parameters() numbers. */
void arcface_step(struct arcface *arcface, float *velocity, struct sgd sgd);

/* As arcface_squares(), the gradient itself, classes x embedding: to look at, training never needs
 * it. Allocated by the first call, the head's; NULL when there is no memory. */
float *arcface_gradients(struct arcface *arcface);

#endif
