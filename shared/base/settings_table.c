// SPDX-License-Identifier: Apache-2.0
#include "base/settings_table.h"

#include "base/limits.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static size_t count_parts(const char *key)
{
    size_t parts = 1;
    for (; *key != '\0'; key++) {
        parts += *key == '.';
    }
    return parts;
}

static bool in_section(const char *key, const char *section, size_t length)
{
    return strncmp(key, section, length) == 0 && key[length] == '.';
}

bool settings_table_find(struct settings_found *found, const struct settings_table *table,
                         const char *key)
{
    const size_t length = strlen(key);
    for (size_t i = 0; i < table->count; i++) {
        const bool section = in_section(table->rows[i].key, key, length);
        if (section || strcmp(table->rows[i].key, key) == 0) {
            *found = (struct settings_found){i, section ? count_parts(key) : 0};
            return true;
        }
    }
    return false;
}

/* Fewest letters to change, add or leave out to make one text of the other (Levenshtein). */
static size_t distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    assert(a_size < SETTINGS_KEY_MAX && b_size < SETTINGS_KEY_MAX);
    size_t row[SETTINGS_KEY_MAX];
    for (size_t j = 0; j <= b_size; j++) {
        row[j] = j;
    }
    for (size_t i = 0; i < a_size; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b_size; j++) {
            size_t best = corner + (a[i] != b[j]);
            corner = row[j + 1];
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j + 1] + 1 < best) best = row[j + 1] + 1;
            row[j + 1] = best;
        }
    }
    return row[b_size];
}

static const char *last_part(const char *key, size_t size)
{
    const char *last = key;
    for (size_t i = 0; i < size; i++) {
        if (key[i] == '.') last = key + i + 1;
    }
    return last;
}

/* How far a key or section is from an unknown key; a right name in a wrong place is near. */
static size_t badness(const char *unknown, const char *name, size_t name_size)
{
    const size_t unknown_size = strlen(unknown);
    const char *ours = last_part(unknown, unknown_size);
    const char *theirs = last_part(name, name_size);
    const size_t ours_size = strlen(ours);
    const size_t theirs_size = name_size - (size_t)(theirs - name);
    const size_t all = distance(unknown, unknown_size, name, name_size);
    if (ours_size == theirs_size && memcmp(ours, theirs, ours_size) == 0) return all / 8;
    return all;
}

/* Lists the names in the section of an unknown key. */
static void list_names(char *names, size_t names_size, const struct settings_table *table,
                       const char *unknown)
{
    const size_t parent = (size_t)(last_part(unknown, strlen(unknown)) - unknown);
    const char *before = "";
    size_t before_size = 0;
    size_t used = 0;
    names[0] = '\0';
    for (size_t i = 0; i < table->count && used < names_size; i++) {
        if (strncmp(table->rows[i].key, unknown, parent) != 0) continue;
        const char *name = table->rows[i].key + parent;
        const size_t size = strcspn(name, ".");
        if (size == before_size && memcmp(name, before, size) == 0) continue;
        used += (size_t)snprintf(names + used, names_size - used, "%s%.*s", used == 0 ? "" : ", ",
                                 (int)size, name);
        before = name;
        before_size = size;
    }
}

enum status settings_table_unknown(const struct settings_place *place,
                                   const struct settings_table *table)
{
    const char *nearest = NULL;
    size_t nearest_size = 0;
    const size_t length = strlen(place->key);
    size_t limit = length < 12 ? 1 + length / 4 : 4;
    for (size_t i = 0; i < table->count; i++) {
        const char *key = table->rows[i].key;
        for (size_t size = 1; size <= strlen(key); size++) {
            if (key[size] != '.' && key[size] != '\0') continue;
            const size_t bad = badness(place->key, key, size);
            if (bad < limit || (bad == limit && nearest == NULL)) {
                limit = bad;
                nearest = key;
                nearest_size = size;
            }
        }
    }
    if (nearest != NULL) {
        return settings_value_fail(place, "unknown key, did you mean %.*s?", (int)nearest_size,
                                   nearest);
    }
    char names[SETTINGS_NOTE_MAX];
    list_names(names, sizeof names, table, place->key);
    if (names[0] == '\0') list_names(names, sizeof names, table, "");
    return settings_value_fail(place, "unknown key, allowed: %s", names);
}

void settings_table_allowed(const struct settings_row *row, char note[SETTINGS_NOTE_MAX])
{
    const size_t size = SETTINGS_NOTE_MAX;
    switch (row->kind) {
    case SETTINGS_BOOL:
        snprintf(note, size, "true or false");
        break;
    case SETTINGS_INT:
        snprintf(note, size, "a whole number from %.0f to %.0f", row->min, row->max);
        break;
    case SETTINGS_UINT64:
        snprintf(note, size, "a whole number from 0 to 2^64 - 1");
        break;
    case SETTINGS_DOUBLE:
        snprintf(note, size, "a number from %.10g to %.10g", row->min, row->max);
        break;
    case SETTINGS_TEXT:
        snprintf(note, size, "a text of at most %zu bytes", row->capacity - 1);
        break;
    case SETTINGS_PATH:
        snprintf(note, size, "a path of at most %zu bytes", row->capacity - 1);
        break;
    case SETTINGS_WORD: {
        size_t used = 0;
        for (size_t i = 0; row->words[i] != NULL && used < size; i++) {
            const char *joint = i == 0 ? "" : (row->words[i + 1] == NULL ? " or " : ", ");
            used += (size_t)snprintf(note + used, size - used, "%s%s", joint, row->words[i]);
        }
        break;
    }
    case SETTINGS_NUMBERS:
        snprintf(note, size, "a list of at most %zu whole numbers from %.0f to %.0f", row->capacity,
                 row->min, row->max);
        break;
    case SETTINGS_TEXTS:
        snprintf(note, size, "a list of at most %zu texts of at most %d bytes", row->capacity,
                 LIMIT_NAME - 1);
        break;
    }
}
