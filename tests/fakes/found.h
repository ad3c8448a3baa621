// SPDX-License-Identifier: Apache-2.0
/* found - the sheet of an audit that a test makes up: F1 "plain" and three masks, two attacks. The
 * GAN has diverged on "wild" and failed on "broken". */
#ifndef FAKES_FOUND_H
#define FAKES_FOUND_H

#include "report/audit_sheet.h"

enum { FOUND_PLAIN, FOUND_WEAK, FOUND_STRONG, FOUND_WILD, FOUND_BROKEN, FOUND_ROWS };

/* The same sheet in the same memory at each call, filled anew, with scores. */
struct audit_sheet *found_sheet(void);

#endif
