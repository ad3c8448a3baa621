// SPDX-License-Identifier: Apache-2.0
/* campaign - a whole audit: all that its plan names, every attack on every defence, one sheet.
 *
 * Whatever is wrong with the plan's runs, weights and faces is found by campaign_open(), before an
 * attack begins. */
#ifndef AUDIT_CAMPAIGN_H
#define AUDIT_CAMPAIGN_H

#include "base/status.h"
#include "plan.h"
#include "report/audit_sheet.h"

struct campaign;

/* Sees that the files of LPIPS and judge can be used, which nothing that is trained first makes. */
enum status campaign_check(const struct plan *plan) CHECKED;

/* Opens what is attacked and what attacks. The plan and the folder's name must live as long. */
enum status campaign_open(struct campaign **campaign, const struct plan *plan,
                          const char *folder) CHECKED;
void campaign_close(struct campaign **campaign);

/* Takes over what is finished, and runs the rest; STATUS_STOPPED on a request to stop. */
enum status campaign_run(struct campaign *campaign) CHECKED;

/* What is known so far, with scores. */
const struct audit_sheet *campaign_sheet(struct campaign *campaign);

#endif
