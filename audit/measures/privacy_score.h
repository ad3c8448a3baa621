// SPDX-License-Identifier: Apache-2.0
/* privacy_score - the scores of a table of defences, equations (9) to (11) of the paper.
 *
 *     Score_pp  = N(0.4 (S1 + S2) + 0.6 (S3 + S4))      S1, S3: LPIPS of masked and of recovered
 *     Score_cls = N(accuracy)                           S2, S4: 1 - mean cosine under F1
 *     Score     = (Score_pp + Score_cls) / 2
 * N maps the least of the compared rows to 0.5 and the most to 1. So a score says where a row
 * stands in its table and nothing beside it: raw figures are to be printed, too. */
#ifndef MEASURES_PRIVACY_SCORE_H
#define MEASURES_PRIVACY_SCORE_H

#include <stdbool.h>
#include <stddef.h>

struct privacy_score {
    bool compared;         // false: left out, as the unmasked row of the paper's table
    double s1, s2, s3, s4; // NaN: not measured
    double accuracy;       // of the masked network; or over the best, the scores are the same
    double pp, cls, score; // formed
};

/* Forms the scores of all rows. NaN for a row that is not compared or lacks a figure, and for all
 * where fewer than two rows have a figure or all have the same. */
void privacy_score_form(struct privacy_score *rows, size_t count);

#endif
