// SPDX-License-Identifier: Apache-2.0
/* evaluate - face verification and identification from embeddings.
 *
 * Verification as InsightFace's verification.py does it: squared distance of L2-normalised
 * embeddings in [0,4], same person if distance < threshold; thresholds 0, 0.01 .. 3.99; contiguous
 * folds; each fold's threshold is the first that is best over the other folds; mean and population
 * deviation over the folds. TAR at FAR: thresholds 0, 0.001 .. 3.999, linear interpolation of FAR
 * on the training folds, 0 when FAR is never reached. */
#ifndef TRAIN_EVALUATE_H
#define TRAIN_EVALUATE_H

#include "base/limits.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EVALUATE_ROC_MAX = 256 };

struct evaluate_result {
    double accuracy, deviation;
    size_t folds;
    double fold[LIMIT_FOLDS];
    double tar_at_far_1e3;
    size_t roc_points;
    double roc_far[EVALUATE_ROC_MAX], roc_tar[EVALUATE_ROC_MAX]; // rising FAR, over all pairs
};

/* distance[i] and same[i] of `count` pairs in the order of the list; folds 1..LIMIT_FOLDS. With one
 * fold the threshold is chosen on the pairs themselves, which says nothing about a new set. */
enum status evaluate_verification(struct evaluate_result *result, const double *distance,
                                  const bool *same, size_t count, size_t folds) CHECKED;

/* Squared distance of two L2-normalised vectors. */
double evaluate_distance(const float *first, const float *second, size_t size);

/* Share of probes whose nearest class centre (mean of its gallery embeddings, by cosine) is their
 * own label; labels 0..classes-1. */
enum status evaluate_identification(double *accuracy, const float *gallery,
                                    const uint32_t *gallery_labels, size_t gallery_count,
                                    const float *probes, const uint32_t *probe_labels,
                                    size_t probe_count, size_t classes, size_t size) CHECKED;

#endif
