// SPDX-License-Identifier: Apache-2.0
/* text_table - rows of short texts, printed for people, for pages and for programs. */
#ifndef BASE_TEXT_TABLE_H
#define BASE_TEXT_TABLE_H

#include "base/status.h"

#include <stddef.h>
#include <stdio.h>

enum { TEXT_TABLE_CELL = 160, TEXT_TABLE_COLUMNS_MAX = 96 };

struct text_table {
    size_t columns, rows; // rows with the first one, the names of the columns
    char (*text)[TEXT_TABLE_CELL];
};

/* An empty table for so many rows below the names of its columns. */
enum status text_table_create(struct text_table *table, size_t rows) CHECKED;
void text_table_destroy(struct text_table *table);

/* Writes a text, cut to TEXT_TABLE_CELL; a column to the right of all others makes the table
 * wider. */
void text_table_put(struct text_table *table, size_t row, size_t column, const char *format, ...)
    PRINTF_LIKE(4, 5);

const char *text_table_at(const struct text_table *table, size_t row, size_t column);

/* Aligned columns, Markdown, CSV. */
void text_table_print(FILE *out, const struct text_table *table);
void text_table_print_markdown(FILE *out, const struct text_table *table);
void text_table_print_csv(FILE *out, const struct text_table *table);

/* Writes FOLDER/NAME in one of these forms. */
enum status text_table_write(const struct text_table *table, const char *folder, const char *name,
                             void (*print)(FILE *, const struct text_table *)) CHECKED;

#endif
