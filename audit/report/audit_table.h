// SPDX-License-Identifier: Apache-2.0
/* audit_table - what an audit has found as tables: the paper's table 2 with its raw columns, and
 * every figure of every attack.
 *
 * Accuracies and verifications in percent; "-" is what is not known. */
#ifndef REPORT_AUDIT_TABLE_H
#define REPORT_AUDIT_TABLE_H

#include "base/status.h"
#include "base/text_table.h"
#include "report/audit_sheet.h"

/* A row for each defence: accuracy, alone and by F1's, S1 to S4 with the judge's beside, scores,
 * and which attacks are not done. The caller destroys the table. */
enum status audit_table_make(struct text_table *table, const struct audit_sheet *sheet) CHECKED;

/* A row for each defence, a column for each way to recover faces: how often the judge takes them
 * for their people (KEY.judge_verification), and how often masked faces are linked to plain
 * photographs (KEY.all.verification). */
enum status audit_table_attacks(struct text_table *table, const struct audit_sheet *sheet) CHECKED;

/* A row for each figure, a column for each defence. */
enum status audit_table_figures(struct text_table *table, const struct audit_sheet *sheet) CHECKED;

#endif
