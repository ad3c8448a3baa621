// SPDX-License-Identifier: Apache-2.0
/* clipped - the sum over images of their gradients, each cut to a norm: a step of DP-SGD before its
 * noise (dp_sgd.h).
 *
 * The gradient of an image is that of its own loss to all that learns, backbone and class head
 * together; one longer than federation.dp.clip is scaled down to it, so that no image moves the sum
 * further. It is formed by a batch of one, on as many threads as there are, each with a network and
 * a head of its own: for each thread the memory of a network for one image, of one more gradient of
 * the backbone and of two more heads. Images are added in their order: threads change no bit. */
#ifndef TRAIN_CLIPPED_H
#define TRAIN_CLIPPED_H

#include "base/config.h"
#include "base/random.h"
#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct clipped;

/* Dropout of an image is drawn from the stream (seed, its number, RANDOM_DROPOUT, round, step). Its
 * place in the batch would not do: one image more would then change what others add to the sum. */
struct clipped_batch {
    const float *input; // masked images, one after the other
    size_t count;
    const uint32_t *label;
    const uint32_t *number; // of each image among all, at most RANDOM_PARTICIPANT_MAX
    uint64_t seed;
    uint32_t round, step;
};

struct clipped_report { // since clipped_begin()
    size_t images, hits;
    size_t cut;  // gradients that were longer than the clip
    double loss; // summed
};

/* For a backbone with these weights, in the layout of networks_backbone(); `sum` of that layout
 * gets its part of the sum. Both stay the caller's. */
enum status clipped_create(struct clipped **clipped, const struct config *config, size_t classes,
                           float *weights, float *sum) CHECKED;
void clipped_destroy(struct clipped **clipped);

/* A sum of nothing, for a head of these class weights, which are copied. */
void clipped_begin(struct clipped *clipped, const float *head);

/* Adds images. STATUS_NOT_FINITE when a gradient is not a number. */
enum status clipped_add(struct clipped *clipped, const struct clipped_batch *batch) CHECKED;

/* The head's part of the sum, classes x embedding: the caller may change it. */
float *clipped_head(struct clipped *clipped);
struct clipped_report clipped_report(const struct clipped *clipped);

#endif
