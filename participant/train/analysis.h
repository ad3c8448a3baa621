// SPDX-License-Identifier: Apache-2.0
/* analysis - learns from a participant's own images which bands to keep, or how much noise each
 * band gets.
 *
 * A backbone with its ArcFace head is trained on unmasked, unmixed images through front.h, with the
 * optimiser and the number of passes that the config names, and is then thrown away. What is left:
 *
 * - gates: of all bands (without DC where mask.drop_dc says so) as many as the config keeps, those
 *   of the largest gate. Visual content v_b is the share of band b in the energy of the training
 *   images' bands, so that sum_b v_b = 1.
 * - budgets: the share of each band that the config keeps in the mean privacy budget. */
#ifndef TRAIN_ANALYSIS_H
#define TRAIN_ANALYSIS_H

#include "base/config.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct analysis_options {
    double epsilon; // mean budget of a coefficient; 0: gates are learned
    double clip;    // of coefficients before noise, 0: none
    double penalty; // of visual content, of gates
    double rate;    // of Adam, for gates and budgets
};

struct analysis_band {
    int band;           // 64 * component + 8u + v
    double content;     // v_b
    double sensitivity; // in grey levels, of budgets
    double weight;      // gate, or epsilon_b / epsilon
    bool kept;
};

struct analysis {
    size_t count, images, people;
    struct analysis_band bands[LIMIT_BANDS]; // ascending
    double first_loss, last_loss;            // ArcFace's, mean of the first and last pass
};

enum status analysis_learn(struct analysis *analysis, const struct config *config,
                           const struct analysis_options *options) CHECKED;

/* The result as a config that can be read over another; *text is the caller's to free. */
enum status analysis_write(char **text, const struct analysis *analysis,
                           const struct analysis_options *options) CHECKED;

#endif
