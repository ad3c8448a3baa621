// SPDX-License-Identifier: Apache-2.0
#include "standings.h"

#include <string.h>

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

void standings_print(FILE *out, const struct standings_table *table)
{
    for (size_t r = 0; r < table->rows; r++) {
        for (size_t c = 0; c < table->columns; c++) {
            size_t widest = 0;
            for (size_t i = 0; i < table->rows; i++) {
                const size_t width = width_of(standings_at(table, i, c));
                if (width > widest) widest = width;
            }
            const char *text = standings_at(table, r, c);
            const size_t blanks = widest - width_of(text);
            if (c > 0) pad(out, 2 + blanks);
            fputs(text, out);
            if (c == 0) pad(out, blanks);
        }
        putc('\n', out);
    }
}

void standings_print_markdown(FILE *out, const struct standings_table *table)
{
    for (size_t r = 0; r < table->rows; r++) {
        for (size_t c = 0; c < table->columns; c++) {
            fputs(c == 0 ? "| " : " | ", out);
            for (const char *p = standings_at(table, r, c); *p != '\0'; p++) {
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

void standings_print_csv(FILE *out, const struct standings_table *table)
{
    for (size_t r = 0; r < table->rows; r++) {
        for (size_t c = 0; c < table->columns; c++) {
            const char *text = standings_at(table, r, c);
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
