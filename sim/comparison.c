// SPDX-License-Identifier: Apache-2.0
#include "comparison_private.h"

#include "base/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text of a key of a section, which must have one. */
static enum status read_text(const struct comparison_reader *reader,
                             const struct settings_node *section, const char *key, char *text,
                             size_t size)
{
    const struct settings_node *node = settings_tree_find(section, key);
    if (node == NULL) {
        return status_fail(STATUS_BAD_CONFIG, "%s: %s: missing, allowed: a text", reader->path,
                           key);
    }
    if (node->kind != SETTINGS_NODE_TEXT || node->text[0] == '\0' || strlen(node->text) >= size) {
        return settings_tree_fail(reader->path, node, "allowed: a text of 1 to %zu bytes",
                                  size - 1);
    }
    memcpy(text, node->text, strlen(node->text) + 1);
    return STATUS_OK;
}

enum status comparison_read_text(char text[LIMIT_NAME], const struct comparison_reader *reader,
                                 const struct settings_node *section, const char *key)
{
    return read_text(reader, section, key, text, LIMIT_NAME);
}

/* Seeds are listed, so that each cell has one. */
static enum status check_key(const struct comparison_reader *reader,
                             const struct settings_node *node)
{
    if (strcmp(node->key, "seed") != 0) return STATUS_OK;
    return settings_tree_fail(reader->path, node, "not here, allowed: the seeds of a profile");
}

enum status comparison_set_one(struct config *config, const struct comparison_reader *reader,
                               const struct settings_node *node, const struct settings_node *value)
{
    char text[LIMIT_PATH], assignment[2 * LIMIT_PATH];
    enum status status = check_key(reader, node);
    if (status != STATUS_OK) return status;
    if (!settings_tree_value(text, sizeof text, value)) {
        return settings_tree_fail(reader->path, node, "allowed: a value, or a list of values");
    }
    const int size = snprintf(assignment, sizeof assignment, "%s=%s", node->key, text);
    if (size < 0 || (size_t)size >= sizeof assignment) {
        return settings_tree_fail(reader->path, node, "too long");
    }
    return config_set_at(config, reader->path, value->line, assignment);
}

enum status comparison_apply(struct config *config, const struct comparison_reader *reader,
                             const struct settings_node *set)
{
    enum status status = STATUS_OK;
    if (set != NULL && set->kind == SETTINGS_NODE_LIST) {
        return settings_tree_fail(reader->path, set, "got a list, allowed: a section of keys");
    }
    if (set != NULL && set->kind == SETTINGS_NODE_TEXT && set->text[0] != '\0') {
        return settings_tree_fail(reader->path, set, "got a value, allowed: a section of keys");
    }
    for (const struct settings_node *node = set == NULL ? NULL : set->first;
         status == STATUS_OK && node != NULL; node = node->next) {
        status = comparison_set_one(config, reader, node, node);
    }
    return status;
}

static enum status read_base(struct comparison_reader *reader)
{
    char name[LIMIT_PATH], path[LIMIT_PATH];
    enum status status = read_text(reader, reader->root, "base", name, sizeof name);
    if (status != STATUS_OK) return status;
    const char *slash = strrchr(reader->path, '/');
    if (name[0] == '/' || slash == NULL) {
        memcpy(path, name, sizeof path);
    } else {
        char folder[LIMIT_PATH];
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - reader->path), reader->path);
        status = files_join(path, folder[0] == '\0' ? "/" : folder, name);
    }
    if (status == STATUS_OK) status = config_load(&reader->base, path);
    for (size_t i = 0; status == STATUS_OK && i < reader->request->with_count; i++) {
        status = config_load_over(&reader->base, reader->request->withs[i]);
    }
    if (status == STATUS_OK) status = comparison_apply(&reader->base, reader, reader->set);
    return status;
}

static enum status read_seeds(struct comparison *comparison, const struct comparison_reader *reader,
                              const struct settings_node *profile)
{
    static const char allowed[] = "allowed: a list of 1 to %d different whole numbers";
    const struct settings_node *seeds = settings_tree_find(profile, "seeds");
    if (seeds == NULL || seeds->kind != SETTINGS_NODE_LIST || seeds->first == NULL) {
        return settings_tree_fail(reader->path, seeds == NULL ? profile : seeds,
                                  "no seeds, allowed: seeds: [1, 2, ..]");
    }
    for (const struct settings_node *entry = seeds->first; entry != NULL; entry = entry->next) {
        const char *text = entry->kind == SETTINGS_NODE_TEXT ? entry->text : "";
        char *end = NULL;
        errno = 0;
        const uint64_t seed = strtoull(text, &end, 10);
        bool good = text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 &&
                    comparison->seed_count < COMPARISON_SEEDS_MAX;
        for (size_t i = 0; good && i < comparison->seed_count; i++) {
            good = comparison->seed[i] != seed;
        }
        if (!good) return settings_tree_fail(reader->path, seeds, allowed, COMPARISON_SEEDS_MAX);
        comparison->seed[comparison->seed_count++] = seed;
    }
    return STATUS_OK;
}

