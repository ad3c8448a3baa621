// SPDX-License-Identifier: Apache-2.0
#include "comparison_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "paper: {NAME: NUMBER or [NUMBERS]}". */
static enum status read_paper(struct comparison_row *row, const struct comparison_reader *reader,
                              const struct settings_node *paper)
{
    if (paper != NULL && paper->kind != SETTINGS_NODE_SECTION) {
        return settings_tree_fail(reader->path, paper, "allowed: a section NAME: NUMBER");
    }
    for (const struct settings_node *node = paper == NULL ? NULL : paper->first; node != NULL;
         node = node->next) {
        struct comparison_paper *figure = &row->paper[row->paper_count];
        if (row->paper_count == COMPARISON_PAPER_MAX || strlen(node->key) >= LIMIT_NAME ||
            !settings_tree_value(figure->text, sizeof figure->text, node)) {
            return settings_tree_fail(reader->path, node,
                                      "allowed: at most %d names, each with a number or a list",
                                      COMPARISON_PAPER_MAX);
        }
        snprintf(figure->name, sizeof figure->name, "%s", node->key);
        row->paper_count++;
    }
    return STATUS_OK;
}

/* "learn: [WORD, ..]". */
static enum status read_learn(struct comparison_row *row, const struct comparison_reader *reader,
                              const struct settings_node *learn)
{
    if (learn == NULL) return STATUS_OK;
    bool good = learn->kind == SETTINGS_NODE_LIST && learn->first != NULL;
    for (const struct settings_node *word = learn->first; good && word != NULL; word = word->next) {
        good = row->learn.count < LIMIT_LIST && word->kind == SETTINGS_NODE_TEXT &&
               word->text[0] != '\0' && strlen(word->text) < LIMIT_NAME;
        if (good) snprintf(row->learn.values[row->learn.count++], LIMIT_NAME, "%s", word->text);
    }
    if (good) return STATUS_OK;
    return settings_tree_fail(reader->path, learn,
                              "allowed: a list of 1 to %d words of `mask learn`, each of 1 to %d "
                              "bytes",
                              LIMIT_LIST, LIMIT_NAME - 1);
}

/* Name, words and paper of a method, once for all its rows. */
static enum status read_method(struct comparison_row *method,
                               const struct comparison_reader *reader,
                               const struct settings_node *node)
{
    static const char *const keys[] = {"name", "set", "learn", "reference", "paper", NULL};
    enum status status = settings_tree_allow(reader->path, node, keys);
    if (status != STATUS_OK) return status;
    const struct settings_node *name = settings_tree_find(node, "name");
    if (name == NULL || name->kind != SETTINGS_NODE_TEXT || name->text[0] == '\0' ||
        strlen(name->text) >= LIMIT_NAME) {
        return settings_tree_fail(reader->path, name == NULL ? node : name,
                                  "a method needs a name of 1 to %d bytes", LIMIT_NAME - 1);
    }
    for (const struct settings_node *other = reader->methods->first; other != node;
         other = other->next) {
        const struct settings_node *taken = settings_tree_find(other, "name");
        if (strcmp(taken->text, name->text) == 0) {
            return settings_tree_fail(reader->path, name,
                                      "\"%s\" stands twice, allowed: once, and line %d has it",
                                      name->text, taken->line);
        }
    }
    snprintf(method->method, sizeof method->method, "%s", name->text);
    snprintf(method->compared_name, LIMIT_NAME, "%s", reader->comparison->reference);
    if (settings_tree_find(node, "reference") != NULL) {
        status = comparison_read_text(method->compared_name, reader, node, "reference");
    }
    if (status != STATUS_OK) return status;
    status = read_learn(method, reader, settings_tree_find(node, "learn"));
    if (status != STATUS_OK) return status;
    return read_paper(method, reader, settings_tree_find(node, "paper"));
}

