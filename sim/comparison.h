// SPDX-License-Identifier: Apache-2.0
/* comparison - a file that says which methods are compared, read into configs.
 *
 * A file has
 *
 *     base: ../run.yaml            # the config that all share, relative to this file
 *     reference: ArcFace           # the method that differences are taken to; may be missing
 *     profiles:                    # the first one is the default
 *       quick: {seeds: [1], set: {federation.rounds: 4}}
 *       search: {seeds: [1], grid: {federation.optimiser.learning_rate: [0.05, 0.1]}}
 *     set: {data.people: 180}      # KEY: VALUE for all
 *     grid: {federation.participants: [1, 2]}   # every combination of these values
 *     methods:
 *       - name: PPFR-FD
 *         set: {federation.mask.method: ppfr-fd}
 *         paper: {LFW: 98.93}      # what a publication gives, shown beside our numbers
 *         reference: DCTDP         # what this method's difference is taken to, over the file's
 *       - name: DCTDP
 *         learn: [--budgets, 3]    # words of `fedveil participant mask learn`, see cell.h
 *
 * A row is a method at one combination of the grid; a cell is a row with one seed. What is said
 * later wins: base, --with, set, profile, grid, method, --set, seed. A method that sets a key of
 * the grid itself has that one value of it and is not multiplied by it. The grid of a profile adds
 * its keys to the file's; a key of both has the profile's values, and a key that only the profile
 * has is a search, whose values win over those that methods set.
 *
 * What a method learns is read over its config, for each cell anew: `learn: [--budgets, 3]` makes
 * its mask dctdp, so that the table leaves federation.mask.method as it is while learning, without
 * noise.
 *
 * Everything is checked before a row is returned; failures are STATUS_BAD_CONFIG with file, line
 * and key. Nothing is created. */
#ifndef SIM_COMPARISON_H
#define SIM_COMPARISON_H

#include "base/command_request.h"
#include "base/config.h"
#include "base/limits.h"
#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum {
    COMPARISON_KEYS_MAX = 4,    // of the grid
    COMPARISON_ROWS_MAX = 1024, // methods times combinations
    COMPARISON_SEEDS_MAX = LIMIT_LIST,
    COMPARISON_PAPER_MAX = 8, // numbers of a publication for one method
    COMPARISON_NONE = -1,
};

struct comparison_paper {
    char name[LIMIT_NAME], text[LIMIT_NAME];
};

struct comparison_row {
    char method[LIMIT_NAME];
    char folder[LIMIT_NAME];                     // a safe name, different for each row
    char value[COMPARISON_KEYS_MAX][LIMIT_NAME]; // of each key of the grid
    struct comparison_paper paper[COMPARISON_PAPER_MAX];
    size_t paper_count;
    struct config_texts learn; // words of `mask learn`; none: nothing is learned
    int reference; // the row of the file's reference, itself for that; COMPARISON_NONE: none
    char compared_name[LIMIT_NAME]; // the method's own reference, or the file's; may be empty
    int compared;                   // the row that its difference is taken to, likewise
    struct config config;           // with the first seed
};

struct comparison {
    char title[LIMIT_NAME]; // the file's stem
    char profile[LIMIT_NAME], reference[LIMIT_NAME];
    char key[COMPARISON_KEYS_MAX][LIMIT_NAME];
    size_t key_count;
    uint64_t seed[COMPARISON_SEEDS_MAX];
    size_t seed_count;
    struct comparison_row *rows;
    size_t row_count;
};

/* Letters and digits of a method's name, as its folder has them between number and seed. */
enum { COMPARISON_SAFE_NAME = 40 };
void comparison_safe_name(char safe[COMPARISON_SAFE_NAME], const char *method);

/* Reads the request's config as such a file; profile NULL: the first one. */
enum status comparison_load(struct comparison **comparison, const struct command_request *request,
                            const char *profile) CHECKED;
void comparison_destroy(struct comparison **comparison);

#endif