static enum status read_profile(struct comparison_reader *reader, const char *name)
{
    static const char *const keys[] = {"seeds", "grid", "set", NULL};
    const struct settings_node *profiles = settings_tree_find(reader->root, "profiles");
    if (profiles == NULL || profiles->kind != SETTINGS_NODE_SECTION || profiles->first == NULL) {
        return status_fail(STATUS_BAD_CONFIG,
                           "%s: profiles: missing, allowed: at least one, NAME: {seeds: [1]}",
                           reader->path);
    }
    const struct settings_node *profile =
        name == NULL ? profiles->first : settings_tree_find(profiles, name);
    if (profile == NULL) {
        char known[256] = "";
        size_t used = 0;
        for (const struct settings_node *node = profiles->first;
             node != NULL && used < sizeof known; node = node->next) {
            const int length = snprintf(known + used, sizeof known - used, "%s%s",
                                        used == 0 ? "" : ", ", node->key);
            used += length < 0 ? 0 : (size_t)length;
        }
        return settings_tree_fail(reader->path, profiles, "no profile \"%.60s\", allowed: %s", name,
                                  known);
    }
    for (const struct settings_node *node = profiles->first; node != NULL; node = node->next) {
        const enum status status = settings_tree_allow(reader->path, node, keys);
        if (status != STATUS_OK) return status;
    }
    if (strlen(profile->key) >= LIMIT_NAME) {
        return settings_tree_fail(reader->path, profile, "too long, allowed: %d bytes",
                                  LIMIT_NAME - 1);
    }
    snprintf(reader->comparison->profile, LIMIT_NAME, "%s", profile->key);
    reader->profile_set = settings_tree_find(profile, "set");
    reader->profile_grid = settings_tree_find(profile, "grid");
    return read_seeds(reader->comparison, reader, profile);
}

/* Adds the keys of a grid; one that is there gets these values. */
static enum status read_grid(struct comparison_reader *reader, const struct settings_node *grid)
{
    struct comparison *comparison = reader->comparison;
    if (grid != NULL && grid->kind != SETTINGS_NODE_SECTION) {
        return settings_tree_fail(reader->path, grid, "allowed: a section KEY: [VALUE, ..]");
    }
    for (const struct settings_node *node = grid == NULL ? NULL : grid->first; node != NULL;
         node = node->next) {
        size_t k = 0;
        while (k < comparison->key_count && strcmp(comparison->key[k], node->key) != 0) {
            k++;
        }
        if (k == COMPARISON_KEYS_MAX || strlen(node->key) >= LIMIT_NAME) {
            return settings_tree_fail(reader->path, node, "too many or too long, allowed: %d keys",
                                      COMPARISON_KEYS_MAX);
        }
        if (node->kind != SETTINGS_NODE_LIST || node->first == NULL) {
            return settings_tree_fail(reader->path, node, "allowed: a list of its values");
        }
        for (const struct settings_node *value = node->first; value != NULL; value = value->next) {
            struct config *tried = &comparison->rows[0].config;
            *tried = reader->base;
            const enum status status = comparison_set_one(tried, reader, node, value);
            if (status != STATUS_OK) return status;
        }
        snprintf(comparison->key[k], LIMIT_NAME, "%s", node->key);
        reader->grid[k] = node;
        if (k == comparison->key_count) comparison->key_count++;
    }
    return STATUS_OK;
}

static enum status read_root(struct comparison_reader *reader, const char *profile)
{
    static const char *const keys[] = {"base", "reference", "profiles", "set",
                                       "grid", "methods",   NULL};
    enum status status = settings_tree_allow(reader->path, reader->root, keys);
    for (size_t i = 0; status == STATUS_OK && i < reader->request->set_count; i++) {
        if (strncmp(reader->request->sets[i], "seed=", 5) != 0) continue;
        status = status_fail(STATUS_BAD_CONFIG, "--set: seed: not here, allowed: the seeds of a "
                                                "profile");
    }
    reader->set = settings_tree_find(reader->root, "set");
    reader->methods = settings_tree_find(reader->root, "methods");
    if (status == STATUS_OK && settings_tree_find(reader->root, "reference") != NULL) {
        status =
            comparison_read_text(reader->comparison->reference, reader, reader->root, "reference");
    }
    if (status == STATUS_OK) status = read_base(reader);
    if (status == STATUS_OK) status = read_profile(reader, profile);
    if (status == STATUS_OK) status = comparison_apply(&reader->base, reader, reader->profile_set);
    if (status == STATUS_OK) status = read_grid(reader, settings_tree_find(reader->root, "grid"));
    if (status == STATUS_OK) status = read_grid(reader, reader->profile_grid);
    if (status != STATUS_OK) return status;
    if (reader->methods == NULL) {
        return status_fail(STATUS_BAD_CONFIG, "%s: methods: missing, allowed: at least one",
                           reader->path);
    }
    if (reader->methods->kind != SETTINGS_NODE_LIST || reader->methods->first == NULL) {
        return settings_tree_fail(reader->path, reader->methods,
                                  "empty, allowed: a list of at least one method");
    }
    return STATUS_OK;
}

