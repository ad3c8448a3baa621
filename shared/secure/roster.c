// SPDX-License-Identifier: Apache-2.0
#include "base/files.h"
#include "secure/identity.h"
#include "secure/z85.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r";

enum {
    ENTRY_MAX = LIMIT_NAME + IDENTITY_KEY_TEXT,           // bytes of a line
    ROSTER_FILE_MAX = 2 * ENTRY_MAX * LIMIT_PARTICIPANTS, // as much again for remarks
};

/* What may stand only once, and where it stands. */
struct mark {
    const char *text;
    size_t line;
};

static int compare_marks(const void *left, const void *right)
{
    const struct mark *a = left, *b = right;
    const int order = strcmp(a->text, b->text);
    return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

static enum status check_once(struct mark *marks, size_t count, const char *what, const char *path)
{
    qsort(marks, count, sizeof *marks, compare_marks);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(marks[i - 1].text, marks[i].text) != 0) continue;
        return status_fail(STATUS_BAD_INPUT, "%s:%zu: the %s %s stands in line %zu already", path,
                           marks[i].line, what, marks[i].text, marks[i - 1].line);
    }
    return STATUS_OK;
}

/* Names become names of folders and words of log lines. */
static bool is_name(const char *name)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const size_t length = strlen(name);
    return length > 0 && length < LIMIT_NAME && strspn(name, letters) == length &&
           strchr("._-", name[0]) == NULL;
}

static bool is_key(const char *text)
{
    uint8_t bytes[IDENTITY_KEY_BYTES];
    return z85_decode(bytes, sizeof bytes, text);
}

static enum status check_entry(const char *name, const char *key, const char *path, size_t number)
{
    if (!is_name(name)) {
        return status_fail(STATUS_BAD_INPUT,
                           "%s:%zu: the name is not 1 to %d letters, digits, '.', '_', '-',"
                           " beginning with a letter or digit",
                           path, number, LIMIT_NAME - 1);
    }
    if (!is_key(key)) {
        return status_fail(STATUS_BAD_INPUT,
                           "%s:%zu: the key is not a public key of %d Z85 characters", path, number,
                           IDENTITY_KEY_TEXT - 1);
    }
    return STATUS_OK;
}

/* Reads "NAME PUBLIC-KEY", in place. */
static enum status parse_line(struct roster_entry *entry, char *line, const char *path,
                              size_t number)
{
    char *rest = NULL;
    const char *name = strtok_r(line, blanks, &rest), *key = strtok_r(NULL, blanks, &rest);
    if (name == NULL || key == NULL || strtok_r(NULL, blanks, &rest) != NULL) {
        return status_fail(STATUS_BAD_INPUT, "%s:%zu: allowed is a line NAME PUBLIC-KEY", path,
                           number);
    }
    const enum status status = check_entry(name, key, path, number);
    if (status != STATUS_OK) return status;
    snprintf(entry->name, sizeof entry->name, "%s", name);
    snprintf(entry->public_key, sizeof entry->public_key, "%s", key);
    return STATUS_OK;
}

/* Reads all lines and stores where each entry stands. */
static enum status parse(struct roster *roster, size_t *lines, char *text, const char *path)
{
    size_t number = 1;
    for (char *line = text; line != NULL; number++) {
        char *end = strchr(line, '\n');
        if (end != NULL) *end = '\0';
        const char first = line[strspn(line, blanks)];
        if (first != '\0' && first != '#') {
            if (roster->count == LIMIT_PARTICIPANTS) {
                return status_fail(STATUS_FULL, "%s:%zu: at most %d participants are allowed", path,
                                   number, LIMIT_PARTICIPANTS);
            }
            const enum status status =
                parse_line(&roster->entries[roster->count], line, path, number);
            if (status != STATUS_OK) return status;
            lines[roster->count++] = number;
        }
        line = end == NULL ? NULL : end + 1;
    }
    return STATUS_OK;
}

/* Refuses an empty roster, and names and keys that stand twice; entry i stands in lines[i]. */
static enum status check_all_once(const struct roster *roster, const size_t *lines,
                                  const char *path)
{
    if (roster->count == 0) {
        return status_fail(STATUS_BAD_INPUT, "%s: names nobody, allowed are lines NAME PUBLIC-KEY",
                           path);
    }
    struct mark *marks = calloc(roster->count, sizeof *marks);
    if (marks == NULL) return status_fail(STATUS_NO_MEMORY, "%s: no memory", path);
    for (size_t i = 0; i < roster->count; i++) {
        marks[i] = (struct mark){roster->entries[i].name, lines[i]};
    }
    enum status status = check_once(marks, roster->count, "name", path);
    for (size_t i = 0; i < roster->count; i++) {
        marks[i] = (struct mark){roster->entries[i].public_key, lines[i]};
    }
    if (status == STATUS_OK) status = check_once(marks, roster->count, "key", path);
    free(marks);
    return status;
}

enum status roster_load(struct roster *roster, const char *path)
{
    *roster = (struct roster){0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum status status = files_read(&bytes, &size, path, ROSTER_FILE_MAX);
    if (status != STATUS_OK) return status;
    size_t *lines = calloc(LIMIT_PARTICIPANTS, sizeof *lines);
    roster->entries = calloc(LIMIT_PARTICIPANTS, sizeof *roster->entries);
    if (lines == NULL || roster->entries == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "%s: no memory", path);
    } else if (memchr(bytes, 0, size) != NULL) {
        status = status_fail(STATUS_BAD_INPUT, "%s: no text, it holds a zero byte", path);
    } else {
        status = parse(roster, lines, (char *)bytes, path);
    }
    if (status == STATUS_OK) status = check_all_once(roster, lines, path);
    free(lines);
    free(bytes);
    if (status != STATUS_OK) roster_destroy(roster);
    return status;
}

enum status roster_save(const struct roster *roster, const char *path)
{
    assert(roster->count <= LIMIT_PARTICIPANTS);
    const size_t size = roster->count * ENTRY_MAX + 1;
    size_t length = 0, *lines = calloc(roster->count + 1, sizeof *lines);
    char *text = malloc(size);
    enum status status = STATUS_OK;
    if (text == NULL || lines == NULL)
        status = status_fail(STATUS_NO_MEMORY, "%s: no memory", path);
    for (size_t i = 0; i < roster->count && status == STATUS_OK; i++) {
        const struct roster_entry *entry = &roster->entries[i];
        lines[i] = i + 1;
        status = check_entry(entry->name, entry->public_key, path, lines[i]);
        length += (size_t)snprintf(text + length, size - length, "%s %s\n", entry->name,
                                   entry->public_key);
    }
    if (status == STATUS_OK) status = check_all_once(roster, lines, path);
    if (status == STATUS_OK) status = files_write(path, text, length);
    free(lines);
    free(text);
    return status;
}

void roster_destroy(struct roster *roster)
{
    free(roster->entries);
    *roster = (struct roster){0};
}
