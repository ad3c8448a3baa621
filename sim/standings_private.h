// SPDX-License-Identifier: Apache-2.0
/* standings_private - how the tables of standings are filled. */
#ifndef SIM_STANDINGS_PRIVATE_H
#define SIM_STANDINGS_PRIVATE_H

#include "standings.h"

enum { STANDINGS_COLUMNS_MAX = 96 };

/* An empty table with room for so many rows below the names. */
enum status standings_create(struct standings_table *table, size_t rows) CHECKED;

/* Writes one text; a column to the right of all others makes the table wider. */
void standings_put(struct standings_table *table, size_t row, size_t column, const char *format,
                   ...) PRINTF_LIKE(4, 5);

#endif
