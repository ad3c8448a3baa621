// SPDX-License-Identifier: Apache-2.0
/* trainer_parts - what a trainer holds, and its steps: private to trainer*.c. */
#ifndef TRAIN_TRAINER_PARTS_H
#define TRAIN_TRAINER_PARTS_H

#include "frequency/mix.h"
#include "image/pairs.h"
#include "train/policy.h"
#include "train/recogniser.h"
#include "train/supply.h"
#include "train/trainer.h"

struct trainer {
    struct config config;
    uint32_t index; // names the random streams
    struct mask *mask;
    uint8_t noise[MASK_NOISE_BYTES]; // key of the mask's noise
    struct supply *supply;           // images to train on
    struct supply *held;             // images held back for identification; NULL: none
    size_t skipped;                  // broken files

    struct model model; // backbone, then policy
    size_t policy_offset;
    float *gradients, *velocity; // of the model's layout
    struct recogniser *recogniser;
    struct policy *policy;   // NULL: k is not chosen by one
    struct clipped *clipped; // of dp-sgd, else NULL
    uint64_t noisy_steps;    // of dp-sgd, taken so far

    size_t batch;          // images of a step
    float *masked, *mixed; // batch * mask_values()
    struct mix mix;
    uint32_t *order; // of the epoch
    uint32_t *label, *mixed_label;
    uint8_t *flip;

    struct pairs *pairs; // of the test set, loaded at the first evaluation
    struct supply *test;
    trainer_tick *tick;
    void *tick_context;
};

/* What is left of data.memory, data.cache, and the noise key of the next supply. */
struct supply_options trainer_supply_options(const struct trainer *trainer);

/* As trainer_create(), without networks: only to mask and mix. */
enum status trainer_create_masker(struct trainer **trainer, const struct config *config,
                                  uint32_t index, const uint8_t mask_key[MASK_KEY_BYTES]) CHECKED;

/* Draws the order of a pass into trainer->order. */
void trainer_order(struct trainer *trainer, uint32_t round, uint32_t pass);

struct trainer_step {
    uint32_t round, step; // the step counts over the epochs of the round
};

/* The batch of these images (trainer->batch of them) as the recogniser gets it in this step, masked
 * and mixed; *choice is the index of its k. For methods that need no policy. Valid until the next
 * batch. */
struct recogniser_batch trainer_batch(struct trainer *trainer, size_t *choice,
                                      const uint32_t *index, struct trainer_step at);

/* What DP-SGD needs beside recogniser and images, where it is wanted. */
enum status trainer_dp_create(struct trainer *trainer) CHECKED;

/* The local epochs of a round by DP-SGD, in place of trainer_round()'s. */
enum status trainer_dp_round(struct trainer *trainer, uint32_t round,
                             struct trainer_report *report) CHECKED;

/* False when the caller wants to stop. */
bool trainer_go_on(struct trainer *trainer, const char *what, uint64_t done, uint64_t total);

#endif
