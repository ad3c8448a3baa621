// SPDX-License-Identifier: Apache-2.0
/* audit_page - OUT/audit.html: an audit as one self-contained page.
 *
 * The table, accuracy against privacy, the faces (originals, and below each defence what its masked
 * images show and what every attack has recovered), every figure, and remarks. Faces of real people
 * are in that page when the audit was of real people: it is the user's, and goes where the user
 * puts it. */
#ifndef REPORT_AUDIT_PAGE_H
#define REPORT_AUDIT_PAGE_H

#include "base/status.h"
#include "report/audit_sheet.h"

enum status audit_page_write(const struct audit_sheet *sheet) CHECKED;

#endif
