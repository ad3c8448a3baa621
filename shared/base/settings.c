// SPDX-License-Identifier: Apache-2.0
#include "base/settings.h"

#include "base/settings_events.h"
#include "base/settings_table.h"
#include "base/settings_value.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct reader {
    const struct settings_table *table;
    void *target;
    struct settings_place place; // of the event at hand; its key is `key`
    struct settings_events *events;
    enum settings_event event;
    struct settings_token token; // of a scalar
    char key[SETTINGS_KEY_MAX];
    size_t parents[SETTINGS_DEPTH_MAX]; // lengths of `key` before each open section
    size_t depth;
    // Lines of the keys seen, by row. A section belongs to its first row, at its number of parts.
    int seen[SETTINGS_ROWS_MAX][SETTINGS_DEPTH_MAX];
};

static enum status fail_section(const struct settings_place *place, const char *got)
{
    return settings_value_fail(place, "got %s, allowed: a section of keys", got);
}

void settings_defaults(const struct settings_table *table, void *target)
{
    assert(table->count <= SETTINGS_ROWS_MAX);
    for (size_t i = 0; i < table->count; i++) {
        const struct settings_row *row = &table->rows[i];
        const struct settings_place place = {.origin = "default", .key = row->key};
        const enum status status = settings_value_assign(row, target, &place, row->initial);
        assert(status == STATUS_OK);
        (void)status;
    }
}

enum status settings_set_at(const struct settings_table *table, void *target, const char *origin,
                            int line, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    const size_t length = equals == NULL ? strlen(assignment) : (size_t)(equals - assignment);
    char key[SETTINGS_VALUE_QUOTE_MAX];
    settings_value_quote(key, assignment, length);
    const struct settings_place place = {.origin = origin, .line = line, .key = key};
    struct settings_found found;
    if (!settings_table_find(&found, table, key)) return settings_table_unknown(&place, table);
    if (found.parts > 0) return fail_section(&place, "a value");
    const struct settings_row *row = &table->rows[found.row];
    if (equals == NULL) return settings_value_refuse(&place, row, "no value, write KEY=VALUE");
    return settings_value_assign(row, target, &place, equals + 1);
}

enum status settings_set(const struct settings_table *table, void *target, const char *assignment)
{
    return settings_set_at(table, target, "--set", 0, assignment);
}

/* Steps to the next event. */
static enum status next(struct reader *reader)
{
    return settings_events_next(reader->events, &reader->place, &reader->event, &reader->token);
}

static bool is_nothing(const struct reader *reader)
{
    return reader->event == SETTINGS_SCALAR && reader->token.size == 0 && !reader->token.quoted;
}

static enum status read_list(struct reader *reader, const struct settings_row *row)
{
    settings_value_clear(row, reader->target);
    for (;;) {
        enum status status = next(reader);
        if (status != STATUS_OK) return status;
        if (reader->event == SETTINGS_LIST_END) return STATUS_OK;
        if (reader->event != SETTINGS_SCALAR) {
            return settings_value_refuse(&reader->place, row, "got a list or section as an entry");
        }
        status = settings_value_append(row, reader->target, &reader->place, reader->token);
        if (status != STATUS_OK) return status;
    }
}

static enum status read_value(struct reader *reader, const struct settings_row *row)
{
    const enum status status = next(reader);
    if (status != STATUS_OK) return status;
    if (reader->event == SETTINGS_SECTION) {
        return settings_value_refuse(&reader->place, row, "got a section");
    }
    if (reader->event == SETTINGS_SCALAR) {
        return settings_value_store(row, reader->target, &reader->place, reader->token);
    }
    if (!settings_value_is_list(row)) {
        return settings_value_refuse(&reader->place, row, "got a list");
    }
    return read_list(reader, row);
}

