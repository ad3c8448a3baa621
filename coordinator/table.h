// SPDX-License-Identifier: Apache-2.0
/* table - the lines that a run prints: one for each round, and the object of --json at the end.
 *
 * A round's line waits for the verification of its model when the model before it was verified;
 * it is printed without, once the next round is over. */
#ifndef COORDINATOR_TABLE_H
#define COORDINATOR_TABLE_H

#include "base/config.h"
#include "store.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct table_round {
    uint32_t round;
    size_t reporters, cohort;
    double loss, training_accuracy, seconds;
    double k_count[LIMIT_CHOICES];
    uint64_t bytes_up, bytes_down;
};

struct table {
    FILE *file;
    size_t choices;
    int k[LIMIT_CHOICES];
    bool headed; // the names of the columns are printed
    bool waits;  // `last` is not printed yet
    struct table_round last;
    size_t verifiers;        // of the model before
    uint32_t verified_round; // to which the following belong
    size_t verified;         // participants that have verified that model
    double accuracy;         // their sum
    uint32_t rounds;         // published
    uint64_t bytes_up, bytes_down;
    double k_count[LIMIT_CHOICES];
};

/* Prints to `file`, which stays the caller's. */
void table_start(struct table *table, FILE *file, const struct config *config);

/* The figures of a published round, and of a verification. */
void table_add_round(struct table *table, const struct store_round *round);
void table_add_evaluation(struct table *table, const struct store_evaluation *evaluation);

/* Prints the line that still waits. */
void table_end(struct table *table);

/* One JSON object on one line: accuracy (of the last model, null when nobody verified it),
 * rounds, seconds, model (a path), k_share, bytes_up, bytes_down, peak_rss_bytes. */
void table_print_json(const struct table *table, const char *model, double seconds,
                      uint64_t peak_memory);

#endif
