// SPDX-License-Identifier: Apache-2.0
/* audit_page_parts - what audit_page.c is made of. Private to audit_page. */
#ifndef REPORT_AUDIT_PAGE_PARTS_H
#define REPORT_AUDIT_PAGE_PARTS_H

#include "report/audit_sheet.h"

/* Accuracy over the best measure of privacy that is known of two rows or more. */
void audit_page_plot(FILE *out, const struct audit_sheet *sheet);

/* FOLDER/originals.png, and below each defence the pictures of each attack. */
void audit_page_grid(FILE *out, const struct audit_sheet *sheet);

#endif
