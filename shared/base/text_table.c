// SPDX-License-Identifier: Apache-2.0
#include "base/text_table.h"

#include "base/files.h"
#include "base/limits.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum status text_table_create(struct text_table *table, size_t rows)
{
    *table = (struct text_table){.rows = rows + 1};
    table->text = calloc(table->rows * TEXT_TABLE_COLUMNS_MAX, sizeof *table->text);
    return table->text == NULL ? status_fail(STATUS_NO_MEMORY, "out of memory: table") : STATUS_OK;
}

void text_table_destroy(struct text_table *table)
{
    free(table->text);
    *table = (struct text_table){0};
}

const char *text_table_at(const struct text_table *table, size_t row, size_t column)
{
    return table->text[row * TEXT_TABLE_COLUMNS_MAX + column];
}

void text_table_put(struct text_table *table, size_t row, size_t column, const char *format, ...)
{
    va_list arguments;
    assert(column < TEXT_TABLE_COLUMNS_MAX);
    va_start(arguments, format);
    char *text = table->text[row * TEXT_TABLE_COLUMNS_MAX + column];
    if (vsnprintf(text, TEXT_TABLE_CELL, format, arguments) < 0) text[0] = '\0';
    va_end(arguments);
    if (column >= table->columns) table->columns = column + 1;
}

/* Characters, not bytes: "±" is one. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

static void pad(FILE *out, size_t count)
{
    while (count-- > 0) {
        putc(' ', out);
    }
}

void text_table_print(FILE *out, const struct text_table *table)
{
    for (size_t r = 0; r < table->rows; r++) {
        for (size_t c = 0; c < table->columns; c++) {
            size_t widest = 0;
            for (size_t i = 0; i < table->rows; i++) {
                const size_t width = width_of(text_table_at(table, i, c));
                if (width > widest) widest = width;
            }
            const char *text = text_table_at(table, r, c);
            const size_t blanks = widest - width_of(text);
            if (c > 0) pad(out, 2 + blanks);
            fputs(text, out);
            if (c == 0) pad(out, blanks);
        }
        putc('\n', out);
    }
}

void text_table_print_markdown(FILE *out, const struct text_table *table)
{
    for (size_t r = 0; r < table->rows; r++) {
        for (size_t c = 0; c < table->columns; c++) {
            fputs(c == 0 ? "| " : " | ", out);
            for (const char *p = text_table_at(table, r, c); *p != '\0'; p++) {
                if (*p == '|') putc('\\', out);
                putc(*p, out);
            }
        }
        fputs(" |\n", out);
        for (size_t c = 0; r == 0 && c < table->columns; c++) {
            fputs(c == 0 ? "| --- |" : " ---: |", out);
        }
        if (r == 0) putc('\n', out);
    }
}

void text_table_print_csv(FILE *out, const struct text_table *table)
{
    for (size_t r = 0; r < table->rows; r++) {
        for (size_t c = 0; c < table->columns; c++) {
            const char *text = text_table_at(table, r, c);
            const bool quoted = text[strcspn(text, ",\"\n")] != '\0';
            if (c > 0) putc(',', out);
            if (quoted) putc('"', out);
            for (const char *p = text; *p != '\0'; p++) {
                if (*p == '"') putc('"', out);
                putc(*p, out);
            }
            if (quoted) putc('"', out);
        }
        putc('\n', out);
    }
}

enum status text_table_write(const struct text_table *table, const char *folder, const char *name,
                             void (*print)(FILE *, const struct text_table *))
{
    char path[LIMIT_PATH];
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: %s", name);
    print(out, table);
    enum status status = fclose(out) == 0 ? files_join(path, folder, name)
                                          : status_fail(STATUS_NO_MEMORY, "out of memory");
    if (status == STATUS_OK) status = files_write(path, text, size);
    free(text);
    return status;
}
