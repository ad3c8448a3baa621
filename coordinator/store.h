// SPDX-License-Identifier: Apache-2.0
/* store - what a run leaves on disk, written whole or not at all.
 *
 *     DIR/config.yaml           effective config
 *     DIR/journal.sqlite        round journal and metrics (SQLite, WAL, synchronous = FULL)
 *     DIR/metrics.csv           one line for each published model
 *     DIR/models/round-NNNN.safetensors   newest `models_kept`, 0000 being the initial one
 *     DIR/model.safetensors               the final one
 *     DIR/report.html
 *
 * A round is entered in the journal in one transaction after its model file is safely on disk,
 * so that whatever dies, the journal's last round has its model, and the run can go on with it. One
 * process at a time leads a run in DIR. */
#ifndef COORDINATOR_STORE_H
#define COORDINATOR_STORE_H

#include "base/config.h"
#include "base/limits.h"
#include "base/status.h"
#include "model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

struct store_evaluation { // verification of one published model by one participant
    uint32_t model_round; // 0: the initial model
    uint32_t participant; // roster index
    double accuracy, deviation, tar_at_far_1e3;
    double identification; // -1: not measured
    size_t folds;
    double fold[LIMIT_FOLDS];
    size_t roc_points;
    double roc_far[256], roc_tar[256];
};

struct store_reporter {   // one participant's part in a round
    uint32_t participant; // roster index
    char name[LIMIT_NAME];
    bool reported;    // false: chosen, but no update was taken
    char reason[128]; // why not
    uint64_t weight, images, saturated;
    double loss, training_accuracy, train_seconds, mask_seconds, peak_memory;
    size_t choices;
    uint64_t k_count[LIMIT_CHOICES];
    double policy_seconds;
    size_t probabilities; // 0 without a policy
    double k_probability[LIMIT_CHOICES];
};

struct store_totals { // of all who reported
    uint64_t images, saturated;
    double train_seconds, mask_seconds, policy_seconds;
    double peak_memory; // mean of theirs, bytes
    size_t choices;
    uint64_t k_count[LIMIT_CHOICES];
    size_t probabilities;                // 0 without a policy
    double k_probability[LIMIT_CHOICES]; // mean over policies
};

/* With secure-sum nobody knows the figures of one reporter: only `participant`, `name`, `reported`
 * and `reason` of each are filled in, and what was opened stands in `opened`. */
struct store_round {
    uint32_t round; // from 1
    uint32_t attempt;
    enum config_privacy privacy; // in which it was made, never PRIVACY_AUTOMATIC
    struct store_totals opened;  // secure-sum
    double seconds;              // from the first model message to the published model
    double loss;                 // weighted mean over reporters
    double training_accuracy;
    uint64_t bytes_up, bytes_down;
    uint64_t weight; // sum over reporters
    size_t reporters;
    struct store_reporter *reporter; // of the cohort, owned by the caller
    size_t cohort;                   // entries in `reporter`
    char model[LIMIT_PATH];          // path of the round's model file
};

/* Makes DIR (or opens an empty one) and writes the effective config; STATUS_BAD_INPUT when it
 * already holds a run, STATUS_IO names what failed. */
enum status store_create(struct store **store, const char *folder,
                         const struct config *config) CHECKED;

struct store_past {     // what a run that was cut off has come to
    bool has_model;     // false: not even the initial one
    uint32_t round;     // whose result the model is; 0: the initial one
    struct model model; // the caller's to destroy, or to pass on
    // Whose sum was agreed upon last, with a secure sum.
    uint32_t counted_round;
    uint32_t *counted; // places in the roster, ascending, the caller's to free; NULL: none
    size_t counted_count;
};

/* Opens the run in DIR that was cut off, to go on with it: STATUS_NOT_FOUND when there is none, or
 * one that has ended. STATUS_BAD_INPUT when another process leads it, or `config` differs in its
 * federation section from the config that the run began with. */
enum status store_resume(struct store **store, struct store_past *past, const char *folder,
                         const struct config *config) CHECKED;

/* Opens the journal of an existing run for reading. */
enum status store_open(struct store **store, const char *folder) CHECKED;
void store_close(struct store **store);

/* Saves the initial model, before anybody is told of it. */
enum status store_put_initial(struct store *store, const struct model *model) CHECKED;

/* Saves the model, then enters the round; drops models older than the newest `models_kept`. */
enum status store_put_round(struct store *store, struct store_round *round,
                            const struct model *model) CHECKED;

/* Enters whose sum participants are asked to agree upon, in place of the last one. */
enum status store_put_counted(struct store *store, uint32_t round, const uint32_t *places,
                              size_t count) CHECKED;
enum status store_put_evaluation(struct store *store,
                                 const struct store_evaluation *evaluation) CHECKED;

/* Saves the final model and marks the run as ended. */
enum status store_finish(struct store *store, bool success, const char *reason,
                         const struct model *model) CHECKED;

/* The figures of all who reported: sums of theirs, or with secure-sum what was opened. */
void store_total(struct store_totals *totals, const struct store_round *round);

/* Rewrites metrics.csv from the journal. */
enum status store_write_csv(struct store *store) CHECKED;

/* Reads all rounds / evaluations in order; the caller frees the array (and each round's reporters
 * with store_free_rounds). */
enum status store_rounds(struct store *store, struct store_round **rounds, size_t *count) CHECKED;
void store_free_rounds(struct store_round *rounds, size_t count);
enum status store_evaluations(struct store *store, struct store_evaluation **evaluations,
                              size_t *count) CHECKED;

/* Whether the run ended, how, and why. */
enum status store_ending(struct store *store, bool *ended, bool *success, char reason[512]) CHECKED;

const char *store_folder(const struct store *store);

#endif
