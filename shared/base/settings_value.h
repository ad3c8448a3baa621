// SPDX-License-Identifier: Apache-2.0
/* settings_value - one value of a settings table, from text to its field and back.
 *
 * Private to settings and config. Numbers are whole tokens in decimal without leading zeros or
 * signs other than minus; booleans are true and false; NaN and infinity do not exist. Texts are
 * UTF-8 without control characters, so that every text can be written and read again. */
#ifndef BASE_SETTINGS_VALUE_H
#define BASE_SETTINGS_VALUE_H

#include "base/settings.h"

#include <stdio.h>

/* Where a value stands, for messages. */
struct settings_place {
    const char *origin; // file name, or "--set"
    int line;           // 0: none
    const char *key;    // may be empty
};

struct settings_token {
    const char *bytes; // not ended by a zero byte
    size_t size;
    bool quoted;
};

/* STATUS_BAD_CONFIG with "origin:line: key: ..."; what has no line or no key is left out. */
enum status settings_value_fail(const struct settings_place *place, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* The same with "<what>, allowed: ..." of the row. */
enum status settings_value_refuse(const struct settings_place *place,
                                  const struct settings_row *row, const char *what);

/* Copies what a stranger wrote for a message: cut, and without control characters. */
enum { SETTINGS_VALUE_QUOTE_MAX = 64 };
void settings_value_quote(char quote[SETTINGS_VALUE_QUOTE_MAX], const char *bytes, size_t size);

bool settings_value_is_list(const struct settings_row *row);

/* Stores a token in the row's field; the row is no list. */
enum status settings_value_store(const struct settings_row *row, void *target,
                                 const struct settings_place *place,
                                 struct settings_token token) CHECKED;

/* Empties the row's list, and adds an entry to it. */
void settings_value_clear(const struct settings_row *row, void *target);
enum status settings_value_append(const struct settings_row *row, void *target,
                                  const struct settings_place *place,
                                  struct settings_token token) CHECKED;

/* Stores a text as it stands, lists as [a, b]. */
enum status settings_value_assign(const struct settings_row *row, void *target,
                                  const struct settings_place *place, const char *text) CHECKED;

/* Writes the field as YAML. */
void settings_value_print(FILE *out, const struct settings_row *row, const void *source);

#endif