/* The row of a method at the same combination; a key that the method sets itself and that
 * no row of it shares does not count. */
static int find_reference(const struct comparison *comparison, const struct comparison_row *row,
                          const char *method)
{
    int only = COMPARISON_NONE;
    size_t rows = 0;
    for (size_t r = 0; r < comparison->row_count; r++) {
        const struct comparison_row *other = &comparison->rows[r];
        bool same = true;
        if (strcmp(other->method, method) != 0) continue;
        for (size_t k = 0; k < comparison->key_count; k++) {
            same = same && strcmp(other->value[k], row->value[k]) == 0;
        }
        if (same) return (int)r;
        only = (int)r;
        rows++;
    }
    return rows == 1 ? only : COMPARISON_NONE;
}

static bool is_method(const struct comparison *comparison, const char *name)
{
    bool known = name[0] == '\0';
    for (size_t r = 0; r < comparison->row_count; r++) {
        known = known || strcmp(comparison->rows[r].method, name) == 0;
    }
    return known;
}

/* References may name methods that stand further down. */
static enum status find_references(struct comparison_reader *reader)
{
    static const char allowed[] = "\"%s\" is no method, allowed: the name of one";
    struct comparison *comparison = reader->comparison;
    if (!is_method(comparison, comparison->reference)) {
        return settings_tree_fail(reader->path, settings_tree_find(reader->root, "reference"),
                                  allowed, comparison->reference);
    }
    for (const struct settings_node *node = reader->methods->first; node != NULL;
         node = node->next) {
        const struct settings_node *own = settings_tree_find(node, "reference");
        if (own == NULL || is_method(comparison, own->text)) continue;
        return settings_tree_fail(reader->path, own, allowed, own->text);
    }
    for (size_t r = 0; r < comparison->row_count; r++) {
        struct comparison_row *row = &comparison->rows[r];
        row->reference = find_reference(comparison, row, comparison->reference);
        row->compared = find_reference(comparison, row, row->compared_name);
    }
    return STATUS_OK;
}

static enum status read_all(struct comparison_reader *reader, const char *profile)
{
    enum status status = read_root(reader, profile);
    for (const struct settings_node *node = status == STATUS_OK ? reader->methods->first : NULL;
         status == STATUS_OK && node != NULL; node = node->next) {
        status = comparison_add_rows(reader, node);
    }
    return status == STATUS_OK ? find_references(reader) : status;
}

enum status comparison_load(struct comparison **comparison, const struct command_request *request,
                            const char *profile)
{
    const char *path = request->config;
    uint8_t *text = NULL;
    size_t size = 0;
    struct settings_node *root = NULL;
    struct comparison_reader *reader = calloc(1, sizeof *reader);
    *comparison = calloc(1, sizeof **comparison);
    if (*comparison != NULL) {
        (*comparison)->rows = calloc(COMPARISON_ROWS_MAX, sizeof *(*comparison)->rows);
    }
    enum status status = STATUS_OK;
    if (reader == NULL || *comparison == NULL || (*comparison)->rows == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory: comparison");
    }
    if (status == STATUS_OK) status = files_read(&text, &size, path, LIMIT_FILE_CONFIG);
    if (status == STATUS_OK) status = settings_tree_read(&root, path, text, size);
    if (status == STATUS_OK) {
        const char *slash = strrchr(path, '/');
        const char *stem = slash == NULL ? path : slash + 1;
        snprintf((*comparison)->title, LIMIT_NAME, "%.*s", (int)strcspn(stem, "."), stem);
        *reader = (struct comparison_reader){
            .path = path, .request = request, .root = root, .comparison = *comparison};
        status = read_all(reader, profile);
    }
    if (status != STATUS_OK) comparison_destroy(comparison);
    settings_tree_destroy(&root);
    free(reader);
    free(text);
    return status;
}

void comparison_destroy(struct comparison **comparison)
{
    if (*comparison != NULL) free((*comparison)->rows);
    free(*comparison);
    *comparison = NULL;
}
