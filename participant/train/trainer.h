// SPDX-License-Identifier: Apache-2.0
/* trainer - a participant's own training: model in, better model out.
 *
 * Owns the images' bands, the recogniser (backbone and ArcFace head), the policy and their
 * optimisers. The backbone's and the policy's tensors stand in one model, named "backbone.*" and
 * "policy.*"; the class head is kept apart and is never part of it. The learning-rate schedule
 * spans all rounds. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include "base/config.h"
#include "base/status.h"
#include "frequency/mask.h"
#include "model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dataset; // image/dataset.h
struct trainer;

struct trainer_report {
    double loss;              // mean over the steps
    double training_accuracy; // top-1 for the label of largest weight
    uint64_t images;          // seen in this round
    uint64_t weight;          // images that the participant holds: its weight in the mean
    double train_seconds, mask_seconds;
    size_t choices;                    // candidate numbers k, 0 without mixing
    uint64_t k_count[LIMIT_CHOICES];   // recogniser steps with each
    double policy_seconds;             // looks, draws, trial steps and learning of the policy
    size_t probabilities;              // `choices` where a policy chooses, else 0
    double probability[LIMIT_CHOICES]; // p(k), mean over the recogniser's steps
};

/* Verification of one model, see evaluate.h. */
struct trainer_evaluation {
    double accuracy, deviation, tar_at_far_1e3;
    double identification; // -1: nothing was held back
    size_t folds;
    double fold[LIMIT_FOLDS];
    size_t roc_points; // at most 256
    double roc_far[256], roc_tar[256];
};

/* Called during long work; returns false to stop (the call then gives STATUS_STOPPED). */
typedef bool trainer_tick(void *context, const char *what, uint64_t done, uint64_t total);

/* Loads the images, builds the networks and draws their initial weights from config->seed (the same
 * for all participants). `index` names this participant's random streams. The config is copied.
 * Networks that are too large for the memory there is are refused before images are loaded, as far
 * as the number of images is known by then. */
enum status trainer_create(struct trainer **trainer, const struct config *config, uint32_t index,
                           const uint8_t mask_key[MASK_KEY_BYTES]) CHECKED;
void trainer_destroy(struct trainer **trainer);

void trainer_set_tick(struct trainer *trainer, trainer_tick *tick, void *context);

/* Backbone and policy; the caller may write the values of shared tensors between rounds. */
struct model *trainer_model(struct trainer *trainer);

/* The images of the data section, those held back among them. */
enum status trainer_images(struct dataset **dataset, const struct config *config) CHECKED;

/* How many people and images those are, without reading any (dataset_count()). Only of a folder or
 * records: people who do not exist are as many as the config says. */
enum status trainer_count_images(size_t *people, size_t *images,
                                 const struct config *config) CHECKED;

/* The manifest alone, without images or memory for training: what a coordinator compares. */
enum status trainer_manifest(struct manifest *manifest, const struct config *config) CHECKED;

/* The initial model of (config, seed): what round 0 publishes. */
enum status trainer_initial_model(struct model *model, const struct config *config) CHECKED;

/* Sets the head to class-mean embeddings: for a participant that joins a trained model. With
 * federation.dp.method dp-sgd it leaves the head as it is: means would be learned without noise. */
enum status trainer_head_from_means(struct trainer *trainer) CHECKED;

/* Trains the head and local epochs of round `round` (from 1); only the latter are counted, but for
 * the time. STATUS_NOT_FINITE names the step. With federation.dp.method dp-sgd the epochs are steps
 * of DP-SGD (dp_sgd.h), and the log says what all of them have spent. */
enum status trainer_round(struct trainer *trainer, uint32_t round,
                          struct trainer_report *report) CHECKED;

/* Whether this participant holds pairs; verification of the current model on them, and with it
 * identification on held-back images where there are some. */
bool trainer_can_evaluate(const struct trainer *trainer);
enum status trainer_evaluate(struct trainer *trainer,
                             struct trainer_evaluation *evaluation) CHECKED;

/* Saves head and policy, the parts that never leave, to a safetensors file. */
enum status trainer_save_private(struct trainer *trainer, const char *path) CHECKED;

/* Saves backbone and policy as they are now, with the federation section that evaluation needs: the
 * model that this participant would use where not all of it is shared. */
enum status trainer_save_model(struct trainer *trainer, const char *path) CHECKED;

/* One line about data, mask and network for the log. */
void trainer_describe(const struct trainer *trainer, char *text, size_t size);

#endif
