// SPDX-License-Identifier: Apache-2.0
/* settings - a table of keys that reads, writes and explains plain fields of a structure.
 *
 * A row gives a dotted key ("federation.mask.method"), where its field lies, its default, range and
 * meaning. From the rows come the YAML reader, "KEY=VALUE" of a command line, the effective config,
 * the canonical text and the commented reference. In YAML a dot is one level of nesting.
 *
 * Every failure is STATUS_BAD_CONFIG and one line, "FILE:LINE: KEY: what is wrong, what is
 * allowed"; only want of memory has a status of its own. Anchors, aliases, tags and further
 * documents are refused: what a line says, it says itself. After a failure the target is partly
 * changed. */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum settings_kind {  // and the field that belongs to it
    SETTINGS_BOOL,    // bool
    SETTINGS_INT,     // int
    SETTINGS_UINT64,  // uint64_t
    SETTINGS_DOUBLE,  // double
    SETTINGS_TEXT,    // char[capacity]
    SETTINGS_PATH,    // char[capacity]
    SETTINGS_WORD,    // an enum: the index of a word
    SETTINGS_NUMBERS, // struct config_numbers, at most `capacity` entries
    SETTINGS_TEXTS,   // struct config_texts, at most `capacity` entries
};

enum {
    SETTINGS_ROWS_MAX = 128,
    SETTINGS_DEPTH_MAX = 4,  // parts of a key
    SETTINGS_KEY_MAX = 128,  // bytes of a key with its final zero
    SETTINGS_NOTE_MAX = 512, // bytes of what a row allows, in words
};

struct settings_row {
    const char *key;
    enum settings_kind kind;
    size_t offset;            // of the field in the target
    size_t capacity;          // bytes of a text with its final zero, entries of a list
    const char *initial;      // the default, as an assignment has it
    double min, max;          // of numbers and of the entries of a list of them, both included
    const char *const *words; // ends with NULL
    const char *help;         // a sentence
};

/* Rows of one section stand together, and all keys and sections differ. */
struct settings_table {
    const struct settings_row *rows;
    size_t count;
};

/* Fills all fields of the rows with their defaults. */
void settings_defaults(const struct settings_table *table, void *target);

/* Reads YAML text into the target; `origin` names it in messages. `lines` (may be NULL) gets, for
 * each row, the line of its key, 0 when the text does not set it. */
enum status settings_read(const struct settings_table *table, void *target, const char *origin,
                          const uint8_t *text, size_t size, int *lines) CHECKED;

/* Applies "KEY=VALUE": the value is taken as it stands, a list as [a, b]. Messages begin with
 * "--set: ". */
enum status settings_set(const struct settings_table *table, void *target,
                         const char *assignment) CHECKED;

/* The same for an assignment that stands elsewhere: messages begin with "origin:line: ". */
enum status settings_set_at(const struct settings_table *table, void *target, const char *origin,
                            int line, const char *assignment) CHECKED;

/* All keys with their values as YAML. The caller frees *text. */
enum status settings_write(const struct settings_table *table, const void *source,
                           char **text) CHECKED;

/* As settings_write, with the meaning and the range of each key as comments, after `title`. */
enum status settings_write_reference(const struct settings_table *table, const void *source,
                                     const char *title, char **text) CHECKED;

/* One "KEY=VALUE" a line for the keys of one section, in the table's order. The same values give
 * the same bytes on every machine. The caller frees *text. */
enum status settings_write_canonical(const struct settings_table *table, const void *source,
                                     const char *section, char **text) CHECKED;

#endif
