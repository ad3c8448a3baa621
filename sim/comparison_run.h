// SPDX-License-Identifier: Apache-2.0
/* comparison_run - works off the cells of a comparison, so many at once. */
#ifndef SIM_COMPARISON_RUN_H
#define SIM_COMPARISON_RUN_H

#include "cell.h"
#include "comparison.h"

/* Makes a cell for each row and seed, those of a row one after the other, and opens it in
 * OUT/cells/. STATUS_BAD_CONFIG when a config asks for what this machine cannot do, or a folder
 * holds
 * another config. Creates nothing on disk. The caller frees *cells. */
enum status comparison_cells(struct cell **cells, const struct comparison *comparison,
                             const struct cell_tests *tests, const char *out) CHECKED;

/* Runs all cells that wait, seed by seed, `slots` at once with so many threads each. A cell that
 * fails does not stop the others. STATUS_STOPPED after a signal; no process is left either way. */
enum status comparison_run(struct cell *cells, const struct comparison *comparison, int slots,
                           int threads) CHECKED;

#endif
