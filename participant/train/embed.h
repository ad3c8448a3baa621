// SPDX-License-Identifier: Apache-2.0
/* embed - embeddings of masked images: f(x) + f(mirrored x), L2-normalised. Never mixed. */
#ifndef TRAIN_EMBED_H
#define TRAIN_EMBED_H

#include "base/status.h"
#include "frequency/mask.h"
#include "image/pairs.h"
#include "nn/net.h"
#include "train/evaluate.h"
#include "train/supply.h"
#include "train/trainer.h"

struct embed_progress {
    trainer_tick *tick; // may be NULL
    void *context;
};

/* *embeddings gets supply_count() rows of net_outputs() numbers; the caller frees it. */
enum status embed_images(float **embeddings, struct net *net, const struct mask *mask,
                         const struct supply *supply, size_t batch_max,
                         struct embed_progress progress) CHECKED;

/* Verification of pairs by embeddings of their images. */
enum status embed_verify(struct evaluate_result *result, const float *embeddings, size_t size,
                         const struct pairs *pairs) CHECKED;

#endif
