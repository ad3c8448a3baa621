// SPDX-License-Identifier: Apache-2.0
/* settings_tree - YAML text without a table: what stands where, for files whose keys are names.
 *
 * Sections, lists and texts become nodes that know their line; anchors, aliases, tags, further
 * documents, keys given twice and keys that are no names are refused as settings.h says. JSON reads
 * as well: it is YAML. */
#ifndef BASE_SETTINGS_TREE_H
#define BASE_SETTINGS_TREE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum settings_node_kind { SETTINGS_NODE_TEXT, SETTINGS_NODE_LIST, SETTINGS_NODE_SECTION };

enum { SETTINGS_TREE_DEPTH_MAX = 16 };

struct settings_node {
    enum settings_node_kind kind;
    int line;
    bool quoted;                        // of a text
    char *key;                          // NULL: an entry of a list, or the root
    char *text;                         // NULL: not a text
    struct settings_node *first, *next; // children, in the order of the file
};

/* Reads the text; an empty one gives an empty section. `origin` names it in messages. */
enum status settings_tree_read(struct settings_node **root, const char *origin, const uint8_t *text,
                               size_t size) CHECKED;
void settings_tree_destroy(struct settings_node **root);

/* The child of that key, or NULL; also of a node that is NULL. */
const struct settings_node *settings_tree_find(const struct settings_node *node, const char *key);

size_t settings_tree_count(const struct settings_node *node);

/* The value as an assignment has it: a text as it stands, a list of texts as [a, "b"]. False when
 * it
 * does not fit or is neither. */
bool settings_tree_value(char *value, size_t size, const struct settings_node *node);

/* A whole text that is a number; false when it is not, or the node is NULL. */
bool settings_tree_number(double *number, const struct settings_node *node);

/* STATUS_BAD_CONFIG with "origin:line: key: ..." of the node. */
enum status settings_tree_fail(const char *origin, const struct settings_node *node,
                               const char *format, ...) PRINTF_LIKE(3, 4);

/* A section (NULL is an empty one) may have these keys only; ends with NULL. */
enum status settings_tree_allow(const char *origin, const struct settings_node *node,
                                const char *const *keys) CHECKED;

#endif