void comparison_safe_name(char safe[COMPARISON_SAFE_NAME], const char *method)
{
    size_t length = 0;
    for (const char *c = method; *c != '\0' && length < COMPARISON_SAFE_NAME - 1; c++) {
        const bool letter =
            (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
        if (letter || (length > 0 && safe[length - 1] != '-')) safe[length++] = letter ? *c : '-';
    }
    while (length > 0 && safe[length - 1] == '-') {
        length--;
    }
    safe[length] = '\0';
}

/* A number makes it the only one. */
static void name_folder(struct comparison_row *row, size_t index)
{
    char safe[COMPARISON_SAFE_NAME];
    comparison_safe_name(safe, row->method);
    snprintf(row->folder, sizeof row->folder, "%03zu-%s", index + 1, safe);
}

/* A method's own value of a key of the grid; NULL: none, or the profile alone has that key. */
static const struct settings_node *find_own(const struct comparison_reader *reader,
                                            const struct settings_node *set, size_t k)
{
    const char *key = reader->comparison->key[k];
    const struct settings_node *grid = settings_tree_find(reader->root, "grid");
    if (settings_tree_find(grid, key) == NULL) return NULL;
    return settings_tree_find(set, key);
}

/* The row of a method at one combination: `at` has an entry for each key, NULL where the method
 * says
 * it itself. */
static enum status add_row(const struct comparison_reader *reader,
                           const struct comparison_row *method, const struct settings_node *node,
                           const struct settings_node *const *at)
{
    struct comparison *comparison = reader->comparison;
    const struct settings_node *set = settings_tree_find(node, "set");
    if (comparison->row_count == COMPARISON_ROWS_MAX) {
        return settings_tree_fail(reader->path, reader->methods, "allowed: at most %d rows",
                                  COMPARISON_ROWS_MAX);
    }
    struct comparison_row *row = &comparison->rows[comparison->row_count];
    *row = *method;
    row->config = reader->base;
    enum status status = comparison_apply(&row->config, reader, set);
    for (size_t k = 0; status == STATUS_OK && k < comparison->key_count; k++) {
        const struct settings_node *own = find_own(reader, set, k);
        const struct settings_node *value = own == NULL ? at[k] : own;
        if (!settings_tree_value(row->value[k], LIMIT_NAME, value)) {
            return settings_tree_fail(reader->path, reader->grid[k], "a value is too long");
        }
        status = comparison_set_one(&row->config, reader, reader->grid[k], value);
    }
    for (size_t i = 0; status == STATUS_OK && i < reader->request->set_count; i++) {
        status = config_set(&row->config, reader->request->sets[i]);
    }
    if (status != STATUS_OK) return status;
    row->config.seed = comparison->seed[0];
    name_folder(row, comparison->row_count);
    comparison->row_count++;
    if (config_check(&row->config) == STATUS_OK) return STATUS_OK;
    char reason[STATUS_MESSAGE_MAX];
    snprintf(reason, sizeof reason, "%s", status_message());
    return settings_tree_fail(reader->path, settings_tree_find(node, "name"), "\"%s\": %s",
                              method->method, reason);
}

enum status comparison_add_rows(const struct comparison_reader *reader,
                                const struct settings_node *node)
{
    const struct settings_node *set = settings_tree_find(node, "set");
    const struct settings_node *at[COMPARISON_KEYS_MAX] = {NULL};
    const size_t keys = reader->comparison->key_count;
    struct comparison_row *method = calloc(1, sizeof *method);
    if (method == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: comparison");
    enum status status = read_method(method, reader, node);
    for (size_t k = 0; k < keys; k++) {
        at[k] = reader->grid[k]->first;
    }
    for (bool more = true; more && status == STATUS_OK;) {
        status = add_row(reader, method, node, at);
        size_t k = keys;
        for (more = false; k > 0 && !more; k--) {
            if (find_own(reader, set, k - 1) != NULL) continue;
            more = at[k - 1]->next != NULL;
            at[k - 1] = more ? at[k - 1]->next : reader->grid[k - 1]->first;
        }
    }
    free(method);
    return status;
}
