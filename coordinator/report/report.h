// SPDX-License-Identifier: Apache-2.0
/* report - a run's folder in, one self-contained HTML page out.
 *
 * Settings, curves per round, ROC, share of each k, reporters, and the masked example faces when
 * the folder holds examples.png. No outside links, no scripts needed to read it. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/status.h"
#include "base/text_table.h"

#include <stdio.h>

/* Writes FOLDER/report.html from FOLDER/journal.sqlite, config.yaml and examples.png (optional),
 * and FOLDER/roc.svg when a model was verified. A run that goes on or has failed has a page too. */
enum status report_write(const char *folder) CHECKED;

/* A page up to its <main>: what it may load, its title and its style, that of chart_style() too. */
void report_begin(FILE *out, const char *title);

/* A table as a card of a page, with a note below it. */
void report_table(FILE *out, const struct text_table *table, const char *note);

#endif
