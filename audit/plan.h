// SPDX-License-Identifier: Apache-2.0
/* plan - a file that says what an audit attacks, with what, and on whom.
 *
 * A file has
 *
 *     comparison: runs/table2      # folder that `fedveil sim compare --out` left, for `method`
 *     train: models.yaml           # beside this file: trained into that folder where it is missing
 *     f1: none                     # the defence whose network is F1: unmasked, on pixels
 *     known: {folder: LFW, images_max: 2000}     # the attacker's faces
 *     victims: {folder: CELEBA200, people: 20}   # the first people of the training
 *     attacks: [linear, cgan]      # all where the list is missing
 *     profiles:                    # the first one is the default
 *       quick: {set: {budget.quick: true, budget.steps: 200}}
 *     defences:
 *       - name: none
 *         method: ArcFace          # a method of the comparison, with comparison_seed
 *       - name: PPFR-FD
 *         run: runs/ppfr-fd        # or the folder of a run
 *       - name: mine
 *         model: m.safetensors     # or files: model, config, mask_key, eigenfaces, head, metrics
 *         accuracy: 0.912          # and what it verifies; of runs and methods it is read
 *
 * and the keys of plan_reference(), each also for --set KEY=VALUE. What is said later wins: file,
 * profile, --set. Paths but `train` are as a command line has them. Failures are STATUS_BAD_CONFIG
 * with file, line and key. Nothing is created and no model is opened. */
#ifndef AUDIT_PLAN_H
#define AUDIT_PLAN_H

#include "base/command_request.h"
#include "base/config.h"
#include "base/limits.h"
#include "base/status.h"
#include "defence/attack.h"
#include "defence/attack_data.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PLAN_DEFENCES_MAX = 64 };

enum plan_overlap { PLAN_OVERLAP_REFUSE, PLAN_OVERLAP_ALLOW };

struct plan_files { // empty: none
    char model[LIMIT_PATH], config[LIMIT_PATH], mask_key[LIMIT_PATH], eigenfaces[LIMIT_PATH];
    char head[LIMIT_PATH], metrics[LIMIT_PATH];
};

struct plan_defence {
    char name[LIMIT_NAME];
    char folder[LIMIT_NAME]; // letters, digits and '-', different for each
    char method[LIMIT_NAME]; // one of these three
    char run[LIMIT_PATH];
    struct plan_files files;
    double accuracy; // verification, 0 to 1; NaN: not given
};

struct plan {
    char title[LIMIT_NAME], profile[LIMIT_NAME];
    uint64_t seed;
    int threads; // 0: all cores
    int size;    // side of every face
    char comparison[LIMIT_PATH], train[LIMIT_PATH], train_profile[LIMIT_NAME];
    char train_test[LIMIT_PATH];
    uint64_t comparison_seed;
    char f1[LIMIT_NAME];   // name of a defence; empty: none
    char test[LIMIT_NAME]; // of the accuracies; empty: the first
    char lpips[LIMIT_PATH], judge[LIMIT_PATH];
    struct attack_source known, victims;
    int known_max;   // images of the attacker
    bool trained;    // the victims are those that the models were trained on
    int victims_min; // people
    int nonmembers_skip, nonmembers_people;
    enum plan_overlap overlap;
    double overlap_cosine;
    struct config_texts attacks; // none: all
    struct {
        bool quick;
        int steps, batch, starts;
    } budget;
    struct {
        enum attack_identity identity;
    } gmi;
    struct plan_defence defence[PLAN_DEFENCES_MAX];
    size_t defences;
};

/* Reads the request's config as such a file; profile NULL: the first one. A plan is large. */
enum status plan_load(struct plan **plan, const struct command_request *request,
                      const char *profile) CHECKED;
void plan_destroy(struct plan **plan);

/* What an attack may spend by this plan. */
struct attack_budget plan_budget(const struct plan *plan);

/* Every key but those of profiles and defences, with default, range and meaning, as YAML. The
 * caller frees *text. */
enum status plan_reference(char **text) CHECKED;

#endif
