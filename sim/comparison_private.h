// SPDX-License-Identifier: Apache-2.0
/* comparison_private - what the reader of a comparison's file holds while it reads. */
#ifndef SIM_COMPARISON_PRIVATE_H
#define SIM_COMPARISON_PRIVATE_H

#include "base/settings_tree.h"
#include "comparison.h"

struct comparison_reader {
    const char *path;
    const struct command_request *request;
    const struct settings_node *root, *set, *profile_set, *profile_grid, *methods;
    const struct settings_node *grid[COMPARISON_KEYS_MAX]; // a key's values
    struct config base;
    struct comparison *comparison;
};

/* A text of 1 to LIMIT_NAME - 1 bytes, of a key that `section` has. */
enum status comparison_read_text(char text[LIMIT_NAME], const struct comparison_reader *reader,
                                 const struct settings_node *section, const char *key) CHECKED;

/* Sets the key of `node` to `value`, a list or text that may stand elsewhere. */
enum status comparison_set_one(struct config *config, const struct comparison_reader *reader,
                               const struct settings_node *node,
                               const struct settings_node *value) CHECKED;

/* Applies a section of KEY: VALUE; NULL is an empty one. */
enum status comparison_apply(struct config *config, const struct comparison_reader *reader,
                             const struct settings_node *set) CHECKED;

/* Adds a method at all combinations of the keys that it does not set itself, the last key the
 * fastest. */
enum status comparison_add_rows(const struct comparison_reader *reader,
                                const struct settings_node *node) CHECKED;

#endif