/* A section without keys is fine: people comment them out. */
static enum status open_section(struct reader *reader, size_t parent)
{
    const enum status status = next(reader);
    if (status != STATUS_OK) return status;
    if (reader->event == SETTINGS_SECTION) {
        assert(reader->depth < SETTINGS_DEPTH_MAX);
        reader->parents[reader->depth++] = parent;
        return STATUS_OK;
    }
    if (is_nothing(reader)) {
        reader->key[parent] = '\0';
        return STATUS_OK;
    }
    return fail_section(&reader->place, reader->event == SETTINGS_SCALAR ? "a value" : "a list");
}

/* Adds the scalar at hand to `key` and looks it up. */
static enum status read_key(struct reader *reader, struct settings_found *found)
{
    const struct settings_token part = reader->token;
    char quote[SETTINGS_VALUE_QUOTE_MAX];
    settings_value_quote(quote, part.bytes, part.size);
    const size_t parent = strlen(reader->key);
    // Known sections are short enough to leave room for the longest quote.
    assert(parent + 1 + sizeof quote <= sizeof reader->key);
    snprintf(reader->key + parent, sizeof reader->key - parent, "%s%s", parent == 0 ? "" : ".",
             quote);
    if (!settings_table_find(found, reader->table, reader->key)) {
        return settings_table_unknown(&reader->place, reader->table);
    }
    int *seen = &reader->seen[found->row][found->parts];
    if (*seen != 0) {
        return settings_value_fail(&reader->place,
                                   "duplicate key, allowed once, and line %d has it", *seen);
    }
    *seen = reader->place.line;
    return STATUS_OK;
}

/* Reads keys and values until the root ends; MAPPING-START of the root is at hand. */
static enum status read_sections(struct reader *reader)
{
    for (;;) {
        enum status status = next(reader);
        if (status != STATUS_OK) return status;
        if (reader->event == SETTINGS_SECTION_END) {
            if (reader->depth == 0) return STATUS_OK;
            reader->key[reader->parents[--reader->depth]] = '\0';
            continue;
        }
        if (reader->event != SETTINGS_SCALAR) {
            return settings_value_fail(&reader->place, "got a list or section as a key, allowed: "
                                                       "a name");
        }
        const size_t parent = strlen(reader->key);
        struct settings_found found;
        status = read_key(reader, &found);
        if (status != STATUS_OK) return status;
        if (found.parts > 0) {
            status = open_section(reader, parent);
        } else {
            status = read_value(reader, &reader->table->rows[found.row]);
            reader->key[parent] = '\0';
        }
        if (status != STATUS_OK) return status;
    }
}

static enum status read_stream(struct reader *reader)
{
    enum status status = next(reader); // STREAM-START
    if (status == STATUS_OK) status = next(reader);
    if (status != STATUS_OK || reader->event == SETTINGS_STREAM_END) return status;
    status = next(reader); // DOCUMENT-START was at hand
    if (status != STATUS_OK) return status;
    if (reader->event == SETTINGS_SECTION) {
        status = read_sections(reader);
    } else if (!is_nothing(reader)) {
        status =
            fail_section(&reader->place, reader->event == SETTINGS_SCALAR ? "a value" : "a list");
    }
    if (status == STATUS_OK) status = next(reader); // DOCUMENT-END
    if (status == STATUS_OK) status = next(reader);
    if (status == STATUS_OK && reader->event != SETTINGS_STREAM_END) {
        status = settings_value_fail(&reader->place, "a second document begins, allowed: one");
    }
    return status;
}

enum status settings_read(const struct settings_table *table, void *target, const char *origin,
                          const uint8_t *text, size_t size, int *lines)
{
    assert(table->count <= SETTINGS_ROWS_MAX);
    struct reader reader = {.table = table, .target = target};
    reader.place = (struct settings_place){.origin = origin, .key = reader.key};
    enum status status = settings_events_create(&reader.events, origin, text, size);
    if (status != STATUS_OK) return status;
    status = read_stream(&reader);
    settings_events_destroy(&reader.events);
    for (size_t i = 0; lines != NULL && i < table->count; i++) {
        lines[i] = reader.seen[i][0];
    }
    return status;
}
