// SPDX-License-Identifier: Apache-2.0
/* settings_table - looks up keys of a settings table and says what they allow.
 *
 * Private to settings and config. */
#ifndef BASE_SETTINGS_TABLE_H
#define BASE_SETTINGS_TABLE_H

#include "base/settings.h"
#include "base/settings_value.h"

struct settings_found {
    size_t row;   // of a section: its first row
    size_t parts; // of a section's name; 0: a key with a value
};

/* Finds a key or a section. */
bool settings_table_find(struct settings_found *found, const struct settings_table *table,
                         const char *key);

/* The failure of an unknown key, place->key, with the nearest one that exists. */
enum status settings_table_unknown(const struct settings_place *place,
                                   const struct settings_table *table);

/* Writes what a row allows, for example "a whole number from 1 to 16". */
void settings_table_allowed(const struct settings_row *row, char note[SETTINGS_NOTE_MAX]);

#endif
