// SPDX-License-Identifier: Apache-2.0
/* audit_sheet - all that an audit has found, as its table, its page and its JSON show it.
 *
 * The paper's columns come from figures of two attacks: of the onlooker S1 = lpips and S2 = 1 -
 * f1_cosine, of the conditional GAN, "cgan", S3 = lpips and S4 = 1 - f1_cosine. Beside S2 and S4
 * stands the same under the judge. Scores are formed by measures/privacy_score.h over the rows that
 * are not F1. What is not known is NaN, and "-" where people read it. */
#ifndef REPORT_AUDIT_SHEET_H
#define REPORT_AUDIT_SHEET_H

#include "base/limits.h"
#include "base/status.h"
#include "defence/figures.h"
#include "measures/privacy_score.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { AUDIT_SHEET_NOTES_MAX = 16, AUDIT_SHEET_MASK = 512 };

struct audit_row {
    char name[LIMIT_NAME];
    char folder[LIMIT_PATH];     // with a folder for each attack and its pictures
    char mask[AUDIT_SHEET_MASK]; // in words
    bool unmasked;               // F1 itself: in the table, but not compared
    double accuracy;             // of verification, 0 to 1
    struct figures *figures;     // one for each attack; with no inputs: not run
    double s2_judge, s4_judge;   // filled by audit_sheet_score(), as are
    double of_best;              // accuracy by that of F1
    struct privacy_score scores;
};

struct audit_sheet {
    const char *title, *profile;
    const char *version;
    const char *folder; // of the audit
    const char *test;   // what the accuracies are of
    bool quick;
    const char *lpips; // "squeeze", "alex", "vgg"; NULL: not measured
    const char *f1;    // NULL: none
    bool judged;
    size_t known_people, known_images, victims_people, victims_images;
    const char *const *attack; // names
    size_t attacks;
    struct audit_row *rows;
    size_t count;
    char note[AUDIT_SHEET_NOTES_MAX][FIGURES_TEXT]; // about the whole audit
    size_t notes;
};

void audit_sheet_note(struct audit_sheet *sheet, const char *format, ...) PRINTF_LIKE(2, 3);

/* Fills of_best, s2_judge, s4_judge and scores of all rows. */
void audit_sheet_score(struct audit_sheet *sheet);

/* A figure of a row by its whole key; NaN: there is none. */
double audit_sheet_figure(const struct audit_sheet *sheet, size_t row, const char *key);

enum audit_outcome { AUDIT_NOT_RUN, AUDIT_DONE, AUDIT_DIVERGED, AUDIT_FAILED };

/* How attack number `attack` on a row has ended. */
enum audit_outcome audit_sheet_outcome(const struct audit_sheet *sheet, size_t row, size_t attack);

/* How many attacks have so ended. */
size_t audit_sheet_count(const struct audit_sheet *sheet, enum audit_outcome outcome);

/* One JSON object: sheet, rows with their scores, every figure and every remark. */
void audit_sheet_json(FILE *out, const struct audit_sheet *sheet);

#endif
