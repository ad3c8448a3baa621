// SPDX-License-Identifier: Apache-2.0
#include "measures/weights.h"
#include "base/files.h"
#include "base/limits.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "floats come from files as they are");

struct weights {
    char table[LIMIT_PATH];
    char *text, *next; // what is left of the text
    size_t line;
    float *floats;
    size_t count;
};

static enum status read_floats(struct weights *weights, const char *path)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    const enum status status =
        files_read(&bytes, &size, path, LIMIT_GRAPH_FLOATS * sizeof *weights->floats);
    if (status != STATUS_OK) return status;
    weights->floats = (float *)(void *)bytes; // malloc's: aligned for anything
    weights->count = size / sizeof *weights->floats;
    if (size % sizeof *weights->floats != 0) {
        return status_fail(STATUS_BAD_INPUT, "%s: %zu bytes, allowed: a multiple of 4 (float32)",
                           path, size);
    }
    for (size_t i = 0; i < weights->count; i++) {
        if (!isfinite(weights->floats[i])) {
            return status_fail(STATUS_NOT_FINITE, "%s: float number %zu is not finite", path, i);
        }
    }
    return STATUS_OK;
}

static enum status read_table(struct weights *weights, const char *path)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    const enum status status = files_read(&bytes, &size, path, LIMIT_FILE_TABLE);
    if (status != STATUS_OK) return status;
    weights->text = weights->next = (char *)bytes;
    snprintf(weights->table, sizeof weights->table, "%s", path);
    if (memchr(bytes, 0, size) != NULL) {
        return status_fail(STATUS_BAD_INPUT, "%s: no text, it holds a zero byte", path);
    }
    return STATUS_OK;
}

enum status weights_open(struct weights **weights, const char *table, const char *floats)
{
    struct weights *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "%s: no memory", table);
    enum status status = read_table(made, table);
    if (status == STATUS_OK) status = read_floats(made, floats);
    if (status != STATUS_OK) weights_close(&made);
    *weights = made;
    return status;
}

void weights_close(struct weights **weights)
{
    if (*weights == NULL) return;
    free((*weights)->text);
    free((*weights)->floats);
    free(*weights);
    *weights = NULL;
}

enum status weights_wrong(const struct weights *weights, size_t line, const char *format, ...)
{
    char sentence[STATUS_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return status_fail(STATUS_BAD_INPUT, "%s:%zu: %s", weights->table, line, sentence);
}

/* Cuts the next line off; NULL at the end. */
static char *cut_line(struct weights *weights)
{
    char *line = weights->next;
    if (line == NULL || *line == '\0') return NULL;
    const size_t length = strcspn(line, "\n");
    weights->next = line[length] == '\0' ? NULL : line + length + 1;
    line[length] = '\0';
    if (length > 0 && line[length - 1] == '\r') line[length - 1] = '\0';
    weights->line++;
    return line;
}

enum status weights_next(struct weights *weights, struct weights_row *row, bool *there)
{
    char *line = cut_line(weights);
    while (line != NULL && (*line == '\0' || *line == '#')) {
        line = cut_line(weights);
    }
    *there = line != NULL;
    *row = (struct weights_row){.line = weights->line};
    while (line != NULL) {
        if (row->fields == WEIGHTS_FIELDS_MAX) {
            return weights_wrong(weights, row->line, "too many fields, allowed: %d",
                                 WEIGHTS_FIELDS_MAX);
        }
        char *tab = strchr(line, '\t');
        row->field[row->fields++] = line;
        if (tab != NULL) *tab++ = '\0';
        line = tab;
    }
    return STATUS_OK;
}

bool weights_holds(const struct weights *weights, struct weights_range range)
{
    return range.offset <= weights->count && range.count <= weights->count - range.offset;
}

const float *weights_floats(const struct weights *weights, struct weights_range range)
{
    assert(weights_holds(weights, range));
    return weights->floats + range.offset;
}

/* Moves on over a number. */
static bool take(size_t *number, const char **at)
{
    const size_t digits = strspn(*at, "0123456789");
    if (digits == 0 || digits > 9) return false;
    *number = 0;
    for (size_t i = 0; i < digits; i++) {
        *number = 10 * *number + (size_t)((*at)[i] - '0');
    }
    *at += digits;
    return true;
}

bool weights_number(size_t *number, const char *field)
{
    return take(number, &field) && *field == '\0';
}

bool weights_sides(struct weights_shape *shape, const char *field)
{
    shape->axes = 0;
    while (shape->axes < WEIGHTS_AXES_MAX) {
        size_t *side = &shape->side[shape->axes++];
        if (!take(side, &field) || *side == 0) return false;
        if (*field != 'x') return *field == '\0';
        field++;
    }
    return false;
}
