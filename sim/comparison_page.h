// SPDX-License-Identifier: Apache-2.0
/* comparison_page - OUT/compare.html: a comparison as one self-contained page.
 *
 * The table, accuracies with error bars, the loss by round, and for each method some faces as they
 * are, masked and mixed, from its first finished run. Faces of real people are in that page when
 * the
 * runs were of real people: it is the user's, and goes where the user puts it. */
#ifndef SIM_COMPARISON_PAGE_H
#define SIM_COMPARISON_PAGE_H

#include "standings.h"

enum status comparison_page_write(const char *out, const struct standings *standings,
                                  const struct text_table *table) CHECKED;

#endif
