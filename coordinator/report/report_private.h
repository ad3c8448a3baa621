// SPDX-License-Identifier: Apache-2.0
/* report_private - what a page is made of, and its sections. */
#ifndef REPORT_REPORT_PRIVATE_H
#define REPORT_REPORT_PRIVATE_H

#include "base/config.h"
#include "base/limits.h"
#include "report/chart.h"
#include "report/report.h"
#include "store.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct report_facts {
    char name[LIMIT_PATH]; // of the run: its folder's last part
    struct config config;
    char *settings, *defaults; // as config_write() puts them
    struct store_round *rounds;
    size_t round_count;
    struct store_evaluation *evaluations; // rising model_round, then participant
    size_t evaluation_count;
    bool ended, success;
    char reason[512];
    uint8_t *examples; // PNG; NULL: none
    size_t examples_size;
};

void report_head(FILE *out, const struct report_facts *facts);
void report_charts(FILE *out, const struct report_facts *facts);
void report_rounds(FILE *out, const struct report_facts *facts);
void report_participants(FILE *out, const struct report_facts *facts);
void report_settings(FILE *out, const struct report_facts *facts);

/* The ROC of the newest verified model; `alone` as in chart.h. */
void report_roc(FILE *out, const struct report_facts *facts, bool alone);

/* Verifications of the newest model that was verified: `count` of them from *first on. */
size_t report_newest(const struct report_facts *facts, const struct store_evaluation **first);

/* The mean over those who verified it; count 0 when nobody did. */
struct report_verified {
    size_t count, identified;
    double accuracy, deviation, tar, identification;
};
struct report_verified report_verified(const struct report_facts *facts, uint32_t model_round);

/* The name of a participant as the roster has it, or "participant 3". */
void report_name(char name[LIMIT_NAME], const struct report_facts *facts, uint32_t participant);

/* Share of each k among the recogniser's steps of a round; false when there was no choice. */
bool report_choices(double shares[LIMIT_CHOICES], const struct store_round *round, size_t choices);

#endif
