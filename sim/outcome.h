// SPDX-License-Identifier: Apache-2.0
/* outcome - what came out of a run, read from its journal: figures for people and for programs. */
#ifndef SIM_OUTCOME_H
#define SIM_OUTCOME_H

#include "base/config.h"
#include "base/limits.h"
#include "base/status.h"
#include "health.h"
#include "secure/guarantee.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct outcome {
    uint32_t rounds; // published
    // The model of the last round on the configured pairs: where one participant verified it, its
    // figures, the deviation that over the folds; where several did, as each has a backbone of its
    // own, their means, the deviation that over the participants.
    size_t verified; // participants that verified
    double accuracy, deviation, tar_at_far_1e3;
    double identification; // -1: nothing was held back
    double *accuracies;    // by participant, `verified` of them; owned
    uint64_t bytes_up, bytes_down;
    uint64_t images;      // trained on, by all
    double train_seconds; // spent training, added over the participants
    double mask_seconds;  // and masking
    double round_seconds; // of all rounds, as the coordinator saw them
    size_t choices;       // 0: images were not mixed
    int k[LIMIT_CHOICES];
    double k_share[LIMIT_CHOICES];
    struct health health;
    struct guarantee guarantee;
    bool ended, success;
    char reason[512];
};

/* What the simulator itself has measured. */
struct outcome_host {
    double seconds;                                 // from start to end
    uint64_t peak_memory_largest, peak_memory_mean; // of a participant, bytes
    char model[LIMIT_PATH], report[LIMIT_PATH];     // paths
};

/* Reads the run in `folder`; fails when it has no journal. */
enum status outcome_read(struct outcome *outcome, const char *folder,
                         const struct config *config) CHECKED;
void outcome_destroy(struct outcome *outcome);

/* Some lines for people. */
void outcome_print(FILE *out, const struct outcome *outcome, const struct outcome_host *host);

/* One JSON object on one line; accuracy is null when nothing was verified, and
 * accuracy_by_participant is there when several verified; dp has epsilon, delta and
 * adjacency, null without differential privacy, and mechanism. */
void outcome_print_json(FILE *out, const struct outcome *outcome, const struct outcome_host *host);

#endif
