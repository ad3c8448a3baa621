// SPDX-License-Identifier: Apache-2.0
#include "image/pairs_file.h"

#include "base/files.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

#define PAIRS_FILE_MAX ((size_t)1 << 26) // bytes

enum { FIELDS_MAX = 5, FOLD_PAIRS_MAX = 1000000 }; // one field too many shows as five

struct cursor {
    const char *path;
    char *next; // rest of the text
    size_t line;
    char *fields[FIELDS_MAX];
    size_t count;
};

/* Cuts the next line into fields: at tabs if there are any, so that names may hold blanks. */
static bool next_line(struct cursor *cursor)
{
    if (*cursor->next == '\0') return false;
    char *line = cursor->next;
    const size_t length = strcspn(line, "\n");
    cursor->next = line + length + (line[length] == '\n');
    line[length] = '\0';
    line[strcspn(line, "\r")] = '\0';
    cursor->line++;
    cursor->count = 0;
    const char *separators = strchr(line, '\t') != NULL ? "\t" : " ";
    line += strspn(line, separators);
    while (*line != '\0' && cursor->count < FIELDS_MAX) {
        cursor->fields[cursor->count++] = line;
        line += strcspn(line, separators);
        if (*line != '\0') *line++ = '\0';
        line += strspn(line, separators);
    }
    return true;
}

static bool read_number(const char *text, unsigned most, unsigned *number)
{
    *number = 0;
    const char *digit = text;
    for (; *digit >= '0' && *digit <= '9' && *number <= most; digit++) {
        *number = *number * 10 + (unsigned)(*digit - '0');
    }
    return digit > text && *digit == '\0' && *number <= most;
}

/* A pairs file may come from a stranger: it names images, never places elsewhere. */
static bool read_side(struct pairs_side *side, const char *name, const char *number)
{
    side->name = name;
    return name[0] != '.' && strchr(name, '/') == NULL &&
           read_number(number, PAIRS_NUMBER_MAX, &side->number);
}

static enum status read_head(struct cursor *cursor, size_t *folds, size_t *pairs)
{
    unsigned numbers[2] = {1, 0};
    const bool got = next_line(cursor);
    bool good = got && (cursor->count == 1 || cursor->count == 2);
    if (good && cursor->count == 2) good = read_number(cursor->fields[0], LIMIT_FOLDS, &numbers[0]);
    if (good) good = read_number(cursor->fields[cursor->count - 1], FOLD_PAIRS_MAX, &numbers[1]);
    if (!good || numbers[0] == 0 || numbers[1] == 0) {
        return status_fail(
            STATUS_BAD_INPUT,
            "%s:1: not a pairs file, expected FOLDS PAIRS (at most %d and %d) or PAIRS",
            cursor->path, LIMIT_FOLDS, FOLD_PAIRS_MAX);
    }
    *folds = numbers[0];
    *pairs = numbers[1];
    return STATUS_OK;
}

static enum status read_pair(struct cursor *cursor, struct pairs_line *pair, bool same)
{
    if (!next_line(cursor)) {
        return status_fail(STATUS_BAD_INPUT, "%s:%zu: the file ends before all its pairs",
                           cursor->path, cursor->line + 1);
    }
    pair->same = same;
    pair->line = cursor->line;
    const size_t second = same ? 0 : 2; // field of the second name
    if (cursor->count == (same ? 3 : 4) &&
        read_side(&pair->sides[0], cursor->fields[0], cursor->fields[1]) &&
        read_side(&pair->sides[1], cursor->fields[second], cursor->fields[same ? 2 : 3])) {
        return STATUS_OK;
    }
    return status_fail(STATUS_BAD_INPUT, "%s:%zu: not a pair, expected %s", cursor->path,
                       cursor->line, same ? "NAME NUMBER NUMBER" : "NAME NUMBER NAME NUMBER");
}

static enum status parse(struct pairs_file *file, const char *path)
{
    struct cursor cursor = {.path = path, .next = (char *)file->text};
    size_t pairs = 0;
    enum status status = read_head(&cursor, &file->folds, &pairs);
    if (status != STATUS_OK) return status;
    const size_t count = 2 * pairs * file->folds;
    file->lines = calloc(count, sizeof *file->lines);
    if (file->lines == NULL) return status_fail(STATUS_NO_MEMORY, "%s: no memory for pairs", path);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = read_pair(&cursor, &file->lines[i], i / pairs % 2 == 0);
    }
    file->count = count;
    while (status == STATUS_OK && next_line(&cursor)) {
        if (cursor.count == 0) continue;
        status = status_fail(STATUS_BAD_INPUT, "%s:%zu: more lines than the %zu pairs of line 1",
                             path, cursor.line, count);
    }
    return status;
}

enum status pairs_file_read(struct pairs_file *file, const char *path)
{
    *file = (struct pairs_file){0};
    size_t size = 0;
    enum status status = files_read(&file->text, &size, path, PAIRS_FILE_MAX);
    if (status == STATUS_OK) status = parse(file, path);
    if (status != STATUS_OK) pairs_file_destroy(file);
    return status;
}

void pairs_file_destroy(struct pairs_file *file)
{
    free(file->text);
    free(file->lines);
    *file = (struct pairs_file){0};
}
