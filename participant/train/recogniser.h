// SPDX-License-Identifier: Apache-2.0
/* recogniser - the face network while it trains: backbone, ArcFace head and their optimiser.
 *
 * The backbone's weights, gradients and velocity are the caller's vectors of one layout; the head's
 * are its own and stay here. */
#ifndef TRAIN_RECOGNISER_H
#define TRAIN_RECOGNISER_H

#include "base/config.h"
#include "base/random.h"
#include "base/status.h"
#include "nn/arcface.h"
#include "nn/net.h"

struct recogniser;

struct recogniser_batch {
    const float *input; // batch masked and mixed images
    size_t count;
    struct arcface_labels labels;
    struct random dropout;        // stream of this step
    const float **input_gradient; // gets it, valid until the next step; NULL: not wanted
};

/* Takes the net over. `velocity` holds net_parameters() numbers. */
enum status recogniser_create(struct recogniser **recogniser, struct net **net,
                              const struct config_federation *federation, size_t classes,
                              size_t batch_max, float *const vectors[3]) CHECKED;
void recogniser_destroy(struct recogniser **recogniser);

struct net *recogniser_net(struct recogniser *recogniser);
struct arcface *recogniser_head(struct recogniser *recogniser);

/* Forgets momentum. */
void recogniser_reset(struct recogniser *recogniser);

/* One training step at `rate`; stores the loss before the step. STATUS_NOT_FINITE when loss or
 * gradient is not a number; no weight has moved then, but statistics have seen the batch. */
enum status recogniser_step(struct recogniser *recogniser, double *loss,
                            const struct recogniser_batch *batch, double rate) CHECKED;

/* The same with a head that learns and a backbone whose weights and momentum stand still. The
 * backbone works in training mode, as it will when it learns, so its statistics move. */
enum status recogniser_head_step(struct recogniser *recogniser, double *loss,
                                 const struct recogniser_batch *batch, double rate) CHECKED;

/* One step with a gradient that the caller has formed, to be multiplied by `scale`: the backbone's
 * in the vector of gradients, the head's, classes x embedding, in `head`. STATUS_NOT_FINITE when it
 * is not a number; nothing has moved then. */
enum status recogniser_apply(struct recogniser *recogniser, const float *head, double scale,
                             double rate) CHECKED;

/* The loss of a batch in training mode, without a step. */
double recogniser_loss(struct recogniser *recogniser, const struct recogniser_batch *batch);

/* Keeps and restores weights, statistics and momentum: the policy's trial step is discarded. */
void recogniser_keep(struct recogniser *recogniser);
void recogniser_restore(struct recogniser *recogniser);

#endif
