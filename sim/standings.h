// SPDX-License-Identifier: Apache-2.0
/* standings - the cells of a comparison as tables of texts: for people, for pages and for programs.
 *
 * Accuracies are in percent, mean ± deviation over seeds; a difference is to the
 * reference, or to the method's own, which it then names ("+1.20 ± 0.40 to NAME"), paired by seed,
 * ± half of its 95 % confidence interval. "-" is what is not known: a deviation of one seed, a row
 * whose cells have not ended. Score_cls stands in two forms, both of the first test set: as a
 * ratio to the reference, and min-max normalised to [0.5, 1] over the rows that are not of the
 * reference (its row alone has no mask). */
#ifndef SIM_STANDINGS_H
#define SIM_STANDINGS_H

#include "base/text_table.h"
#include "cell.h"
#include "comparison.h"

#include <stdio.h>

struct standings {
    const struct comparison *comparison;
    const struct cell_tests *tests;
    const struct cell *cells; // of a row one after the other, a cell for each seed
};

/* One row for each row of the comparison. */
enum status standings_make(struct text_table *table, const struct standings *standings) CHECKED;

/* One row for each cell, with every number as it was measured; shares and not percent. */
enum status standings_make_cells(struct text_table *table,
                                 const struct standings *standings) CHECKED;

/* Test sets there are, at least one, and their names. */
size_t standings_sets(const struct standings *standings);
const char *standings_set(const struct standings *standings, size_t set);

/* Accuracies in percent of a row, one for each seed; NaN: none. */
void standings_accuracies(double values[COMPARISON_SEEDS_MAX], const struct standings *standings,
                          size_t row, size_t set);

/* Method and its values of the grid. */
void standings_label(char label[TEXT_TABLE_CELL], const struct comparison *comparison, size_t row);

#endif
