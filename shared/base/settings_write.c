// SPDX-License-Identifier: Apache-2.0
#include "base/settings.h"

#include "base/settings_table.h"
#include "base/settings_value.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INDENT = 2, COMMENT_COLUMNS = 96 };

/* Ends a stream of open_memstream(); the text becomes the caller's or is freed. */
static enum status finish(FILE *out, char **made, char **text)
{
    const int failed = ferror(out);
    if (fclose(out) != 0 || failed != 0) {
        free(*made);
        return status_fail(STATUS_NO_MEMORY, "out of memory for the text of the config");
    }
    *text = *made;
    return STATUS_OK;
}

static FILE *start(char **made, size_t *size)
{
    FILE *out = open_memstream(made, size);
    if (out == NULL) (void)status_fail(STATUS_NO_MEMORY, "out of memory: %s", strerror(errno));
    return out;
}

static void print_indent(FILE *out, int depth)
{
    fprintf(out, "%*s", INDENT * depth, "");
}

/* Bytes that the sections of both keys have in common, with the last dot. */
static size_t common_sections(const char *a, const char *b)
{
    size_t common = 0;
    for (size_t i = 0; a[i] != '\0' && a[i] == b[i]; i++) {
        if (a[i] == '.') common = i + 1;
    }
    return common;
}

/* Opens the sections of `key` in which `before` does not stand; returns the depth of its name. */
static int print_sections(FILE *out, const char *before, const char *key, const char **name)
{
    const size_t common = common_sections(before, key);
    int depth = 0;
    const char *part = key;
    for (const char *dot = strchr(part, '.'); dot != NULL; dot = strchr(part, '.')) {
        if ((size_t)(dot - key) >= common) {
            print_indent(out, depth);
            fprintf(out, "%.*s:\n", (int)(dot - part), part);
        }
        depth++;
        part = dot + 1;
    }
    *name = part;
    return depth;
}

/* Breaks a sentence into comment lines. */
static void print_comment(FILE *out, int depth, const char *text)
{
    const size_t room = (size_t)(COMMENT_COLUMNS - INDENT * depth);
    while (*text != '\0') {
        size_t length = strlen(text);
        if (length > room) {
            length = room;
            while (length > 0 && text[length] != ' ') {
                length--;
            }
            assert(length > 0);
        }
        print_indent(out, depth);
        fprintf(out, "# %.*s\n", (int)length, text);
        text += length;
        text += strspn(text, " ");
    }
}

static void print_rows(FILE *out, const struct settings_table *table, const void *source,
                       bool explain)
{
    const char *before = "";
    for (size_t i = 0; i < table->count; i++) {
        const struct settings_row *row = &table->rows[i];
        if (explain) fputc('\n', out);
        const char *name = NULL;
        const int depth = print_sections(out, before, row->key, &name);
        if (explain) {
            char allowed[SETTINGS_NOTE_MAX];
            char comment[SETTINGS_NOTE_MAX + 16];
            settings_table_allowed(row, allowed);
            snprintf(comment, sizeof comment, "Allowed: %s.", allowed);
            print_comment(out, depth, row->help);
            print_comment(out, depth, comment);
        }
        print_indent(out, depth);
        fprintf(out, "%s: ", name);
        settings_value_print(out, row, source);
        fputc('\n', out);
        before = row->key;
    }
}

enum status settings_write(const struct settings_table *table, const void *source, char **text)
{
    char *made = NULL;
    size_t size = 0;
    FILE *out = start(&made, &size);
    if (out == NULL) return STATUS_NO_MEMORY;
    print_rows(out, table, source, false);
    return finish(out, &made, text);
}

enum status settings_write_reference(const struct settings_table *table, const void *source,
                                     const char *title, char **text)
{
    char *made = NULL;
    size_t size = 0;
    FILE *out = start(&made, &size);
    if (out == NULL) return STATUS_NO_MEMORY;
    print_comment(out, 0, title);
    print_rows(out, table, source, true);
    return finish(out, &made, text);
}

enum status settings_write_canonical(const struct settings_table *table, const void *source,
                                     const char *section, char **text)
{
    char *made = NULL;
    size_t size = 0;
    FILE *out = start(&made, &size);
    if (out == NULL) return STATUS_NO_MEMORY;
    const size_t length = strlen(section);
    for (size_t i = 0; i < table->count; i++) {
        const struct settings_row *row = &table->rows[i];
        if (strncmp(row->key, section, length) != 0 || row->key[length] != '.') continue;
        fprintf(out, "%s=", row->key);
        settings_value_print(out, row, source);
        fputc('\n', out);
    }
    return finish(out, &made, text);
}
